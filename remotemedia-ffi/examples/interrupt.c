/* An interrupt discards what is under way; what is uninterruptible survives, and the session goes on. */
#include <inttypes.h>

#include "example.h"

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"interrupt\"}, \"connections\": [],"
    " \"nodes\": [{\"id\": \"pass\", \"node_type\": \"PassThrough\"}]}";

static void push(const rm_session_t *session, int64_t number, bool uninterruptible) {
    rm_packet_t *packet = NULL;
    TRY(rm_packet_new_int(number, &packet, &error));
    TRY(rm_packet_set_uninterruptible(packet, uninterruptible, &error));
    TRY(rm_session_push(session, RM_STR_NONE, packet, -1, &error));
    rm_packet_release(packet);
}

int main(void) {
    rm_runtime_t *runtime = NULL;
    TRY(rm_runtime_new(NULL, &runtime, &error));
    rm_session_t *session = open_session(runtime, MANIFEST);

    for (int64_t number = 1; number <= 10; number++) {
        push(session, number, number == 7);
    }
    printf("1 to 10 are under way, 7 is uninterruptible\n");
    TRY(rm_session_interrupt(session, &error));
    printf("interrupt\n");
    push(session, 11, false);
    TRY(rm_session_close(session, RM_STR_NONE, &error));

    for (rm_packet_t *packet; (packet = next_packet(session)) != NULL; rm_packet_release(packet)) {
        int64_t number = 0;
        TRY(rm_packet_int(packet, &number, &error));
        printf("%" PRId64 " came out\n", number);
    }
    rm_session_release(session);
    rm_runtime_release(runtime);
    return 0;
}
