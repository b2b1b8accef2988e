/* Runs conformance cases through the C ABI: runner CASE.json… prints what failed, and ends with 1 if anything did. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "value.h"

static const int64_t PATIENCE_NS = INT64_C(10000000000);
/* How long an input is full before it is taken to stay so. */
static const int64_t REST_NS = INT64_C(500000000);

typedef struct {
    rm_status_t status;
    const char *name;
} status_name_t;

static const status_name_t STATUSES[] = {
    {RM_STATUS_OK, "ok"},
    {RM_STATUS_WOULD_BLOCK, "would_block"},
    {RM_STATUS_END, "end"},
    {RM_STATUS_TIMEOUT, "timeout"},
    {RM_STATUS_PENDING, "pending"},
    {RM_STATUS_INVALID_ARGUMENT, "invalid_argument"},
    {RM_STATUS_WRONG_KIND, "wrong_kind"},
    {RM_STATUS_UNSUPPORTED, "unsupported"},
    {RM_STATUS_PANIC, "panic"},
    {RM_STATUS_CANCELLED, "cancelled"},
    {RM_STATUS_CLOSED, "closed"},
    {RM_STATUS_ABI_MISMATCH, "abi_mismatch"},
    {RM_STATUS_EXHAUSTED, "exhausted"},
    {RM_STATUS_STALLED, "stalled"},
    {RM_STATUS_REENTRANT, "reentrant"},
    {RM_STATUS_MANIFEST, "manifest"},
    {RM_STATUS_GRAPH, "graph"},
    {RM_STATUS_NODE, "node"},
    {RM_STATUS_NODE_PANIC, "node_panic"},
    {RM_STATUS_NODE_TIMEOUT, "node_timeout"},
};

/* A pipeline, a session of it, and how many numbers its input was filled with. */
typedef struct {
    rm_pipeline_t *pipeline;
    rm_session_t *session;
    int64_t filled;
} host_t;

/* What a step came to. */
typedef struct {
    rm_status_t status;
    rm_error_t *error;
} outcome_t;

static const char *name_of(rm_status_t status) {
    for (size_t index = 0; index < sizeof STATUSES / sizeof *STATUSES; index++) {
        if (STATUSES[index].status == status) {
            return STATUSES[index].name;
        }
    }
    return "unknown";
}

static rm_str_t text_of(struct json_object *text) {
    rm_str_t view = RM_STR_NONE;
    if (text != NULL) {
        view.data = json_object_get_string(text);
        view.len = (size_t)json_object_get_string_len(text);
    }
    return view;
}

static rm_str_t member_text(struct json_object *object, const char *key) {
    return text_of(json_object_object_get(object, key));
}

