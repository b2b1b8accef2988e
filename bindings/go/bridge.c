#include "bridge.h"

#include "_cgo_export.h"

static rm_str_t text_of(const char *data, size_t len) { return (rm_str_t){data, len}; }

/* Makes a call whose last two arguments are where the object and the error go. */
#define MADE(type, call, ...)                                   \
    do {                                                        \
        type *object = NULL;                                    \
        rmgo_made_t made = {RM_STATUS_OK, NULL, NULL};          \
        made.status = call(__VA_ARGS__, &object, &made.error);  \
        made.object = object;                                   \
        return made;                                            \
    } while (0)

/* Makes a call whose last argument is where the error goes. */
#define DONE(call, ...)                                  \
    do {                                                 \
        rmgo_done_t done = {RM_STATUS_OK, NULL};         \
        done.status = call(__VA_ARGS__, &done.error);    \
        return done;                                     \
    } while (0)

rmgo_made_t rmgo_runtime_new(uint32_t workers) {
    rm_runtime_config_t config = RM_RUNTIME_CONFIG_INIT;
    config.workers = workers;
    MADE(rm_runtime_t, rm_runtime_new, &config);
}

rmgo_done_t rmgo_runtime_set_pipeline(rm_runtime_t *runtime, const char *name, size_t name_len, const char *text,
                                      size_t len) {
    DONE(rm_runtime_set_pipeline, runtime, text_of(name, name_len), text_of(text, len));
}

rmgo_made_t rmgo_runtime_nodes(rm_runtime_t *runtime) { MADE(rm_packet_t, rm_runtime_nodes, runtime); }

rmgo_done_t rmgo_runtime_set_python(rm_runtime_t *runtime, bool environment, rm_str_t venv, rm_str_t home,
                                    rm_str_t path) {
    rm_python_config_t config = RM_PYTHON_CONFIG_INIT;
    config.environment = environment;
    config.venv = venv;
    config.home = home;
    config.path = path;
    DONE(rm_runtime_set_python, runtime, &config);
}

rmgo_done_t rmgo_runtime_set_python_node(rm_runtime_t *runtime, rm_str_t name, rm_str_t class_name) {
    DONE(rm_runtime_set_python_node, runtime, name, class_name);
}

rmgo_made_t rmgo_pipeline_open(rm_runtime_t *runtime, const char *manifest, size_t len) {
    MADE(rm_pipeline_t, rm_pipeline_open, runtime, text_of(manifest, len));
}

rmgo_made_t rmgo_pipeline_open_named(rm_runtime_t *runtime, const char *name, size_t len) {
    MADE(rm_pipeline_t, rm_pipeline_open_named, runtime, text_of(name, len));
}

rmgo_made_t rmgo_pipeline_inspect(rm_pipeline_t *pipeline, const char *format, size_t len) {
    MADE(rm_packet_t, rm_pipeline_inspect, pipeline, text_of(format, len));
}

static rm_package_config_t package_config(rmgo_package_config_t given) {
    rm_package_config_t config = RM_PACKAGE_CONFIG_INIT;
    config.offline = given.offline;
    config.refresh = given.refresh;
    config.plain_http = given.plain_http;
    config.trust_native = given.trust_native;
    config.home = given.home_len > 0 ? text_of(given.home, given.home_len) : RM_STR_NONE;
    return config;
}

rmgo_made_t rmgo_package_open(const char *reference, size_t len, rmgo_package_config_t given) {
    rm_package_config_t config = package_config(given);
    MADE(rm_package_t, rm_package_open, text_of(reference, len), &config);
}

rmgo_made_t rmgo_package_inspect(rm_package_t *package, rm_runtime_t *runtime) {
    MADE(rm_packet_t, rm_package_inspect, package, runtime);
}

rmgo_made_t rmgo_pipeline_open_package(rm_runtime_t *runtime, rm_package_t *package) {
    MADE(rm_pipeline_t, rm_pipeline_open_package, runtime, package);
}

rmgo_made_t rmgo_pipeline_open_in(rm_runtime_t *runtime, const char *manifest, size_t len, const char *folder,
                                  size_t folder_len, rmgo_package_config_t given) {
    rm_package_config_t config = package_config(given);
    MADE(rm_pipeline_t, rm_pipeline_open_in, runtime, text_of(manifest, len), text_of(folder, folder_len), &config);
}

