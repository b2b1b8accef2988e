/* A block of audio, wrapped where it lies, through native audio nodes. */
#include "example.h"

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"echo_audio\"}, \"connections\": [],"
    " \"nodes\": [{\"id\": \"resample\", \"node_type\": \"Resample\","
    "             \"params\": {\"rate\": 16000, \"channels\": 1}}]}";

enum { RATE = 48000, CHANNELS = 2, FRAMES = 4800 };

static int given_back = 0;

/* Called once, on any thread, when no packet needs the samples any more. */
static void give_back(void *samples) {
    free(samples);
    given_back++;
}

/* A tenth of a second of a square wave of 100 Hz, in a packet that carries these very samples. */
static rm_packet_t *square_wave(void) {
    float *samples = malloc(FRAMES * CHANNELS * sizeof *samples);
    if (samples == NULL) {
        exit(1);
    }
    for (size_t index = 0; index < FRAMES * CHANNELS; index++) {
        samples[index] = (index / CHANNELS) % 480 < 240 ? 0.5F : -0.5F;
    }
    rm_audio_t audio = RM_AUDIO_INIT;
    audio.rate = RATE;
    audio.channels = CHANNELS;
    audio.format = RM_SAMPLE_F32;
    audio.data.data = (const uint8_t *)samples;
    audio.data.len = FRAMES * CHANNELS * sizeof *samples;
    rm_packet_t *packet = NULL;
    TRY(rm_packet_wrap_audio(&audio, give_back, samples, &packet, &error));
    return packet;
}

int main(void) {
    rm_runtime_t *runtime = NULL;
    TRY(rm_runtime_new(NULL, &runtime, &error));
    rm_session_t *session = open_session(runtime, MANIFEST);

    printf("in: %d Hz, %d channels, %d frames\n", RATE, CHANNELS, FRAMES);
    rm_packet_t *block = square_wave();
    TRY(rm_session_push(session, RM_STR_NONE, block, -1, &error));
    rm_packet_release(block);
    TRY(rm_session_close(session, RM_STR_NONE, &error));

    rm_audio_t audio = RM_AUDIO_INIT;
    size_t frames = 0;
    for (rm_packet_t *packet; (packet = next_packet(session)) != NULL; rm_packet_release(packet)) {
        TRY(rm_packet_audio(packet, &audio, &error));
        frames += audio.data.len / sizeof(float) / audio.channels;
    }
    printf("out: %u Hz, %u channel, %zu frames\n", (unsigned)audio.rate, (unsigned)audio.channels, frames);

    rm_session_release(session);
    rm_runtime_release(runtime);
    printf("samples given back: %d time\n", given_back);
    return 0;
}
