/* Nodes of the host: their life, what they emit, how they fail, and how they finish later. */
#include <pthread.h>

#include "check.h"

typedef struct {
    int created, initialized, processed, flushed, interrupted, cleaned_up, released, destroyed;
} counts_t;

typedef struct {
    counts_t *counts;
    int64_t sum;
} adder_t;

static rm_status_t create(void *user_data, rm_str_t params, void **state) {
    counts_t *counts = user_data;
    counts->created++;
    if (has_text(params, "refuse")) {
        CHECK(rm_node_refuse(RM_STR("it was told to refuse"), NULL) == RM_STATUS_OK);
        return RM_STATUS_INVALID_ARGUMENT;
    }
    adder_t *adder = calloc(1, sizeof *adder);
    adder->counts = counts;
    *state = adder;
    return RM_STATUS_OK;
}

static rm_status_t initialize(void *state, rm_node_t *node) {
    (void)node;
    ((adder_t *)state)->counts->initialized++;
    return RM_STATUS_OK;
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    adder_t *adder = state;
    int64_t number = 0;
    rm_packet_t *sum = NULL;
    adder->counts->processed++;
    if (rm_packet_int(packet, &number, NULL) != RM_STATUS_OK) {
        CHECK(rm_node_fail(node, RM_STR("only whole numbers can be added"), NULL) == RM_STATUS_OK);
        return RM_STATUS_WRONG_KIND;
    }
    adder->sum += number;
    CHECK_OK(rm_packet_new_int(adder->sum, &sum, why));
    rm_status_t status = rm_node_emit(node, RM_STR_NONE, sum, 0, NULL);
    rm_packet_release(sum);
    return status;
}

static rm_status_t flush(void *state, rm_node_t *node) {
    rm_packet_t *text = NULL;
    ((adder_t *)state)->counts->flushed++;
    CHECK_OK(rm_packet_new_text(RM_STR("over"), &text, why));
    rm_status_t status = rm_node_emit(node, RM_STR("out"), text, 0, NULL);
    rm_packet_release(text);
    return status;
}

static void interrupted(void *state) { ((adder_t *)state)->counts->interrupted++; }

static rm_status_t cleanup(void *state, rm_node_t *node) {
    (void)node;
    ((adder_t *)state)->counts->cleaned_up++;
    return RM_STATUS_OK;
}

static void release(void *state) {
    ((adder_t *)state)->counts->released++;
    free(state);
}

static void destroy(void *user_data) { ((counts_t *)user_data)->destroyed++; }

static rm_node_type_t adder_type(counts_t *counts) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Adder");
    type.create = create;
    type.initialize = initialize;
    type.process = process;
    type.flush = flush;
    type.interrupt = interrupted;
    type.cleanup = cleanup;
    type.release = release;
    type.user_data = counts;
    type.destroy = destroy;
    return type;
}

static rm_session_t *session_of(const rm_node_type_t *type, const char *manifest, const char *refusal) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_node(runtime, type, why));
    CHECK_OK(rm_pipeline_open(runtime, rm_str(manifest), &pipeline, why));
    if (refusal == NULL) {
        CHECK_OK(rm_session_open(pipeline, NULL, &session, why));
    } else {
        rm_error_t *error = NULL;
        CHECK(rm_session_open(pipeline, NULL, &session, &error) == RM_STATUS_NODE && session == NULL);
        CHECK(has_text(rm_error_message(error), refusal));
        rm_error_release(error);
    }
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return session;
}

static void push_int(rm_session_t *session, int64_t number) {
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(number, &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, -1, why));
    rm_packet_release(packet);
}

static int64_t poll_int(rm_session_t *session) {
    rm_packet_t *packet = NULL;
    int64_t number = 0;
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &packet, why));
    CHECK_OK(rm_packet_int(packet, &number, why));
    rm_packet_release(packet);
    return number;
}

