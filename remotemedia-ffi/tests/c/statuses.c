/* What a callback of a node may not return: each such status is an error of the node, in every lane. */
#include "check.h"

/* The callbacks that return a status. */
enum { CREATE, INITIALIZE, PROCESS, FLUSH, CLEANUP, CALLBACKS };
static const char *const NAMES[CALLBACKS] = {"create", "initialize", "process", "flush", "cleanup"};

/* Which callback returns what; the others return RM_STATUS_OK. */
typedef struct {
    int callback;
    rm_status_t status;
} answer_t;

static rm_status_t answer_of(const void *state, int callback) {
    const answer_t *answer = state;
    return answer->callback == callback ? answer->status : RM_STATUS_OK;
}

static rm_status_t create(void *user_data, rm_str_t params, void **state) {
    (void)params;
    *state = user_data;
    return answer_of(user_data, CREATE);
}

static rm_status_t initialize(void *state, rm_node_t *node) {
    (void)node;
    return answer_of(state, INITIALIZE);
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)node, (void)packet;
    return answer_of(state, PROCESS);
}

static rm_status_t flush(void *state, rm_node_t *node) {
    (void)node;
    return answer_of(state, FLUSH);
}

static rm_status_t cleanup(void *state, rm_node_t *node) {
    (void)node;
    return answer_of(state, CLEANUP);
}

/* What a session comes to that gets a packet and is drained; the error is the caller's to release. */
static rm_status_t outcome_of(const rm_node_type_t *type, rm_error_t **error) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Node", "{}")), &pipeline, why));
    rm_status_t status = rm_session_open(pipeline, NULL, &session, error);
    if (status == RM_STATUS_OK) {
        CHECK_OK(rm_packet_new_int(1, &packet, why));
        /* Refused if the node failed before; the drain tells why. */
        rm_session_push(session, RM_STR_NONE, packet, -1, NULL);
        status = rm_session_drain(session, 10 * SECOND, error);
    }
    rm_packet_release(packet);
    rm_session_release(session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return status;
}

/* The error of a node that is at fault itself, which says `expected`. */
static void fails(const rm_node_type_t *type, const char *expected) {
    rm_error_t *error = NULL;
    CHECK(outcome_of(type, &error) == RM_STATUS_NODE);
    CHECK(is_text(rm_error_node(error), "node"));
    CHECK(has_text(rm_error_message(error), expected));
    CHECK(has_text(rm_error_message(error), "expected RM_STATUS_OK, a negative status, or RM_STATUS_PENDING"));
    rm_error_release(error);
}

static rm_node_type_t processing(int32_t lane, rm_node_process_fn by) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Node");
    type.lane = lane;
    type.process = by;
    return type;
}

static rm_node_type_t answering(int32_t lane, answer_t *answer) {
    rm_node_type_t type = processing(lane, process);
    type.create = create;
    type.initialize = initialize;
    type.flush = flush;
    type.cleanup = cleanup;
    type.user_data = answer;
    return type;
}

static void a_status_that_says_nothing_is_an_error(int32_t lane, int callback, rm_status_t status, const char *name) {
    char expected[64];
    answer_t answer = {callback, status};
    rm_node_type_t type = answering(lane, &answer);
    snprintf(expected, sizeof expected, "%s returned %s", NAMES[callback], name);
    fails(&type, expected);
}

static void only_calls_of_an_asynchronous_node_may_be_pending(int32_t lane, int callback) {
    if (lane != RM_LANE_ASYNC || (callback != PROCESS && callback != FLUSH)) {
        a_status_that_says_nothing_is_an_error(lane, callback, RM_STATUS_PENDING, "RM_STATUS_PENDING");
    }
}

/* Emits without waiting until there is no room, and returns what came of it, with that packet lost. */
static rm_status_t process_carelessly(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    rm_status_t status = RM_STATUS_OK;
    while (status == RM_STATUS_OK) {
        status = rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
    }
    CHECK(status == RM_STATUS_WOULD_BLOCK);
    return status;
}

static void a_node_that_returns_what_a_full_output_gave_fails_in_place_of_waiting_for_ever(void) {
    rm_node_type_t type = processing(RM_LANE_ASYNC, process_carelessly);
    fails(&type, "process returned RM_STATUS_WOULD_BLOCK");
}

static rm_status_t process_with_a_reason(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state, (void)packet;
    CHECK_OK(rm_node_fail(node, RM_STR("the disk is full"), why));
    return RM_STATUS_END;
}

static void what_the_node_said_besides_is_the_cause(int32_t lane) {
    rm_error_t *error = NULL;
    rm_node_type_t type = processing(lane, process_with_a_reason);
    CHECK(outcome_of(&type, &error) == RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "process returned RM_STATUS_END"));
    CHECK(has_text(rm_error_cause(error), "the disk is full"));
    rm_error_release(error);
}

static rm_status_t process_and_finish(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state, (void)packet;
    CHECK_OK(rm_node_fail(node, RM_STR("the disk is full"), why));
    CHECK_OK(rm_node_finish(node, RM_STATUS_NODE, why));
    return RM_STATUS_OK;
}

static void an_error_that_a_call_was_finished_with_is_not_lost(void) {
    rm_error_t *error = NULL;
    rm_node_type_t type = processing(RM_LANE_ASYNC, process_and_finish);
    CHECK(outcome_of(&type, &error) == RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "the disk is full"));
    rm_error_release(error);
}

int main(void) {
    for (int32_t lane = RM_LANE_NATIVE; lane <= RM_LANE_ASYNC; lane++) {
        for (int callback = 0; callback < CALLBACKS; callback++) {
            a_status_that_says_nothing_is_an_error(lane, callback, RM_STATUS_WOULD_BLOCK, "RM_STATUS_WOULD_BLOCK");
            a_status_that_says_nothing_is_an_error(lane, callback, RM_STATUS_END, "RM_STATUS_END");
            a_status_that_says_nothing_is_an_error(lane, callback, RM_STATUS_TIMEOUT, "RM_STATUS_TIMEOUT");
            a_status_that_says_nothing_is_an_error(lane, callback, 99, "status 99");
            only_calls_of_an_asynchronous_node_may_be_pending(lane, callback);
        }
        what_the_node_said_besides_is_the_cause(lane);
    }
    a_node_that_returns_what_a_full_output_gave_fails_in_place_of_waiting_for_ever();
    an_error_that_a_call_was_finished_with_is_not_lost();
    return 0;
}
