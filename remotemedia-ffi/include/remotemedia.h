/*
 * RemoteMedia: an embeddable runtime for real-time AI media pipelines.
 *
 * Generated from the Rust sources; do not edit.
 *
 * Calls. The object comes first, then inputs, then outputs, and last a place for an error object, which may be null.
 * Calls that can fail return a status: 0 is success, positive values are no error, negative values are errors. On
 * failure every output is null or zero.
 *
 * Ownership. Each handle you receive is one reference, and you release it once. No call consumes an argument. Releasing
 * null does nothing. What an accessor lends lives until its owner is released. Text and bytes are copied, unless the
 * function's name says `wrap`. A handle that was released, or is something else, is refused as an invalid argument; but
 * do not count on it for long, since its place is used again in time.
 *
 * Text is UTF-8 with a length.
 *
 * Structs begin with their size; start from their INIT macro, which sets it. They grow at their end only. A struct that
 * is shorter than it was in the first release that had it is refused. What a struct of an older header lacks counts as
 * zero, which means what was before, and is not written; what a struct has beyond what this library knows is ignored.
 *
 * Threads. Each function says who may call it. An object that is passed as const may be used by several threads at
 * once. All threads of the library belong to a runtime, but for those that a call has while it fetches packages. Nothing
 * happens at load or at exit, no signal handler is set, and no environment is read but where a function says so. Nothing
 * is printed, but for the report of a panic, on standard error, for which RUST_BACKTRACE is read. Do not fork after
 * rm_runtime_new.
 *
 * Callbacks come with user_data and destroy, which is called exactly once, also when the call fails that they were
 * passed to, unless their struct does not tell its size. They return; they do not throw, jump or unwind. Inside of one,
 * calls that would wait give RM_STATUS_REENTRANT.
 */

#ifndef REMOTEMEDIA_H
#define REMOTEMEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * RM_STR is the text of a literal, or of an array that a literal has filled to its end, such as
 * `static const char MANIFEST[] = "..."`: all but its last byte, which is zero. Pointers and buffers take rm_str.
 * C++, and GCC and Clang in C, refuse a pointer here; others would cut the text to a pointer's size. RM_STR_NONE is no
 * text.
 */
#if defined(__cplusplus)
extern "C++" {
template <size_t size> constexpr size_t rm_str_size(const char (&)[size]) { return size; }
}
#define RM_STR(literal) (rm_str_t{(literal), rm_str_size(literal) - 1})
#define RM_STR_NONE (rm_str_t{NULL, 0})
#else
#if defined(__GNUC__)
/* One, and an error where the type of the text is that of a pointer. */
#define RM_STR_END(literal) \
    sizeof(struct { \
        char RM_STR_takes_a_literal_and_rm_str_a_pointer \
            [__builtin_types_compatible_p(__typeof__(literal), __typeof__(&(literal)[0])) ? -1 : 1]; \
    })
#else
#define RM_STR_END(literal) 1
#endif
#define RM_STR(literal) ((rm_str_t){(literal), sizeof(literal) - RM_STR_END(literal)})
#define RM_STR_NONE ((rm_str_t){NULL, 0})
#endif

/* What structs begin as. */
#define RM_RUNTIME_CONFIG_INIT {sizeof(rm_runtime_config_t), 0}
#define RM_PYTHON_CONFIG_INIT {sizeof(rm_python_config_t), 0, {NULL, 0}, {NULL, 0}, {NULL, 0}}
#define RM_SESSION_CONFIG_INIT {sizeof(rm_session_config_t), 0, 0, 0}
#define RM_PACKAGE_CONFIG_INIT {sizeof(rm_package_config_t), 0, 0, 0, 0, {NULL, 0}}
#define RM_SESSION_LISTENER_INIT {sizeof(rm_session_listener_t), NULL, NULL, NULL, NULL}
#define RM_LOG_LISTENER_INIT {sizeof(rm_log_listener_t), 2, NULL, NULL, NULL}
#define RM_NODE_TYPE_INIT {sizeof(rm_node_type_t), 0, {NULL, 0}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL}
#define RM_AUDIO_INIT {sizeof(rm_audio_t), 0, 0, 0, 0, {NULL, 0}}
#define RM_VIDEO_INIT {sizeof(rm_video_t), 0, 0, 0, 0, {0, 0, 0}, {0, 0, 0}, {NULL, 0}}
#define RM_TENSOR_INIT {sizeof(rm_tensor_t), 0, 0, NULL, NULL, 0, {NULL, 0}}
#define RM_ENCODED_INIT {sizeof(rm_encoded_t), 0, {NULL, 0}, {NULL, 0}}


/**
 * Changes when a program has to be compiled again.
 */
#define RM_ABI_MAJOR 0

/**
 * Grows when functions are added.
 */
#define RM_ABI_MINOR 1

/**
 * Something is lost or broken.
 */
#define RM_LOG_ERROR 1

/**
 * Something is not as it should be; the library goes on.
 */
#define RM_LOG_WARN 2

/**
 * What an operator may want to know.
 */
#define RM_LOG_INFO 3

/**
 * What whoever searches for a fault wants to know.
 */
#define RM_LOG_DEBUG 4

/**
 * Every step.
 */
#define RM_LOG_TRACE 5

/**
 * Unsigned 8-bit samples, silence at 128.
 */
#define RM_SAMPLE_U8 0

/**
 * Signed 16-bit samples.
 */
#define RM_SAMPLE_S16 1

/**
 * Signed 32-bit samples.
 */
#define RM_SAMPLE_S32 2

/**
 * Floating-point samples, full scale at ±1.
 */
#define RM_SAMPLE_F32 3

/**
 * Double-precision samples, full scale at ±1.
 */
#define RM_SAMPLE_F64 4

/**
 * One frame after the other: left, right, left, right.
 */
#define RM_LAYOUT_INTERLEAVED 0

/**
 * One channel after the other.
 */
#define RM_LAYOUT_PLANAR 1

/**
 * Luma only, 8 bits.
 */
#define RM_PIXEL_GRAY8 0

/**
 * Packed red, green, blue, 8 bits each.
 */
#define RM_PIXEL_RGB24 1

/**
 * Packed red, green, blue, alpha, 8 bits each.
 */
#define RM_PIXEL_RGBA32 2

/**
 * Packed blue, green, red, alpha, 8 bits each.
 */
#define RM_PIXEL_BGRA32 3

/**
 * Planar Y, U, V; chroma halved both ways.
 */
#define RM_PIXEL_I420 4

/**
 * Planar Y and interleaved UV; chroma halved both ways.
 */
#define RM_PIXEL_NV12 5

/**
 * One byte, zero or one.
 */
#define RM_DTYPE_BOOL 0

/**
 * Signed 8-bit integer.
 */
#define RM_DTYPE_I8 1

/**
 * Signed 16-bit integer.
 */
#define RM_DTYPE_I16 2

/**
 * Signed 32-bit integer.
 */
#define RM_DTYPE_I32 3

/**
 * Signed 64-bit integer.
 */
#define RM_DTYPE_I64 4

/**
 * Unsigned 8-bit integer.
 */
#define RM_DTYPE_U8 5

/**
 * Unsigned 16-bit integer.
 */
