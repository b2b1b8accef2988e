/* Listeners hear every packet in order, then the end, once; and are let go of once. */
#include <stdatomic.h>

#include "check.h"

typedef struct {
    atomic_llong packets, sum;
    atomic_int ends, destroyed, status, named, says_refused;
    rm_session_t *answers_to;
    rm_status_t refuses_with;
} heard_t;

static rm_status_t on_packet(void *user_data, const rm_packet_t *packet) {
    heard_t *heard = user_data;
    int64_t number = 0;
    CHECK_OK(rm_packet_int(packet, &number, why));
    CHECK(number == atomic_load(&heard->packets));
    atomic_fetch_add(&heard->packets, 1);
    atomic_fetch_add(&heard->sum, number);
    if (heard->answers_to != NULL && number < 9) {
        rm_packet_t *next = NULL;
        CHECK_OK(rm_packet_new_int(number + 1, &next, why));
        CHECK_OK(rm_session_push(heard->answers_to, RM_STR_NONE, next, 0, why));
        rm_packet_release(next);
    } else if (heard->answers_to != NULL) {
        CHECK_OK(rm_session_close(heard->answers_to, RM_STR_NONE, why));
    }
    return RM_STATUS_OK;
}

static void on_end(void *user_data, rm_status_t status, const rm_error_t *error) {
    heard_t *heard = user_data;
    char refused[64];
    snprintf(refused, sizeof refused, "the listener returned %d", (int)heard->refuses_with);
    atomic_store(&heard->status, status);
    atomic_store(&heard->named, is_text(rm_error_node(error), "node"));
    atomic_store(&heard->says_refused, has_text(rm_error_message(error), refused));
    atomic_fetch_add(&heard->ends, 1);
}

static void destroy(void *user_data) { atomic_fetch_add(&((heard_t *)user_data)->destroyed, 1); }

static rm_session_listener_t listener_for(heard_t *heard) {
    rm_session_listener_t listener = RM_SESSION_LISTENER_INIT;
    listener.packet = on_packet;
    listener.end = on_end;
    listener.user_data = heard;
    listener.destroy = destroy;
    return listener;
}

static void push(rm_session_t *session, rm_packet_t *packet) {
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
}

static void every_packet_is_heard(void) {
    heard_t heard = {0};
    rm_session_listener_t listener = listener_for(&heard);
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_listener(session, &listener, why));
    CHECK(rm_session_set_listener(session, &listener, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(atomic_load(&heard.destroyed) == 1);
    for (int64_t number = 0; number < 1000; number++) {
        rm_packet_t *packet = NULL;
        CHECK_OK(rm_packet_new_int(number, &packet, why));
        push(session, packet);
    }
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    while (atomic_load(&heard.ends) == 0) {
    }
    rm_session_release(session);
    CHECK(atomic_load(&heard.packets) == 1000 && atomic_load(&heard.sum) == 999 * 500);
    CHECK(atomic_load(&heard.ends) == 1 && atomic_load(&heard.status) == RM_STATUS_END);
    CHECK(atomic_load(&heard.destroyed) == 2);
}

static void a_listener_may_push(void) {
    heard_t heard = {0};
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    heard.answers_to = session;
    rm_session_listener_t listener = listener_for(&heard);
    CHECK_OK(rm_session_set_listener(session, &listener, why));
    rm_packet_t *first = NULL;
    CHECK_OK(rm_packet_new_int(0, &first, why));
    push(session, first);
    while (atomic_load(&heard.ends) == 0) {
    }
    CHECK(atomic_load(&heard.packets) == 10);
    rm_session_release(session);
    CHECK(atomic_load(&heard.destroyed) == 1);
}

static void a_failure_is_heard_with_its_place(void) {
    heard_t heard = {0};
    rm_session_listener_t listener = listener_for(&heard);
    rm_session_t *session = open_session(ONE_NODE("Multiply", "{\"factor\": 1}"));
    CHECK_OK(rm_session_set_listener(session, &listener, why));
    rm_packet_t *zero = NULL, *bad = NULL;
    CHECK_OK(rm_packet_new_int(0, &zero, why));
    push(session, zero);
    CHECK_OK(rm_packet_new_text(RM_STR("two"), &bad, why));
    push(session, bad);
    while (atomic_load(&heard.ends) == 0) {
    }
    rm_session_release(session);
    CHECK(atomic_load(&heard.status) == RM_STATUS_NODE && atomic_load(&heard.named) == 1);
    CHECK(atomic_load(&heard.packets) == 1 && atomic_load(&heard.destroyed) == 1);
}

static rm_status_t refuse(void *user_data, const rm_packet_t *packet) {
    heard_t *heard = user_data;
    (void)packet;
    atomic_fetch_add(&heard->packets, 1);
    return heard->refuses_with;
}

static void a_listener_that_refuses_a_packet_cancels_its_session(rm_status_t status) {
    heard_t heard = {.refuses_with = status};
    rm_session_listener_t listener = listener_for(&heard);
    listener.packet = refuse;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_listener(session, &listener, why));
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    push(session, packet);
    while (atomic_load(&heard.ends) == 0) {
        nap();
    }
    CHECK(atomic_load(&heard.status) == RM_STATUS_CANCELLED && atomic_load(&heard.packets) == 1);
    CHECK(atomic_load(&heard.says_refused) == 1);
    CHECK(rm_session_drain(session, 10 * SECOND, NULL) == RM_STATUS_CANCELLED);
    rm_session_release(session);
    CHECK(atomic_load(&heard.destroyed) == 1);
}

static void a_released_session_ends_its_listener(void) {
    heard_t heard = {0};
    rm_session_listener_t listener = listener_for(&heard);
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    CHECK_OK(rm_session_set_listener(session, &listener, why));
    rm_session_release(session);
    CHECK(atomic_load(&heard.ends) <= 1 && atomic_load(&heard.destroyed) == 1);
}

int main(void) {
    every_packet_is_heard();
    a_listener_may_push();
    a_failure_is_heard_with_its_place();
    a_listener_that_refuses_a_packet_cancels_its_session(RM_STATUS_NODE);
    a_listener_that_refuses_a_packet_cancels_its_session(RM_STATUS_WOULD_BLOCK);
    a_released_session_ends_its_listener();
    return 0;
}
