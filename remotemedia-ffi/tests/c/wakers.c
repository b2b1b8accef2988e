/* Wakers: who would have waited is called when another try is worth it, and is let go of once. */
#include <pthread.h>

#include "check.h"

/* What an event loop has: somebody who sleeps until called. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t called;
    int wakes, destroyed;
} sleeper_t;

static void wake(void *user_data) {
    sleeper_t *sleeper = user_data;
    pthread_mutex_lock(&sleeper->lock);
    sleeper->wakes++;
    pthread_cond_signal(&sleeper->called);
    pthread_mutex_unlock(&sleeper->lock);
}

static void destroy(void *user_data) {
    sleeper_t *sleeper = user_data;
    pthread_mutex_lock(&sleeper->lock);
    sleeper->destroyed++;
    pthread_mutex_unlock(&sleeper->lock);
}

static int wakes_of(sleeper_t *sleeper) {
    pthread_mutex_lock(&sleeper->lock);
    int wakes = sleeper->wakes;
    pthread_mutex_unlock(&sleeper->lock);
    return wakes;
}

static void sleep_since(sleeper_t *sleeper, int wakes) {
    pthread_mutex_lock(&sleeper->lock);
    while (sleeper->wakes == wakes) {
        pthread_cond_wait(&sleeper->called, &sleeper->lock);
    }
    pthread_mutex_unlock(&sleeper->lock);
}

#define SLEEPER {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0}

static rm_packet_t *number(int64_t value) {
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(value, &packet, why));
    return packet;
}

/* Polls as an event loop does: never waits inside the call, sleeps until woken. */
static rm_status_t poll_awake(rm_session_t *session, sleeper_t *sleeper, rm_packet_t **out) {
    for (;;) {
        int wakes = wakes_of(sleeper);
        rm_status_t status = rm_session_poll(session, RM_STR_NONE, 0, out, NULL);
        if (status != RM_STATUS_WOULD_BLOCK) {
            return status;
        }
        sleep_since(sleeper, wakes);
    }
}

static void *push_all(void *session) {
    for (int64_t value = 0; value < 500; value++) {
        rm_packet_t *packet = number(value);
        CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
        rm_packet_release(packet);
    }
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    return NULL;
}

static void who_polls_without_waiting_misses_nothing(void) {
    sleeper_t sleeper = SLEEPER;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_waker(session, wake, &sleeper, destroy, why));
    pthread_t pusher;
    CHECK(pthread_create(&pusher, NULL, push_all, session) == 0);
    rm_packet_t *packet = NULL;
    for (int64_t expected = 0; expected < 500; expected++) {
        int64_t value = -1;
        CHECK(poll_awake(session, &sleeper, &packet) == RM_STATUS_OK);
        CHECK_OK(rm_packet_int(packet, &value, why));
        CHECK(value == expected);
        rm_packet_release(packet);
    }
    CHECK(poll_awake(session, &sleeper, &packet) == RM_STATUS_END);
    CHECK(pthread_join(pusher, NULL) == 0);
    rm_session_release(session);
    CHECK(sleeper.destroyed == 1);
}

static void a_cancelled_session_wakes(void) {
    sleeper_t sleeper = SLEEPER;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_waker(session, wake, &sleeper, destroy, why));
    rm_packet_t *none = NULL;
    int wakes = wakes_of(&sleeper);
    CHECK(rm_session_poll(session, RM_STR_NONE, 0, &none, NULL) == RM_STATUS_WOULD_BLOCK);
    CHECK_OK(rm_session_cancel(session, why));
    sleep_since(&sleeper, wakes);
    CHECK(poll_awake(session, &sleeper, &none) == RM_STATUS_CANCELLED);
    rm_session_release(session);
    CHECK(sleeper.destroyed == 1);
}

