/* Structs tell how old the caller's header is: one that is shorter than it ever was is refused, and of a longer one
 * what the library does not know is ignored and left alone. */
#include "check.h"

/* What a newer header may add to the end of any struct. */
enum { ADDED = 24 };

static const uint8_t MARK = 0xa5;

/* A struct with more behind it, at the very end of the memory that it lies in. */
typedef struct {
    uint8_t *memory;
    size_t known;
} longer_t;

static longer_t longer(const void *table, size_t size) {
    longer_t made = {malloc(size + ADDED), size};
    uint32_t found = (uint32_t)(size + ADDED);
    CHECK(made.memory != NULL);
    memcpy(made.memory, table, size);
    memset(made.memory + size, MARK, ADDED);
    memcpy(made.memory, &found, sizeof found);
    return made;
}

/* The first bytes of a struct, at the very end of the memory that they lie in. */
static void *shorter(const void *table, size_t size) {
    uint32_t found = (uint32_t)size;
    void *memory = malloc(size);
    CHECK(memory != NULL);
    memcpy(memory, table, size);
    memcpy(memory, &found, sizeof found);
    return memory;
}

static void end(longer_t table) {
    for (size_t at = 0; at < ADDED; at++) {
        CHECK(table.memory[table.known + at] == MARK);
    }
    free(table.memory);
}

static void expect_refused(rm_status_t status, rm_error_t **error, const char *name) {
    CHECK(status == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(*error), "struct_size of ") && has_text(rm_error_message(*error), name));
    rm_error_release(*error);
}

static void destroy(void *user_data) { ++*(int *)user_data; }

static void a_config_of_a_newer_header_is_read(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_error_t *error = NULL;
    rm_runtime_config_t workers = RM_RUNTIME_CONFIG_INIT;
    rm_session_config_t queues = RM_SESSION_CONFIG_INIT;
    workers.workers = 1;
    queues.output_capacity = 1;
    void *short_workers = shorter(&workers, 4), *short_queues = shorter(&queues, 12);
    expect_refused(rm_runtime_new(short_workers, &runtime, &error), &error, "rm_runtime_config_t");
    longer_t long_workers = longer(&workers, sizeof workers), long_queues = longer(&queues, sizeof queues);
    CHECK_OK(rm_runtime_new((void *)long_workers.memory, &runtime, why));
    CHECK_OK(rm_pipeline_open(runtime, RM_STR(ONE_NODE("PassThrough", "{}")), &pipeline, why));
    expect_refused(rm_session_open(pipeline, short_queues, &session, &error), &error, "rm_session_config_t");
    CHECK_OK(rm_session_open(pipeline, (void *)long_queues.memory, &session, why));
    rm_session_release(session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    end(long_workers);
    end(long_queues);
    free(short_workers);
    free(short_queues);
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    return rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
}

static void callbacks_of_a_newer_header_are_taken(void) {
    int destroyed = 0;
    rm_runtime_t *runtime = NULL;
    rm_error_t *error = NULL;
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    rm_log_listener_t log = RM_LOG_LISTENER_INIT;
    type.name = RM_STR("Own");
    type.process = process;
    type.user_data = log.user_data = &destroyed;
    type.destroy = log.destroy = destroy;
    void *short_type = shorter(&type, sizeof type - 8), *short_log = shorter(&log, sizeof log - 8);
    longer_t long_type = longer(&type, sizeof type), long_log = longer(&log, sizeof log);
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    expect_refused(rm_runtime_set_node(runtime, short_type, &error), &error, "rm_node_type_t");
    expect_refused(rm_log_set(short_log, &error), &error, "rm_log_listener_t");
    CHECK(destroyed == 0);
    CHECK_OK(rm_runtime_set_node(runtime, (void *)long_type.memory, why));
    CHECK_OK(rm_log_set((void *)long_log.memory, why));
    CHECK_OK(rm_log_set(NULL, why));
    CHECK(destroyed == 1);
    rm_runtime_release(runtime);
    CHECK(destroyed == 2);
    end(long_type);
    end(long_log);
    free(short_type);
    free(short_log);
}

static void an_output_is_written_no_further_than_both_know_it(void) {
    static const uint8_t SAMPLES[8] = {0};
    rm_packet_t *packet = NULL;
    rm_error_t *error = NULL;
    rm_audio_t audio = RM_AUDIO_INIT, found = RM_AUDIO_INIT;
    audio.rate = 8000;
    audio.channels = 2;
    audio.format = RM_SAMPLE_S16;
    audio.data = (rm_bytes_t){SAMPLES, sizeof SAMPLES};
    longer_t given = longer(&audio, sizeof audio), place = longer(&found, sizeof found);
    void *short_given = shorter(&audio, sizeof audio - 1), *short_place = shorter(&found, sizeof found - 1);
    expect_refused(rm_packet_wrap_audio(short_given, NULL, NULL, &packet, &error), &error, "rm_audio_t");
    CHECK_OK(rm_packet_wrap_audio((void *)given.memory, NULL, NULL, &packet, why));
    expect_refused(rm_packet_audio(packet, short_place, &error), &error, "rm_audio_t");
    CHECK_OK(rm_packet_audio(packet, (void *)place.memory, why));
    memcpy(&found, place.memory, sizeof found);
    CHECK(found.struct_size == sizeof found + ADDED && found.rate == 8000 && found.channels == 2);
    CHECK(found.data.data == SAMPLES && found.data.len == sizeof SAMPLES);
    rm_packet_release(packet);
    end(given);
    end(place);
    free(short_given);
    free(short_place);
}

int main(void) {
    a_config_of_a_newer_header_is_read();
    callbacks_of_a_newer_header_are_taken();
    an_output_is_written_no_further_than_both_know_it();
    return 0;
}
