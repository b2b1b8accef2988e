/* Every mistake gets a status and an error that says what was found and what was expected; nothing crashes. */
#include "check.h"

static void expect(rm_status_t found, rm_status_t expected, rm_error_t **error, const char *words) {
    rm_str_t message = rm_error_message(*error);
    if (found != expected || rm_error_status(*error) != expected || !has_text(message, words)) {
        fprintf(stderr, "status %" PRId32 ", expected %" PRId32 "; \"%.*s\", expected \"%s\"\n", found, expected,
                (int)message.len, message.data ? message.data : "", words);
        exit(1);
    }
    rm_error_release(*error);
    *error = NULL;
}

static void null_handles_are_refused(void) {
    rm_error_t *error = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL;
    int64_t value = 1;
    expect(rm_runtime_new(NULL, NULL, &error), RM_STATUS_INVALID_ARGUMENT, &error, "output is null");
    expect(rm_pipeline_open(NULL, RM_STR("{}"), &pipeline, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "runtime is null");
    expect(rm_session_open(NULL, NULL, &session, &error), RM_STATUS_INVALID_ARGUMENT, &error, "pipeline is null");
    expect(rm_session_push(NULL, RM_STR_NONE, NULL, 0, &error), RM_STATUS_INVALID_ARGUMENT, &error, "session is null");
    expect(rm_session_poll(NULL, RM_STR_NONE, 0, &packet, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "session is null");
    expect(rm_packet_int(NULL, &value, &error), RM_STATUS_INVALID_ARGUMENT, &error, "packet is null");
    CHECK(rm_session_cancel(NULL, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(rm_packet_kind(NULL) == RM_PACKET_OTHER && !rm_packet_pts(NULL, NULL));
    CHECK(rm_error_status(NULL) == RM_STATUS_OK && rm_error_message(NULL).data == NULL);
    rm_runtime_release(NULL);
    rm_pipeline_release(NULL);
    rm_session_release(NULL);
    rm_packet_release(NULL);
    rm_error_release(NULL);
    CHECK(rm_packet_retain(NULL) == NULL);
}

static void handles_of_another_kind_are_named(void) {
    rm_error_t *error = NULL, *second = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_packet_t *packet = NULL;
    int64_t value = 1;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    expect(rm_pipeline_open((rm_runtime_t *)packet, RM_STR("{}"), &pipeline, &error), RM_STATUS_INVALID_ARGUMENT,
           &error, "runtime is a packet, expected a runtime");
    CHECK(rm_session_cancel((rm_session_t *)packet, &error) == RM_STATUS_INVALID_ARGUMENT);
    expect(rm_packet_int((rm_packet_t *)error, &value, &second), RM_STATUS_INVALID_ARGUMENT, &second,
           "packet is an error, expected a packet");
    expect(RM_STATUS_INVALID_ARGUMENT, RM_STATUS_INVALID_ARGUMENT, &error, "session is a packet, expected a session");
    expect(rm_packet_int((rm_packet_t *)&value, &value, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "packet is something else, expected a packet");
    rm_packet_release(packet);
}

static void what_cannot_be_wrapped_is_told_by_its_numbers(void) {
    static const uint8_t SAMPLES[4] = {0};
    static const size_t SHAPE[65] = {0};
    rm_error_t *error = NULL;
    rm_packet_t *packet = NULL;
    rm_audio_t audio = RM_AUDIO_INIT;
    rm_tensor_t tensor = RM_TENSOR_INIT;
    audio.rate = 8000;
    audio.data = tensor.data = (rm_bytes_t){SAMPLES, sizeof SAMPLES};
    static const struct {
        uint32_t channels;
        const char *words;
    } CHANNELS[] = {{0, "audio of 0 channels, expected 1 to 256"},
                    {257, "audio of 257 channels, expected 1 to 256"},
                    {70000, "audio of 70000 channels, expected 1 to 256"}};
    for (size_t which = 0; which < sizeof CHANNELS / sizeof *CHANNELS; which++) {
        audio.channels = CHANNELS[which].channels;
        expect(rm_packet_wrap_audio(&audio, NULL, NULL, &packet, &error), RM_STATUS_INVALID_ARGUMENT, &error,
               CHANNELS[which].words);
    }
    tensor.shape = SHAPE;
    tensor.dimensions = 65;
    expect(rm_packet_wrap_tensor(&tensor, NULL, NULL, &packet, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "dimensions is 65, expected at most 64");
    tensor.shape = NULL;
    tensor.dimensions = 3;
    expect(rm_packet_wrap_tensor(&tensor, NULL, NULL, &packet, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "shape is null, expected 3 numbers");
}

static void outputs_are_emptied_by_calls_that_fail(void) {
    rm_session_t *released = open_session(ONE_NODE("PassThrough", "{}"));
    rm_packet_t *kept = NULL;
    CHECK_OK(rm_packet_new_int(1, &kept, why));
    rm_session_release(released);
    const rm_session_t *sessions[] = {NULL, released, (const rm_session_t *)kept};
    for (size_t which = 0; which < sizeof sessions / sizeof *sessions; which++) {
        rm_packet_t *packet = kept;
        CHECK(rm_session_poll(sessions[which], RM_STR_NONE, 0, &packet, NULL) == RM_STATUS_INVALID_ARGUMENT);
        CHECK(packet == NULL);
        packet = kept;
        CHECK(rm_session_metrics(sessions[which], &packet, NULL) == RM_STATUS_INVALID_ARGUMENT);
        CHECK(packet == NULL);
    }
    rm_packet_release(kept);
}

static void more_threads_than_any_machine_has_are_refused(void) {
    rm_error_t *error = NULL;
    rm_runtime_t *runtime = NULL;
    rm_runtime_config_t config = RM_RUNTIME_CONFIG_INIT;
    config.workers = UINT32_MAX;
    expect(rm_runtime_new(&config, &runtime, &error), RM_STATUS_INVALID_ARGUMENT, &error, "expected at most 1024");
    CHECK(runtime == NULL);
}

static void bad_manifests_are_refused(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_error_t *error = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    expect(rm_pipeline_open(runtime, RM_STR("{"), &pipeline, &error), RM_STATUS_MANIFEST, &error, "");
    CHECK(pipeline == NULL);
    expect(rm_pipeline_open(runtime, RM_STR_NONE, &pipeline, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "manifest is null");
    expect(rm_pipeline_open(runtime, RM_STR("\xff"), &pipeline, &error), RM_STATUS_INVALID_ARGUMENT, &error, "UTF-8");
    expect(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Multiplyy", "{}")), &pipeline, &error), RM_STATUS_GRAPH, &error,
           "Multiply");
    rm_str_t nowhere = {NULL, 5};
    expect(rm_pipeline_open(runtime, nowhere, &pipeline, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "expected 5 bytes");
    rm_runtime_config_t config = {0, 0};
    rm_runtime_t *none = NULL;
    expect(rm_runtime_new(&config, &none, &error), RM_STATUS_INVALID_ARGUMENT, &error, "struct_size");
    CHECK(none == NULL);
    rm_runtime_release(runtime);
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    return rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

static rm_status_t set(const rm_runtime_t *runtime, bool is_node, const char *name, rm_error_t **error) {
    rm_str_t text = rm_str(name);
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = text;
    type.process = process;
    return is_node ? rm_runtime_set_node(runtime, &type, error)
                   : rm_runtime_set_pipeline(runtime, text, RM_STR(ONE_NODE("PassThrough", "{}")), error);
}

static void a_name_means_one_thing_and_can_stand_in_a_manifest(void) {
    static const struct {
        const char *name, *words;
    } WRONG[] = {
        {"", "expected a name, found an empty string"},
        {"a b/\n", "has a control character"},
        {"Multiply", "node type \"Multiply\" exists already"},
        {"Pipeline", "node type \"Pipeline\" exists already"},
        {"Node", "node type \"Node\" exists already"},
        {"Own", "pipeline \"Own\" exists already"},
    };
    rm_runtime_t *runtime = NULL;
    rm_error_t *error = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(set(runtime, true, "Node", why));
    CHECK_OK(set(runtime, false, "Own", why));
    for (size_t which = 0; which < sizeof WRONG / sizeof *WRONG; which++) {
        for (int is_node = 0; is_node < 2; is_node++) {
            expect(set(runtime, is_node, WRONG[which].name, &error), RM_STATUS_INVALID_ARGUMENT, &error,
                   WRONG[which].words);
        }
    }
    rm_runtime_release(runtime);
}

static void a_failing_node_is_named(void) {
    rm_session_t *session = open_session(ONE_NODE("Multiply", "{\"factor\": 2}"));
    rm_packet_t *good = NULL, *bad = NULL, *result = NULL;
    rm_error_t *error = NULL;
    CHECK_OK(rm_packet_new_int(1, &good, why));
    CHECK_OK(rm_packet_new_text(RM_STR("two"), &bad, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, good, 0, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, bad, 0, why));
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &result, why));
    rm_packet_release(result);
    for (int again = 0; again < 2; again++) {
        CHECK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &result, &error) == RM_STATUS_NODE);
        CHECK(result == NULL);
        CHECK(is_text(rm_error_pipeline(error), "test") && is_text(rm_error_node(error), "node"));
        CHECK(is_text(rm_error_port(error), "in") && rm_error_item(error) == 2);
        expect(RM_STATUS_NODE, RM_STATUS_NODE, &error, "found text");
    }
    CHECK(rm_session_push(session, RM_STR_NONE, good, 0, &error) == RM_STATUS_NODE);
    rm_error_release(error);
    rm_packet_release(good);
    rm_packet_release(bad);
    rm_session_release(session);
}

static void ports_and_kinds_are_checked(void) {
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    rm_packet_t *packet = NULL, *result = NULL;
    rm_error_t *error = NULL;
    int64_t whole = 42;
    CHECK_OK(rm_packet_new_text(RM_STR("text"), &packet, why));
    expect(rm_session_push(session, RM_STR("left"), packet, 0, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "no input port \"left\"; input ports: in");
    expect(rm_session_poll(session, RM_STR("left"), 0, &result, &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "no output port \"left\"");
    expect(rm_packet_int(packet, &whole, &error), RM_STATUS_WRONG_KIND, &error, "expected a whole number, found text");
    CHECK(whole == 0);
    rm_audio_t audio = RM_AUDIO_INIT;
    expect(rm_packet_audio(packet, &audio, &error), RM_STATUS_WRONG_KIND, &error, "expected audio, found text");
    rm_packet_t *second = rm_packet_retain(packet);
    expect(rm_packet_set_pts(packet, 1, &error), RM_STATUS_INVALID_ARGUMENT, &error, "several references");
    rm_packet_release(second);
    CHECK_OK(rm_packet_set_pts(packet, 1, why));
    expect(rm_packet_set_attributes(packet, RM_STR("[1]"), &error), RM_STATUS_INVALID_ARGUMENT, &error,
           "expected a JSON object");
    CHECK_OK(rm_session_close(session, RM_STR("in"), why));
    CHECK(rm_session_push(session, RM_STR_NONE, packet, 0, &error) == RM_STATUS_CLOSED);
    expect(RM_STATUS_CLOSED, RM_STATUS_CLOSED, &error, "finished");
    CHECK_OK(rm_session_cancel(session, why));
    rm_packet_release(packet);
    rm_session_release(session);
}

static void a_full_input_gives_the_packet_back(void) {
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    rm_packet_t *packet = NULL, *result = NULL;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    int pushed = 0, polled = 0;
    rm_status_t status = RM_STATUS_OK;
    /* While the node is being made the input may be full and have room again. */
    while ((status = rm_session_push(session, RM_STR_NONE, packet, SECOND / 5, NULL)) == RM_STATUS_OK) {
        pushed++;
    }
    CHECK(status == RM_STATUS_TIMEOUT && pushed >= 64);
    CHECK(rm_session_push(session, RM_STR_NONE, packet, 0, NULL) == RM_STATUS_WOULD_BLOCK);
    rm_packet_release(packet);
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    while (rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &result, NULL) == RM_STATUS_OK) {
        polled++;
        rm_packet_release(result);
    }
    CHECK(polled == pushed);
    rm_session_release(session);
}

int main(void) {
    null_handles_are_refused();
    handles_of_another_kind_are_named();
    what_cannot_be_wrapped_is_told_by_its_numbers();
    outputs_are_emptied_by_calls_that_fail();
    more_threads_than_any_machine_has_are_refused();
    bad_manifests_are_refused();
    a_name_means_one_thing_and_can_stand_in_a_manifest();
    a_failing_node_is_named();
    ports_and_kinds_are_checked();
    a_full_input_gives_the_packet_back();
    return 0;
}