#define RM_DTYPE_U16 6

/**
 * Unsigned 32-bit integer.
 */
#define RM_DTYPE_U32 7

/**
 * Unsigned 64-bit integer.
 */
#define RM_DTYPE_U64 8

/**
 * IEEE 754 half precision.
 */
#define RM_DTYPE_F16 9

/**
 * IEEE 754 single precision.
 */
#define RM_DTYPE_F32 10

/**
 * IEEE 754 double precision.
 */
#define RM_DTYPE_F64 11

/**
 * Complex number of two single-precision parts.
 */
#define RM_DTYPE_C64 12

/**
 * Complex number of two double-precision parts.
 */
#define RM_DTYPE_C128 13

/**
 * Cheap: a few microseconds, never waits. May run on the thread of the session's caller.
 */
#define RM_LANE_NATIVE 0

/**
 * Heavy or waiting: runs on a thread of its own while it works.
 */
#define RM_LANE_BLOCKING 1

/**
 * Finishes later: `process` and `flush` may return `RM_STATUS_PENDING` and call `rm_node_finish` when they are done.
 */
#define RM_LANE_ASYNC 2

/**
 * No value.
 */
#define RM_PACKET_NULL 0

/**
 * A truth value.
 */
#define RM_PACKET_BOOL 1

/**
 * A whole number.
 */
#define RM_PACKET_INT 2

/**
 * A floating-point number.
 */
#define RM_PACKET_FLOAT 3

/**
 * UTF-8 text.
 */
#define RM_PACKET_TEXT 4

/**
 * A JSON list or object, or a whole number beyond 63 bits.
 */
#define RM_PACKET_JSON 5

/**
 * Raw bytes.
 */
#define RM_PACKET_BYTES 6

/**
 * A block of audio.
 */
#define RM_PACKET_AUDIO 7

/**
 * A picture.
 */
#define RM_PACKET_VIDEO 8

/**
 * An n-dimensional array.
 */
#define RM_PACKET_TENSOR 9

/**
 * A unit of a compressed stream.
 */
#define RM_PACKET_ENCODED 10

/**
 * A value of a host language, or a kind that this version of the ABI does not know.
 */
#define RM_PACKET_OTHER -1

/**
 * What went wrong. Owned by whoever received it, and released with `rm_error_release`.
 */
typedef struct rm_error_t rm_error_t;

/**
 * A node of the host in one session: where it emits and how it finishes. Lent to its callbacks until they return; one
 * that finishes later retains it.
 */
typedef struct rm_node_t rm_node_t;

/**
 * A package that was verified. Its files stay where they are for as long as it, a pipeline of it or a session of that
 * is held.
 */
typedef struct rm_package_t rm_package_t;

/**
 * A value with its time and metadata. What it holds does not change once it was sent or retained.
 */
typedef struct rm_packet_t rm_packet_t;

/**
 * A checked pipeline.
 */
typedef struct rm_pipeline_t rm_pipeline_t;

/**
 * Threads and node types. A program needs one.
 */
typedef struct rm_runtime_t rm_runtime_t;

/**
 * A running graph.
 */
typedef struct rm_session_t rm_session_t;

/**
 * What a call came to.
 */
typedef int32_t rm_status_t;

/**
 * UTF-8 text of `len` bytes. It need not end in a zero byte. `{NULL, 0}` is no text at all.
 */
typedef struct {
  /**
   * The first byte; may be null if `len` is 0.
   */
  const char *data;
  /**
   * The number of bytes.
   */
  size_t len;
} rm_str_t;

/**
 * Hears of a packet, lent until the call returns; `rm_packet_port` tells where it came out. Any status but
 * `RM_STATUS_OK` cancels the session, also a positive one such as `RM_STATUS_WOULD_BLOCK`, since the packet would be
 * lost otherwise; the listener then hears of the end, with an error that names the status.
 */
typedef rm_status_t (*rm_session_packet_fn)(void *user_data, const rm_packet_t *packet);

/**
 * Hears of the end, once, after the last packet: `RM_STATUS_END` when every node is cleaned up, or a negative status
 * with the error, lent until the call returns. A failure is told at once, while nodes may still be cleaned up;
 * `rm_session_drain` waits for that.
 */
typedef void (*rm_session_end_fn)(void *user_data, rm_status_t status, const rm_error_t *error);

/**
 * Lets go of what a callback or a packet was given. Called exactly once, from any thread, when nothing uses it any
 * more; also when the call that it was passed to fails, before that returns.
 */
typedef void (*rm_destroy_fn)(void *user_data);

/**
 * Who hears what comes out of a session. Begin with `RM_SESSION_LISTENER_INIT`. Calls never overlap. They come on a
 * thread of the runtime, must not wait for long, and may push without waiting.
 */
typedef struct {
  /**
   * `sizeof(rm_session_listener_t)`.
   */
  uint32_t struct_size;
  /**
   * Hears of each packet; may be null.
   */
  rm_session_packet_fn packet;
  /**
   * Hears of the end; may be null.
   */
  rm_session_end_fn end;
  /**
   * What both are called with.
   */
  void *user_data;
  /**
   * Lets go of `user_data`, after the last call; also when the listener is refused.
   */
  rm_destroy_fn destroy;
} rm_session_listener_t;

/**
 * One line of the log, lent until the callback returns.
 */
typedef struct {
  /**
   * The size of the struct in this library.
   */
  uint32_t struct_size;
  /**
   * How grave it is: `RM_LOG_…`.
   */
  int32_t level;
  /**
   * The part of the library that speaks, such as `remotemedia_core::executor`.
   */
  rm_str_t target;
  /**
   * What it says, with its values behind it: `falls back to small node=ask error=…`.
   */
  rm_str_t message;
} rm_log_record_t;

/**
 * Hears of one line. Calls may come on any thread, and several at once.
 */
typedef void (*rm_log_fn)(void *user_data, const rm_log_record_t *record);

/**
 * Who hears the log. Begin with `RM_LOG_LISTENER_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_log_listener_t)`.
   */
  uint32_t struct_size;
  /**
   * The least grave level that is told: `RM_LOG_…`.
   */
  int32_t level;
  /**
   * Hears of each line. What it makes the library say itself is not told.
   */
  rm_log_fn record;
  /**
   * What it is called with.
   */
  void *user_data;
  /**
   * Lets go of `user_data`, once, after the last call; also when the listener is refused.
   */
  rm_destroy_fn destroy;
} rm_log_listener_t;

/**
 * Makes the state of one node in one session from its parameters, a JSON object.
 */
typedef rm_status_t (*rm_node_create_fn)(void *user_data, rm_str_t params, void **state);

/**
 * Does one step of a node's life; may emit packets through `node` in `flush`.
 */
typedef rm_status_t (*rm_node_step_fn)(void *state, rm_node_t *node);

/**
 * Takes a packet, lent until the call returns, and emits any number of packets through `node`.
 */
typedef rm_status_t (*rm_node_process_fn)(void *state, rm_node_t *node, const rm_packet_t *packet);

/**
 * Hears that everything before this moment was discarded.
 */
typedef void (*rm_node_interrupt_fn)(void *state);