/* Where the nodes of the session keep what they fail with that the thread is opening. */
static _Thread_local uintptr_t opening;

static rmgo_made_t session_open(rm_pipeline_t *pipeline, const rm_session_config_t *config) {
    MADE(rm_session_t, rm_session_open, pipeline, config);
}

rmgo_made_t rmgo_session_open(rm_pipeline_t *pipeline, uint32_t inputs, uint32_t outputs, bool without_metrics,
                              uintptr_t failures) {
    rm_session_config_t config = RM_SESSION_CONFIG_INIT;
    config.input_capacity = inputs;
    config.output_capacity = outputs;
    config.without_metrics = without_metrics;
    /* A node that is being made may open a session of its own. */
    uintptr_t outer = opening;
    opening = failures;
    rmgo_made_t made = session_open(pipeline, &config);
    opening = outer;
    return made;
}

rmgo_done_t rmgo_session_push(rm_session_t *session, const char *port, size_t len, rm_packet_t *packet) {
    DONE(rm_session_push, session, text_of(port, len), packet, 0);
}

rmgo_made_t rmgo_session_poll(rm_session_t *session, const char *port, size_t len) {
    MADE(rm_packet_t, rm_session_poll, session, text_of(port, len), 0);
}

rmgo_done_t rmgo_session_close(rm_session_t *session, const char *port, size_t len) {
    DONE(rm_session_close, session, text_of(port, len));
}

rmgo_done_t rmgo_session_drain(rm_session_t *session) { DONE(rm_session_drain, session, 0); }

rmgo_done_t rmgo_session_interrupt(rm_session_t *session) { DONE(rm_session_interrupt, session); }

rmgo_done_t rmgo_session_cancel(rm_session_t *session) { DONE(rm_session_cancel, session); }

rmgo_made_t rmgo_session_metrics(rm_session_t *session) { MADE(rm_packet_t, rm_session_metrics, session); }

rmgo_made_t rmgo_packet_new_null(void) {
    rm_packet_t *packet = NULL;
    rmgo_made_t made = {RM_STATUS_OK, NULL, NULL};
    made.status = rm_packet_new_null(&packet, &made.error);
    made.object = packet;
    return made;
}

rmgo_made_t rmgo_packet_new_bool(bool value) { MADE(rm_packet_t, rm_packet_new_bool, value); }

rmgo_made_t rmgo_packet_new_int(int64_t value) { MADE(rm_packet_t, rm_packet_new_int, value); }

rmgo_made_t rmgo_packet_new_float(double value) { MADE(rm_packet_t, rm_packet_new_float, value); }

rmgo_made_t rmgo_packet_new_text(const char *text, size_t len) {
    MADE(rm_packet_t, rm_packet_new_text, text_of(text, len));
}

rmgo_made_t rmgo_packet_new_json(const char *json, size_t len) {
    MADE(rm_packet_t, rm_packet_new_json, text_of(json, len));
}

rmgo_made_t rmgo_packet_new_bytes(const uint8_t *bytes, size_t len) {
    MADE(rm_packet_t, rm_packet_new_bytes, ((rm_bytes_t){bytes, len}));
}

static void unpin(void *owner) { rmgoUnpin((uintptr_t)owner); }

rmgo_made_t rmgo_packet_wrap_bytes(const uint8_t *bytes, size_t len, uintptr_t owner) {
    MADE(rm_packet_t, rm_packet_wrap_bytes, ((rm_bytes_t){bytes, len}), unpin, (void *)owner);
}

rmgo_made_t rmgo_packet_wrap_audio(rm_audio_t audio, const uint8_t *samples, size_t len, uintptr_t owner) {
    audio.struct_size = sizeof audio;
    audio.data = (rm_bytes_t){samples, len};
    MADE(rm_packet_t, rm_packet_wrap_audio, &audio, unpin, (void *)owner);
}

rmgo_made_t rmgo_packet_wrap_video(rm_video_t video, const uint8_t *pixels, size_t len, uintptr_t owner) {
    video.struct_size = sizeof video;
    video.data = (rm_bytes_t){pixels, len};
    MADE(rm_packet_t, rm_packet_wrap_video, &video, unpin, (void *)owner);
}

