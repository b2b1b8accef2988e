/* What the test programs share: a check that says where it failed, and pipelines in a line. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "remotemedia.h"

#define CHECK(condition)                                                            \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                                \
        }                                                                           \
    } while (0)

#define CHECK_OK(call)                                                                            \
    do {                                                                                          \
        rm_error_t *check_error = NULL;                                                           \
        rm_error_t **why = &check_error;                                                          \
        rm_status_t check_status = (call);                                                        \
        if (check_status != RM_STATUS_OK) {                                                       \
            rm_str_t message = rm_error_message(check_error);                                     \
            fprintf(stderr, "%s:%d: status %" PRId32 ": %.*s\n", __FILE__, __LINE__, check_status, \
                    (int)message.len, message.data ? message.data : "");                          \
            exit(1);                                                                              \
        }                                                                                         \
        CHECK(check_error == NULL);                                                               \
        (void)why;                                                                                \
    } while (0)

/* Whether a text is what a program says. */
static inline bool is_text(rm_str_t text, const char *expected) {
    return text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0;
}

/* Whether a text holds what a program says. */
static inline bool has_text(rm_str_t text, const char *expected) {
    size_t wanted = strlen(expected);
    for (size_t at = 0; at + wanted <= text.len; at++) {
        if (memcmp(text.data + at, expected, wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* A session of a manifest, with its runtime and pipeline released: it keeps what it uses. */
static inline rm_session_t *open_session(const char *manifest) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_pipeline_open(runtime, rm_str(manifest), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return session;
}

#define ONE_NODE(type, params)                                                                     \
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"test\"}, \"connections\": [],"               \
    " \"nodes\": [{\"id\": \"node\", \"node_type\": \"" type "\", \"params\": " params "}]}"

/* Lets other threads work for a millisecond. */
static inline void nap(void) { thrd_sleep(&(struct timespec){0, 1000000}, NULL); }

/* A second, in nanoseconds. */
#define SECOND INT64_C(1000000000)

#endif