static void a_node_lives_once(int32_t lane) {
    counts_t counts = {0};
    rm_node_type_t type = adder_type(&counts);
    type.lane = lane;
    rm_session_t *session = session_of(&type, ONE_NODE("Adder", "{}"), NULL);
    int64_t sum = 0;
    for (int64_t number = 1; number <= 50; number++) {
        sum += number;
        push_int(session, number);
        CHECK(poll_int(session) == sum);
    }
    CHECK_OK(rm_session_close(session, RM_STR_NONE, why));
    rm_packet_t *last = NULL, *none = NULL;
    rm_str_t text = RM_STR_NONE;
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &last, why));
    CHECK_OK(rm_packet_text(last, &text, why));
    CHECK(is_text(text, "over"));
    rm_packet_release(last);
    CHECK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &none, NULL) == RM_STATUS_END);
    rm_session_release(session);
    CHECK(counts.created == 1 && counts.initialized == 1 && counts.processed == 50 && counts.flushed == 1);
    CHECK(counts.cleaned_up == 1 && counts.released == 1 && counts.destroyed == 1);
}

static void a_failing_node_says_why(void) {
    counts_t counts = {0};
    rm_node_type_t type = adder_type(&counts);
    rm_session_t *session = session_of(&type, ONE_NODE("Adder", "{}"), NULL);
    rm_packet_t *packet = NULL, *none = NULL;
    rm_error_t *error = NULL;
    CHECK_OK(rm_packet_new_text(RM_STR("two"), &packet, why));
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, 0, why));
    rm_packet_release(packet);
    CHECK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &none, &error) == RM_STATUS_NODE);
    CHECK(has_text(rm_error_message(error), "only whole numbers can be added"));
    CHECK(is_text(rm_error_node(error), "node") && rm_error_item(error) == 1);
    rm_error_release(error);
    rm_session_release(session);
}

static void a_node_may_refuse_its_parameters(void) {
    counts_t counts = {0};
    rm_node_type_t type = adder_type(&counts);
    CHECK(session_of(&type, ONE_NODE("Adder", "{\"refuse\": true}"), "it was told to refuse") == NULL);
    CHECK(rm_node_refuse(RM_STR("too late"), NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(counts.created == 1 && counts.released == 0 && counts.destroyed == 1);
}

static void a_refused_type_is_let_go_of(void) {
    counts_t counts = {0};
    rm_node_type_t type = adder_type(&counts);
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    type.lane = 9;
    CHECK(rm_runtime_set_node(runtime, &type, NULL) == RM_STATUS_INVALID_ARGUMENT && counts.destroyed == 1);
    type.lane = RM_LANE_NATIVE;
    type.process = NULL;
    CHECK(rm_runtime_set_node(runtime, &type, NULL) == RM_STATUS_INVALID_ARGUMENT && counts.destroyed == 2);
    type.process = process;
    type.name = RM_STR("Multiply");
    CHECK(rm_runtime_set_node(runtime, &type, NULL) == RM_STATUS_INVALID_ARGUMENT && counts.destroyed == 3);
    type.name = RM_STR("Adder");
    CHECK(rm_runtime_set_node(runtime, &type, NULL) == RM_STATUS_OK && counts.destroyed == 3);
    CHECK(rm_runtime_set_node(runtime, &type, NULL) == RM_STATUS_INVALID_ARGUMENT && counts.destroyed == 4);
    rm_runtime_release(runtime);
    CHECK(counts.destroyed == 5 && counts.created == 0);
}

/* A node that hands its work to a thread, which emits and finishes. */
typedef struct {
    rm_node_t *node;
    rm_packet_t *packet;
} work_t;

static void *work(void *data) {
    work_t *todo = data;
    for (int copy = 0; copy < 40; copy++) {
        CHECK(rm_node_emit(todo->node, RM_STR_NONE, todo->packet, -1, NULL) == RM_STATUS_OK);
    }
    CHECK(rm_node_finish(todo->node, RM_STATUS_PENDING, NULL) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(rm_node_finish(todo->node, RM_STATUS_OK, NULL) == RM_STATUS_OK);
    rm_packet_release(todo->packet);
    rm_node_release(todo->node);
    free(todo);
    return NULL;
}

static rm_status_t process_later(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    work_t *todo = calloc(1, sizeof *todo);
    todo->node = rm_node_retain(node);
    todo->packet = rm_packet_retain(packet);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, todo) == 0);
    pthread_detach(thread);
    return RM_STATUS_PENDING;
}

static void a_node_may_finish_later_on_another_thread(void) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("Copies");
    type.lane = RM_LANE_ASYNC;
    type.process = process_later;
    rm_session_t *session = session_of(&type, ONE_NODE("Copies", "{}"), NULL);
    for (int64_t number = 0; number < 5; number++) {
        push_int(session, number);
    }
    for (int64_t number = 0; number < 5; number++) {
        for (int copy = 0; copy < 40; copy++) {
            CHECK(poll_int(session) == number);
        }
    }
    CHECK_OK(rm_session_drain(session, 10 * SECOND, why));
    rm_session_release(session);
}

