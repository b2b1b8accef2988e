/* Nodes in Python, in an interpreter that the library starts. The arguments: folders with modules, a virtual
 * environment. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>

#include "python.h"

static rm_python_config_t config = RM_PYTHON_CONFIG_INIT;

static rm_runtime_t *runtime_with_python(void) {
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_python(runtime, &config, why));
    return runtime;
}

/* The error with which a pipeline is not opened. */
static rm_error_t *refused(const rm_runtime_t *runtime, const char *manifest, rm_status_t expected) {
    rm_pipeline_t *pipeline = NULL;
    rm_error_t *error = NULL;
    CHECK(rm_pipeline_open(runtime, rm_str(manifest), &pipeline, &error) == expected && pipeline == NULL);
    return error;
}

static void python_is_set_up_first(void) {
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    rm_error_t *error = refused(runtime, ONE_CLASS("voices:Times", "{}"), RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "node node (voices:Times) is in Python"));
    CHECK(has_text(rm_error_message(error), "call rm_runtime_set_python first"));
    rm_error_release(error);
    CHECK(rm_runtime_set_python_node(runtime, RM_STR("Times"), RM_STR("voices:Times"), NULL) ==
          RM_STATUS_INVALID_ARGUMENT);
    rm_runtime_release(runtime);
}

static void wrong_folders_start_nothing(void) {
    rm_runtime_t *runtime = NULL;
    rm_error_t *error = NULL;
    rm_python_config_t wrong = config;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    wrong.venv = RM_STR("/nowhere");
    CHECK(rm_runtime_set_python(runtime, &wrong, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "venv /nowhere has no pyvenv.cfg, expected a virtual environment"));
    rm_error_release(error);
    wrong = config;
    wrong.home = RM_STR("/nowhere");
    CHECK(rm_runtime_set_python(runtime, &wrong, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "home /nowhere has no lib/python3."));
    rm_error_release(error);
    rm_runtime_release(runtime);
}

/* Whatever started this program may have it ignore signals. */
static void signals_begin(void) {
    struct sigaction usual = {.sa_handler = SIG_DFL};
    CHECK(sigaction(SIGINT, &usual, NULL) == 0 && sigaction(SIGPIPE, &usual, NULL) == 0);
}

static void signals_stay_as_they_are(void) {
    struct sigaction interrupt, pipe;
    CHECK(sigaction(SIGINT, NULL, &interrupt) == 0 && interrupt.sa_handler == SIG_DFL);
    CHECK(sigaction(SIGPIPE, NULL, &pipe) == 0 && pipe.sa_handler == SIG_DFL);
}

static void a_process_has_one_interpreter(const rm_runtime_t *runtime) {
    rm_error_t *error = NULL;
    rm_python_config_t other = config;
    other.home = RM_STR("/usr/other");
    CHECK(rm_runtime_set_python(runtime, &other, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "the interpreter was started before"));
    rm_error_release(error);
    CHECK_OK(rm_runtime_set_python(runtime, NULL, why));
}

static void a_plain_class_takes_its_params(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Times", "{\"factor\": 3}"));
    CHECK(int_of(session, 14) == 42);
    finish(session);
}

static void a_generator_gives_many_results(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:UpTo", "{}"));
    push_int(session, 1000);
    for (int64_t number = 0; number < 1000; number++) {
        CHECK(next_int(session) == number);
    }
    finish(session);
}

static void coroutines_of_a_session_share_a_loop(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(
        runtime, MANIFEST(CLASS("a", "voices:Loop", "{}") "," CLASS("b", "voices:Loop", "{}"), LINK("a", "b")));
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_null(&packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, SECOND, why));
    rm_packet_release(packet);
    rm_packet_t *result = next(session);
    bool same = false;
    CHECK_OK(rm_packet_bool(result, &same, why));
    CHECK(same);
    rm_packet_release(result);
    finish(session);
}

static void an_exception_names_node_and_item_and_has_its_traceback(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Picky", "{}"));
    rm_packet_t *result = NULL;
    rm_error_t *error = NULL;
    CHECK(int_of(session, 7) == 7);
    push_int(session, 11);
    CHECK(rm_session_poll(session, RM_STR_NONE, 30 * SECOND, &result, &error) == RM_STATUS_NODE && result == NULL);
    CHECK(is_text(rm_error_message(error), "calls/node: item 2: ValueError: 11 is too loud"));
    CHECK(is_text(rm_error_node(error), "node") && rm_error_item(error) == 2);
    rm_str_t cause = rm_error_cause(error);
    CHECK(has_text(cause, "Traceback (most recent call last):") && has_text(cause, "voices.py"));
    CHECK(has_text(cause, "in check") && has_text(cause, "raise ValueError(f\"{item} is too loud\")"));
    rm_error_release(error);
    rm_session_release(session);
}

static void a_node_that_exits_ends_its_session_alone(const rm_runtime_t *runtime) {
    rm_session_t *other = session_of(runtime, ONE_CLASS("voices:Times", "{}"));
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Stops", "{}"));
    rm_packet_t *result = NULL;
    rm_error_t *error = NULL;
    push_int(session, 1);
    CHECK(rm_session_poll(session, RM_STR_NONE, 30 * SECOND, &result, &error) == RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "SystemExit: 3"));
    rm_error_release(error);
    rm_session_release(session);
    CHECK(int_of(other, 4) == 8);
    finish(other);
}

