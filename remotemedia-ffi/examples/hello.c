/* One value through a native pipeline. */
#include <inttypes.h>

#include "example.h"

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"hello\"}, \"connections\": [],"
    " \"nodes\": [{\"id\": \"double\", \"node_type\": \"Multiply\", \"params\": {\"factor\": 2}}]}";

int main(void) {
    rm_runtime_t *runtime = NULL;
    TRY(rm_runtime_new(NULL, &runtime, &error));
    rm_session_t *session = open_session(runtime, MANIFEST);

    rm_packet_t *question = NULL;
    TRY(rm_packet_new_int(21, &question, &error));
    TRY(rm_session_push(session, RM_STR_NONE, question, -1, &error));
    rm_packet_release(question);

    rm_packet_t *answer = next_packet(session);
    int64_t number = 0;
    TRY(rm_packet_int(answer, &number, &error));
    printf("21 went in, %" PRId64 " came out\n", number);

    rm_packet_release(answer);
    rm_session_release(session);
    rm_runtime_release(runtime);
    return 0;
}