static bool is_same(rm_str_t left, rm_str_t right) {
    return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

static bool has(rm_str_t text, rm_str_t part) {
    for (size_t at = 0; at + part.len <= text.len; at++) {
        if (memcmp(text.data + at, part.data, part.len) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_status(const outcome_t *outcome, const char *expected) {
    if (strcmp(name_of(outcome->status), expected) == 0) {
        return true;
    }
    rm_str_t why = rm_error_message(outcome->error);
    fprintf(stderr, "  found %s, expected %s: %.*s\n", name_of(outcome->status), expected, (int)why.len,
            why.data ? why.data : "no error");
    return false;
}

/* Whether a part of the error is what the case says, if it says anything. */
static bool is_part(struct json_object *expected, const char *key, rm_str_t found) {
    struct json_object *said = NULL;
    if (!json_object_object_get_ex(expected, key, &said) || is_same(found, text_of(said))) {
        return true;
    }
    fprintf(stderr, "  %s is \"%.*s\", expected %s\n", key, (int)found.len, found.data ? found.data : "",
            json_object_to_json_string(said));
    return false;
}

static bool is_number(struct json_object *expected, const char *key, int64_t found) {
    struct json_object *said = NULL;
    if (!json_object_object_get_ex(expected, key, &said) || json_object_get_int64(said) == found) {
        return true;
    }
    fprintf(stderr, "  %s is %" PRId64 ", expected %s\n", key, found, json_object_to_json_string(said));
    return false;
}

static bool is_error(const outcome_t *outcome, struct json_object *expected) {
    rm_str_t message = rm_error_message(outcome->error), part = member_text(expected, "message_has");
    if (!has(message, part)) {
        fprintf(stderr, "  message is \"%.*s\", expected it to have \"%.*s\"\n", (int)message.len,
                message.data ? message.data : "", (int)part.len, part.data);
        return false;
    }
    return is_number(expected, "status", rm_error_status(outcome->error)) &&
           is_number(expected, "item", (int64_t)rm_error_item(outcome->error)) &&
           is_part(expected, "node", rm_error_node(outcome->error)) &&
           is_part(expected, "port", rm_error_port(outcome->error)) &&
           is_part(expected, "pipeline", rm_error_pipeline(outcome->error));
}

/* Whether the outcome is what the step says: a status, and what the error has to say. */
static bool is_expected(outcome_t *outcome, struct json_object *step, const char *expected) {
    struct json_object *error = json_object_object_get(step, "error");
    bool passed = is_status(outcome, expected) && (error == NULL || is_error(outcome, error));
    rm_error_release(outcome->error);
    return passed;
}

/* How long a call may take that is expected to come to a status. */
static int64_t patience_for(const char *expected) { return strcmp(expected, "would_block") == 0 ? 0 : PATIENCE_NS; }

/* Gives a packet the time and the metadata that the step says. */
static rm_status_t describe(rm_packet_t *packet, struct json_object *step, rm_error_t **error) {
    struct json_object *said = NULL;
    rm_status_t status = RM_STATUS_OK;
    if (json_object_object_get_ex(step, "pts", &said)) {
        status = rm_packet_set_pts(packet, json_object_get_uint64(said), error);
    }
    if (status == RM_STATUS_OK && json_object_object_get_ex(step, "duration", &said)) {
        status = rm_packet_set_duration(packet, json_object_get_uint64(said), error);
    }
    if (status == RM_STATUS_OK && json_object_object_get_ex(step, "seq", &said)) {
        status = rm_packet_set_seq(packet, json_object_get_uint64(said), error);
    }
    if (status == RM_STATUS_OK && json_object_object_get_ex(step, "stream", &said)) {
        status = rm_packet_set_stream(packet, (uint32_t)json_object_get_int64(said), error);
    }
    if (status == RM_STATUS_OK && json_object_object_get_ex(step, "attributes", &said)) {
        rm_str_t json = {json_object_to_json_string(said), 0};
        json.len = strlen(json.data);
        status = rm_packet_set_attributes(packet, json, error);
    }
    if (status == RM_STATUS_OK && json_object_object_get_ex(step, "uninterruptible", &said)) {
        status = rm_packet_set_uninterruptible(packet, json_object_get_boolean(said), error);
    }
    return status;
}

static bool push(const rm_session_t *session, struct json_object *step, struct json_object *value) {
    struct json_object *said = NULL;
    const char *expected = json_object_object_get_ex(step, "expect", &said) ? json_object_get_string(said) : "ok";
    rm_packet_t *packet = packet_of(value);
    outcome_t outcome = {RM_STATUS_OK, NULL};
    if (packet == NULL) {
        return false;
    }
    outcome.status = describe(packet, step, &outcome.error);
    if (outcome.status == RM_STATUS_OK) {
        rm_str_t port = member_text(step, "port");
        outcome.status = rm_session_push(session, port, packet, patience_for(expected), &outcome.error);
    }
    rm_packet_release(packet);
    return is_expected(&outcome, step, expected);
}

/* The JSON that a packet of text holds, which it releases; null if it holds none. */
static struct json_object *taken_json(rm_packet_t *packet) {
    rm_str_t text = RM_STR_NONE;
    struct json_object *json = NULL;
    if (rm_packet_text(packet, &text, NULL) == RM_STATUS_OK) {
        struct json_tokener *tokener = json_tokener_new();
        json = json_tokener_parse_ex(tokener, text.data, (int)text.len);
        json_tokener_free(tokener);
    }
    rm_packet_release(packet);
    return json;
}

/* Whether a number of a packet is what the step says, if it says anything. */
static bool is_known_number(struct json_object *step, const char *key, bool is_known, uint64_t found) {
    if (!is_known && json_object_object_get(step, key) != NULL) {
        fprintf(stderr, "  %s is not known\n", key);
        return false;
    }
    return is_number(step, key, (int64_t)found);
}

static bool has_attributes(const rm_packet_t *packet, struct json_object *step) {
    struct json_object *expected = NULL;
    rm_packet_t *written = NULL;
    if (!json_object_object_get_ex(step, "attributes", &expected)) {
        return true;
    }
    rm_packet_attributes(packet, &written, NULL);
    struct json_object *found = taken_json(written);
    bool same = json_object_equal(found, expected) != 0;
    if (!same) {
        fprintf(stderr, "  attributes are %s\n", json_object_to_json_string(found));
    }
    json_object_put(found);
    return same;
}

/* Whether a packet has the time and the metadata that the step says. */
static bool is_described(const rm_packet_t *packet, struct json_object *step) {
    uint64_t pts = 0, duration = 0, seq = 0;
    bool has_pts = rm_packet_pts(packet, &pts), has_duration = rm_packet_duration(packet, &duration);
    bool has_seq = rm_packet_seq(packet, &seq);
    return is_known_number(step, "pts", has_pts, pts) && is_known_number(step, "duration", has_duration, duration) &&
           is_known_number(step, "seq", has_seq, seq) &&
           is_number(step, "stream", rm_packet_stream(packet)) &&
           has_attributes(packet, step);
}

/* Whether a packet is what the step says. */
static bool is_packet(const rm_packet_t *packet, struct json_object *step, struct json_object *value) {
    rm_packet_t *expected = packet_of(value);
    bool same = expected != NULL && same_value(packet, expected);
    if (expected != NULL && !same) {
        fprintf(stderr, "  received ");
        print_value(packet);
        fprintf(stderr, ", expected ");
        print_value(expected);
        fprintf(stderr, "\n");
    }
    rm_packet_release(expected);
    return same && is_described(packet, step);
}

/* Pushes 1, 2, 3… until the input stays full. */
static bool fill(host_t *host, struct json_object *step) {
    outcome_t outcome = {RM_STATUS_OK, NULL};
    while (outcome.status == RM_STATUS_OK && host->filled < 1000) {
        rm_packet_t *packet = NULL;
        outcome.status = rm_packet_new_int(host->filled + 1, &packet, &outcome.error);
        if (outcome.status == RM_STATUS_OK) {
            outcome.status = rm_session_push(host->session, RM_STR_NONE, packet, REST_NS, &outcome.error);
        }
        host->filled += outcome.status == RM_STATUS_OK;
        rm_packet_release(packet);
    }
    return is_expected(&outcome, step, "timeout") && host->filled > 0;
}

static bool poll_value(const rm_session_t *session, struct json_object *step, struct json_object *value) {
    rm_packet_t *packet = NULL;
    outcome_t outcome = {RM_STATUS_OK, NULL};
    outcome.status = rm_session_poll(session, member_text(step, "port"), PATIENCE_NS, &packet, &outcome.error);
    bool passed = is_expected(&outcome, step, "ok") && is_packet(packet, step, value);
    rm_packet_release(packet);
    return passed;
}

/* Receives what the input was filled with. */
static bool poll_filled(const host_t *host, struct json_object *step) {
    bool passed = true;
    for (int64_t number = 1; passed && number <= host->filled; number++) {
        struct json_object *value = json_object_new_int64(number);
        passed = poll_value(host->session, step, value);
        json_object_put(value);
    }
    return passed;
}

static bool poll_status(const rm_session_t *session, struct json_object *step, struct json_object *status) {
    const char *expected = json_object_get_string(status);
    rm_packet_t *packet = NULL;
    outcome_t outcome = {RM_STATUS_OK, NULL};
    int64_t patience = patience_for(expected);
    outcome.status = rm_session_poll(session, member_text(step, "port"), patience, &packet, &outcome.error);
    rm_packet_release(packet);
    return is_expected(&outcome, step, expected);
}

/* Whether a report says, at each place that a case names, what the case says; a place is a JSON pointer. */
static bool is_report(rm_packet_t *written, struct json_object *expected) {
    struct json_object *report = taken_json(written);
    bool passed = report != NULL;
    json_object_object_foreach(expected, place, value) {
        struct json_object *found = NULL;
        if (!passed || json_pointer_get(report, place, &found) != 0 || !json_object_equal(found, value)) {
            fprintf(stderr, "  %s is %s\n", place, json_object_to_json_string(found));
            passed = false;
        }
    }
    json_object_put(report);
    return passed;
}

static bool inspect(const rm_pipeline_t *pipeline, struct json_object *expected) {
    rm_packet_t *written = NULL;
    rm_pipeline_inspect(pipeline, RM_STR("json"), &written, NULL);
    return is_report(written, expected);
}

static bool metrics(const rm_session_t *session, struct json_object *expected) {
    rm_packet_t *written = NULL;
    rm_session_metrics(session, &written, NULL);
    return is_report(written, expected);
}

/* A step that takes no packet and gives none. */
static bool control(const host_t *host, struct json_object *step) {
    const rm_session_t *session = host->session;
    struct json_object *said = NULL;
    outcome_t outcome = {RM_STATUS_OK, NULL};
    const char *expected = "ok";
    if (json_object_object_get_ex(step, "inspect", &said)) {
        return inspect(host->pipeline, said);
    }
    if (json_object_object_get_ex(step, "metrics", &said)) {
        return metrics(session, said);
    }
    if (json_object_object_get_ex(step, "close", &said)) {
        outcome.status = rm_session_close(session, text_of(said), &outcome.error);
    } else if (json_object_object_get_ex(step, "interrupt", &said)) {
        outcome.status = rm_session_interrupt(session, &outcome.error);
    } else if (json_object_object_get_ex(step, "cancel", &said)) {
        outcome.status = rm_session_cancel(session, &outcome.error);
    } else if (json_object_object_get_ex(step, "drain", &said)) {
        outcome.status = rm_session_drain(session, PATIENCE_NS, &outcome.error);
        expected = json_object_get_string(said);
    } else {
        fprintf(stderr, "  the runner does not know this step\n");
        return false;
    }
    return is_expected(&outcome, step, expected);
}

static bool do_step(host_t *host, struct json_object *step) {
    const rm_session_t *session = host->session;
    struct json_object *said = NULL;
    if (json_object_object_get_ex(step, "push", &said)) {
        return push(session, step, said);
    }
    if (json_object_object_get_ex(step, "poll", &said)) {
        return poll_value(session, step, said);
    }
    if (json_object_object_get_ex(step, "poll_status", &said)) {
        return poll_status(session, step, said);
    }
    if (json_object_object_get_ex(step, "fill", &said)) {
        return fill(host, step);
    }
    if (json_object_object_get_ex(step, "poll_filled", &said)) {
        return poll_filled(host, step);
    }
    return control(host, step);
}

/* Opens a case's pipeline and a session of it. */
static outcome_t open_host(const rm_runtime_t *runtime, struct json_object *test, host_t *host) {
    struct json_object *manifest = NULL, *settings = json_object_object_get(test, "session");
    rm_session_config_t config = RM_SESSION_CONFIG_INIT;
    outcome_t outcome = {RM_STATUS_OK, NULL};
    rm_str_t text = member_text(test, "manifest_text");
    if (json_object_object_get_ex(test, "manifest", &manifest)) {
        text.data = json_object_to_json_string_length(manifest, JSON_C_TO_STRING_PLAIN, &text.len);
    }
    config.input_capacity = (uint32_t)json_object_get_int64(json_object_object_get(settings, "input_capacity"));
    config.output_capacity = (uint32_t)json_object_get_int64(json_object_object_get(settings, "output_capacity"));
    outcome.status = rm_pipeline_open(runtime, text, &host->pipeline, &outcome.error);
    if (outcome.status == RM_STATUS_OK) {
        outcome.status = rm_session_open(host->pipeline, &config, &host->session, &outcome.error);
    }
    return outcome;
}

/* Makes the steps of a case; gives the number of the one that failed, from 1 on, or 0. */
static size_t failed_step(const rm_runtime_t *runtime, struct json_object *test) {
    struct json_object *steps = json_object_object_get(test, "steps"), *said = NULL;
    struct json_object *first = json_object_array_get_idx(steps, 0);
    host_t host = {NULL, NULL, 0};
    outcome_t outcome = open_host(runtime, test, &host);
    bool must_fail = json_object_object_get_ex(first, "open", &said);
    size_t done = must_fail ? 1 : 0, count = json_object_array_length(steps);
    bool passed = is_expected(&outcome, must_fail ? first : NULL, must_fail ? json_object_get_string(said) : "ok");
    while (passed && done < count) {
        passed = do_step(&host, json_object_array_get_idx(steps, done++));
    }
    rm_session_release(host.session);
    rm_pipeline_release(host.pipeline);
    return passed ? 0 : (done > 0 ? done : 1);
}

static bool passes(const rm_runtime_t *runtime, const char *path) {
    struct json_object *test = json_object_from_file(path);
    if (test == NULL) {
        fprintf(stderr, "%s: %s\n", path, json_util_get_last_err());
        return false;
    }
    size_t failed = failed_step(runtime, test);
    if (failed > 0) {
        struct json_object *step = json_object_array_get_idx(json_object_object_get(test, "steps"), failed - 1);
        fprintf(stderr, "%s: step %zu: %.200s\n", path, failed, json_object_to_json_string(step));
    }
    json_object_put(test);
    return failed == 0;
}

int main(int count, char **paths) {
    rm_runtime_t *runtime = NULL;
    int failed = 0;
    if (rm_runtime_new(NULL, &runtime, NULL) != RM_STATUS_OK || count < 2) {
        fprintf(stderr, "usage: runner CASE.json...\n");
        return 2;
    }
    for (int index = 1; index < count; index++) {
        failed += !passes(runtime, paths[index]);
    }
    rm_runtime_release(runtime);
    printf("%d of %d cases pass\n", count - 1 - failed, count - 1);
    return failed > 0;
}
