/* A program that loads the library for itself alone still lets NumPy see the library of Python. The arguments: the
 * library, folders with modules, a virtual environment. */
#include <dlfcn.h>

#include "python.h"

static void *library;

static void *function(const char *name) {
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    return found;
}

#define CALL(name) ((__typeof__(&name))(uintptr_t)function(#name))

int main(int argc, char **argv) {
    CHECK(argc == 4);
    library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    CHECK(library != NULL);
    static float samples[16] = {0.5f};
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *packet = NULL, *result = NULL;
    rm_python_config_t config = RM_PYTHON_CONFIG_INIT;
    rm_audio_t audio = RM_AUDIO_INIT;
    config.path = rm_str(argv[2]);
    config.venv = rm_str(argv[3]);
    audio.rate = 8000;
    audio.channels = 1;
    audio.format = RM_SAMPLE_F32;
    audio.data.data = (const uint8_t *)samples;
    audio.data.len = sizeof samples;
    CHECK(CALL(rm_runtime_new)(NULL, &runtime, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_runtime_set_python)(runtime, &config, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_pipeline_open)(runtime, RM_STR(ONE_CLASS("voices:Halves", "{}")), &pipeline, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_session_open)(pipeline, NULL, &session, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_packet_wrap_audio)(&audio, NULL, NULL, &packet, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_session_push)(session, RM_STR_NONE, packet, SECOND, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_session_poll)(session, RM_STR_NONE, 30 * SECOND, &result, NULL) == RM_STATUS_OK);
    CHECK(CALL(rm_packet_audio)(result, &audio, NULL) == RM_STATUS_OK);
    CHECK(((const float *)(const void *)audio.data.data)[0] == 0.25f);
    CALL(rm_packet_release)(packet);
    CALL(rm_packet_release)(result);
    CALL(rm_session_release)(session);
    CALL(rm_pipeline_release)(pipeline);
    CALL(rm_runtime_release)(runtime);
    return 0;
}