static void let_go(void *user_data) { ++*(int *)user_data; }

static rm_packet_t *wrapped(float *samples, size_t count, int *freed) {
    rm_packet_t *packet = NULL;
    rm_audio_t audio = RM_AUDIO_INIT;
    audio.rate = 16000;
    audio.channels = 1;
    audio.format = RM_SAMPLE_F32;
    audio.data.data = (const uint8_t *)samples;
    audio.data.len = count * sizeof *samples;
    CHECK_OK(rm_packet_wrap_audio(&audio, let_go, freed, &packet, why));
    return packet;
}

static void numpy_reads_the_host_s_samples_where_they_lie(const rm_runtime_t *runtime) {
    static float samples[160] = {0.25f, -0.75f};
    char expected[80];
    int freed = 0;
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Address", "{}"));
    rm_packet_t *packet = wrapped(samples, 160, &freed), *json = NULL;
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, SECOND, why));
    rm_packet_release(packet);
    rm_packet_t *result = next(session);
    rm_str_t text = RM_STR_NONE;
    CHECK_OK(rm_packet_json(result, &json, why));
    CHECK_OK(rm_packet_text(json, &text, why));
    snprintf(expected, sizeof expected, "[%" PRIuPTR ",0.75,16000]", (uintptr_t)samples);
    CHECK(is_text(text, expected));
    rm_packet_release(json);
    rm_packet_release(result);
    finish(session);
    CHECK(freed == 1);
}

static void audio_of_a_node_is_read_by_the_host(const rm_runtime_t *runtime) {
    static float samples[160] = {0.25f, -0.75f};
    int freed = 0;
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Halves", "{}"));
    rm_packet_t *packet = wrapped(samples, 160, &freed);
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, SECOND, why));
    rm_packet_release(packet);
    rm_packet_t *result = next(session);
    rm_audio_t audio = RM_AUDIO_INIT;
    CHECK_OK(rm_packet_audio(result, &audio, why));
    CHECK(audio.rate == 16000 && audio.channels == 1 && audio.data.len == sizeof samples);
    CHECK(((const float *)(const void *)audio.data.data)[1] == -0.375f && samples[1] == -0.75f);
    rm_packet_release(result);
    finish(session);
    CHECK(freed == 1);
}

static void what_cannot_be_made_is_refused_with_its_traceback(const rm_runtime_t *runtime) {
    rm_error_t *error = refused(runtime, ONE_CLASS("nowhere:Times", "{}"), RM_STATUS_NODE);
    CHECK(is_text(rm_error_message(error), "calls/node: ModuleNotFoundError: No module named 'nowhere'"));
    CHECK(has_text(rm_error_cause(error), "Traceback") && is_text(rm_error_node(error), "node"));
    rm_error_release(error);
    error = refused(runtime, ONE_CLASS("voices:Nobody", "{}"), RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "AttributeError: module 'voices' has no attribute 'Nobody'"));
    rm_error_release(error);
    error = refused(runtime, ONE_CLASS("voices:function", "{}"), RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "TypeError: voices:function is a function, expected a class"));
    rm_error_release(error);
    error = refused(runtime, ONE_CLASS("voices.Times", "{}"), RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "ValueError: class 'voices.Times', expected module:Class"));
    rm_error_release(error);
    error = refused(runtime, ONE_CLASS("voices:Times", "{\"volume\": 1}"), RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "unexpected keyword argument 'volume'"));
    rm_error_release(error);
}

static void each_session_has_an_instance_of_its_own(const rm_runtime_t *runtime) {
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *first = NULL, *second = NULL;
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_CLASS("voices:Counts", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &first, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &second, why));
    rm_pipeline_release(pipeline);
    CHECK(int_of(first, 0) == 1 && int_of(first, 0) == 2);
    CHECK(int_of(second, 0) == 1);
    CHECK(int_of(first, 0) == 3);
    finish(second);
    CHECK(int_of(first, 0) == 4);
    finish(first);
}

static void classes_have_names_and_stand_in_inner_pipelines(const rm_runtime_t *runtime) {
    rm_error_t *error = NULL;
    CHECK_OK(rm_runtime_set_python_node(runtime, RM_STR("Triple"), RM_STR("voices:Times"), why));
    CHECK(rm_runtime_set_python_node(runtime, RM_STR("Triple"), RM_STR("voices:Times"), &error) ==
          RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "node type \"Triple\" exists already"));
    rm_error_release(error);
    CHECK(rm_runtime_set_python_node(runtime, RM_STR("Multiply"), RM_STR("voices:Times"), NULL) ==
          RM_STATUS_INVALID_ARGUMENT);
    CHECK(rm_runtime_set_python_node(runtime, RM_STR("Other"), RM_STR("voices:Other"), NULL) == RM_STATUS_NODE);
    CHECK_OK(rm_runtime_set_pipeline(
        runtime, RM_STR("inner"),
        RM_STR(MANIFEST("{\"id\": \"triple\", \"node_type\": \"Triple\", \"params\": {\"factor\": 3}}", "")), why));
    rm_session_t *session = session_of(
        runtime, MANIFEST("{\"id\": \"a\", \"node_type\": \"inner\"},"
                          "{\"id\": \"b\", \"node_type\": \"Multiply\", \"params\": {\"factor\": 2}},"
                          "{\"id\": \"c\", \"node_type\": \"Triple\"}",
                          LINK("a", "b") "," LINK("b", "c")));
    CHECK(int_of(session, 5) == 60);
    finish(session);
}