static rm_node_t *kept;

static rm_status_t process_and_keep(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    rm_node_release(kept);
    kept = rm_node_retain(node);
    return rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

static void a_node_that_is_kept_too_long_is_refused(void) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    rm_error_t *error = NULL;
    type.name = RM_STR("Keeps");
    type.process = process_and_keep;
    rm_session_t *session = session_of(&type, ONE_NODE("Keeps", "{}"), NULL);
    push_int(session, 1);
    CHECK(poll_int(session) == 1);
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_new_int(2, &packet, why));
    CHECK(rm_node_emit(kept, RM_STR_NONE, packet, 0, &error) == RM_STATUS_CLOSED);
    CHECK(has_text(rm_error_message(error), "no call into the node is under way"));
    rm_error_release(error);
    CHECK(rm_node_finish(kept, RM_STATUS_OK, NULL) == RM_STATUS_CLOSED);
    rm_packet_release(packet);
    rm_session_release(session);
    rm_node_release(kept);
}

/* A node whose calls the test finishes itself. */
static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t calls_grew = PTHREAD_COND_INITIALIZER;
static rm_node_t *calls[4];
static int call_count;

static rm_status_t process_when_told(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    (void)packet;
    pthread_mutex_lock(&calls_lock);
    calls[call_count++] = rm_node_retain(node);
    pthread_cond_signal(&calls_grew);
    pthread_mutex_unlock(&calls_lock);
    return RM_STATUS_PENDING;
}

static rm_node_t *call_number(int number) {
    pthread_mutex_lock(&calls_lock);
    while (call_count <= number) {
        pthread_cond_wait(&calls_grew, &calls_lock);
    }
    pthread_mutex_unlock(&calls_lock);
    return calls[number];
}

static void a_call_that_was_interrupted_says_nothing_in_the_name_of_the_next(void) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = RM_STR("WhenTold");
    type.lane = RM_LANE_ASYNC;
    type.process = process_when_told;
    rm_session_t *session = session_of(&type, ONE_NODE("WhenTold", "{}"), NULL);
    push_int(session, 1);
    rm_node_t *given_up = call_number(0);
    CHECK_OK(rm_session_interrupt(session, why));
    push_int(session, 2);
    rm_node_t *current = call_number(1);
    rm_packet_t *stale = NULL, *fresh = NULL;
    rm_error_t *error = NULL;
    CHECK_OK(rm_packet_new_int(10, &stale, why));
    CHECK_OK(rm_packet_new_int(20, &fresh, why));
    CHECK(rm_node_emit(given_up, RM_STR_NONE, stale, 0, &error) == RM_STATUS_CLOSED);
    CHECK(has_text(rm_error_message(error), "the call is over"));
    CHECK(rm_node_fail(given_up, RM_STR("too late"), NULL) == RM_STATUS_CLOSED);
    CHECK(rm_node_finish(given_up, RM_STATUS_NODE, NULL) == RM_STATUS_CLOSED);
    CHECK_OK(rm_node_emit(current, RM_STR_NONE, fresh, 0, why));
    CHECK_OK(rm_node_finish(current, RM_STATUS_OK, why));
    CHECK(rm_node_finish(current, RM_STATUS_NODE, NULL) == RM_STATUS_CLOSED);
    CHECK(poll_int(session) == 20);
    CHECK_OK(rm_session_drain(session, 10 * SECOND, why));
    rm_error_release(error);
    rm_packet_release(stale);
    rm_packet_release(fresh);
    rm_node_release(given_up);
    rm_node_release(current);
    rm_session_release(session);
}

