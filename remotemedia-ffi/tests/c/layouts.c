/* Where each field of the ABI's structs lies, on 64-bit machines. A struct may grow at its end, and in no other way. */
#include "check.h"

#define AT(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #type "." #field " has moved")
#define ENDS(type, size) _Static_assert(sizeof(type) >= (size), #type " has shrunk")

_Static_assert(sizeof(void *) == 8 && sizeof(size_t) == 8, "these are the layouts of 64-bit machines");
_Static_assert(sizeof(rm_status_t) == 4 && (rm_status_t)-1 < 0, "a status is a signed 32-bit number");

AT(rm_str_t, data, 0);
AT(rm_str_t, len, 8);
_Static_assert(sizeof(rm_str_t) == 16, "a text is passed by value, and never grows");

AT(rm_bytes_t, data, 0);
AT(rm_bytes_t, len, 8);
_Static_assert(sizeof(rm_bytes_t) == 16, "bytes are passed by value, and never grow");

AT(rm_runtime_config_t, struct_size, 0);
AT(rm_runtime_config_t, workers, 4);
ENDS(rm_runtime_config_t, 8);

AT(rm_python_config_t, struct_size, 0);
AT(rm_python_config_t, environment, 4);
AT(rm_python_config_t, venv, 8);
AT(rm_python_config_t, home, 24);
AT(rm_python_config_t, path, 40);
ENDS(rm_python_config_t, 56);

AT(rm_session_config_t, struct_size, 0);
AT(rm_session_config_t, input_capacity, 4);
AT(rm_session_config_t, output_capacity, 8);
AT(rm_session_config_t, without_metrics, 12);
ENDS(rm_session_config_t, 16);

AT(rm_package_config_t, struct_size, 0);
AT(rm_package_config_t, offline, 4);
AT(rm_package_config_t, refresh, 8);
AT(rm_package_config_t, plain_http, 12);
AT(rm_package_config_t, trust_native, 16);
AT(rm_package_config_t, home, 24);
ENDS(rm_package_config_t, 40);

AT(rm_session_listener_t, struct_size, 0);
AT(rm_session_listener_t, packet, 8);
AT(rm_session_listener_t, end, 16);
AT(rm_session_listener_t, user_data, 24);
AT(rm_session_listener_t, destroy, 32);
ENDS(rm_session_listener_t, 40);

AT(rm_log_record_t, struct_size, 0);
AT(rm_log_record_t, level, 4);
AT(rm_log_record_t, target, 8);
AT(rm_log_record_t, message, 24);
ENDS(rm_log_record_t, 40);

AT(rm_log_listener_t, struct_size, 0);
AT(rm_log_listener_t, level, 4);
AT(rm_log_listener_t, record, 8);
AT(rm_log_listener_t, user_data, 16);
AT(rm_log_listener_t, destroy, 24);
ENDS(rm_log_listener_t, 32);

AT(rm_node_type_t, struct_size, 0);
AT(rm_node_type_t, lane, 4);
AT(rm_node_type_t, name, 8);
AT(rm_node_type_t, create, 24);
AT(rm_node_type_t, initialize, 32);
AT(rm_node_type_t, process, 40);
AT(rm_node_type_t, flush, 48);
AT(rm_node_type_t, interrupt, 56);
AT(rm_node_type_t, cleanup, 64);
AT(rm_node_type_t, release, 72);
AT(rm_node_type_t, user_data, 80);
AT(rm_node_type_t, destroy, 88);
ENDS(rm_node_type_t, 96);

AT(rm_audio_t, struct_size, 0);
AT(rm_audio_t, rate, 4);
AT(rm_audio_t, channels, 8);
AT(rm_audio_t, format, 12);
AT(rm_audio_t, layout, 16);
AT(rm_audio_t, data, 24);
ENDS(rm_audio_t, 40);

AT(rm_video_t, struct_size, 0);
AT(rm_video_t, format, 4);
AT(rm_video_t, width, 8);
AT(rm_video_t, height, 12);
AT(rm_video_t, planes, 16);
AT(rm_video_t, offsets, 24);
AT(rm_video_t, strides, 48);
AT(rm_video_t, data, 72);
ENDS(rm_video_t, 88);

AT(rm_tensor_t, struct_size, 0);
AT(rm_tensor_t, dtype, 4);
AT(rm_tensor_t, dimensions, 8);
AT(rm_tensor_t, shape, 16);
AT(rm_tensor_t, strides, 24);
AT(rm_tensor_t, offset, 32);
AT(rm_tensor_t, data, 40);
ENDS(rm_tensor_t, 56);

AT(rm_encoded_t, struct_size, 0);
AT(rm_encoded_t, key_frame, 4);
AT(rm_encoded_t, codec, 8);
AT(rm_encoded_t, data, 24);
ENDS(rm_encoded_t, 40);

/* Structs begin as their macros say, with their own size first. */
int main(void) {
    rm_runtime_config_t runtime = RM_RUNTIME_CONFIG_INIT;
    rm_session_config_t session = RM_SESSION_CONFIG_INIT;
    rm_session_listener_t listener = RM_SESSION_LISTENER_INIT;
    rm_log_listener_t log = RM_LOG_LISTENER_INIT;
    rm_node_type_t node = RM_NODE_TYPE_INIT;
    rm_audio_t audio = RM_AUDIO_INIT;
    rm_video_t video = RM_VIDEO_INIT;
    rm_tensor_t tensor = RM_TENSOR_INIT;
    rm_encoded_t encoded = RM_ENCODED_INIT;
    CHECK(runtime.struct_size == sizeof runtime && session.struct_size == sizeof session);
    CHECK(listener.struct_size == sizeof listener && log.struct_size == sizeof log && log.level == RM_LOG_WARN);
    CHECK(node.struct_size == sizeof node && node.lane == RM_LANE_NATIVE);
    CHECK(audio.struct_size == sizeof audio && video.struct_size == sizeof video);
    CHECK(tensor.struct_size == sizeof tensor && encoded.struct_size == sizeof encoded);
    return 0;
}