/**
 * A node type of the host. Begin with `RM_NODE_TYPE_INIT`. Calls into one node never overlap; calls into several do.
 *
 * A callback returns `RM_STATUS_OK` or a negative status; `rm_node_fail`, or `rm_node_refuse` in `create`, says why in
 * words. Only `process` and `flush` in `RM_LANE_ASYNC` may also return `RM_STATUS_PENDING`. Any other status is an
 * error of the node: look at what `rm_node_emit` returned before you pass it on.
 *
 * `create` is called once per session, then `initialize`, `process` for each packet, `flush` at the end of the stream,
 * `cleanup` always, and last `release`. All but `process` may be null.
 */
typedef struct {
  /**
   * `sizeof(rm_node_type_t)`.
   */
  uint32_t struct_size;
  /**
   * On what kind of thread it runs: `RM_LANE_…`.
   */
  int32_t lane;
  /**
   * The name that manifests use.
   */
  rm_str_t name;
  /**
   * Makes the state; without it, the state is `user_data`.
   */
  rm_node_create_fn create;
  /**
   * Prepares the node.
   */
  rm_node_step_fn initialize;
  /**
   * Takes a packet.
   */
  rm_node_process_fn process;
  /**
   * Emits what is left at the end of the stream.
   */
  rm_node_step_fn flush;
  /**
   * Hears of an interrupt before the next packet.
   */
  rm_node_interrupt_fn interrupt;
  /**
   * Releases what the node holds.
   */
  rm_node_step_fn cleanup;
  /**
   * Lets go of the state that `create` made.
   */
  rm_destroy_fn release;
  /**
   * What `create` is called with.
   */
  void *user_data;
  /**
   * Lets go of `user_data`, when the runtime and all its pipelines and sessions are gone, or when the type is
   * refused.
   */
  rm_destroy_fn destroy;
} rm_node_type_t;

/**
 * How packages are opened. Begin with `RM_PACKAGE_CONFIG_INIT`, which is what is secure.
 */
typedef struct {
  /**
   * `sizeof(rm_package_config_t)`.
   */
  uint32_t struct_size;
  /**
   * Not 0 if no registry may be asked: what the cache lacks is `RM_STATUS_REGISTRY_OFFLINE`.
   */
  uint32_t offline;
  /**
   * Not 0 if registries are to be asked also where the cache knows what a tag was on.
   */
  uint32_t refresh;
  /**
   * Not 0 if the registry of the reference is to be spoken to without encryption.
   */
  uint32_t plain_http;
  /**
   * Not 0 if packages of others may do all that this program may.
   */
  uint32_t trust_native;
  /**
   * The folder with keys, trust, `registries.json` and the cache. Without one it is what the environment calls
   * `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
   */
  rm_str_t home;
} rm_package_config_t;

/**
 * `len` bytes.
 */
typedef struct {
  /**
   * The first byte; may be null if `len` is 0.
   */
  const uint8_t *data;
  /**
   * The number of bytes.
   */
  size_t len;
} rm_bytes_t;

/**
 * A block of audio. Begin with `RM_AUDIO_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_audio_t)`.
   */
  uint32_t struct_size;
  /**
   * Frames per second.
   */
  uint32_t rate;
  /**
   * Channels, 1 to 256.
   */
  uint32_t channels;
  /**
   * The type of one sample: `RM_SAMPLE_…`.
   */
  int32_t format;
  /**
   * How the channels lie in memory: `RM_LAYOUT_…`.
   */
  int32_t layout;
  /**
   * The samples; a whole number of frames.
   */
  rm_bytes_t data;
} rm_audio_t;

/**
 * A picture. Begin with `RM_VIDEO_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_video_t)`.
   */
  uint32_t struct_size;
  /**
   * How the pixels lie in memory: `RM_PIXEL_…`.
   */
  int32_t format;
  /**
   * Width in pixels.
   */
  uint32_t width;
  /**
   * Height in pixels.
   */
  uint32_t height;
  /**
   * How many planes the format has, at most 3; 0 when wrapping planes that follow each other without gaps.
   */
  uint32_t planes;
  /**
   * Where each plane begins, in bytes from the start of `data`.
   */
  size_t offsets[3];
  /**
   * From one row to the next in each plane, in bytes.
   */
  size_t strides[3];
  /**
   * The pixels.
   */
  rm_bytes_t data;
} rm_video_t;

/**
 * An n-dimensional array. Begin with `RM_TENSOR_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_tensor_t)`.
   */
  uint32_t struct_size;
  /**
   * The type of the elements: `RM_DTYPE_…`.
   */
  int32_t dtype;
  /**
   * The number of dimensions.
   */
  size_t dimensions;
  /**
   * The length of each dimension.
   */
  const size_t *shape;
  /**
   * The distance between neighbours in each dimension, in bytes; null when wrapping row-major elements.
   */
  const ptrdiff_t *strides;
  /**
   * Where the first element begins, in bytes from the start of `data`.
   */
  size_t offset;
  /**
   * The elements.
   */
  rm_bytes_t data;
} rm_tensor_t;

/**
 * A unit of a compressed stream. Begin with `RM_ENCODED_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_encoded_t)`.
   */
  uint32_t struct_size;
  /**
   * Not 0 if decoding can begin here.
   */
  uint32_t key_frame;
  /**
   * The codec's short name in lower case, such as `opus`.
   */
  rm_str_t codec;
  /**
   * The compressed bytes.
   */
  rm_bytes_t data;
} rm_encoded_t;

/**
 * How Python is set up. Begin with `RM_PYTHON_CONFIG_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_python_config_t)`.
   */
  uint32_t struct_size;
  /**
   * Not 0 if the interpreter may read the variables of the environment that begin with `PYTHON`, and see the
   * packages in the user's own folder.
   */
  uint32_t environment;
  /**
   * The folder of the virtual environment whose packages nodes may import, or no text.
   */
  rm_str_t venv;
  /**
   * The folder of the Python installation, such as `/usr`, or no text for the one that the library was built with.
   */
  rm_str_t home;
  /**
   * The folders where modules are looked for first, separated as in `PATH`, or no text.
   */
  rm_str_t path;
} rm_python_config_t;

/**
 * How a runtime is set up. Begin with `RM_RUNTIME_CONFIG_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_runtime_config_t)`.
   */
  uint32_t struct_size;
  /**
   * How many threads carry timers and asynchronous nodes, 1024 at most; 0 for one per processor core. Beside them a
   * runtime starts threads for blocking nodes as needed, 2048 at most; one that is idle for ten seconds ends.
   */
  uint32_t workers;
} rm_runtime_config_t;

/**
 * How a session is set up. Begin with `RM_SESSION_CONFIG_INIT`.
 */
typedef struct {
  /**
   * `sizeof(rm_session_config_t)`.
   */
  uint32_t struct_size;
  /**
   * How many packets may wait on each input of the session; 0 for the default of 64.
   */
  uint32_t input_capacity;
  /**
   * How many packets may wait on each output of the session; 0 for the default of 64.
   */
  uint32_t output_capacity;
  /**
   * Not 0 if call times are not to be measured.
   */
  uint32_t without_metrics;
} rm_session_config_t;

/**
 * Hears that a session has changed. Only wakes who waits: it returns at once and calls no session.
 */
