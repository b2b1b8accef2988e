/* Packages with nodes in Python: run, nested, refused. The arguments: a folder with packages and the home of the user
 * who trusts some of them, folders with modules, a virtual environment; if it lacks something, what is said then. */
#include "python.h"

static const char *folder;
static rm_python_config_t python = RM_PYTHON_CONFIG_INIT;

/* A file in the folder. Lent until the next call. */
static rm_str_t file(const char *name) {
    static char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(len > 0 && (size_t)len < sizeof path);
    return (rm_str_t){path, (size_t)len};
}

static rm_package_config_t of_user(void) {
    static char home[4096];
    rm_package_config_t config = RM_PACKAGE_CONFIG_INIT;
    int len = snprintf(home, sizeof home, "%s/home", folder);
    CHECK(len > 0 && (size_t)len < sizeof home);
    config.home = (rm_str_t){home, (size_t)len};
    return config;
}

static rm_package_t *open_file(const char *name, bool trust_native) {
    rm_package_config_t config = of_user();
    rm_package_t *package = NULL;
    config.trust_native = trust_native;
    CHECK_OK(rm_package_open(file(name), &config, &package, why));
    return package;
}

static rm_pipeline_t *pipeline_of(const rm_runtime_t *runtime, const char *name, bool trust_native) {
    rm_package_t *package = open_file(name, trust_native);
    rm_pipeline_t *pipeline = NULL;
    CHECK_OK(rm_pipeline_open_package(runtime, package, &pipeline, why));
    rm_package_release(package);
    return pipeline;
}

static rm_session_t *start(rm_pipeline_t *pipeline) {
    rm_session_t *session = NULL;
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    return session;
}

/* What a node's `item * 2 * 7`, and the next one's `item * 100 + count`, come to. */
static void weighs(rm_session_t *session, int64_t factor) {
    CHECK(int_of(session, 3) == 3 * factor * 1400 + 1);
    CHECK(int_of(session, 5) == 5 * factor * 1400 + 2);
}

/* The error with which the pipeline of a package is not opened. */
static rm_error_t *refused(const rm_runtime_t *runtime, const char *name, rm_status_t expected, const char *words) {
    rm_package_t *package = open_file(name, false);
    rm_pipeline_t *pipeline = NULL;
    rm_error_t *error = NULL;
    rm_status_t status = rm_pipeline_open_package(runtime, package, &pipeline, &error);
    rm_str_t message = rm_error_message(error);
    if (status != expected || pipeline != NULL || !has_text(message, words)) {
        fprintf(stderr, "%s: status %" PRId32 ": \"%.*s\", expected \"%s\"\n", name, status, (int)message.len,
                message.data ? message.data : "", words);
        exit(1);
    }
    rm_package_release(package);
    return error;
}

static rm_runtime_t *runtime_without_python(void) {
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    return runtime;
}

static rm_runtime_t *runtime_with_python(void) {
    rm_runtime_t *runtime = runtime_without_python();
    CHECK_OK(rm_runtime_set_python(runtime, &python, why));
    return runtime;
}

static void python_is_set_up_first(void) {
    rm_runtime_t *runtime = runtime_without_python();
    rm_error_release(
        refused(runtime, "voice.rmpkg", RM_STATUS_UNSUPPORTED, "which is not set up: call rm_runtime_set_python first"));
    rm_error_release(
        refused(runtime, "outer.rmpkg", RM_STATUS_UNSUPPORTED, "the node voice:Count of a package is in Python"));
    rm_runtime_release(runtime);
}

static void each_session_has_instances_of_its_own(const rm_runtime_t *runtime) {
    rm_pipeline_t *pipeline = pipeline_of(runtime, "voice.rmpkg", false);
    rm_session_t *first = start(pipeline), *second = start(pipeline);
    rm_pipeline_release(pipeline);
    weighs(first, 1);
    weighs(second, 1);
    finish(first);
    finish(second);
}

static void packages_are_nodes_of_packages_and_of_manifests(const rm_runtime_t *runtime) {
    static const char MIXED[] = MANIFEST(
        CLASS("times", "voices:Times", "{\"factor\": 3}") ","
        "{\"id\": \"inner\", \"node_type\": \"Pipeline\", \"params\": {\"package\": \"voice.rmpkg\"}}",
        LINK("times", "inner"));
    rm_package_config_t config = of_user();
    rm_pipeline_t *pipeline = pipeline_of(runtime, "outer.rmpkg", false);
    rm_session_t *session = start(pipeline);
    rm_pipeline_release(pipeline);
    weighs(session, 2);
    finish(session);
    CHECK_OK(rm_pipeline_open_in(runtime, RM_STR(MIXED), file(""), &config, &pipeline, why));
    session = start(pipeline);
    rm_pipeline_release(pipeline);
    weighs(session, 3);
    finish(session);
}

