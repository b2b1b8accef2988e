/* The log is told to whoever asked for it, at the level asked for, and no more to whoever was replaced. */
#include <stdatomic.h>

#include "check.h"

typedef struct {
    atomic_int records, warnings, named, destroyed;
} heard_t;

static void on_record(void *user_data, const rm_log_record_t *record) {
    heard_t *heard = user_data;
    CHECK(record->struct_size >= sizeof *record && record->level >= RM_LOG_ERROR && record->level <= RM_LOG_TRACE);
    CHECK(has_text(record->target, "remotemedia"));
    atomic_fetch_add(&heard->records, 1);
    if (record->level == RM_LOG_WARN) {
        atomic_fetch_add(&heard->warnings, 1);
        bool is_named = has_text(record->message, "item skipped") && has_text(record->message, "node=node");
        atomic_fetch_add(&heard->named, is_named);
    }
    /* What the library says while it is heard is not told: no endless talk. */
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(1, &packet, why));
    rm_packet_release(packet);
    rm_packet_release(packet);
}

static void destroy(void *user_data) { atomic_fetch_add(&((heard_t *)user_data)->destroyed, 1); }

static void listen(heard_t *heard, int32_t level) {
    rm_log_listener_t listener = RM_LOG_LISTENER_INIT;
    listener.level = level;
    listener.record = on_record;
    listener.user_data = heard;
    listener.destroy = destroy;
    CHECK_OK(rm_log_set(&listener, why));
}

/* Runs a pipeline that has a reason to warn: its node skips an item. */
static void skip_an_item(void) {
    rm_session_t *session = open_session(
        "{\"version\": \"v1\", \"metadata\": {\"name\": \"test\"}, \"connections\": [], \"nodes\": [{\"id\": \"node\","
        " \"node_type\": \"Multiply\", \"params\": {\"factor\": 2}, \"on_error\": \"skip\"}]}");
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_text(RM_STR("two"), &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    CHECK_OK(rm_session_drain(session, 10 * SECOND, why));
    rm_packet_release(packet);
    rm_session_release(session);
}

int main(void) {
    heard_t first = {0}, second = {0}, refused = {0};
    skip_an_item();
    listen(&first, RM_LOG_WARN);
    skip_an_item();
    CHECK(atomic_load(&first.warnings) == 1 && atomic_load(&first.named) == 1 && atomic_load(&first.records) == 1);

    listen(&second, RM_LOG_TRACE);
    CHECK(atomic_load(&first.destroyed) == 1);
    skip_an_item();
    CHECK(atomic_load(&first.records) == 1);
    CHECK(atomic_load(&second.named) == 1 && atomic_load(&second.records) > 1);

    rm_log_listener_t wrong = RM_LOG_LISTENER_INIT;
    wrong.level = 9;
    wrong.user_data = &refused;
    wrong.destroy = destroy;
    CHECK(rm_log_set(&wrong, NULL) == RM_STATUS_INVALID_ARGUMENT && atomic_load(&refused.destroyed) == 1);

    CHECK_OK(rm_log_set(NULL, why));
    CHECK(atomic_load(&second.destroyed) == 1);
    int records = atomic_load(&second.records);
    skip_an_item();
    CHECK(atomic_load(&second.records) == records);
    return 0;
}