rmgo_made_t rmgo_packet_wrap_tensor(rm_tensor_t tensor, const size_t *shape, const ptrdiff_t *strides,
                                    const uint8_t *elements, size_t len, uintptr_t owner) {
    tensor.struct_size = sizeof tensor;
    tensor.shape = shape;
    tensor.strides = strides;
    tensor.data = (rm_bytes_t){elements, len};
    MADE(rm_packet_t, rm_packet_wrap_tensor, &tensor, unpin, (void *)owner);
}

rmgo_made_t rmgo_packet_wrap_encoded(bool key_frame, const char *codec, size_t codec_len, const uint8_t *bytes,
                                     size_t len, uintptr_t owner) {
    rm_encoded_t unit = RM_ENCODED_INIT;
    unit.key_frame = key_frame;
    unit.codec = text_of(codec, codec_len);
    unit.data = (rm_bytes_t){bytes, len};
    MADE(rm_packet_t, rm_packet_wrap_encoded, &unit, unpin, (void *)owner);
}

rmgo_made_t rmgo_packet_attributes(rm_packet_t *packet) { MADE(rm_packet_t, rm_packet_attributes, packet); }

rmgo_made_t rmgo_packet_json(rm_packet_t *packet) { MADE(rm_packet_t, rm_packet_json, packet); }

static void wake(void *wakeup) { rmgoWake((uintptr_t)wakeup); }

static void forget(void *handle) { rmgoForget((uintptr_t)handle); }

rmgo_done_t rmgo_session_set_waker(rm_session_t *session, uintptr_t wakeup) {
    DONE(rm_session_set_waker, session, wake, (void *)wakeup, forget);
}

rmgo_done_t rmgo_node_set_waker(rm_node_t *node, uintptr_t wakeup) {
    DONE(rm_node_set_waker, node, wake, (void *)wakeup, forget);
}

static void record(void *listener, const rm_log_record_t *record) {
    rmgoLog((uintptr_t)listener, record->level, record->target, record->message);
}

rmgo_done_t rmgo_log_set(int32_t level, uintptr_t handle) {
    rm_log_listener_t listener = RM_LOG_LISTENER_INIT;
    listener.level = level;
    listener.record = record;
    listener.user_data = (void *)handle;
    listener.destroy = forget;
    DONE(rm_log_set, handle == 0 ? NULL : &listener);
}

static rm_status_t create(void *type, rm_str_t params, void **state) {
    uintptr_t made = 0;
    rm_status_t status = rmgoCreate((uintptr_t)type, opening, params, &made);
    *state = (void *)made;
    return status;
}

static rm_status_t initialize(void *state, rm_node_t *node) { return rmgoInitialize((uintptr_t)state, node); }

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    return rmgoProcess((uintptr_t)state, node, (rm_packet_t *)packet);
}

static rm_status_t flush(void *state, rm_node_t *node) { return rmgoFlush((uintptr_t)state, node); }

static void interrupt(void *state) { rmgoInterrupt((uintptr_t)state); }

static rm_status_t cleanup(void *state, rm_node_t *node) { return rmgoCleanup((uintptr_t)state, node); }

rmgo_done_t rmgo_runtime_set_node(rm_runtime_t *runtime, const char *name, size_t len, int32_t lane, uintptr_t handle) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.lane = lane;
    type.name = text_of(name, len);
    type.create = create;
    type.initialize = initialize;
    type.process = process;
    type.flush = flush;
    type.interrupt = interrupt;
    type.cleanup = cleanup;
    type.release = forget;
    type.user_data = (void *)handle;
    type.destroy = forget;
    DONE(rm_runtime_set_node, runtime, &type);
}

rmgo_done_t rmgo_node_emit(rm_node_t *node, const char *port, size_t len, rm_packet_t *packet) {
    DONE(rm_node_emit, node, text_of(port, len), packet, 0);
}

rmgo_made_t rmgo_node_input(rm_node_t *node) { MADE(rm_packet_t, rm_node_input, node); }

void rmgo_node_fail(rm_node_t *node, const char *message, size_t len) {
    (void)rm_node_fail(node, text_of(message, len), NULL);
}

void rmgo_node_refuse(const char *message, size_t len) { (void)rm_node_refuse(text_of(message, len), NULL); }