typedef void (*rm_session_wake_fn)(void *user_data);

/**
 * Hears that a node may have room to emit into. Only wakes who waits: it returns at once and calls no session and no
 * node.
 */
typedef void (*rm_node_wake_fn)(void *user_data);

/**
 * The call did what it says.
 */
#define RM_STATUS_OK 0

/**
 * Nothing now, and the call was told not to wait.
 */
#define RM_STATUS_WOULD_BLOCK 1

/**
 * Nothing ever again: the stream is over.
 */
#define RM_STATUS_END 2

/**
 * Nothing before the time limit.
 */
#define RM_STATUS_TIMEOUT 3

/**
 * Later: `process` or `flush` of a node in `RM_LANE_ASYNC` says that it will call `rm_node_finish`. No function of the
 * library returns it.
 */
#define RM_STATUS_PENDING 4

/**
 * An argument is null, out of range, not UTF-8, or names nothing.
 */
#define RM_STATUS_INVALID_ARGUMENT -1

/**
 * The packet carries another kind of payload.
 */
#define RM_STATUS_WRONG_KIND -2

/**
 * This build of the library lacks the feature.
 */
#define RM_STATUS_UNSUPPORTED -3

/**
 * A broken promise of the library's own. The session is cancelled; others go on.
 */
#define RM_STATUS_PANIC -4

/**
 * The session was cancelled.
 */
#define RM_STATUS_CANCELLED -5

/**
 * The input was closed, or the session does not allow the call any more.
 */
#define RM_STATUS_CLOSED -6

/**
 * The library and the header do not fit.
 */
#define RM_STATUS_ABI_MISMATCH -7

/**
 * The operating system gives no more threads or memory.
 */
#define RM_STATUS_EXHAUSTED -8

/**
 * Nothing is left to run that could end the wait.
 */
#define RM_STATUS_STALLED -9

/**
 * The call would wait inside a callback, which the runtime waits for.
 */
#define RM_STATUS_REENTRANT -10

/**
 * The manifest is not valid.
 */
#define RM_STATUS_MANIFEST -100

/**
 * The manifest is valid but its graph is not: unknown node, cycle, ports that do not fit.
 */
#define RM_STATUS_GRAPH -200

/**
 * A node reported an error.
 */
#define RM_STATUS_NODE -300

/**
 * A node panicked.
 */
#define RM_STATUS_NODE_PANIC -301

/**
 * A node took longer than its time limit.
 */
#define RM_STATUS_NODE_TIMEOUT -302

/**
 * The file is no package, or not a valid one.
 */
#define RM_STATUS_PACKAGE -600

/**
 * The package is not signed.
 */
#define RM_STATUS_PACKAGE_UNSIGNED -601

/**
 * The package is signed by nobody who is trusted, or the policy asks for another signer.
 */
#define RM_STATUS_PACKAGE_UNTRUSTED -602

/**
 * The package or its signature was changed.
 */
#define RM_STATUS_PACKAGE_TAMPERED -603

/**
 * The package, its key or the authority above was revoked.
 */
#define RM_STATUS_PACKAGE_REVOKED -604

/**
 * The package is somebody else's, and its nodes reach beyond the pipeline.
 */
#define RM_STATUS_PACKAGE_FOREIGN -605

/**
 * The package, or the cache, cannot be read or written.
 */
#define RM_STATUS_PACKAGE_IO -606

/**
 * What the user's files or the environment say of keys, trust or registries cannot be used.
 */
#define RM_STATUS_PACKAGE_SETTINGS -607

/**
 * A registry cannot be reached, or does not answer as it should.
 */
#define RM_STATUS_REGISTRY -610

/**
 * A registry wants to know who asks, or does not allow it.
 */
#define RM_STATUS_REGISTRY_DENIED -611

/**
 * A registry has no such package.
 */
#define RM_STATUS_REGISTRY_UNKNOWN -612

/**
 * A registry would have to be asked, and none may be.
 */
#define RM_STATUS_REGISTRY_OFFLINE -613

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the ABI: `RM_ABI_MAJOR << 16 | RM_ABI_MINOR`. Any thread. Since 0.1, never changes.
 */
uint32_t rm_abi_version(void);

/**
 * Whether a program that was compiled against version `compiled` can use this library: `RM_STATUS_OK` or
 * `RM_STATUS_ABI_MISMATCH`. Any thread. Since 0.1, never changes.
 */
rm_status_t rm_abi_check(uint32_t compiled);

/**
 * The version of the library, such as `0.1.0`. Lent for ever. Any thread. Since 0.1, stable.
 */
rm_str_t rm_version_text(void);

/**
 * Whether this build has the feature called `name`, such as `onnx`. Any thread. Since 0.1, stable.
 *
 * `name` is readable.
 */
bool rm_feature_enabled(rm_str_t name);

/**
 * Emits a packet on the output `port`, or on the first one if `port` is no text. A node that finishes later may wait
 * for room for `timeout_ns` nanoseconds: not at all for 0 (`RM_STATUS_WOULD_BLOCK`; see `rm_node_set_waker`), without
 * limit if negative; others never wait. When the stream has ended it gives `RM_STATUS_CLOSED`, which the callback
 * should return. A packet without a time takes time and metadata of the packet that is being worked on. Inside a
 * callback on its own thread; for nodes that finish later any thread. Since 0.1, experimental.
 *
 * A node that finishes later may be 16 packets ahead of the queue behind it before there is no room. It may not wait
 * inside any callback, its own `process` and `flush` included: with another `timeout_ns` than 0 that gives
 * `RM_STATUS_REENTRANT`. It waits on threads of its own, or has itself woken.
 *
 * `node` and `packet` are held, `port` is readable; `error` is null or may be written.
 */
rm_status_t rm_node_emit(const rm_node_t *node,
                         rm_str_t port,
                         const rm_packet_t *packet,
                         int64_t timeout_ns,
                         rm_error_t **error);

/**
 * Says why the call fails; the callback then returns a negative status, or finishes with one. The first line is the
 * error's message; if there are more, all of them are its cause. Any thread, also inside a callback. Since 0.1,
 * experimental.
 *
 * `node` is held, `message` readable; `error` is null or may be written.
 */
rm_status_t rm_node_fail(const rm_node_t *node, rm_str_t message, rm_error_t **error);

/**
 * Finishes the call whose callback returned `RM_STATUS_PENDING`, with `RM_STATUS_OK` or a negative status; any other
 * is refused, and the call goes on. May come before the callback has returned. `RM_STATUS_CLOSED` if that call is over:
 * it was given up by an interrupt or the end of the session. Any thread. Since 0.1, experimental.
 *
 * `node` is held; `error` is null or may be written.
 */
rm_status_t rm_node_finish(const rm_node_t *node, rm_status_t status, rm_error_t **error);

/**
 * The name of the input port that the packet in hand came on, as text of its own. Inside `process`. Since 0.1,
 * experimental.
 *
 * `node` is held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_node_input(const rm_node_t *node, rm_packet_t **out, rm_error_t **error);

/**
 * One more reference, for a node that finishes later. Any thread. Since 0.1, experimental.
 *
 * `node` is null or held.
 */