static void an_exception_names_node_and_item_and_shows_the_source(const rm_runtime_t *runtime) {
    rm_pipeline_t *pipeline = pipeline_of(runtime, "outer.rmpkg", false);
    rm_session_t *session = start(pipeline);
    rm_packet_t *result = NULL;
    rm_error_t *error = NULL;
    rm_pipeline_release(pipeline);
    CHECK(int_of(session, 1) == 2801);
    push_int(session, 501);
    CHECK(rm_session_poll(session, RM_STR_NONE, 30 * SECOND, &result, &error) == RM_STATUS_NODE && result == NULL);
    CHECK(is_text(rm_error_message(error), "outer/inner/Weigh_0: item 2: ValueError: 1002 is too heavy"));
    CHECK(is_text(rm_error_pipeline(error), "outer") && is_text(rm_error_node(error), "inner/Weigh_0"));
    CHECK(rm_error_item(error) == 2);
    rm_str_t cause = rm_error_cause(error);
    CHECK(has_text(cause, "Traceback (most recent call last):") && has_text(cause, ".rmpkg/voice.py\", line "));
    CHECK(has_text(cause, "in checked") && has_text(cause, "raise ValueError(f\"{item} is too heavy\")"));
    rm_error_release(error);
    rm_session_release(session);
}

static void what_cannot_be_made_is_refused_with_its_traceback(const rm_runtime_t *runtime) {
    static const char WHY[] = "picky/Picky_0: RuntimeError: there is nothing around";
    rm_error_t *error = refused(runtime, "picky.rmpkg", RM_STATUS_NODE, WHY);
    CHECK(is_text(rm_error_node(error), "Picky_0"));
    CHECK(has_text(rm_error_cause(error), ".rmpkg/picky.py\", line "));
    rm_error_release(error);
}

static void packages_of_others_run_if_they_are_trusted_with_that(const rm_runtime_t *runtime) {
    rm_package_config_t config = of_user();
    rm_package_t *package = NULL;
    static const char WHY[] = "\"Weigh_0\" (Weigh) runs Python code of the package";
    rm_error_release(refused(runtime, "foreign.rmpkg", RM_STATUS_PACKAGE_FOREIGN, WHY));
    rm_error_release(refused(runtime, "around.rmpkg", RM_STATUS_PACKAGE_FOREIGN, WHY));
    CHECK(rm_package_open(file("untrusted.rmpkg"), &config, &package, NULL) == RM_STATUS_PACKAGE_UNTRUSTED);
    rm_pipeline_t *pipeline = pipeline_of(runtime, "foreign.rmpkg", true);
    rm_session_t *session = start(pipeline);
    rm_pipeline_release(pipeline);
    weighs(session, 1);
    finish(session);
}

static void sessions_keep_what_they_were_made_of(void) {
    rm_runtime_t *runtime = runtime_with_python();
    rm_pipeline_t *pipeline = pipeline_of(runtime, "voice.rmpkg", false);
    rm_session_t *session = start(pipeline);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    weighs(session, 1);
    rm_session_release(session);
}

int main(int argc, char **argv) {
    CHECK(argc == 4 || argc == 5);
    CHECK(rm_feature_enabled(RM_STR("cpython")) && rm_feature_enabled(RM_STR("pkg")));
    folder = argv[1];
    python.path = rm_str(argv[2]);
    python.venv = rm_str(argv[3]);
    python_is_set_up_first();
    rm_runtime_t *runtime = runtime_with_python();
    if (argc == 5) {
        rm_error_release(refused(runtime, "voice.rmpkg", RM_STATUS_UNSUPPORTED, argv[4]));
    } else {
        packages_of_others_run_if_they_are_trusted_with_that(runtime);
        each_session_has_instances_of_its_own(runtime);
        packages_are_nodes_of_packages_and_of_manifests(runtime);
        an_exception_names_node_and_item_and_shows_the_source(runtime);
        what_cannot_be_made_is_refused_with_its_traceback(runtime);
        sessions_keep_what_they_were_made_of();
    }
    rm_runtime_release(runtime);
    return 0;
}
