/* Nodes of the program: one that answers at once, and one that finishes later on a thread of its own. */
#include <ctype.h>
#include <pthread.h>

#include "example.h"

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"custom_node\"},"
    " \"nodes\": [{\"id\": \"upper\", \"node_type\": \"Upper\"}, {\"id\": \"repeat\", \"node_type\": \"Repeat\"}],"
    " \"connections\": [{\"from\": \"upper\", \"to\": \"repeat\"}]}";

/* Upper: makes text upper case. */
static rm_status_t upper(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    rm_str_t text = RM_STR_NONE;
    if (rm_packet_text(packet, &text, NULL) != RM_STATUS_OK) {
        rm_node_fail(node, RM_STR("expected text"), NULL);
        return RM_STATUS_WRONG_KIND;
    }
    char *shout = malloc(text.len + 1);
    if (shout == NULL) {
        return RM_STATUS_EXHAUSTED;
    }
    for (size_t index = 0; index < text.len; index++) {
        shout[index] = (char)toupper((unsigned char)text.data[index]);
    }
    rm_str_t louder = {shout, text.len};
    rm_packet_t *result = NULL;
    rm_status_t status = rm_packet_new_text(louder, &result, NULL);
    free(shout);
    if (status == RM_STATUS_OK) {
        status = rm_node_emit(node, RM_STR_NONE, result, 0, NULL);
    }
    rm_packet_release(result);
    return status;
}

/* Repeat: what a call of it needs on its thread. */
typedef struct {
    rm_node_t *node;
    rm_packet_t *packet;
} work_t;

static void *repeat_on_thread(void *data) {
    work_t *work = data;
    rm_status_t status = RM_STATUS_OK;
    for (int copy = 0; copy < 2 && status == RM_STATUS_OK; copy++) {
        status = rm_node_emit(work->node, RM_STR_NONE, work->packet, -1, NULL);
    }
    rm_node_finish(work->node, status, NULL);
    rm_packet_release(work->packet);
    rm_node_release(work->node);
    free(work);
    return NULL;
}

/* Repeat: emits everything twice, and says so when it is done. */
static rm_status_t repeat(void *state, rm_node_t *node, const rm_packet_t *packet) {
    (void)state;
    pthread_t thread;
    work_t *work = malloc(sizeof *work);
    if (work == NULL) {
        return RM_STATUS_EXHAUSTED;
    }
    work->node = rm_node_retain(node);
    work->packet = rm_packet_retain(packet);
    if (pthread_create(&thread, NULL, repeat_on_thread, work) != 0) {
        rm_packet_release(work->packet);
        rm_node_release(work->node);
        free(work);
        return RM_STATUS_EXHAUSTED;
    }
    pthread_detach(thread);
    return RM_STATUS_PENDING;
}

static void add_node(const rm_runtime_t *runtime, const char *name, int32_t lane, rm_node_process_fn process) {
    rm_node_type_t type = RM_NODE_TYPE_INIT;
    type.name = rm_str(name);
    type.lane = lane;
    type.process = process;
    TRY(rm_runtime_set_node(runtime, &type, &error));
}

int main(void) {
    rm_runtime_t *runtime = NULL;
    TRY(rm_runtime_new(NULL, &runtime, &error));
    add_node(runtime, "Upper", RM_LANE_NATIVE, upper);
    add_node(runtime, "Repeat", RM_LANE_ASYNC, repeat);
    rm_session_t *session = open_session(runtime, MANIFEST);

    const char *words[] = {"hello", "world"};
    for (size_t index = 0; index < 2; index++) {
        rm_packet_t *word = NULL;
        TRY(rm_packet_new_text(rm_str(words[index]), &word, &error));
        TRY(rm_session_push(session, RM_STR_NONE, word, -1, &error));
        rm_packet_release(word);
    }
    TRY(rm_session_close(session, RM_STR_NONE, &error));

    for (rm_packet_t *packet; (packet = next_packet(session)) != NULL; rm_packet_release(packet)) {
        rm_str_t text = RM_STR_NONE;
        TRY(rm_packet_text(packet, &text, &error));
        printf("%.*s\n", (int)text.len, text.data);
    }
    rm_session_release(session);
    rm_runtime_release(runtime);
    return 0;
}
