/* Values of conformance cases: JSON as itself, everything else as an object with one key that begins with a dollar. */
#include "value.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names in cases, by the number of what they stand for. */
static const char *const SAMPLES[] = {"u8", "s16", "s32", "f32", "f64"};
static const char *const PIXELS[] = {"gray8", "rgb24", "rgba32", "bgra32", "i420", "nv12"};
static const char *const DTYPES[] = {"bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64"};

static const size_t DTYPE_SIZES[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8};

static void *reserved(size_t size) {
    void *memory = calloc(1, size > 0 ? size : 1);
    if (memory == NULL) {
        fprintf(stderr, "no memory for %zu bytes\n", size);
        exit(2);
    }
    return memory;
}

static int32_t index_of(struct json_object *name, const char *const *names, size_t count) {
    const char *text = json_object_get_string(name);
    for (size_t index = 0; text != NULL && index < count; index++) {
        if (strcmp(text, names[index]) == 0) {
            return (int32_t)index;
        }
    }
    return -1;
}

/* Writes one number in the type of an array's elements. */
static void write_element(uint8_t *place, int32_t dtype, struct json_object *number) {
    int64_t whole = json_object_get_int64(number);
    uint64_t natural = json_object_get_uint64(number);
    double wide = json_object_get_double(number);
    float narrow = (float)wide;
    size_t size = DTYPE_SIZES[dtype];
    switch (dtype) {
    case RM_DTYPE_F32: memcpy(place, &narrow, size); break;
    case RM_DTYPE_F64: memcpy(place, &wide, size); break;
    case RM_DTYPE_U64: memcpy(place, &natural, size); break;
    default: /* The machines that this runs on put the low bytes first. */ memcpy(place, &whole, size);
    }
}

static int32_t dtype_of_sample(int32_t format) {
    static const int32_t DTYPE[] = {RM_DTYPE_U8, RM_DTYPE_I16, RM_DTYPE_I32, RM_DTYPE_F32, RM_DTYPE_F64};
    return DTYPE[format];
}

/* The elements of an array in memory of their own, which whoever gets it frees. */
static rm_bytes_t elements_of(struct json_object *numbers, int32_t dtype) {
    size_t count = json_object_array_length(numbers);
    uint8_t *memory = reserved(count * DTYPE_SIZES[dtype]);
    for (size_t index = 0; index < count; index++) {
        write_element(memory + index * DTYPE_SIZES[dtype], dtype, json_object_array_get_idx(numbers, index));
    }
    rm_bytes_t bytes = {memory, count * DTYPE_SIZES[dtype]};
    return bytes;
}

static struct json_object *member(struct json_object *object, const char *key) {
    return json_object_object_get(object, key);
}

static rm_status_t audio_of(struct json_object *said, rm_packet_t **out, rm_error_t **error) {
    rm_audio_t audio = RM_AUDIO_INIT;
    audio.format = index_of(member(said, "format"), SAMPLES, sizeof SAMPLES / sizeof *SAMPLES);
    if (audio.format < 0) {
        return RM_STATUS_INVALID_ARGUMENT;
    }
    audio.rate = (uint32_t)json_object_get_int64(member(said, "rate"));
    audio.channels = (uint32_t)json_object_get_int64(member(said, "channels"));
    audio.data = elements_of(member(said, "samples"), dtype_of_sample(audio.format));
    return rm_packet_wrap_audio(&audio, free, (void *)(uintptr_t)audio.data.data, out, error);
}

static rm_status_t tensor_of(struct json_object *said, rm_packet_t **out, rm_error_t **error) {
    rm_tensor_t tensor = RM_TENSOR_INIT;
    struct json_object *lengths = member(said, "shape");
    tensor.dtype = index_of(member(said, "dtype"), DTYPES, sizeof DTYPES / sizeof *DTYPES);
    if (tensor.dtype < 0 || tensor.dtype == RM_DTYPE_F16) {
        return RM_STATUS_INVALID_ARGUMENT;
    }
    tensor.dimensions = json_object_array_length(lengths);
    size_t *shape = reserved(tensor.dimensions * sizeof *shape);
    for (size_t index = 0; index < tensor.dimensions; index++) {
        shape[index] = (size_t)json_object_get_int64(json_object_array_get_idx(lengths, index));
    }
    tensor.shape = shape;
    tensor.data = elements_of(member(said, "values"), tensor.dtype);
    rm_status_t status = rm_packet_wrap_tensor(&tensor, free, (void *)(uintptr_t)tensor.data.data, out, error);
    free(shape);
    return status;
}

