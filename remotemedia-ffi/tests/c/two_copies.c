/* Two copies of the library in one process know nothing of each other. The arguments are the paths of the copies. */
#include <dlfcn.h>

#include "check.h"

/* What the test uses of one copy. */
typedef struct {
    void *library;
    __typeof__(&rm_runtime_new) runtime_new;
    __typeof__(&rm_runtime_release) runtime_release;
    __typeof__(&rm_pipeline_open) pipeline_open;
    __typeof__(&rm_pipeline_release) pipeline_release;
    __typeof__(&rm_session_open) session_open;
    __typeof__(&rm_session_push) session_push;
    __typeof__(&rm_session_poll) session_poll;
    __typeof__(&rm_session_release) session_release;
    __typeof__(&rm_packet_new_int) packet_new_int;
    __typeof__(&rm_packet_int) packet_int;
    __typeof__(&rm_packet_release) packet_release;
} copy_t;

#define FIND(copy, name) (copy).name = (__typeof__((copy).name))(uintptr_t)dlsym((copy).library, "rm_" #name)

static copy_t load(const char *path) {
    copy_t copy = {0};
    copy.library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECK(copy.library != NULL);
    FIND(copy, runtime_new);
    FIND(copy, runtime_release);
    FIND(copy, pipeline_open);
    FIND(copy, pipeline_release);
    FIND(copy, session_open);
    FIND(copy, session_push);
    FIND(copy, session_poll);
    FIND(copy, session_release);
    FIND(copy, packet_new_int);
    FIND(copy, packet_int);
    FIND(copy, packet_release);
    return copy;
}

static rm_session_t *open(const copy_t *copy) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    CHECK(copy->runtime_new(NULL, &runtime, NULL) == RM_STATUS_OK);
    rm_str_t manifest = RM_STR(ONE_NODE("Multiply", "{\"factor\": 2}"));
    CHECK(copy->pipeline_open(runtime, manifest, &pipeline, NULL) == RM_STATUS_OK);
    CHECK(copy->session_open(pipeline, NULL, &session, NULL) == RM_STATUS_OK);
    copy->pipeline_release(pipeline);
    copy->runtime_release(runtime);
    return session;
}

static int64_t doubled(const copy_t *copy, rm_session_t *session, int64_t number) {
    rm_packet_t *packet = NULL, *result = NULL;
    CHECK(copy->packet_new_int(number, &packet, NULL) == RM_STATUS_OK);
    CHECK(copy->session_push(session, RM_STR_NONE, packet, -1, NULL) == RM_STATUS_OK);
    CHECK(copy->session_poll(session, RM_STR_NONE, 10 * SECOND, &result, NULL) == RM_STATUS_OK);
    CHECK(copy->packet_int(result, &number, NULL) == RM_STATUS_OK);
    copy->packet_release(packet);
    copy->packet_release(result);
    return number;
}

int main(int argc, char **argv) {
    CHECK(argc == 3);
    copy_t left = load(argv[1]), right = load(argv[2]);
    CHECK(left.packet_int != right.packet_int);
    rm_session_t *one = open(&left), *two = open(&right);
    CHECK(doubled(&left, one, 4) == 8 && doubled(&right, two, 21) == 42);

    /* What belongs to one copy is nothing to the other. */
    rm_packet_t *packet = NULL;
    CHECK(left.packet_new_int(1, &packet, NULL) == RM_STATUS_OK);
    CHECK(right.session_push(two, RM_STR_NONE, packet, 0, NULL) == RM_STATUS_INVALID_ARGUMENT);
    right.packet_release(packet);
    CHECK(left.session_push(one, RM_STR_NONE, packet, 0, NULL) == RM_STATUS_OK);
    left.packet_release(packet);

    left.session_release(one);
    CHECK(doubled(&right, two, 5) == 10);
    right.session_release(two);
    return 0;
}