rm_node_t *rm_node_retain(const rm_node_t *node);

/**
 * Takes one reference back. Null is ignored. Any thread. Since 0.1, experimental.
 *
 * `node` is null or a reference from `rm_node_retain` that is not used again.
 */
void rm_node_release(rm_node_t *node);

/**
 * The status that the failed call returned; `RM_STATUS_OK` for null. Any thread. Since 0.1, stable.
 *
 * `error` is null or a reference that is held.
 */
rm_status_t rm_error_status(const rm_error_t *error);

/**
 * What happened, in one line. Lent until the error is released. Any thread. Since 0.1, stable.
 *
 * As `rm_error_status`.
 */
rm_str_t rm_error_message(const rm_error_t *error);

/**
 * The pipeline in which it happened, or no text. Lent until the error is released. Any thread. Since 0.1, stable.
 *
 * As `rm_error_status`.
 */
rm_str_t rm_error_pipeline(const rm_error_t *error);

/**
 * The node in which it happened, or no text. Lent until the error is released. Any thread. Since 0.1, stable.
 *
 * As `rm_error_status`.
 */
rm_str_t rm_error_node(const rm_error_t *error);

/**
 * The port that it is about, or no text: the input of the node that the item came on, or the port of the session that
 * was asked for. Lent until the error is released. Any thread. Since 0.1, experimental.
 *
 * As `rm_error_status`.
 */
rm_str_t rm_error_port(const rm_error_t *error);

/**
 * What caused it, and what caused that, a line each; the traceback of an exception in Python; or no text. Lent until
 * the error is released. Any thread. Since 0.1, stable.
 *
 * As `rm_error_status`.
 */
rm_str_t rm_error_cause(const rm_error_t *error);

/**
 * The number of the node's input item that raised it, counted from 1; 0 if none did. Any thread. Since 0.1, stable.
 *
 * As `rm_error_status`.
 */
uint64_t rm_error_item(const rm_error_t *error);

/**
 * One more reference. Any thread. Since 0.1, stable.
 *
 * As `rm_error_status`.
 */
rm_error_t *rm_error_retain(const rm_error_t *error);

/**
 * Takes one reference back. Null is ignored. Any thread. Since 0.1, stable.
 *
 * `error` is null or a reference that is not used again.
 */
void rm_error_release(rm_error_t *error);

/**
 * Lets a listener hear everything that comes out of the session from now on, in place of `rm_session_poll`. The
 * session goes on until its end, or until its last reference is released; the listener may be called after that, too,
 * until its `destroy` is called. Any thread, once per session. Since 0.1, experimental.
 *
 * `session` is held, `listener` readable; its callbacks and data may be used on any thread until `destroy` is called;
 * `error` is null or may be written.
 */
rm_status_t rm_session_set_listener(const rm_session_t *session,
                                    const rm_session_listener_t *listener,
                                    rm_error_t **error);

/**
 * Lets `listener` hear the log of every runtime in the process, in place of the one before; null for none, which is
 * how the library begins. `RM_STATUS_UNSUPPORTED` in a program that is written in Rust and has a `tracing` subscriber
 * already. Any thread. Since 0.1, experimental.
 *
 * `listener` is null or readable; its callback and data may be used on any thread until `destroy` is called; `error`
 * is null or may be written.
 */
rm_status_t rm_log_set(const rm_log_listener_t *listener, rm_error_t **error);

/**
 * Adds a node type of the host to the runtime; pipelines that are opened from then on may name it. Its name is one
 * that `rm_runtime_set_pipeline` would take. Its ports are `in` and `out`, and any others that connections name. Any
 * thread. Since 0.1, experimental.
 *
 * `runtime` is held, `node_type` readable; its callbacks and data may be used on any thread until `destroy` is called;
 * `error` is null or may be written.
 */
rm_status_t rm_runtime_set_node(const rm_runtime_t *runtime, const rm_node_type_t *node_type, rm_error_t **error);

/**
 * Says why `create` refuses its parameters; it then returns a negative status. The first line is the error's message;
 * if there are more, all of them are its cause. Inside `create` only, on its own thread. Since 0.1, experimental.
 *
 * `message` is readable; `error` is null or may be written.
 */
rm_status_t rm_node_refuse(rm_str_t message, rm_error_t **error);

/**
 * What manifests may name as a node type at this moment, as a packet of text: the JSON array that
 * `remotemedia nodes --json` writes. It has the standard node types of this build and the host's own, by name, then
 * the pipelines and the Python classes that were given a name. Each is an object: `node_type`, `aliases`, `summary`,
 * `backend` (`native`, `host`, `pipeline`, `cpython`), `lane`, `source`, `inputs` and `outputs` (arrays of `name`,
 * `kind` and `optional`), `extra_inputs` and `extra_outputs` (the kind of ports that connections may name freely, or
 * null), and `params`, a JSON Schema with the type, default and description of each parameter; `true` takes any,
 * `false` none. `lane`, `inputs` and `outputs` are null where they are not known before a pipeline is opened. Any
 * thread. Since 0.1, experimental.
 *
 * `runtime` is held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_runtime_nodes(const rm_runtime_t *runtime, rm_packet_t **out, rm_error_t **error);

/**
 * Opens a package, a file or a reference to a registry (`oci://HOST/NAME:TAG`): verifies who signed it and that the
 * user trusts them, and writes what the cache lacks of it there. Nothing of it is executed. This takes as long as the
 * disk and the registry do.
 *
 * For a file no socket is opened, and of the environment nothing is read but what says where `home` is if the config
 * does not. For a reference, `DOCKER_CONFIG`, `HOME`, the variables that begin with `REMOTEMEDIA_REGISTRY` and those
 * that name proxies are read too. Any thread. Since 0.1, experimental.
 *
 * `reference` is readable, `config` null or readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_package_open(rm_str_t reference,
                            const rm_package_config_t *config,
                            rm_package_t **out,
                            rm_error_t **error);

/**
 * What is in a package, who signed it, and its graph with the node types of `runtime`, as a packet of text: the JSON
 * that `remotemedia inspect --json` writes. Nothing of the package is executed, and no registry is asked: packages that
 * lie beside it and are nodes of it are opened as it was, while one in a registry, whose host its author chose, is shown
 * by its reference, as one node of the backend `package`. Any thread. Since 0.1, experimental.
 *
 * `package` and `runtime` are held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_package_inspect(const rm_package_t *package,
                               const rm_runtime_t *runtime,
                               rm_packet_t **out,
                               rm_error_t **error);

/**
 * Opens the pipeline of a package, and the packages that are nodes of it, as the package was opened. A package that is
 * not signed with a key of the user's own is refused with `RM_STATUS_PACKAGE_FOREIGN` if a node is in Python, reads or
 * writes files, uses devices or is of a type of this program, unless its config trusts it.
 *
 * Nodes in Python run after `rm_runtime_set_python`, if the interpreter finds the Python package `remotemedia` and
 * what the nodes need; the error is otherwise `RM_STATUS_UNSUPPORTED` and says what to do. The first instance of each
 * is made at once. Any thread. Since 0.1, experimental.
 *
 * `runtime` and `package` are held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_pipeline_open_package(const rm_runtime_t *runtime,
                                     const rm_package_t *package,
                                     rm_pipeline_t **out,
                                     rm_error_t **error);

/**
 * As `rm_pipeline_open`, for a manifest whose nodes may be packages: of the type `Pipeline`, with the parameter
 * `package`. The path of a file begins at `folder`. They are opened as `rm_package_open` does, and judged as
 * `rm_pipeline_open_package` does; a manifest that names none needs neither. Any thread. Since 0.1, experimental.
 *
 * `runtime` is held, `manifest` and `folder` are readable, `config` is null or readable; `out` and `error` may be
 * written, and `error` may be null.
 */