static rm_status_t repeat_of(struct json_object *said, rm_packet_t **out, rm_error_t **error) {
    struct json_object *part = json_object_array_get_idx(said, 0);
    size_t length = (size_t)json_object_get_string_len(part);
    size_t times = (size_t)json_object_get_int64(json_object_array_get_idx(said, 1));
    char *memory = reserved(length * times);
    for (size_t index = 0; index < times; index++) {
        memcpy(memory + index * length, json_object_get_string(part), length);
    }
    rm_str_t text = {memory, length * times};
    rm_status_t status = rm_packet_new_text(text, out, error);
    free(memory);
    return status;
}

static unsigned bits_of(char digit) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = digit == 0 ? NULL : strchr(DIGITS, digit);
    return found ? (unsigned)(found - DIGITS) : 0;
}

/* The bytes that base64 writes, in memory of their own, which whoever gets it frees. */
static rm_bytes_t decoded(struct json_object *said) {
    const char *digits = json_object_get_string(said);
    size_t count = strcspn(digits, "=");
    uint8_t *memory = reserved(count);
    size_t length = 0;
    unsigned bits = 0;
    for (size_t index = 0; index < count; index++) {
        bits = bits << 6 | bits_of(digits[index]);
        if (index % 4 != 0) {
            memory[length++] = (uint8_t)(bits >> (6 - 2 * (index % 4)));
        }
    }
    rm_bytes_t bytes = {memory, length};
    return bytes;
}

static rm_status_t bytes_of(struct json_object *said, rm_packet_t **out, rm_error_t **error) {
    rm_bytes_t bytes = decoded(said);
    return rm_packet_wrap_bytes(bytes, free, (void *)(uintptr_t)bytes.data, out, error);
}

static rm_status_t video_of(struct json_object *said, rm_packet_t **out, rm_error_t **error) {
    rm_video_t video = RM_VIDEO_INIT;
    video.format = index_of(member(said, "format"), PIXELS, sizeof PIXELS / sizeof *PIXELS);
    video.width = (uint32_t)json_object_get_int64(member(said, "width"));
    video.height = (uint32_t)json_object_get_int64(member(said, "height"));
    video.data = decoded(member(said, "data"));
    return rm_packet_wrap_video(&video, free, (void *)(uintptr_t)video.data.data, out, error);
}

static rm_status_t encoded_of(struct json_object *said, rm_packet_t **out, rm_error_t **error) {
    rm_encoded_t unit = RM_ENCODED_INIT;
    unit.codec.data = json_object_get_string(member(said, "codec"));
    unit.codec.len = (size_t)json_object_get_string_len(member(said, "codec"));
    unit.key_frame = json_object_get_boolean(member(said, "key_frame")) ? 1 : 0;
    unit.data = decoded(member(said, "data"));
    return rm_packet_wrap_encoded(&unit, free, (void *)(uintptr_t)unit.data.data, out, error);
}

static rm_status_t json_of(struct json_object *value, rm_packet_t **out, rm_error_t **error) {
    size_t length = 0;
    int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    const char *text = json_object_to_json_string_length(value, flags, &length);
    rm_str_t json = {text, length};
    return rm_packet_new_json(json, out, error);
}

static rm_status_t object_of(struct json_object *value, rm_packet_t **out, rm_error_t **error) {
    struct json_object *said = NULL;
    if (json_object_object_get_ex(value, "$float", &said)) {
        return rm_packet_new_float(strtod(json_object_get_string(said), NULL), out, error);
    }
    if (json_object_object_get_ex(value, "$repeat", &said)) {
        return repeat_of(said, out, error);
    }
    if (json_object_object_get_ex(value, "$bytes", &said)) {
        return bytes_of(said, out, error);
    }
    if (json_object_object_get_ex(value, "$audio", &said)) {
        return audio_of(said, out, error);
    }
    if (json_object_object_get_ex(value, "$tensor", &said)) {
        return tensor_of(said, out, error);
    }
    if (json_object_object_get_ex(value, "$video", &said)) {
        return video_of(said, out, error);
    }
    if (json_object_object_get_ex(value, "$encoded", &said)) {
        return encoded_of(said, out, error);
    }
    return json_of(value, out, error);
}

