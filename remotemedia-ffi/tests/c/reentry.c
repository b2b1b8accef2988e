/* Inside callbacks, calls that do not wait are fine, and calls that would wait are refused rather than hang. */
#include <stdatomic.h>

#include "check.h"

typedef struct {
    rm_session_t *session;
    rm_runtime_t *runtime;
    atomic_int calls, ended;
} host_t;

#define CHECK_REFUSED(call)                                                                                \
    do {                                                                                                   \
        rm_error_t *refusal = NULL;                                                                        \
        rm_error_t **why = &refusal;                                                                       \
        CHECK((call) == RM_STATUS_REENTRANT && has_text(rm_error_message(refusal), "inside a callback"));  \
        rm_error_release(refusal);                                                                         \
    } while (0)

/* Everything a callback may try with its own session. */
static void try_everything(host_t *host) {
    rm_packet_t *packet = NULL, *result = NULL;
    CHECK_OK(rm_packet_new_int(7, &packet, why));
    CHECK_REFUSED(rm_session_push(host->session, RM_STR_NONE, packet, -1, why));
    CHECK_REFUSED(rm_session_push(host->session, RM_STR_NONE, packet, SECOND, why));
    CHECK_REFUSED(rm_session_poll(host->session, RM_STR_NONE, -1, &result, why));
    CHECK(result == NULL);
    CHECK_REFUSED(rm_session_drain(host->session, -1, why));
    CHECK_OK(rm_session_push(host->session, RM_STR_NONE, packet, 0, why));
    CHECK_OK(rm_session_metrics(host->session, &result, why));
    rm_packet_release(result);
    rm_packet_release(packet);
    atomic_fetch_add(&host->calls, 1);
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    host_t *host = state;
    if (atomic_load(&host->calls) == 0) {
        try_everything(host);
    }
    return rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

/* A node that works on its own session: the packet that it pushed comes round. */
static void from_a_node(int32_t lane) {
    host_t host = {0};
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_packet_t *packet = NULL, *result = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Curious");
    type.lane = lane;
    type.process = process;
    type.user_data = &host;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Curious", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &host.session, why));
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    CHECK_OK(rm_session_push(host.session, RM_STR_NONE, packet, -1, why));
    for (int64_t expected = 1; expected <= 7; expected += 6) {
        int64_t number = 0;
        CHECK_OK(rm_session_poll(host.session, RM_STR_NONE, 10 * SECOND, &result, why));
        CHECK_OK(rm_packet_int(result, &number, why));
        CHECK(number == expected);
        rm_packet_release(result);
    }
    CHECK_OK(rm_session_drain(host.session, 10 * SECOND, why));
    CHECK(atomic_load(&host.calls) == 1);
    rm_packet_release(packet);
    rm_session_release(host.session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
}

static rm_status_t on_packet(void *user_data, const rm_packet_t *packet) {
    host_t *host = user_data;
    (void)packet;
    rm_packet_t *result = NULL;
    CHECK_REFUSED(rm_session_poll(host->session, RM_STR_NONE, SECOND, &result, why));
    CHECK_REFUSED(rm_session_drain(host->session, SECOND, why));
    atomic_fetch_add(&host->calls, 1);
    return RM_STATUS_OK;
}

/* The last references go inside the last callback. */
static void on_end(void *user_data, rm_status_t status, const rm_error_t *error) {
    host_t *host = user_data;
    (void)error;
    CHECK(status == RM_STATUS_END);
    rm_session_release(host->session);
    rm_runtime_release(host->runtime);
}

static void destroy(void *user_data) { atomic_store(&((host_t *)user_data)->ended, 1); }

static void from_a_listener(void) {
    host_t host = {0};
    rm_pipeline_t *pipeline = NULL;
    rm_packet_t *packet = NULL;
    rm_session_listener_t listener = RM_SESSION_LISTENER_INIT;
    listener.packet = on_packet;
    listener.end = on_end;
    listener.user_data = &host;
    listener.destroy = destroy;
    CHECK_OK(rm_runtime_new(NULL, &host.runtime, why));
    CHECK_OK(rm_pipeline_open(host.runtime, RM_STR(ONE_NODE("PassThrough", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &host.session, why));
    rm_pipeline_release(pipeline);
    rm_session_t *session = rm_session_retain(host.session);
    CHECK_OK(rm_session_set_listener(session, &listener, why));
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    rm_packet_release(packet);
    rm_session_release(session);
    while (atomic_load(&host.ended) == 0) {
        nap();
    }
    CHECK(atomic_load(&host.calls) == 1);
}

/* Letting go of a node type that is refused, with a call on the runtime that refuses it. */
static void destroy_with_a_call(void *user_data) {
    host_t *host = user_data;
    CHECK_OK(rm_runtime_set_pipeline(host->runtime, RM_STR("other"), RM_STR("{}"), why));
    atomic_store(&host->ended, 1);
}

static void from_the_end_of_a_refused_node_type(void) {
    host_t host = {0};
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Curious");
    type.process = process;
    CHECK_OK(rm_runtime_new(NULL, &host.runtime, why));
    CHECK_OK(rm_runtime_set_node(host.runtime, &type, why));
    type.user_data = &host;
    type.destroy = destroy_with_a_call;
    CHECK(rm_runtime_set_node(host.runtime, &type, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(atomic_load(&host.ended) == 1);
    rm_runtime_release(host.runtime);
}

/* Letting go of memory, with calls on the session whose queues held it. */
static void destroy_with_calls_on_the_session(void *user_data) {
    host_t *host = user_data;
    rm_packet_t *packet = NULL, *result = NULL;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    rm_session_push(host->session, RM_STR_NONE, packet, 0, NULL);
    rm_session_poll(host->session, RM_STR_NONE, 0, &result, NULL);
    CHECK_OK(rm_session_interrupt(host->session, why));
    rm_packet_release(packet);
    rm_packet_release(result);
    atomic_fetch_add(&host->ended, 1);
}

static rm_status_t emit_three_times(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    for (int copy = 0; copy < 3; copy++) {
        CHECK_OK(rm_node_emit(node, RM_STR_NONE, packet, 0, why));
    }
    return RM_STATUS_OK;
}

static void from_the_end_of_memory_that_an_interrupt_discards(void) {
    static const uint8_t MEMORY[16];
    host_t host = {0};
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Copies");
    type.process = emit_three_times;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Copies", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &host.session, why));
    int made = 0;
    /* Until every queue is full. */
    for (rm_status_t pushed = RM_STATUS_OK; pushed == RM_STATUS_OK; made++) {
        rm_packet_t *packet = NULL;
        rm_bytes_t bytes = {MEMORY, sizeof MEMORY};
        CHECK_OK(rm_packet_wrap_bytes(bytes, destroy_with_calls_on_the_session, &host, &packet, why));
        pushed = rm_session_push(host.session, RM_STR_NONE, packet, 0, NULL);
        rm_packet_release(packet);
    }
    CHECK_OK(rm_session_interrupt(host.session, why));
    CHECK_OK(rm_session_drain(host.session, 10 * SECOND, why));
    rm_session_release(host.session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    CHECK(atomic_load(&host.ended) == made);
}

int main(void) {
    from_a_node(RM_LANE_NATIVE);
    from_a_node(RM_LANE_BLOCKING);
    from_a_node(RM_LANE_ASYNC);
    from_a_listener();
    from_the_end_of_a_refused_node_type();
    from_the_end_of_memory_that_an_interrupt_discards();
    return 0;
}