rm_status_t rm_pipeline_open_in(const rm_runtime_t *runtime,
                                rm_str_t manifest,
                                rm_str_t folder,
                                const rm_package_config_t *config,
                                rm_pipeline_t **out,
                                rm_error_t **error);

/**
 * One more reference. Any thread. Since 0.1, experimental.
 *
 * `package` is null or a reference that is held.
 */
rm_package_t *rm_package_retain(const rm_package_t *package);

/**
 * Takes one reference back. Null is ignored. Its pipelines and their sessions keep its files. Any thread. Since 0.1,
 * experimental.
 *
 * `package` is null or a reference that is not used again.
 */
void rm_package_release(rm_package_t *package);

/**
 * A packet without a value. Any thread. Since 0.1, stable.
 *
 * `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_packet_new_null(rm_packet_t **out, rm_error_t **error);

/**
 * A packet with a truth value. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_new_null`.
 */
rm_status_t rm_packet_new_bool(bool value, rm_packet_t **out, rm_error_t **error);

/**
 * A packet with a whole number. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_new_null`.
 */
rm_status_t rm_packet_new_int(int64_t value, rm_packet_t **out, rm_error_t **error);

/**
 * A packet with a floating-point number. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_new_null`.
 */
rm_status_t rm_packet_new_float(double value, rm_packet_t **out, rm_error_t **error);

/**
 * A packet with a copy of a text. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_new_null`; `text` is readable.
 */
rm_status_t rm_packet_new_text(rm_str_t text, rm_packet_t **out, rm_error_t **error);

/**
 * A packet with the value that a JSON text says. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_new_null`; `json` is readable.
 */
rm_status_t rm_packet_new_json(rm_str_t json, rm_packet_t **out, rm_error_t **error);

/**
 * A packet with a copy of bytes. To avoid the copy, see `rm_packet_wrap_bytes`. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_new_null`; `bytes` are readable.
 */
rm_status_t rm_packet_new_bytes(rm_bytes_t bytes, rm_packet_t **out, rm_error_t **error);

/**
 * One more reference. Any thread. Since 0.1, stable.
 *
 * `packet` is null or a reference that is held.
 */
rm_packet_t *rm_packet_retain(const rm_packet_t *packet);

/**
 * Takes one reference back. Null is ignored. Any thread. Since 0.1, stable.
 *
 * `packet` is null or a reference that is not used again.
 */
void rm_packet_release(rm_packet_t *packet);

/**
 * When the value is to be presented, in nanoseconds on the stream's own clock. Gives whether that is known; `out` is
 * written only then. Any thread. Since 0.1, stable.
 *
 * `packet` is null or held; `out` is null or may be written.
 */
bool rm_packet_pts(const rm_packet_t *packet, uint64_t *out);

/**
 * How long the value lasts, in nanoseconds. Gives whether that is known; `out` is written only then. Any thread.
 * Since 0.1, stable.
 *
 * As `rm_packet_pts`.
 */
bool rm_packet_duration(const rm_packet_t *packet, uint64_t *out);

/**
 * The number of the item in its stream, counted from 1 unless its sender set it. Gives whether it has one; `out` is
 * written only then. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_pts`.
 */
bool rm_packet_seq(const rm_packet_t *packet, uint64_t *out);

/**
 * Which of several streams that share an edge the packet belongs to. Any thread. Since 0.1, stable.
 *
 * `packet` is null or held.
 */
uint32_t rm_packet_stream(const rm_packet_t *packet);

/**
 * The session's output port that the packet came out of, or no text. Lent until the packet is released. Any thread.
 * Since 0.1, stable.
 *
 * `packet` is null or held.
 */
rm_str_t rm_packet_port(const rm_packet_t *packet);

/**
 * The metadata as a packet of text that holds a JSON object. Any thread. Since 0.1, stable.
 *
 * `packet` is held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_packet_attributes(const rm_packet_t *packet, rm_packet_t **out, rm_error_t **error);

/**
 * Sets when the value is to be presented, in nanoseconds. Only before the packet is retained. One thread at a time.
 * Since 0.1, stable.
 *
 * `packet` is held; `error` is null or may be written.
 */
rm_status_t rm_packet_set_pts(rm_packet_t *packet, uint64_t nanoseconds, rm_error_t **error);

/**
 * Sets how long the value lasts, in nanoseconds. Only before the packet is retained. One thread at a time.
 * Since 0.1, stable.
 *
 * As `rm_packet_set_pts`.
 */
rm_status_t rm_packet_set_duration(rm_packet_t *packet, uint64_t nanoseconds, rm_error_t **error);

/**
 * Sets the number of the item in its stream. Only before the packet is retained. One thread at a time.
 * Since 0.1, stable.
 *
 * As `rm_packet_set_pts`.
 */
rm_status_t rm_packet_set_seq(rm_packet_t *packet, uint64_t seq, rm_error_t **error);

/**
 * Sets which of several streams that share an edge the packet belongs to. Only before the packet is retained.
 * One thread at a time. Since 0.1, stable.
 *
 * As `rm_packet_set_pts`.
 */
rm_status_t rm_packet_set_stream(rm_packet_t *packet, uint32_t stream, rm_error_t **error);

/**
 * Sets whether the packet survives an interrupt. Only before the packet is retained. One thread at a time.
 * Since 0.1, stable.
 *
 * As `rm_packet_set_pts`.
 */
rm_status_t rm_packet_set_uninterruptible(rm_packet_t *packet, bool uninterruptible, rm_error_t **error);

/**
 * Sets the metadata from a text that holds a JSON object. Only before the packet is retained. One thread at a time.
 * Since 0.1, stable.
 *
 * As `rm_packet_set_pts`; `json` is readable.
 */
rm_status_t rm_packet_set_attributes(rm_packet_t *packet, rm_str_t json, rm_error_t **error);

/**
 * The kind of the value: `RM_PACKET_…`; `RM_PACKET_OTHER` for null. Any thread. Since 0.1, stable.
 *
 * `packet` is null or held.
 */
int32_t rm_packet_kind(const rm_packet_t *packet);