static rm_status_t made_of(struct json_object *value, rm_packet_t **out, rm_error_t **error) {
    rm_str_t text = RM_STR_NONE;
    switch (json_object_get_type(value)) {
    case json_type_null: return rm_packet_new_null(out, error);
    case json_type_boolean: return rm_packet_new_bool(json_object_get_boolean(value), out, error);
    case json_type_double: return rm_packet_new_float(json_object_get_double(value), out, error);
    case json_type_int:
        if (json_object_get_uint64(value) > INT64_MAX) {
            return json_of(value, out, error);
        }
        return rm_packet_new_int(json_object_get_int64(value), out, error);
    case json_type_string:
        text.data = json_object_get_string(value);
        text.len = (size_t)json_object_get_string_len(value);
        return rm_packet_new_text(text, out, error);
    case json_type_object: return object_of(value, out, error);
    case json_type_array: return json_of(value, out, error);
    }
    return RM_STATUS_INVALID_ARGUMENT;
}

rm_packet_t *packet_of(struct json_object *value) {
    rm_packet_t *packet = NULL;
    rm_error_t *error = NULL;
    if (made_of(value, &packet, &error) != RM_STATUS_OK) {
        rm_str_t why = rm_error_message(error);
        fprintf(stderr, "  no packet can be made of %s: %.*s\n", json_object_to_json_string(value), (int)why.len,
                why.data ? why.data : "");
        rm_error_release(error);
    }
    return packet;
}

/* The text of what a packet says as JSON, read again; null if it says none. */
static struct json_object *read_json(const rm_packet_t *packet) {
    rm_packet_t *written = NULL;
    rm_str_t text = RM_STR_NONE;
    struct json_object *value = NULL;
    if (rm_packet_json(packet, &written, NULL) == RM_STATUS_OK &&
        rm_packet_text(written, &text, NULL) == RM_STATUS_OK) {
        struct json_tokener *tokener = json_tokener_new();
        value = json_tokener_parse_ex(tokener, text.data, (int)text.len);
        // A number could go on behind the end of the text.
        value = value ? value : json_tokener_parse_ex(tokener, "", 1);
        json_tokener_free(tokener);
    }
    rm_packet_release(written);
    return value;
}

static bool same_json(const rm_packet_t *left, const rm_packet_t *right) {
    struct json_object *values[] = {read_json(left), read_json(right)};
    bool same = json_object_equal(values[0], values[1]) != 0;
    json_object_put(values[0]);
    json_object_put(values[1]);
    return same;
}

