/* Measures one case of calling the library from C, and prints what it found as a JSON line.
 *
 * usage: host_call CASE
 * host_call: a packet that is pushed and polled through a native node.
 * wrap_1k, wrap_1m: a packet that is made around 1 KiB or 1 MiB of the program's memory, and released.
 *
 * cc -O2 benches/c/host_call.c -o host_call $(pkg-config --cflags --libs remotemedia) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <remotemedia.h>

enum { TRIPS = 20000, ROUNDS = 11 };

static const char MANIFEST[] =
    "{\"version\": \"v1\", \"metadata\": {\"name\": \"bench\"}, \"connections\": [],"
    " \"nodes\": [{\"id\": \"node\", \"node_type\": \"PassThrough\"}]}";

static void must(rm_status_t status) {
    if (status != RM_STATUS_OK) {
        fprintf(stderr, "host_call: status %d\n", (int)status);
        exit(1);
    }
}

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static rm_session_t *open_session(void) {
    rm_runtime_t *runtime = NULL;
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    must(rm_runtime_new(NULL, &runtime, NULL));
    must(rm_pipeline_open(runtime, RM_STR(MANIFEST), &pipeline, NULL));
    must(rm_session_open(pipeline, NULL, &session, NULL));
    rm_pipeline_release(pipeline);
    rm_runtime_release(runtime);
    return session;
}

static void trips(const rm_session_t *session, const rm_packet_t *packet) {
    for (int trip = 0; trip < TRIPS; trip++) {
        rm_packet_t *result = NULL;
        must(rm_session_push(session, RM_STR_NONE, packet, -1, NULL));
        must(rm_session_poll(session, RM_STR_NONE, -1, &result, NULL));
        rm_packet_release(result);
    }
}

static void ignore(void *memory) { (void)memory; }

static void wraps(rm_bytes_t bytes) {
    for (int trip = 0; trip < TRIPS; trip++) {
        rm_packet_t *packet = NULL;
        must(rm_packet_wrap_bytes(bytes, ignore, NULL, &packet, NULL));
        rm_packet_release(packet);
    }
}

static int compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* What a case works on. */
typedef struct {
    rm_session_t *session;
    rm_packet_t *packet;
    rm_bytes_t bytes;
} work_t;

static void once(const work_t *work) {
    if (work->session != NULL) {
        trips(work->session, work->packet);
    } else {
        wraps(work->bytes);
    }
}

/* The median time of one operation. */
static double median_ns(const work_t *work) {
    double times[ROUNDS];
    once(work);
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        once(work);
        times[round] = (now_ns() - begin) / TRIPS;
    }
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2];
}

int main(int count, char **arguments) {
    static uint8_t memory[1 << 20];
    const char *name = count > 1 ? arguments[1] : "", *who = count > 2 ? arguments[2] : "c";
    work_t work = {NULL, NULL, {memory, 0}};
    if (strcmp(name, "host_call") == 0) {
        work.session = open_session();
        must(rm_packet_new_int(1, &work.packet, NULL));
    } else if (strcmp(name, "wrap_1k") == 0) {
        work.bytes.len = 1 << 10;
    } else if (strcmp(name, "wrap_1m") == 0) {
        work.bytes.len = 1 << 20;
    } else {
        fprintf(stderr, "usage: host_call CASE [WHO], a case of host_call, wrap_1k, wrap_1m\n");
        return 2;
    }
    printf("{\"case\": \"%s\", \"who\": \"%s\", \"value\": %.3f, \"unit\": \"ns\", \"n\": %d}\n", name, who,
           median_ns(&work), TRIPS * ROUNDS);
    rm_packet_release(work.packet);
    rm_session_release(work.session);
    return 0;
}