static void a_drain_waits_for_the_nodes_also_when_the_session_was_cancelled(void) {
    counts_t counts = {0};
    rm_node_type_t type = adder_type(&counts);
    type.lane = RM_LANE_ASYNC;
    type.process = process_when_told;
    rm_session_t *session = session_of(&type, ONE_NODE("Adder", "{}"), NULL);
    push_int(session, 1);
    rm_node_t *given_up = call_number(2);
    CHECK_OK(rm_session_cancel(session, why));
    CHECK(rm_session_drain(session, 10 * SECOND, NULL) == RM_STATUS_CANCELLED);
    CHECK(counts.cleaned_up == 1);
    CHECK(rm_node_finish(given_up, RM_STATUS_OK, NULL) == RM_STATUS_CLOSED);
    rm_node_release(given_up);
    rm_session_release(session);
}

/* How many items the session's only node has skipped. */
static int skipped_items(const rm_session_t *session) {
    rm_packet_t *metrics = NULL;
    rm_str_t text = RM_STR_NONE;
    CHECK_OK(rm_session_metrics(session, &metrics, why));
    CHECK_OK(rm_packet_text(metrics, &text, why));
    int skipped = has_text(text, "\"skipped\":1");
    rm_packet_release(metrics);
    return skipped;
}

static void a_call_that_took_too_long_says_nothing_more(void) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    rm_packet_t *late = NULL;
    type.name = RM_STR("WhenTold");
    type.lane = RM_LANE_ASYNC;
    type.process = process_when_told;
    rm_session_t *session = session_of(
        &type,
        "{\"version\": \"v1\", \"metadata\": {\"name\": \"test\"}, \"connections\": [], \"nodes\": [{\"id\": \"node\","
        " \"node_type\": \"WhenTold\", \"timeout_ms\": 1, \"on_error\": \"skip\"}]}",
        NULL);
    push_int(session, 1);
    rm_node_t *given_up = call_number(3);
    while (!skipped_items(session)) {
        nap();
    }
    CHECK_OK(rm_packet_new_int(10, &late, why));
    CHECK(rm_node_emit(given_up, RM_STR_NONE, late, 0, NULL) == RM_STATUS_CLOSED);
    CHECK(rm_node_finish(given_up, RM_STATUS_OK, NULL) == RM_STATUS_CLOSED);
    rm_packet_release(late);
    rm_node_release(given_up);
    rm_session_release(session);
}

int main(void) {
    a_node_lives_once(RM_LANE_NATIVE);
    a_node_lives_once(RM_LANE_BLOCKING);
    a_node_lives_once(RM_LANE_ASYNC);
    a_failing_node_says_why();
    a_node_may_refuse_its_parameters();
    a_refused_type_is_let_go_of();
    a_node_may_finish_later_on_another_thread();
    a_node_that_is_kept_too_long_is_refused();
    a_call_that_was_interrupted_says_nothing_in_the_name_of_the_next();
    a_drain_waits_for_the_nodes_also_when_the_session_was_cancelled();
    a_call_that_took_too_long_says_nothing_more();
    return 0;
}
