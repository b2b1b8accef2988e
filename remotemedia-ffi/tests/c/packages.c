/* Packages: opened, run, and refused by status. The arguments are a folder with packages and the home of the user who
 * trusts some of them; or that folder, a reference to a registry, and the statuses that opening it offline and asking
 * the registry come to. */
#include "check.h"

static const char *folder;

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

static rm_package_t *open_file(const char *name) {
    rm_package_config_t config = of_user();
    rm_package_t *package = NULL;
    CHECK_OK(rm_package_open(file(name), &config, &package, why));
    return package;
}

/* Starts a session of a pipeline, which it releases, and checks that it doubles. */
static void doubles(rm_pipeline_t *pipeline) {
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL;
    int64_t value = 0;
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    rm_pipeline_release(pipeline);
    CHECK_OK(rm_packet_new_int(3, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 60 * SECOND, &packet, why));
    CHECK_OK(rm_packet_int(packet, &value, why));
    CHECK(value == 6);
    rm_packet_release(packet);
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    CHECK_OK(rm_session_drain(session, 60 * SECOND, why));
    rm_session_release(session);
}

/* Runs a package, which it releases before there is a session. */
static void package_doubles(const rm_runtime_t *runtime, rm_package_t *package) {
    rm_pipeline_t *pipeline = NULL;
    CHECK_OK(rm_pipeline_open_package(runtime, package, &pipeline, why));
    rm_package_release(package);
    doubles(pipeline);
}

static void packages_run_and_so_do_those_that_are_nodes(const rm_runtime_t *runtime) {
    static const char MANIFEST[] = ONE_NODE("Pipeline", "{\"package\": \"double.rmpkg\"}");
    rm_package_config_t config = of_user();
    rm_pipeline_t *pipeline = NULL;
    package_doubles(runtime, open_file("double.rmpkg"));
    package_doubles(runtime, open_file("outer.rmpkg"));
    CHECK_OK(rm_pipeline_open_in(runtime, RM_STR(MANIFEST), file(""), &config, &pipeline, why));
    doubles(pipeline);
}

/* Prints what the command prints too. */
static void a_package_tells_what_is_in_it(const rm_runtime_t *runtime) {
    rm_package_t *package = open_file("outer.rmpkg");
    rm_packet_t *packet = NULL;
    rm_str_t json;
    CHECK_OK(rm_package_inspect(package, runtime, &packet, why));
    CHECK_OK(rm_packet_text(packet, &json, why));
    printf("%.*s\n", (int)json.len, json.data);
    rm_packet_release(packet);
    rm_package_release(package);
}

static void expect(rm_status_t found, rm_status_t expected, rm_error_t *error, const char *words) {
    rm_str_t message = rm_error_message(error);
    if (found != expected || rm_error_status(error) != expected || !has_text(message, words)) {
        fprintf(stderr, "status %" PRId32 ", expected %" PRId32 "; \"%.*s\", expected \"%s\"\n", found, expected,
                (int)message.len, message.data ? message.data : "", words);
        exit(1);
    }
    rm_error_release(error);
}

static void what_is_not_to_be_believed_is_not_opened(void) {
    static const struct {
        const char *name;
        rm_status_t status;
        const char *words;
    } REFUSED[] = {
        {"unsigned.rmpkg", RM_STATUS_PACKAGE_UNSIGNED, "unsigned.rmpkg: the package is not signed"},
        {"untrusted.rmpkg", RM_STATUS_PACKAGE_UNTRUSTED, "`remotemedia trust add` takes the signer's public key"},
        {"tampered.rmpkg", RM_STATUS_PACKAGE_TAMPERED, "sha256:"},
        {"manifest.json", RM_STATUS_PACKAGE, "manifest.json: "},
        {"missing.rmpkg", RM_STATUS_PACKAGE_IO, "cannot open"},
    };
    for (size_t at = 0; at < sizeof REFUSED / sizeof *REFUSED; at++) {
        rm_package_config_t config = of_user();
        rm_package_t *package = NULL;
        rm_error_t *error = NULL;
        rm_status_t status = rm_package_open(file(REFUSED[at].name), &config, &package, &error);
        expect(status, REFUSED[at].status, error, REFUSED[at].words);
        CHECK(package == NULL);
    }
}

