/* A node that fails says why: in one line for whoever reads the message, and at length for whoever asks for the
 * cause. */
#include "check.h"

/* What a node says before it fails, or nothing. */
typedef struct {
    rm_str_t words;
    bool says_nothing;
} reason_t;

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    const reason_t *reason = state;
    (void)packet;
    if (!reason->says_nothing) {
        CHECK_OK(rm_node_fail(node, reason->words, why));
    }
    return RM_STATUS_NODE;
}

static rm_status_t refuse(void *user_data, rm_str_t params, void **state) {
    const reason_t *reason = user_data;
    (void)params;
    (void)state;
    CHECK_OK(rm_node_refuse(reason->words, why));
    return RM_STATUS_NODE;
}

/* The error with which a session of a node ends that fails for a reason. */
static rm_error_t *failed_for(reason_t reason, int32_t lane, rm_node_create_fn create) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL, *none = NULL;
    rm_error_t *error = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.lane = lane;
    type.name = RM_STR("Failing");
    type.create = create;
    type.process = process;
    type.user_data = &reason;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Failing", "{}")), &pipeline, why));
    if (rm_session_open(pipeline, NULL, &session, &error) == RM_STATUS_OK) {
        CHECK_OK(rm_packet_new_null(&packet, why));
        CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
        CHECK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &none, &error) == RM_STATUS_NODE);
        rm_packet_release(packet);
    }
    rm_session_release(session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    CHECK(error != NULL);
    return error;
}

static void expect(rm_error_t *error, const char *message, const char *cause) {
    rm_str_t found = rm_error_message(error);
    if (!is_text(found, message)) {
        fprintf(stderr, "\"%.*s\", expected \"%s\"\n", (int)found.len, found.data, message);
        exit(1);
    }
    found = rm_error_cause(error);
    CHECK(cause == NULL ? found.data == NULL : is_text(found, cause));
    rm_error_release(error);
}

static void a_message_is_one_line_and_the_cause_has_all_of_them(void) {
    static const char *const TEXTS[] = {"line one\nline two", "\n line one \r\nline two\n", "line one\rline two"};
    for (size_t which = 0; which < sizeof TEXTS / sizeof *TEXTS; which++) {
        reason_t reason = {rm_str(TEXTS[which]), false};
        for (int32_t lane = RM_LANE_NATIVE; lane <= RM_LANE_ASYNC; lane++) {
            expect(failed_for(reason, lane, NULL), "test/node: item 1: line one", TEXTS[which]);
        }
        expect(failed_for(reason, RM_LANE_NATIVE, refuse), "test/node: line one", TEXTS[which]);
    }
    reason_t reason = {RM_STR("line one\n"), false};
    expect(failed_for(reason, RM_LANE_NATIVE, NULL), "test/node: item 1: line one", NULL);
}

static void a_node_that_says_nothing_fails_without_a_reason(void) {
    const char *expected = "test/node: item 1: the node failed with status -300 and no reason";
    const reason_t reasons[] = {{RM_STR_NONE, true}, {RM_STR(""), false}, {RM_STR(" \n"), false}};
    for (size_t which = 0; which < sizeof reasons / sizeof *reasons; which++) {
        expect(failed_for(reasons[which], RM_LANE_NATIVE, NULL), expected, NULL);
    }
}

int main(void) {
    a_message_is_one_line_and_the_cause_has_all_of_them();
    a_node_that_says_nothing_fails_without_a_reason();
    return 0;
}