/* A node that fails, and is cleaned up when the test lets it. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool may_go, is_cleaned;
} failing_t;

static rm_status_t fail(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    (void)packet;
    rm_node_fail(node, RM_STR("as it should"), NULL);
    return RM_STATUS_NODE;
}

static rm_status_t clean_up_late(void *state, rm_node_t *node) {
    (void)node;
    failing_t *failing = state;
    pthread_mutex_lock(&failing->lock);
    while (!failing->may_go) {
        pthread_cond_wait(&failing->changed, &failing->lock);
    }
    failing->is_cleaned = true;
    pthread_mutex_unlock(&failing->lock);
    return RM_STATUS_OK;
}

static rm_session_t *open_failing(failing_t *failing) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Failing");
    type.lane = RM_LANE_BLOCKING;
    type.process = fail;
    type.cleanup = clean_up_late;
    type.user_data = failing;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Failing", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return session;
}

static void the_last_cleanup_after_a_failure_wakes_who_drains(void) {
    sleeper_t sleeper = SLEEPER;
    failing_t failing = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
    rm_session_t *session = open_failing(&failing);
    CHECK_OK(rm_session_set_waker(session, wake, &sleeper, destroy, why));
    rm_packet_t *packet = number(1), *none = NULL;
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
    /* With a limit, the node is not run by this thread, which has to let it be cleaned up. */
    CHECK(rm_session_poll(session, RM_STR_NONE, 60 * SECOND, &none, NULL) == RM_STATUS_NODE);
    int wakes = wakes_of(&sleeper);
    rm_error_t *error = NULL;
    CHECK(rm_session_drain(session, 0, &error) == RM_STATUS_TIMEOUT && error == NULL);
    pthread_mutex_lock(&failing.lock);
    CHECK(!failing.is_cleaned);
    failing.may_go = true;
    pthread_cond_signal(&failing.changed);
    pthread_mutex_unlock(&failing.lock);
    do {
        sleep_since(&sleeper, wakes);
        wakes = wakes_of(&sleeper);
    } while (rm_session_drain(session, 0, &error) == RM_STATUS_TIMEOUT);
    pthread_mutex_lock(&failing.lock);
    CHECK(failing.is_cleaned);
    pthread_mutex_unlock(&failing.lock);
    CHECK(rm_error_status(error) == RM_STATUS_NODE && is_text(rm_error_node(error), "node"));
    rm_error_release(error);
    rm_session_release(session);
    CHECK(sleeper.destroyed == 1);
}

static void who_drains_without_waiting_discards_what_comes_out(void) {
    sleeper_t sleeper = SLEEPER;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_waker(session, wake, &sleeper, destroy, why));
    rm_packet_t *packet = number(1);
    while (rm_session_push(session, RM_STR_NONE, packet, 0, NULL) == RM_STATUS_OK) {
    }
    rm_packet_release(packet);
    for (;;) {
        int wakes = wakes_of(&sleeper);
        rm_status_t status = rm_session_drain(session, 0, NULL);
        if (status == RM_STATUS_OK) {
            break;
        }
        CHECK(status == RM_STATUS_TIMEOUT);
        sleep_since(&sleeper, wakes);
    }
    rm_packet_t *none = NULL;
    CHECK(rm_session_poll(session, RM_STR_NONE, 0, &none, NULL) == RM_STATUS_END);
    rm_session_release(session);
}

static void room_on_the_input_wakes(void) {
    sleeper_t sleeper = SLEEPER;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_waker(session, wake, &sleeper, destroy, why));
    rm_packet_t *packet = number(1), *first = NULL;
    int wakes = 0;
    rm_status_t status = RM_STATUS_OK;
    while (status == RM_STATUS_OK) {
        wakes = wakes_of(&sleeper);
        status = rm_session_push(session, RM_STR_NONE, packet, 0, NULL);
    }
    CHECK(status == RM_STATUS_WOULD_BLOCK);
    while ((status = rm_session_poll(session, RM_STR_NONE, 0, &first, NULL)) == RM_STATUS_OK) {
        rm_packet_release(first);
    }
    do {
        sleep_since(&sleeper, wakes);
        wakes = wakes_of(&sleeper);
        status = rm_session_push(session, RM_STR_NONE, packet, 0, NULL);
    } while (status == RM_STATUS_WOULD_BLOCK);
    CHECK(status == RM_STATUS_OK);
    rm_packet_release(packet);
    rm_session_release(session);
}