static void a_package_of_somebody_else_may_only_compute(const rm_runtime_t *runtime) {
    rm_package_config_t config = of_user();
    rm_package_t *package = open_file("reaching.rmpkg");
    rm_pipeline_t *pipeline = NULL;
    rm_error_t *error = NULL;
    rm_status_t status = rm_pipeline_open_package(runtime, package, &pipeline, &error);
    expect(status, RM_STATUS_PACKAGE_FOREIGN, error, "\"out\" (WavSink) reads or writes files");
    CHECK(pipeline == NULL);
    rm_package_release(package);
    config.trust_native = 1;
    CHECK_OK(rm_package_open(file("reaching.rmpkg"), &config, &package, why));
    CHECK_OK(rm_pipeline_open_package(runtime, package, &pipeline, why));
    rm_pipeline_release(pipeline);
    rm_package_release(package);
}

static void nodes_in_python_need_a_library_that_has_it(const rm_runtime_t *runtime) {
    rm_package_t *package = open_file("talk.rmpkg");
    rm_pipeline_t *pipeline = NULL;
    rm_error_t *error = NULL;
    rm_status_t status = rm_pipeline_open_package(runtime, package, &pipeline, &error);
    expect(status, RM_STATUS_UNSUPPORTED, error, "talk:Talk of a package needs the library's feature \"cpython\"");
    CHECK(pipeline == NULL);
    rm_package_release(package);
}

static void mistakes_are_errors(const rm_runtime_t *runtime) {
    rm_package_config_t config = of_user();
    rm_package_t *package = open_file("double.rmpkg"), *none = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_packet_t *packet = NULL;
    rm_error_t *error = NULL;
    rm_status_t status = rm_package_open(RM_STR_NONE, &config, &none, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "reference is null");
    status = rm_package_open(file("double.rmpkg"), &config, NULL, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "output is null");
    status = rm_package_open(RM_STR("oci://no/Reference"), &config, &none, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "oci://no/Reference");
    config.struct_size = 8;
    status = rm_package_open(file("double.rmpkg"), &config, &none, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "begin with its INIT macro");
    status = rm_pipeline_open_package(NULL, package, &pipeline, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "runtime is null");
    status = rm_pipeline_open_package(runtime, NULL, &pipeline, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "package is null");
    status = rm_package_inspect(package, NULL, &packet, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "runtime is null");
    status = rm_pipeline_open_in(runtime, RM_STR("{"), file(""), NULL, &pipeline, &error);
    expect(status, RM_STATUS_MANIFEST, error, "");
    CHECK(rm_package_retain(package) == package);
    rm_package_release(package);
    rm_package_release(package);
    status = rm_package_inspect(package, runtime, &packet, &error);
    expect(status, RM_STATUS_INVALID_ARGUMENT, error, "package was released");
    CHECK(rm_package_retain(package) == NULL && rm_package_retain(NULL) == NULL);
    rm_package_release(package);
    rm_package_release(NULL);
    CHECK(none == NULL && pipeline == NULL && packet == NULL);
}

/* Opens a reference, first without asking anybody. What comes of each is known. */
static void opens(const rm_runtime_t *runtime, const char *reference, rm_status_t offline, rm_status_t online) {
    const rm_status_t expected[] = {offline, online};
    for (int is_online = 0; is_online < 2; is_online++) {
        rm_package_config_t config = of_user();
        rm_package_t *package = NULL;
        rm_error_t *error = NULL;
        config.offline = !is_online;
        rm_status_t status = rm_package_open(rm_str(reference), &config, &package, &error);
        if (expected[is_online] != RM_STATUS_OK) {
            expect(status, expected[is_online], error, reference);
            CHECK(package == NULL);
        } else {
            CHECK(status == RM_STATUS_OK);
            package_doubles(runtime, package);
        }
    }
}

int main(int argc, char **argv) {
    rm_runtime_t *runtime = NULL;
    CHECK(argc == 2 || argc == 5);
    CHECK(rm_feature_enabled(RM_STR("pkg")) && rm_feature_enabled(RM_STR("registry")));
    folder = argv[1];
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    if (argc == 5) {
        opens(runtime, argv[2], (rm_status_t)atoi(argv[3]), (rm_status_t)atoi(argv[4]));
    } else {
        packages_run_and_so_do_those_that_are_nodes(runtime);
        what_is_not_to_be_believed_is_not_opened();
        a_package_of_somebody_else_may_only_compute(runtime);
        nodes_in_python_need_a_library_that_has_it(runtime);
        mistakes_are_errors(runtime);
        a_package_tells_what_is_in_it(runtime);
    }
    rm_runtime_release(runtime);
    return 0;
}
