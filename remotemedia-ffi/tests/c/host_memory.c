/* Packets around memory of the host: the same addresses come out, and the owner hears exactly once that it is free. */
#include "check.h"

static void count(void *user_data) { ++*(int *)user_data; }

static rm_packet_t *through(rm_session_t *session, rm_packet_t *packet) {
    rm_packet_t *result = NULL;
    CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, 0, why));
    CHECK_OK(rm_session_poll(session, RM_STR_NONE, 10 * SECOND, &result, why));
    rm_packet_release(packet);
    return result;
}

static void audio_keeps_its_address(rm_session_t *session) {
    static float samples[480 * 2];
    int freed = 0;
    rm_audio_t audio = RM_AUDIO_INIT, seen = RM_AUDIO_INIT;
    audio.rate = 48000;
    audio.channels = 2;
    audio.format = RM_SAMPLE_F32;
    audio.data.data = (const uint8_t *)samples;
    audio.data.len = sizeof samples;
    rm_packet_t *packet = NULL;
    CHECK_OK(rm_packet_wrap_audio(&audio, count, &freed, &packet, why));
    rm_packet_t *result = through(session, packet);
    CHECK_OK(rm_packet_audio(result, &seen, why));
    CHECK(seen.data.data == (const uint8_t *)samples && seen.data.len == sizeof samples);
    CHECK(seen.rate == 48000 && seen.channels == 2 && seen.format == RM_SAMPLE_F32);
    CHECK(freed == 0);
    rm_packet_release(result);
    CHECK(freed == 1);
}

static void pictures_arrays_units_and_bytes_keep_theirs(rm_session_t *session) {
    static uint8_t pixels[4 * 2 * 3], elements[2 * 3 * 4];
    int freed = 0;
    rm_packet_t *packet = NULL, *result = NULL;

    rm_video_t video = RM_VIDEO_INIT, picture = RM_VIDEO_INIT;
    video.format = RM_PIXEL_RGB24;
    video.width = 4;
    video.height = 2;
    video.data.data = pixels;
    video.data.len = sizeof pixels;
    CHECK_OK(rm_packet_wrap_video(&video, count, &freed, &packet, why));
    result = through(session, packet);
    CHECK_OK(rm_packet_video(result, &picture, why));
    CHECK(picture.data.data == pixels && picture.planes == 1 && picture.strides[0] == 12);
    rm_packet_release(result);
    CHECK(freed == 1);

    size_t shape[2] = {2, 3};
    rm_tensor_t tensor = RM_TENSOR_INIT, array = RM_TENSOR_INIT;
    tensor.dtype = RM_DTYPE_F32;
    tensor.dimensions = 2;
    tensor.shape = shape;
    tensor.data.data = elements;
    tensor.data.len = sizeof elements;
    CHECK_OK(rm_packet_wrap_tensor(&tensor, count, &freed, &packet, why));
    result = through(session, packet);
    CHECK_OK(rm_packet_tensor(result, &array, why));
    CHECK(array.data.data == elements && array.dimensions == 2 && array.shape[1] == 3 && array.strides[0] == 12);
    rm_packet_release(result);
    CHECK(freed == 2);

    rm_encoded_t unit = RM_ENCODED_INIT, coded = RM_ENCODED_INIT;
    unit.codec = RM_STR("opus");
    unit.key_frame = true;
    unit.data.data = elements;
    unit.data.len = sizeof elements;
    CHECK_OK(rm_packet_wrap_encoded(&unit, count, &freed, &packet, why));
    result = through(session, packet);
    CHECK_OK(rm_packet_encoded(result, &coded, why));
    CHECK(coded.data.data == elements && coded.key_frame && is_text(coded.codec, "opus"));
    rm_packet_release(result);
    CHECK(freed == 3);

    rm_bytes_t bytes = {elements, sizeof elements}, seen = {NULL, 0};
    CHECK_OK(rm_packet_wrap_bytes(bytes, count, &freed, &packet, why));
    result = through(session, packet);
    CHECK_OK(rm_packet_bytes(result, &seen, why));
    CHECK(seen.data == elements && seen.len == sizeof elements);
    rm_packet_release(result);
    CHECK(freed == 4);
}

static void the_owner_hears_also_when_wrapping_fails(void) {
    int freed = 0;
    rm_packet_t *packet = NULL;
    rm_error_t *error = NULL;
    rm_audio_t audio = RM_AUDIO_INIT;
    CHECK(rm_packet_wrap_audio(&audio, count, &freed, &packet, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(packet == NULL && freed == 1);
    rm_error_release(error);
    audio.format = 77;
    CHECK(rm_packet_wrap_audio(&audio, count, &freed, &packet, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "format is 77, expected 0 to 4") && freed == 2);
    rm_error_release(error);
    CHECK(rm_packet_wrap_audio(NULL, count, &freed, &packet, NULL) == RM_STATUS_INVALID_ARGUMENT && freed == 3);
    rm_bytes_t bytes = {NULL, 0};
    CHECK(rm_packet_wrap_bytes(bytes, count, &freed, NULL, NULL) == RM_STATUS_INVALID_ARGUMENT && freed == 4);
}

static void the_owner_hears_when_a_session_with_packets_ends(void) {
    static uint8_t memory[1 << 20];
    int freed = 0;
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    for (int number = 0; number < 20; number++) {
        rm_bytes_t bytes = {memory, sizeof memory};
        rm_packet_t *packet = NULL;
        CHECK_OK(rm_packet_wrap_bytes(bytes, count, &freed, &packet, why));
        CHECK_OK(rm_session_push(session, RM_STR_NONE, packet, 0, why));
        rm_packet_release(packet);
    }
    CHECK(freed == 0);
    CHECK_OK(rm_session_drain(session, 10 * SECOND, why));
    CHECK(freed == 20);
    rm_session_release(session);
}

int main(void) {
    rm_session_t *session = open_session(ONE_NODE("PassThrough", "{}"));
    audio_keeps_its_address(session);
    pictures_arrays_units_and_bytes_keep_theirs(session);
    rm_session_release(session);
    the_owner_hears_also_when_wrapping_fails();
    the_owner_hears_when_a_session_with_packets_ends();
    return 0;
}
