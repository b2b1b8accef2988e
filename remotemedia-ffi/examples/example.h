/* What the examples share: a call that fails ends the program with the library's own words. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <remotemedia.h>

/* Makes a call that takes `&error` as its last argument. */
#define TRY(call)                                             \
    do {                                                      \
        rm_error_t *error = NULL;                             \
        if ((call) < RM_STATUS_OK) {                          \
            rm_str_t why = rm_error_message(error);           \
            fprintf(stderr, "%.*s\n", (int)why.len, why.data); \
            rm_error_release(error);                          \
            exit(1);                                          \
        }                                                     \
    } while (0)

/* A session of a manifest. It keeps the runtime and the pipeline that it needs. */
static inline rm_session_t *open_session(const rm_runtime_t *runtime, const char *manifest) {
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    TRY(rm_pipeline_open(runtime, rm_str(manifest), &pipeline, &error));
    TRY(rm_session_open(pipeline, NULL, &session, &error));
    rm_pipeline_release(pipeline);
    return session;
}

/* Receives the next packet; null at the end. */
static inline rm_packet_t *next_packet(const rm_session_t *session) {
    rm_packet_t *packet = NULL;
    TRY(rm_session_poll(session, RM_STR_NONE, -1, &packet, &error));
    return packet;
}

#endif
