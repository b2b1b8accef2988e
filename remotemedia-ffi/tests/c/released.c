/* What one thread releases while others use it: their calls end, nothing crashes, and what a host gave is destroyed. */
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

enum { ROUNDS = 20000, USERS = 3 };

static atomic_int destroyed;

static void destroy(void *user_data) {
    (void)user_data;
    atomic_fetch_add(&destroyed, 1);
}

/* A call that is never finished. */
static rm_status_t stay(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state, (void)node, (void)packet;
    return RM_STATUS_PENDING;
}

static rm_session_t *session_that_stays(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Stay");
    type.lane = RM_LANE_ASYNC;
    type.process = stay;
    type.destroy = destroy;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Stay", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return session;
}

/* A call that waits, and what it gave. */
typedef struct {
    rm_session_t *session;
    rm_status_t (*wait)(const rm_session_t *session);
    atomic_bool begun;
    rm_status_t status;
} waiting_t;

static rm_status_t push_until_refused(const rm_session_t *session) {
    rm_packet_t *packet = NULL;
    rm_status_t status = RM_STATUS_OK;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    while (status == RM_STATUS_OK) {
        status = rm_session_push(session, RM_STR_NONE, packet, -1, NULL);
    }
    rm_packet_release(packet);
    return status;
}

static rm_status_t poll_once(const rm_session_t *session) {
    rm_packet_t *packet = NULL;
    return rm_session_poll(session, RM_STR_NONE, -1, &packet, NULL);
}

static rm_status_t drain(const rm_session_t *session) {
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
    return rm_session_drain(session, -1, NULL);
}

static void *wait_in_call(void *argument) {
    waiting_t *waiting = argument;
    atomic_store(&waiting->begun, true);
    waiting->status = waiting->wait(waiting->session);
    return NULL;
}

static void a_release_ends_the_call_that_waits(rm_status_t (*wait)(const rm_session_t *session)) {
    pthread_t thread;
    waiting_t waiting = {session_that_stays(), wait, false, RM_STATUS_OK};
    int before = atomic_load(&destroyed);
    CHECK(pthread_create(&thread, NULL, wait_in_call, &waiting) == 0);
    while (!atomic_load(&waiting.begun)) {
        nap();
    }
    for (int times = 0; times < 20; times++) {
        nap();
    }
    rm_session_release(waiting.session);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(waiting.status == RM_STATUS_CANCELLED);
    /* The session was the last that kept the runtime. */
    CHECK(atomic_load(&destroyed) == before + 1);
}

static _Atomic(rm_packet_t *) shared;
static atomic_bool is_over;

static rm_packet_t *text(void) {
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_text(RM_STR("a text that is too long to be stored inside of a packet"), &packet, why));
    return packet;
}

/* Uses whatever packet is there, which another thread may be releasing. */
static void *use(void *argument) {
    const rm_session_t *session = argument;
    while (!atomic_load(&is_over)) {
        rm_packet_t *packet = atomic_load(&shared), *result = NULL;
        rm_status_t status = rm_session_push(session, RM_STR_NONE, packet, 0, NULL);
        CHECK(status == RM_STATUS_OK || status == RM_STATUS_WOULD_BLOCK || status == RM_STATUS_INVALID_ARGUMENT);
        CHECK(rm_session_poll(session, RM_STR_NONE, 0, &result, NULL) >= RM_STATUS_OK);
        rm_packet_release(result);
        (void)rm_packet_kind(packet);
        (void)rm_packet_stream(packet);
    }
    return NULL;
}

static void a_packet_is_released_under_those_who_push_it(void) {
    pthread_t threads[USERS];
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    atomic_store(&shared, text());
    for (int user = 0; user < USERS; user++) {
        CHECK(pthread_create(&threads[user], NULL, use, session) == 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        rm_packet_release(atomic_exchange(&shared, text()));
    }
    atomic_store(&is_over, true);
    for (int user = 0; user < USERS; user++) {
        CHECK(pthread_join(threads[user], NULL) == 0);
    }
    rm_packet_release(atomic_load(&shared));
    rm_session_release(session);
}

int main(void) {
    a_release_ends_the_call_that_waits(push_until_refused);
    a_release_ends_the_call_that_waits(poll_once);
    a_release_ends_the_call_that_waits(drain);
    a_packet_is_released_under_those_who_push_it();
    return 0;
}
