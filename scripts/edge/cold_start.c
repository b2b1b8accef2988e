/* How long it takes from nothing to the first result: the library is loaded, a runtime, a pipeline with a node of the
 * host and a session are made, and a number makes the round trip. With the folder of cold_node.py, the node is that in
 * Python. Prints milliseconds. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remotemedia.h"

static __typeof__(&rm_node_emit) node_emit;

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    return node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void *library;

static void *function(const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return found;
}

#define CALL(name, ...) ((__typeof__(&name))function(#name))(__VA_ARGS__)
#define MUST(name, ...)                                                        \
    do {                                                                       \
        if (CALL(name, __VA_ARGS__) != RM_STATUS_OK) {                         \
            fprintf(stderr, #name " failed\n");                                \
            return 1;                                                          \
        }                                                                      \
    } while (0)

/* Lets manifests name a node of the host, or the one in Python that lies in a folder. */
static int set_node(rm_runtime_t *runtime, const char *folder) {
    if (folder == NULL) {
        rm_node_type_t type = RM_NODE_TYPE_INIT;
        type.name = RM_STR("Host");
        type.process = process;
        MUST(rm_runtime_set_node, runtime, &type, NULL);
        return 0;
    }
    rm_python_config_t python = RM_PYTHON_CONFIG_INIT;
    python.path.data = folder;
    python.path.len = strlen(folder);
    MUST(rm_runtime_set_python, runtime, &python, NULL);
    MUST(rm_runtime_set_python_node, runtime, RM_STR("Host"), RM_STR("cold_node:Host"), NULL);
    return 0;
}

int main(int argc, char **argv) {
    double began = milliseconds();
    library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    if (library == NULL) {
        fprintf(stderr, "usage: cold_start LIBRARY [FOLDER]\n");
        return 1;
    }
    node_emit = (__typeof__(&rm_node_emit))function("rm_node_emit");
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL, *result = NULL;
    rm_str_t manifest = RM_STR("{\"version\": \"v1\", \"metadata\": {\"name\": \"cold\"}, \"connections\": [],"
                               " \"nodes\": [{\"id\": \"node\", \"node_type\": \"Host\"}]}");
    MUST(rm_runtime_new, NULL, &runtime, NULL);
    if (set_node(runtime, argc > 2 ? argv[2] : NULL) != 0) {
        return 1;
    }
    MUST(rm_pipeline_open, runtime, manifest, &pipeline, NULL);
    MUST(rm_session_open, pipeline, NULL, &session, NULL);
    MUST(rm_packet_new_int, 1, &packet, NULL);
    MUST(rm_session_push, session, RM_STR_NONE, packet, -1, NULL);
    MUST(rm_session_poll, session, RM_STR_NONE, -1, &result, NULL);
    printf("%.3f\n", milliseconds() - began);
    CALL(rm_packet_release, packet);
    CALL(rm_packet_release, result);
    CALL(rm_session_release, session);
    CALL(rm_pipeline_release, pipeline);
    CALL(rm_runtime_release, runtime);
    return 0;
}