static void classes_with_names_are_told_among_the_node_types(const rm_runtime_t *runtime) {
    rm_packet_t *nodes = NULL;
    rm_str_t text = RM_STR_NONE;
    CHECK_OK(rm_runtime_nodes(runtime, &nodes, why));
    CHECK_OK(rm_packet_text(nodes, &text, why));
    CHECK(has_text(text, "{\"node_type\":\"Triple\",\"aliases\":[],\"summary\":\"voices:Times\","
                         "\"backend\":\"cpython\","));
    rm_packet_release(nodes);
}

static void the_package_finds_the_runtime_that_is_there(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Runtime", "{}"));
    rm_str_t text = RM_STR_NONE, version = rm_version_text();
    char expected[40];
    push_int(session, 0);
    rm_packet_t *result = next(session);
    CHECK_OK(rm_packet_text(result, &text, why));
    snprintf(expected, sizeof expected, "within, %.*s", (int)version.len, version.data);
    CHECK(is_text(text, expected));
    rm_packet_release(result);
    finish(session);
}

static void nodes_of_the_package_have_state_by_session(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(
        runtime, MANIFEST("{\"id\": \"t\", \"node_type\": \"Tally\", \"params\": {\"begin\": {\"$int\": \"40\"}},"
                          " \"python\": {\"class\": \"stateful:Tally\", \"name\": \"tally\"}}",
                          ""));
    for (int count = 41; count < 43; count++) {
        char expected[40];
        rm_packet_t *json = NULL;
        rm_str_t text = RM_STR_NONE;
        push_int(session, 0);
        rm_packet_t *result = next(session);
        CHECK_OK(rm_packet_json(result, &json, why));
        CHECK_OK(rm_packet_text(json, &text, why));
        snprintf(expected, sizeof expected, "[\"tally\",%d]", count);
        CHECK(is_text(text, expected));
        rm_packet_release(json);
        rm_packet_release(result);
    }
    finish(session);
}

static void instances_are_gone_with_their_sessions(const rm_runtime_t *runtime) {
    rm_session_t *census = session_of(runtime, ONE_CLASS("voices:Census", "{}"));
    CHECK(int_of(census, 0) == 0);
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Times", "{}"));
    CHECK(int_of(census, 0) == 1);
    finish(session);
    CHECK(int_of(census, 0) == 0);
    finish(census);
}

static void sessions_outlive_what_they_were_made_with(void) {
    rm_runtime_t *first = runtime_with_python(), *second = runtime_with_python();
    rm_session_t *session = session_of(first, ONE_CLASS("voices:Times", "{}"));
    rm_session_t *other = session_of(second, ONE_CLASS("voices:Loop", "{}"));
    rm_runtime_release(first);
    CHECK(int_of(session, 4) == 8);
    rm_runtime_release(second);
    rm_session_release(other);
    CHECK(int_of(session, 5) == 10);
    push_int(session, 6);
    rm_session_release(session);
}

int main(int argc, char **argv) {
    signals_begin();
    CHECK(argc == 3);
    config.path = rm_str(argv[1]);
    config.venv = rm_str(argv[2]);
    CHECK(rm_feature_enabled(RM_STR("cpython")));
    python_is_set_up_first();
    wrong_folders_start_nothing();
    for (int life = 0; life < 2; life++) {
        rm_runtime_t *runtime = runtime_with_python();
        signals_stay_as_they_are();
        a_process_has_one_interpreter(runtime);
        a_plain_class_takes_its_params(runtime);
        a_generator_gives_many_results(runtime);
        coroutines_of_a_session_share_a_loop(runtime);
        an_exception_names_node_and_item_and_has_its_traceback(runtime);
        a_node_that_exits_ends_its_session_alone(runtime);
        numpy_reads_the_host_s_samples_where_they_lie(runtime);
        audio_of_a_node_is_read_by_the_host(runtime);
        what_cannot_be_made_is_refused_with_its_traceback(runtime);
        each_session_has_an_instance_of_its_own(runtime);
        classes_have_names_and_stand_in_inner_pipelines(runtime);
        classes_with_names_are_told_among_the_node_types(runtime);
        the_package_finds_the_runtime_that_is_there(runtime);
        nodes_of_the_package_have_state_by_session(runtime);
        rm_runtime_release(runtime);
        sessions_outlive_what_they_were_made_with();
        runtime = runtime_with_python();
        instances_are_gone_with_their_sessions(runtime);
        rm_runtime_release(runtime);
    }
    return 0;
}