static bool same_bytes(rm_bytes_t left, rm_bytes_t right) {
    return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

static bool same_float(double left, double right) {
    return memcmp(&left, &right, sizeof left) == 0 || (left != left && right != right);
}

static bool same_audio(const rm_packet_t *left, const rm_packet_t *right) {
    rm_audio_t a = RM_AUDIO_INIT, b = RM_AUDIO_INIT;
    return rm_packet_audio(left, &a, NULL) == RM_STATUS_OK && rm_packet_audio(right, &b, NULL) == RM_STATUS_OK &&
           a.rate == b.rate && a.channels == b.channels && a.format == b.format && a.layout == b.layout &&
           same_bytes(a.data, b.data);
}

static bool same_tensor(const rm_packet_t *left, const rm_packet_t *right) {
    rm_tensor_t a = RM_TENSOR_INIT, b = RM_TENSOR_INIT;
    if (rm_packet_tensor(left, &a, NULL) != RM_STATUS_OK || rm_packet_tensor(right, &b, NULL) != RM_STATUS_OK) {
        return false;
    }
    size_t length = a.dimensions * sizeof *a.shape;
    return a.dtype == b.dtype && a.dimensions == b.dimensions && a.offset == b.offset &&
           memcmp(a.shape, b.shape, length) == 0 && memcmp(a.strides, b.strides, length) == 0 &&
           same_bytes(a.data, b.data);
}

static bool same_video(const rm_packet_t *left, const rm_packet_t *right) {
    rm_video_t a = RM_VIDEO_INIT, b = RM_VIDEO_INIT;
    return rm_packet_video(left, &a, NULL) == RM_STATUS_OK && rm_packet_video(right, &b, NULL) == RM_STATUS_OK &&
           a.format == b.format && a.width == b.width && a.height == b.height && a.planes == b.planes &&
           memcmp(a.offsets, b.offsets, sizeof a.offsets) == 0 && memcmp(a.strides, b.strides, sizeof a.strides) == 0 &&
           same_bytes(a.data, b.data);
}

static bool same_encoded(const rm_packet_t *left, const rm_packet_t *right) {
    rm_encoded_t a = RM_ENCODED_INIT, b = RM_ENCODED_INIT;
    return rm_packet_encoded(left, &a, NULL) == RM_STATUS_OK && rm_packet_encoded(right, &b, NULL) == RM_STATUS_OK &&
           a.key_frame == b.key_frame && a.codec.len == b.codec.len &&
           memcmp(a.codec.data, b.codec.data, a.codec.len) == 0 && same_bytes(a.data, b.data);
}

/* The kind of a value. What a node kept of several values, such as a batch, is a list. */
static int32_t kind_of(const rm_packet_t *packet) {
    int32_t kind = rm_packet_kind(packet);
    struct json_object *json = kind == RM_PACKET_OTHER ? read_json(packet) : NULL;
    json_object_put(json);
    return json ? RM_PACKET_JSON : kind;
}

bool same_value(const rm_packet_t *left, const rm_packet_t *right) {
    bool truths[2];
    int64_t wholes[2];
    double floats[2];
    rm_str_t texts[2];
    rm_bytes_t bytes[2];
    int32_t kind = kind_of(left);
    if (kind != kind_of(right)) {
        return false;
    }
    switch (kind) {
    case RM_PACKET_NULL: return true;
    case RM_PACKET_BOOL:
        return rm_packet_bool(left, &truths[0], NULL) == rm_packet_bool(right, &truths[1], NULL) &&
               truths[0] == truths[1];
    case RM_PACKET_INT:
        return rm_packet_int(left, &wholes[0], NULL) == rm_packet_int(right, &wholes[1], NULL) &&
               wholes[0] == wholes[1];
    case RM_PACKET_FLOAT:
        return rm_packet_float(left, &floats[0], NULL) == rm_packet_float(right, &floats[1], NULL) &&
               same_float(floats[0], floats[1]);
    case RM_PACKET_TEXT:
        return rm_packet_text(left, &texts[0], NULL) == rm_packet_text(right, &texts[1], NULL) &&
               texts[0].len == texts[1].len && memcmp(texts[0].data, texts[1].data, texts[0].len) == 0;
    case RM_PACKET_BYTES:
        return rm_packet_bytes(left, &bytes[0], NULL) == rm_packet_bytes(right, &bytes[1], NULL) &&
               same_bytes(bytes[0], bytes[1]);
    case RM_PACKET_JSON: return same_json(left, right);
    case RM_PACKET_AUDIO: return same_audio(left, right);
    case RM_PACKET_VIDEO: return same_video(left, right);
    case RM_PACKET_TENSOR: return same_tensor(left, right);
    case RM_PACKET_ENCODED: return same_encoded(left, right);
    default: return false;
    }
}

void print_value(const rm_packet_t *packet) {
    static const char *const KINDS[] = {"null",  "bool",  "int",   "float",  "text",   "json",
                                        "bytes", "audio", "video", "tensor", "encoded"};
    int32_t kind = rm_packet_kind(packet);
    rm_packet_t *json = NULL;
    rm_str_t text = RM_STR_NONE;
    fprintf(stderr, "%s", kind >= 0 && kind <= RM_PACKET_ENCODED ? KINDS[kind] : "something else");
    if (rm_packet_json(packet, &json, NULL) == RM_STATUS_OK && rm_packet_text(json, &text, NULL) == RM_STATUS_OK) {
        fprintf(stderr, " %.*s", text.len > 200 ? 200 : (int)text.len, text.data);
    }
    rm_packet_release(json);
}
