/* What the programs that run Python nodes share. */
#ifndef PYTHON_CHECK_H
#define PYTHON_CHECK_H

#include "check.h"

/* A manifest of nodes, which are connected as listed. */
#define MANIFEST(nodes, connections)                                          \
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"calls\"}, \"nodes\": [" \
    nodes "], \"connections\": [" connections "]}"

#define CLASS(id, class, params)                                       \
    "{\"id\": \"" id "\", \"node_type\": \"" id "\", \"params\": " params \
    ", \"python\": {\"class\": \"" class "\"}}"

#define ONE_CLASS(class, params) MANIFEST(CLASS("node", class, params), "")

#define LINK(from, to) "{\"from\": \"" from "\", \"to\": \"" to "\"}"

/* A session of a manifest; the pipeline is released. */
static inline rm_session_t *session_of(const rm_runtime_t *runtime, const char *manifest) {
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    CHECK_OK(rm_pipeline_open(runtime, rm_str(manifest), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    rm_pipeline_release(pipeline);
    return session;
}

/* The next result. */
static inline rm_packet_t *next(rm_session_t *session) {
    rm_packet_t *result = NULL;
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 30 * SECOND, &result, why));
    return result;
}

static inline void push_int(rm_session_t *session, int64_t number) {
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(number, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, 30 * SECOND, why));
    rm_packet_release(packet);
}

static inline int64_t next_int(rm_session_t *session) {
    rm_packet_t *result = next(session);
    int64_t number = 0;
    CHECK_OK(rm_packet_int(result, &number, why));
    rm_packet_release(result);
    return number;
}

/* What comes out for a number. */
static inline int64_t int_of(rm_session_t *session, int64_t number) {
    push_int(session, number);
    return next_int(session);
}

/* Ends the input, and takes what is left. */
static inline void finish(rm_session_t *session) {
    CHECK_OK(rm_session_drain(session, 30 * SECOND, why));
    rm_session_release(session);
}

#endif
