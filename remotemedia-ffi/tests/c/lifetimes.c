/* Runtimes, pipelines and sessions come and go, one after the other and side by side, and leave nothing behind: no
 * memory, no thread, no descriptor. The argument says how often, after as many lives that warm the allocator up. */
#include <dirent.h>
#include <malloc.h>
#include <stdatomic.h>

#include "check.h"

static atomic_llong destroyed;

static void destroy(void *user_data) {
    (void)user_data;
    atomic_fetch_add(&destroyed, 1);
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    return rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"test\"}, \"nodes\": ["
    " {\"id\": \"double\", \"node_type\": \"Multiply\", \"params\": {\"factor\": 2}},"
    " {\"id\": \"host\", \"node_type\": \"Host\"}], \"connections\": [{\"from\": \"double\", \"to\": \"host\"}]}";

static rm_runtime_t *runtime_with_node(void) {
    rm_runtime_t *runtime = NULL;
    rm_runtime_config_t config = RM_RUNTIME_CONFIG_INIT;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    config.workers = 1;
    type.name = RM_STR("Host");
    type.process = process;
    type.destroy = destroy;
    CHECK_OK(rm_runtime_new(&config, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    return runtime;
}

static rm_session_t *session_of(const rm_runtime_t *runtime) {
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_str_t manifest = {MANIFEST, sizeof MANIFEST - 1};
    CHECK_OK(rm_pipeline_open(runtime, manifest, &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    rm_pipeline_release(pipeline);
    return session;
}

static void send(const rm_session_t *session, int64_t number) {
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(number, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
}

static int64_t receive(const rm_session_t *session) {
    rm_packet_t *packet = NULL;
    int64_t number = 0;
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &packet, why));
    CHECK_OK(rm_packet_int(packet, &number, why));
    rm_packet_release(packet);
    return number;
}

/* One life of everything; every third one is left with a packet under way, every third with an error. */
static void live(int round) {
    rm_runtime_t *runtime = runtime_with_node();
    rm_session_t *session = session_of(runtime);
    rm_error_t *error = NULL;
    rm_pipeline_t *none = NULL;
    send(session, round);
    if (round % 3 != 0) {
        CHECK(receive(session) == 2 * round);
    }
    if (round % 3 == 1) {
        CHECK(rm_pipeline_open(runtime, RM_STR("{}"), &none, &error) == RM_STATUS_MANIFEST && none == NULL);
        rm_error_release(error);
    }
    rm_runtime_release(runtime);
    rm_session_release(session);
}

/* Two runtimes know nothing of each other, whichever goes first. */
static void live_side_by_side(void) {
    rm_runtime_t *left = runtime_with_node(), *right = runtime_with_node();
    rm_session_t *one = session_of(left), *two = session_of(right);
    send(one, 1);
    send(two, 2);
    rm_session_release(one);
    rm_runtime_release(left);
    CHECK(receive(two) == 4);
    CHECK_OK(rm_session_drain(two, 10 * SECOND, why));
    rm_session_release(two);
    rm_runtime_release(right);
}

/* How many entries a folder has. */
static int entries(const char *path) {
    int count = 0;
    DIR *folder = opendir(path);
    CHECK(folder != NULL);
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    for (int round = 0; round < rounds; round++) {
        live(round);
    }
    size_t memory = mallinfo2().uordblks;
    int threads = entries("/proc/self/task"), descriptors = entries("/proc/self/fd");
    for (int round = 0; round < rounds; round++) {
        live(round);
    }
    size_t now = mallinfo2().uordblks;
    /* Threads keep a little for themselves. What each life left behind would be at least one chunk of 32 bytes. */
    size_t kept = 4096 + 16 * (size_t)rounds;
    if (now > memory + kept) {
        fprintf(stderr, "%zu bytes before, %zu after %d more lives\n", memory, now, rounds);
        return 1;
    }
    CHECK(entries("/proc/self/task") == threads && entries("/proc/self/fd") == descriptors);
    CHECK(atomic_load(&destroyed) == 2 * rounds);
    live_side_by_side();
    CHECK(atomic_load(&destroyed) == 2 * rounds + 2);
    return 0;
}
