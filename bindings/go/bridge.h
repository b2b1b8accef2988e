/* What cgo cannot say by itself: results by value, so that no output has to live on the Go heap; callbacks that carry
 * a cgo.Handle where the library carries a pointer; and structs that are filled in where Go memory stays pinned. */
#ifndef RMGO_BRIDGE_H
#define RMGO_BRIDGE_H

#include "remotemedia.h"

/* What a call that makes an object came to. */
typedef struct {
    rm_status_t status;
    void *object;
    rm_error_t *error;
} rmgo_made_t;

/* What another call came to. */
typedef struct {
    rm_status_t status;
    rm_error_t *error;
} rmgo_done_t;

/* How packages are opened; without a home, where the user has it. */
typedef struct {
    bool offline, refresh, plain_http, trust_native;
    const char *home;
    size_t home_len;
} rmgo_package_config_t;

rmgo_made_t rmgo_runtime_new(uint32_t workers);
rmgo_done_t rmgo_runtime_set_pipeline(rm_runtime_t *, const char *name, size_t name_len, const char *text, size_t len);
rmgo_made_t rmgo_runtime_nodes(rm_runtime_t *);
rmgo_done_t rmgo_runtime_set_python(rm_runtime_t *, bool environment, rm_str_t venv, rm_str_t home, rm_str_t path);
rmgo_done_t rmgo_runtime_set_python_node(rm_runtime_t *, rm_str_t name, rm_str_t class_name);
rmgo_done_t rmgo_runtime_set_node(rm_runtime_t *, const char *name, size_t len, int32_t lane, uintptr_t type);
rmgo_done_t rmgo_log_set(int32_t level, uintptr_t listener);

rmgo_made_t rmgo_pipeline_open(rm_runtime_t *, const char *manifest, size_t len);
rmgo_made_t rmgo_pipeline_open_named(rm_runtime_t *, const char *name, size_t len);
rmgo_made_t rmgo_pipeline_inspect(rm_pipeline_t *, const char *format, size_t len);

rmgo_made_t rmgo_package_open(const char *reference, size_t len, rmgo_package_config_t);
rmgo_made_t rmgo_package_inspect(rm_package_t *, rm_runtime_t *);
rmgo_made_t rmgo_pipeline_open_package(rm_runtime_t *, rm_package_t *);
rmgo_made_t rmgo_pipeline_open_in(rm_runtime_t *, const char *manifest, size_t len, const char *folder,
                                  size_t folder_len, rmgo_package_config_t);

/* The nodes that are made for the session keep what they fail with in `failures`. */
rmgo_made_t rmgo_session_open(rm_pipeline_t *, uint32_t inputs, uint32_t outputs, bool without_metrics,
                              uintptr_t failures);
rmgo_done_t rmgo_session_set_waker(rm_session_t *, uintptr_t wakeup);
rmgo_done_t rmgo_session_push(rm_session_t *, const char *port, size_t len, rm_packet_t *);
rmgo_made_t rmgo_session_poll(rm_session_t *, const char *port, size_t len);
rmgo_done_t rmgo_session_close(rm_session_t *, const char *port, size_t len);
rmgo_done_t rmgo_session_drain(rm_session_t *);
rmgo_done_t rmgo_session_interrupt(rm_session_t *);
rmgo_done_t rmgo_session_cancel(rm_session_t *);
rmgo_made_t rmgo_session_metrics(rm_session_t *);

rmgo_made_t rmgo_packet_new_null(void);
rmgo_made_t rmgo_packet_new_bool(bool value);
rmgo_made_t rmgo_packet_new_int(int64_t value);
rmgo_made_t rmgo_packet_new_float(double value);
rmgo_made_t rmgo_packet_new_text(const char *text, size_t len);
rmgo_made_t rmgo_packet_new_json(const char *json, size_t len);
rmgo_made_t rmgo_packet_new_bytes(const uint8_t *bytes, size_t len);

/* The memory that `owner` has pinned stays where it is until the packet is gone. */
rmgo_made_t rmgo_packet_wrap_bytes(const uint8_t *bytes, size_t len, uintptr_t owner);
rmgo_made_t rmgo_packet_wrap_audio(rm_audio_t, const uint8_t *samples, size_t len, uintptr_t owner);
rmgo_made_t rmgo_packet_wrap_video(rm_video_t, const uint8_t *pixels, size_t len, uintptr_t owner);
rmgo_made_t rmgo_packet_wrap_tensor(rm_tensor_t, const size_t *shape, const ptrdiff_t *strides, const uint8_t *elements,
                                    size_t len, uintptr_t owner);
rmgo_made_t rmgo_packet_wrap_encoded(bool key_frame, const char *codec, size_t codec_len, const uint8_t *bytes,
                                     size_t len, uintptr_t owner);

rmgo_made_t rmgo_packet_attributes(rm_packet_t *);
rmgo_made_t rmgo_packet_json(rm_packet_t *);

rmgo_done_t rmgo_node_emit(rm_node_t *, const char *port, size_t len, rm_packet_t *);
rmgo_done_t rmgo_node_set_waker(rm_node_t *, uintptr_t wakeup);
rmgo_made_t rmgo_node_input(rm_node_t *);
void rmgo_node_fail(rm_node_t *, const char *message, size_t len);
void rmgo_node_refuse(const char *message, size_t len);

#endif
