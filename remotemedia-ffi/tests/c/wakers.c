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
    sleep_since(&sleeper, wakes);
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, 0, why));
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

int main(void) {
    who_polls_without_waiting_misses_nothing();
    a_cancelled_session_wakes();
    room_on_the_input_wakes();
    a_refused_waker_is_let_go_of();
    return 0;
}