static void a_refused_waker_is_let_go_of(void) {
    sleeper_t sleeper = SLEEPER;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK(rm_session_set_waker(NULL, wake, &sleeper, destroy, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(rm_session_set_waker(session, NULL, &sleeper, destroy, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK_OK(rm_session_set_waker(session, wake, &sleeper, destroy, why));
    CHECK(rm_session_set_waker(session, wake, &sleeper, destroy, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(sleeper.destroyed == 3);
    rm_session_release(session);
    CHECK(sleeper.destroyed == 4);
}

/* Where the call that goes on is told. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t begun;
    rm_node_t *node;
} call_t;

static rm_status_t process_later(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)packet;
    call_t *call = state;
    pthread_mutex_lock(&call->lock);
    call->node = rm_node_retain(node);
    pthread_cond_signal(&call->begun);
    pthread_mutex_unlock(&call->lock);
    return RM_STATUS_PENDING;
}

/* The node of a call that goes on in a session which takes what it emits only when it is polled. */
static rm_node_t *begin_call(call_t *call, rm_session_t **session) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Later");
    type.lane = RM_LANE_ASYNC;
    type.process = process_later;
    type.user_data = call;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, &type, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("Later", "{}")), &pipeline, why));
    CHECK_OK(rm_session_open(pipeline, NULL, session, why));
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    rm_packet_t *packet = number(1);
    CHECK_OK(rm_session_push(*session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
    pthread_mutex_lock(&call->lock);
    while (call->node == NULL) {
        pthread_cond_wait(&call->begun, &call->lock);
    }
    pthread_mutex_unlock(&call->lock);
    return call->node;
}

#define CALL {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL}

/* Emits as an event loop does, until there is no room; gives how often it was woken before that. */
static int emit_until_full(rm_node_t *node, sleeper_t *sleeper, int *emitted) {
    rm_packet_t *packet = number(1);
    for (;;) {
        int wakes = wakes_of(sleeper);
        rm_status_t status = rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
        if (status != RM_STATUS_OK) {
            CHECK(status == RM_STATUS_WOULD_BLOCK);
            rm_packet_release(packet);
            return wakes;
        }
        ++*emitted;
    }
}

static void room_behind_a_node_wakes(void) {
    sleeper_t sleeper = SLEEPER;
    call_t call = CALL;
    rm_session_t *session = NULL;
    rm_node_t *node = begin_call(&call, &session);
    CHECK_OK(rm_node_set_waker(node, wake, &sleeper, destroy, why));
    for (int emitted = 0, received = 0; received < 200; received++) {
        int wakes = emit_until_full(node, &sleeper, &emitted);
        rm_packet_t *packet = NULL;
        CHECK_OK(rm_session_poll(session, RM_STR_NONE, -1, &packet, why));
        rm_packet_release(packet);
        /* The queue behind the node lets its producer go on when half of it is free. */
        if (emitted - received == 1) {
            sleep_since(&sleeper, wakes);
        }
    }
    CHECK(wakes_of(&sleeper) > 0);
    CHECK_OK(rm_node_finish(node, RM_STATUS_OK, why));
    rm_node_release(node);
    rm_session_release(session);
}

static void a_call_that_is_over_wakes_who_waits_for_room(void) {
    sleeper_t sleeper = SLEEPER;
    call_t call = CALL;
    rm_session_t *session = NULL;
    rm_node_t *node = begin_call(&call, &session);
    CHECK_OK(rm_node_set_waker(node, wake, &sleeper, destroy, why));
    int emitted = 0, wakes = emit_until_full(node, &sleeper, &emitted);
    CHECK_OK(rm_session_cancel(session, why));
    rm_packet_t *packet = number(1);
    rm_status_t status = RM_STATUS_WOULD_BLOCK;
    /* What was under way is discarded before the call is over, so there may be room once more for what nobody gets. */
    while (status != RM_STATUS_CLOSED) {
        CHECK(status == RM_STATUS_WOULD_BLOCK || status == RM_STATUS_OK);
        if (status == RM_STATUS_WOULD_BLOCK) {
            sleep_since(&sleeper, wakes);
        }
        wakes = wakes_of(&sleeper);
        status = rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
    }
    rm_packet_release(packet);
    rm_node_release(node);
    rm_session_release(session);
    CHECK(sleeper.destroyed == 1);
}

static void a_refused_waker_of_a_node_is_let_go_of(void) {
    sleeper_t sleeper = SLEEPER;
    call_t call = CALL;
    rm_session_t *session = NULL;
    rm_node_t *node = begin_call(&call, &session);
    CHECK(rm_node_set_waker(NULL, wake, &sleeper, destroy, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(rm_node_set_waker(node, NULL, &sleeper, destroy, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK_OK(rm_node_set_waker(node, wake, &sleeper, destroy, why));
    CHECK(rm_node_set_waker(node, wake, &sleeper, destroy, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(sleeper.destroyed == 3);
    rm_node_release(node);
    rm_session_release(session);
    CHECK(sleeper.destroyed == 4);
}

int main(void) {
    who_polls_without_waiting_misses_nothing();
    a_cancelled_session_wakes();
    the_last_cleanup_after_a_failure_wakes_who_drains();
    who_drains_without_waiting_discards_what_comes_out();
    room_on_the_input_wakes();
    a_refused_waker_is_let_go_of();
    room_behind_a_node_wakes();
    a_call_that_is_over_wakes_who_waits_for_room();
    a_refused_waker_of_a_node_is_let_go_of();
    return 0;
}
