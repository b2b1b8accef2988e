/* The library is a guest: it prints nothing, leaves the signals of its host alone, and has no thread before a runtime
 * is made or after the last one is released. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "check.h"

enum { SIGNALS = 65 };

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

static int threads(void) {
    int count = 0;
    DIR *folder = opendir("/proc/self/task");
    CHECK(folder != NULL);
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

static rm_status_t fail(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    (void)packet;
    rm_node_fail(node, RM_STR("as it should"), NULL);
    return RM_STATUS_NODE;
}

/* A session that works, and ends with an error. */
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
    CHECK(threads() > 1);
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
    CHECK(threads() == 1);
    live(&before);
    live(&before);
    look(&now);
    expect_same(&before, &now);
    CHECK(threads() == 1);
    return 0;
}

/* Runs this program anew as a guest, and shows what it printed. What happens at load and at exit is heard too. */
static int listen_to(const char *program) {
    char command[4096], heard[4096];
    CHECK(snprintf(command, sizeof command, "'%s' guest 2>&1", program) < (int)sizeof command);
    FILE *guest = popen(command, "r");
    CHECK(guest != NULL);
    size_t count = fread(heard, 1, sizeof heard, guest);
    int ended = pclose(guest);
    if (count > 0 || ended != 0) {
        fprintf(stderr, "the guest ended with %d and printed: %.*s\n", ended, (int)count, heard);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) { return argc > 1 ? be_a_guest() : listen_to(argv[0]); }