/**
 * The truth value. `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
 *
 * `packet` is held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_packet_bool(const rm_packet_t *packet, bool *out, rm_error_t **error);

/**
 * The whole number. `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_int(const rm_packet_t *packet, int64_t *out, rm_error_t **error);

/**
 * The number, whole or not, as a floating-point one. `RM_STATUS_WRONG_KIND` if it is none. Any thread.
 * Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_float(const rm_packet_t *packet, double *out, rm_error_t **error);

/**
 * The text, lent until the packet is released. `RM_STATUS_WRONG_KIND` if it is something else. Any thread.
 * Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_text(const rm_packet_t *packet, rm_str_t *out, rm_error_t **error);

/**
 * The value as JSON, in a packet of text of its own. `RM_STATUS_WRONG_KIND` for media and bytes, and for numbers that
 * JSON cannot write. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_json(const rm_packet_t *packet, rm_packet_t **out, rm_error_t **error);

/**
 * The bytes, lent until the packet is released. `RM_STATUS_WRONG_KIND` if it is something else. Any thread.
 * Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_bytes(const rm_packet_t *packet, rm_bytes_t *out, rm_error_t **error);

/**
 * The block of audio, its samples lent until the packet is released. `out` begins with `RM_AUDIO_INIT`.
 * `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_audio(const rm_packet_t *packet, rm_audio_t *out, rm_error_t **error);

/**
 * The picture, its pixels lent until the packet is released. `out` begins with `RM_VIDEO_INIT`.
 * `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_video(const rm_packet_t *packet, rm_video_t *out, rm_error_t **error);

/**
 * The array, its shape, strides and elements lent until the packet is released. `out` begins with `RM_TENSOR_INIT`.
 * `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_tensor(const rm_packet_t *packet, rm_tensor_t *out, rm_error_t **error);

/**
 * The compressed unit, its bytes lent until the packet is released. `out` begins with `RM_ENCODED_INIT`.
 * `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_bool`.
 */
rm_status_t rm_packet_encoded(const rm_packet_t *packet, rm_encoded_t *out, rm_error_t **error);

/**
 * Reads a manifest (JSON) and checks it as a whole. Any thread. Since 0.1, stable.
 *
 * `runtime` is held, `manifest` readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_pipeline_open(const rm_runtime_t *runtime, rm_str_t manifest, rm_pipeline_t **out, rm_error_t **error);

/**
 * Registers a manifest (JSON) under a name: manifests may name it as a node type, and `rm_pipeline_open_named` opens
 * it. A name that means a node type or a pipeline already is refused, and so is one that no manifest may hold: an
 * empty one, a very long one, or one with control characters. The manifest is checked when it is opened. Any thread.
 * Since 0.1, stable.
 *
 * `runtime` is held, `name` and `manifest` are readable; `error` is null or may be written.
 */
rm_status_t rm_runtime_set_pipeline(const rm_runtime_t *runtime, rm_str_t name, rm_str_t manifest, rm_error_t **error);

/**
 * Opens the pipeline that was registered under a name. Any thread. Since 0.1, stable.
 *
 * `runtime` is held, `name` readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_pipeline_open_named(const rm_runtime_t *runtime, rm_str_t name, rm_pipeline_t **out, rm_error_t **error);

/**
 * The graph with the place and backend of each node, as a packet of text: `text`, `json`, `dot`, `mermaid` or `svg`.
 * Any thread. Since 0.1, stable.
 *
 * `pipeline` is held, `format` readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_pipeline_inspect(const rm_pipeline_t *pipeline, rm_str_t format, rm_packet_t **out, rm_error_t **error);

/**
 * One more reference. Any thread. Since 0.1, stable.
 *
 * `pipeline` is null or a reference that is held.
 */
rm_pipeline_t *rm_pipeline_retain(const rm_pipeline_t *pipeline);

/**
 * Takes one reference back. Null is ignored. Its sessions go on. Any thread. Since 0.1, stable.
 *
 * `pipeline` is null or a reference that is not used again.
 */
void rm_pipeline_release(rm_pipeline_t *pipeline);

/**
 * Lets the runtime run nodes in Python: pipelines that are opened from then on may name classes, in a node's field
 * `python`: `{"class": "module:Class"}`, and packages may bring classes of their own. An instance is made for each
 * session, with the node's params as arguments.
 *
 * Starts an interpreter in the process, or uses the host's own if it runs; `venv` and `home` must then be no text. One
 * that was started stays until the process ends; it sets no signal handlers. A host with an interpreter of its own ends
 * it only after the last release of the runtime; a thread that has it lets go of it while a call waits.
 * `RM_STATUS_UNSUPPORTED` where the library was built without the feature `cpython`. Any thread. Since 0.1,
 * experimental.
 *
 * `runtime` is held, `config` null or readable; `error` is null or may be written.
 */
rm_status_t rm_runtime_set_python(const rm_runtime_t *runtime, const rm_python_config_t *config, rm_error_t **error);

/**
 * Lets pipelines that are opened from then on name a Python class (`module:Class`) as the node type `name`. The module
 * is imported at once. After `rm_runtime_set_python`. Any thread. Since 0.1, experimental.
 *
 * `runtime` is held, `name` and `class_name` are readable; `error` is null or may be written.
 */
rm_status_t rm_runtime_set_python_node(const rm_runtime_t *runtime,
                                       rm_str_t name,
                                       rm_str_t class_name,
                                       rm_error_t **error);

/**
 * Makes a runtime. Without `config` it has a thread per processor core. Any thread; not before a `fork` whose child
 * uses the library. In a process that has several threads already, the first one takes some ten milliseconds on Linux,
 * which make later calls faster. Since 0.1, stable.
 *
 * `config` is null or readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_runtime_new(const rm_runtime_config_t *config, rm_runtime_t **out, rm_error_t **error);

/**
 * One more reference. Any thread. Since 0.1, stable.
 *
 * `runtime` is null or a reference that is held.
 */
rm_runtime_t *rm_runtime_retain(const rm_runtime_t *runtime);

/**
 * Takes one reference back. Null is ignored. Pipelines and sessions keep the runtime. When the last of them is
 * released too, sessions that go on are cancelled, and the call waits until their nodes are cleaned up and all threads
 * joined, for five seconds at most; inside a callback it does not wait. Any thread. Since 0.1, stable.
 *
 * `runtime` is null or a reference that is not used again.
 */
void rm_runtime_release(rm_runtime_t *runtime);

/**
 * Starts a session. Its nodes are initialised meanwhile; packets that are pushed before wait. Any thread.
 * Since 0.1, stable.
 *
 * `pipeline` is held, `config` null or readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_session_open(const rm_pipeline_t *pipeline,
                            const rm_session_config_t *config,
                            rm_session_t **out,
                            rm_error_t **error);

/**
 * Sends a packet to the input `port`, or to the only one if `port` is no text. While the input is full it waits for
 * `timeout_ns` nanoseconds: not at all for 0 (`RM_STATUS_WOULD_BLOCK`), without limit if negative. The packet stays
 * the caller's. Any thread, from callbacks only with 0. Since 0.1, stable.
 *
 * `session` and `packet` are held, `port` is readable; `error` is null or may be written.
 */
rm_status_t rm_session_push(const rm_session_t *session,
                            rm_str_t port,
                            const rm_packet_t *packet,
                            int64_t timeout_ns,
                            rm_error_t **error);

