/* What a pipeline looks like, and what its nodes counted. */
#include "example.h"

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"metrics\"},"
    " \"nodes\": [{\"id\": \"double\", \"node_type\": \"Multiply\", \"params\": {\"factor\": 2}},"
    "             {\"id\": \"add\", \"node_type\": \"Add\", \"params\": {\"addend\": 1}}],"
    " \"connections\": [{\"from\": \"double\", \"to\": \"add\"}]}";

/* Prints the text that a packet holds and releases the packet. */
static void print_text(rm_packet_t *packet) {
    rm_str_t text = RM_STR_NONE;
    TRY(rm_packet_text(packet, &text, &error));
    printf("%.*s", (int)text.len, text.data);
    rm_packet_release(packet);
}

/* Where the value of a key begins in a JSON text, from a place in it on; null if there is none. */
static const char *value_of(const char *json, const char *key) {
    const char *found = strstr(json, key);
    return found ? found + strlen(key) : NULL;
}

/* Prints a line for each node. A program that wants more of it than two numbers uses a JSON library. */
static void print_counts(const char *json) {
    while ((json = value_of(json, "{\"id\":\"")) != NULL) {
        const char *items_in = value_of(json, "\"items_in\":");
        const char *items_out = value_of(json, "\"items_out\":");
        if (items_in == NULL || items_out == NULL) {
            return;
        }
        int length = (int)strcspn(json, "\"");
        printf("%.*s: %ld in, %ld out\n", length, json, strtol(items_in, NULL, 10), strtol(items_out, NULL, 10));
    }
}

static void print_metrics(const rm_session_t *session) {
    rm_packet_t *packet = NULL;
    rm_str_t text = RM_STR_NONE;
    TRY(rm_session_metrics(session, &packet, &error));
    TRY(rm_packet_text(packet, &text, &error));
    char *json = calloc(1, text.len + 1);
    if (json == NULL) {
        exit(1);
    }
    memcpy(json, text.data, text.len);
    print_counts(json);
    free(json);
    rm_packet_release(packet);
}

int main(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_packet_t *graph = NULL;
    TRY(rm_runtime_new(NULL, &runtime, &error));
    TRY(rm_pipeline_open(runtime, RM_STR(MANIFEST), &pipeline, &error));
    TRY(rm_pipeline_inspect(pipeline, RM_STR("text"), &graph, &error));
    print_text(graph);

    TRY(rm_session_open(pipeline, NULL, &session, &error));
    for (int64_t number = 1; number <= 3; number++) {
        rm_packet_t *packet = NULL;
        TRY(rm_packet_new_int(number, &packet, &error));
        TRY(rm_session_push(session, RM_STR_NONE, packet, -1, &error));
        rm_packet_release(packet);
    }
    TRY(rm_session_drain(session, -1, &error));
    printf("\n");
    print_metrics(session);

    rm_session_release(session);
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return 0;
}
