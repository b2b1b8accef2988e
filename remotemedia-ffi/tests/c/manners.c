/* The library is a guest: it prints nothing, reads no environment, leaves the signals of its host alone, and has no
 * thread before a runtime is made or after the last one is released. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tasks.h"

enum { SIGNALS = 65 };

/* Whoever in the process asks for a variable asks this program, which says so where it is heard, from load to exit. */
static char *asked_for(const char *name) {
    fprintf(stderr, "asks the environment for %s\n", name);
    return NULL;
}

char *getenv(const char *name) { return asked_for(name); }

char *secure_getenv(const char *name);
char *secure_getenv(const char *name) { return asked_for(name); }

extern char **environ;

/* Whoever reads the environment without asking, as for a list of all variables, ends the process. */
static void forbid_environment(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char **forbidden = aligned_alloc(page, page);
    CHECK(forbidden != NULL && mprotect(forbidden, page, PROT_NONE) == 0);
    environ = forbidden;
}

/* What would be done about each signal. */
typedef struct {
    struct sigaction actions[SIGNALS];
    sigset_t blocked;
} signals_t;

static void look(signals_t *signals) {
    memset(signals, 0, sizeof *signals);
    for (int number = 1; number < SIGNALS; number++) {
        /* The C library keeps some for itself. */
        if (sigaction(number, NULL, &signals->actions[number]) != 0) {
            memset(&signals->actions[number], 0, sizeof signals->actions[number]);
        }
    }
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &signals->blocked) == 0);
}

static bool are_same(const sigset_t *one, const sigset_t *other) {
    for (int number = 1; number < SIGNALS; number++) {
        if (sigismember(one, number) != sigismember(other, number)) {
            return false;
        }
    }
    return true;
}

static void expect_same(const signals_t *before, const signals_t *now) {
    for (int number = 1; number < SIGNALS; number++) {
        const struct sigaction *old = &before->actions[number], *new = &now->actions[number];
        CHECK(old->sa_flags == new->sa_flags && old->sa_handler == new->sa_handler);
        CHECK(are_same(&old->sa_mask, &new->sa_mask));
    }
    CHECK(are_same(&before->blocked, &now->blocked));
}

static void own_handler(int number) { (void)number; }

static rm_status_t fail(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    (void)packet;
    rm_node_fail(node, RM_STR("as it should"), NULL);
    return RM_STATUS_NODE;
}

static void on_record(void *user_data, const rm_log_record_t *record) {
    CHECK(user_data == NULL && record->message.len > 0);
}

static void hear_the_log(void) {
    rm_log_listener_t listener = RM_LOG_LISTENER_INIT;
    listener.level = RM_LOG_TRACE;
    listener.record = on_record;
    CHECK_OK(rm_log_set(&listener, why));
}

static void describe(const rm_pipeline_t *pipeline, const rm_session_t *session) {
    rm_packet_t *counts = NULL, *graph = NULL;
    CHECK_OK(rm_session_metrics(session, &counts, why));
    CHECK_OK(rm_pipeline_inspect(pipeline, RM_STR("json"), &graph, why));
    rm_packet_release(counts);
    rm_packet_release(graph);
}

/* A session of a node of the library's own, on a pipeline that is named, from its first packet to its end. */
static void live_well(rm_runtime_t *runtime) {
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL, *doubled = NULL;
    CHECK_OK(rm_runtime_set_pipeline(runtime, RM_STR("double"), RM_STR(ONE_NODE("Multiply", "{\"factor\": 2}")), why));
    CHECK_OK(rm_pipeline_open_named(runtime, RM_STR("double"), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &doubled, why));
    CHECK_OK(rm_session_interrupt(session, why));
    describe(pipeline, session);
    CHECK_OK(rm_session_drain(session, 10 * SECOND, why));
    rm_packet_release(doubled);
    rm_packet_release(packet);
    rm_session_release(session);
    rm_pipeline_release(pipeline);
}

/* A session that works, and one that ends with an error. */
static void live(const signals_t *before) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL, *none = NULL;
    rm_error_t *error = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    signals_t now;
    type.name = RM_STR("Failing");
    type.lane = RM_LANE_BLOCKING;
    type.process = fail;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK(tasks() > 1);
    live_well(runtime);
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Failing", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    CHECK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &none, &error) == RM_STATUS_NODE);
    look(&now);
    expect_same(before, &now);
    rm_error_release(error);
    rm_packet_release(packet);
    rm_packet_release(packet);
    rm_session_release(session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
}

/* What a child does that the library must not be heard in. */
static int be_a_guest(void) {
    signals_t before, now;
    CHECK(signal(SIGUSR1, own_handler) != SIG_ERR && signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    look(&before);
    CHECK(tasks() == 1);
    forbid_environment();
    live(&before);
    hear_the_log();
    live(&before);
    CHECK_OK(rm_log_set(NULL, why));
    look(&now);
    expect_same(&before, &now);
    CHECK(tasks() == 1);
    return 0;
}

/* Calls the one function of the library that reads the environment where it is not told otherwise. */
static int be_curious(void) {
    rm_package_t *package = NULL;
    CHECK(rm_package_open(RM_STR("missing.rmpkg"), NULL, &package, NULL) < RM_STATUS_OK);
    return 0;
}

/* Runs this program anew in a part, and gives what it printed. What happens at load and at exit is heard too. */
static rm_str_t heard_from(const char *program, const char *part) {
    static char heard[4096];
    char command[4096];
    CHECK(snprintf(command, sizeof command, "'%s' %s 2>&1", program, part) < (int)sizeof command);
    FILE *played = popen(command, "r");
    CHECK(played != NULL);
    size_t count = fread(heard, 1, sizeof heard, played);
    int ended = pclose(played);
    if (ended != 0) {
        fprintf(stderr, "%s ended with %d and printed: %.*s\n", command, ended, (int)count, heard);
        exit(1);
    }
    return (rm_str_t){heard, count};
}

static int listen_to(const char *program) {
    rm_str_t guest = heard_from(program, "guest");
    if (guest.len > 0) {
        fprintf(stderr, "the guest printed: %.*s\n", (int)guest.len, guest.data);
        return 1;
    }
    /* Or nobody would be heard who asks. */
    CHECK(!rm_feature_enabled(RM_STR("pkg")) || has_text(heard_from(program, "curious"), "for REMOTEMEDIA_HOME\n"));
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 1) {
        return listen_to(argv[0]);
    }
    return strcmp(argv[1], "curious") == 0 ? be_curious() : be_a_guest();
}