/**
 * Receives the next packet from the output `port`, or from any if `port` is no text. While there is none it waits for
 * `timeout_ns` nanoseconds: not at all for 0 (`RM_STATUS_WOULD_BLOCK`), without limit if negative. At the end it gives
 * `RM_STATUS_END`, every time; after a failure what came before it, then the error, every time. Any thread, from
 * callbacks only with 0. Since 0.1, stable.
 *
 * `session` is held, `port` readable; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_session_poll(const rm_session_t *session,
                            rm_str_t port,
                            int64_t timeout_ns,
                            rm_packet_t **out,
                            rm_error_t **error);

/**
 * Ends the input `port`, or every input if `port` is no text. What was sent goes its way, then the outputs end.
 * Any thread, from callbacks too. Since 0.1, stable.
 *
 * `session` is held, `port` readable; `error` is null or may be written.
 */
rm_status_t rm_session_close(const rm_session_t *session, rm_str_t port, rm_error_t **error);

/**
 * Ends every input and waits, for `timeout_ns` nanoseconds or without limit if negative, until every node is cleaned
 * up, also after a failure. Outputs that nobody polls meanwhile are discarded. Gives `RM_STATUS_OK`,
 * `RM_STATUS_TIMEOUT`, or the error that ended the session. With 0 it does not wait; after `RM_STATUS_TIMEOUT` the
 * waker of `rm_session_set_waker` is called when another try is worth it. Any thread, from callbacks only with 0.
 * Since 0.1, stable.
 *
 * `session` is held; `error` is null or may be written.
 */
rm_status_t rm_session_drain(const rm_session_t *session, int64_t timeout_ns, rm_error_t **error);

/**
 * Discards everything that is under way, but for packets that are marked uninterruptible, and lets the nodes hear of
 * it. The session goes on. Any thread, from callbacks too. Since 0.1, stable.
 *
 * `session` is held; `error` is null or may be written.
 */
rm_status_t rm_session_interrupt(const rm_session_t *session, rm_error_t **error);

/**
 * Ends the session at once; nothing more comes out, and `rm_session_poll` gives `RM_STATUS_CANCELLED`. Returns at
 * once; nodes are cleaned up on whatever thread is in them. Any thread, from callbacks too. Since 0.1, stable.
 *
 * `session` is held; `error` is null or may be written.
 */
rm_status_t rm_session_cancel(const rm_session_t *session, rm_error_t **error);

/**
 * What the nodes and queues counted so far, as a packet of text that holds a JSON object. Any thread, from callbacks
 * too. Since 0.1, stable.
 *
 * `session` is held; `out` and `error` may be written, and `error` may be null.
 */
rm_status_t rm_session_metrics(const rm_session_t *session, rm_packet_t **out, rm_error_t **error);

/**
 * One more reference. Any thread. Since 0.1, stable.
 *
 * `session` is null or a reference that is held.
 */
rm_session_t *rm_session_retain(const rm_session_t *session);

/**
 * Takes one reference back; the last one cancels the session. Its listener may be called after that, too, until its
 * `destroy` is called, and its nodes until they are cleaned up, for which `rm_session_drain` waits. Null is ignored. Any
 * thread. Since 0.1, stable.
 *
 * `session` is null or a reference that is not used again.
 */
void rm_session_release(rm_session_t *session);

/**
 * Lets `wake` be called after a push, poll or drain with no time to wait that gave `RM_STATUS_WOULD_BLOCK` or
 * `RM_STATUS_TIMEOUT`, as soon as another try may do better: there may be room or a packet, the session has failed or
 * is cancelled, or every node is cleaned up, which comes last. So an event loop waits for a session without a thread.
 * One call stands for all such tries before it; it may come without need, on any thread, inside of other calls, and
 * even before the try has returned. Any thread, once per session. Since 0.1, experimental.
 *
 * `session` is held; `wake` and `user_data` may be used on any thread until `destroy` is called, which may be null;
 * `error` is null or may be written.
 */
rm_status_t rm_session_set_waker(const rm_session_t *session,
                                 rm_session_wake_fn wake,
                                 void *user_data,
                                 rm_destroy_fn destroy,
                                 rm_error_t **error);

/**
 * Lets `wake` be called after an emit through `node` that gave `RM_STATUS_WOULD_BLOCK`, as soon as another try may do
 * better: there may be room, or the call is over. So what a node finishes later waits for room without a thread. One
 * call stands for all such emits before it; it may come without need, on any thread, and even before the emit has
 * returned. Any thread, once per call of a node that finishes later. Since 0.1, experimental.
 *
 * `node` is held; `wake` and `user_data` may be used on any thread until `destroy` is called, which may be null;
 * `error` is null or may be written.
 */
rm_status_t rm_node_set_waker(const rm_node_t *node,
                              rm_node_wake_fn wake,
                              void *user_data,
                              rm_destroy_fn destroy,
                              rm_error_t **error);

/**
 * A packet around bytes of the host, which must not change until `destroy(user_data)` is called. Any thread.
 * Since 0.1, stable.
 *
 * `bytes` stay readable until `destroy` is called, which may be null; `out` and `error` may be written, and `error`
 * may be null.
 */
rm_status_t rm_packet_wrap_bytes(rm_bytes_t bytes,
                                 rm_destroy_fn destroy,
                                 void *user_data,
                                 rm_packet_t **out,
                                 rm_error_t **error);

/**
 * A packet around a block of audio of the host, whose samples must not change until `destroy(user_data)` is called.
 * Any thread. Since 0.1, stable.
 *
 * As `rm_packet_wrap_bytes`; `audio` is readable.
 */
rm_status_t rm_packet_wrap_audio(const rm_audio_t *audio,
                                 rm_destroy_fn destroy,
                                 void *user_data,
                                 rm_packet_t **out,
                                 rm_error_t **error);

/**
 * A packet around a picture of the host, whose pixels must not change until `destroy(user_data)` is called.
 * Any thread. Since 0.1, stable.
 *
 * As `rm_packet_wrap_bytes`; `video` is readable.
 */
rm_status_t rm_packet_wrap_video(const rm_video_t *video,
                                 rm_destroy_fn destroy,
                                 void *user_data,
                                 rm_packet_t **out,
                                 rm_error_t **error);

/**
 * A packet around an array of the host, whose elements must not change until `destroy(user_data)` is called; shape and
 * strides are copied. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_wrap_bytes`; `tensor`, its shape and its strides are readable.
 */
rm_status_t rm_packet_wrap_tensor(const rm_tensor_t *tensor,
                                  rm_destroy_fn destroy,
                                  void *user_data,
                                  rm_packet_t **out,
                                  rm_error_t **error);

/**
 * A packet around a compressed unit of the host, whose bytes must not change until `destroy(user_data)` is called; the
 * codec's name is copied. Any thread. Since 0.1, stable.
 *
 * As `rm_packet_wrap_bytes`; `unit` and its codec are readable.
 */
rm_status_t rm_packet_wrap_encoded(const rm_encoded_t *unit,
                                   rm_destroy_fn destroy,
                                   void *user_data,
                                   rm_packet_t **out,
                                   rm_error_t **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* REMOTEMEDIA_H */

/**
 * The text from `text` to its zero byte; null is no text. It is lent for as long as `text` is. Any thread. Since 0.1,
 * experimental.
 *
 * `text` is null, or ends in a zero byte.
 */
static inline rm_str_t rm_str(const char *text) {
    rm_str_t view = {text, text ? strlen(text) : 0};
    return view;
}
