/* A host that does nothing right: calls in any order, with handles that are null, stale, of another type or none at
 * all, with numbers out of range and texts that are no texts. Nothing crashes, nothing hangs, and whatever was passed
 * along is let go of once. On two threads each plays with handles of its own; if the first argument is `shared`, four
 * play with the same ones. The arguments after that are the first seed, how many sequences each thread plays, a package
 * and the home of a user who trusts it, folders with modules of Python and a virtual environment. */
#include <pthread.h>
#include <stdatomic.h>

#include "python.h"

enum { HANDLES = 12, CALLS = 300, THREADS = 4 };

/* The handles that calls are made with. */
typedef _Atomic(void *) handles_t[HANDLES];

/* What one sequence has to play with. */
typedef struct {
    uint64_t state;
    handles_t *handles;
    /* Every reference that was received. */
    void *received[4 * CALLS];
    size_t count;
    atomic_int passed, destroyed;
    /* What callbacks were lent, and may not use any more. */
    _Atomic(void *) node;
    _Atomic(void *) packet;
} game_t;

static uint32_t roll(game_t *game, uint32_t sides) {
    game->state ^= game->state << 13;
    game->state ^= game->state >> 7;
    game->state ^= game->state << 17;
    return (uint32_t)(game->state >> 33) % sides;
}

static void destroy(void *user_data) { atomic_fetch_add(&((game_t *)user_data)->destroyed, 1); }

/* A handle that was received once. */
static void *handle(game_t *game) { return atomic_load(&(*game->handles)[roll(game, HANDLES)]); }

/* Any handle at all. */
static void *any(game_t *game) {
    switch (roll(game, 12)) {
    case 0: return NULL;
    case 1: return (void *)(uintptr_t)roll(game, 4096);
    case 2: return (char *)(uintptr_t)((uintptr_t)handle(game) + roll(game, 64));
    case 3: return atomic_load(&game->node);
    case 4: return atomic_load(&game->packet);
    default: return handle(game);
    }
}

/* Keeps what a call gave. What lay there before is not used any more, released or not. */
static void keep(game_t *game, void *received) {
    if (received != NULL) {
        atomic_store(&(*game->handles)[roll(game, HANDLES)], received);
        game->received[game->count++] = received;
    }
}

static rm_str_t text(game_t *game) {
    static const char *const TEXTS[] = {
        "", "in", "out", "left", "Multiply", "Host", "json", "svg", "{}", "[1, 2", "\xff\xfe", "null", "{\"a\": 1}",
        ONE_NODE("Multiply", "{\"factor\": 2}"), ONE_NODE("PassThrough", "{}"), ONE_NODE("Host", "{}"),
        ONE_NODE("Pipeline", "{\"package\": \"missing.rmpkg\"}"), ONE_NODE("Resample", "{\"rate\": 8000}"),
        ONE_NODE("Multiply", "{\"factor\": \"x\"}"), ONE_NODE("Own", "{}"), ONE_NODE("Python", "{}"),
        "Python", "moody:Moody", "voices:Times", "nowhere:Class", "moody:worse", "a:b:c", ":",
        ONE_CLASS("moody:Moody", "{}"), ONE_CLASS("moody:MoodyCoroutine", "{}"), ONE_CLASS("voices:UpTo", "{}"),
        ONE_CLASS("moody:MoodyGenerator", "{}"), ONE_CLASS("moody:Moody", "{\"mood\": \"bad\"}"),
        ONE_CLASS("moody:Nobody", "{}"), ONE_CLASS("nowhere:Class", "{}"), ONE_CLASS("moody:worse", "{}"),
        ONE_CLASS("", "{}"), ONE_CLASS("voices:Times", "{\"factor\": {\"$ndarray\": 1}}"),
        MANIFEST(CLASS("a", "voices:Times", "{}") "," CLASS("b", "moody:MoodyCoroutine", "{}"), LINK("a", "b")),
    };
    if (roll(game, 12) == 0) {
        return (rm_str_t){NULL, roll(game, 3) * 7};
    }
    const char *found = TEXTS[roll(game, sizeof TEXTS / sizeof *TEXTS)];
    return rm_str(found);
}

static int32_t number(game_t *game) {
    static const int32_t NUMBERS[] = {0, 1, 2, 3, 5, 11, 16000, -1, -300, INT32_MAX, INT32_MIN};
    return NUMBERS[roll(game, sizeof NUMBERS / sizeof *NUMBERS)];
}

/* The size of a struct: too small, right, or that of a newer header. */
static uint32_t size(game_t *game, size_t right) {
    switch (roll(game, 16)) {
    case 0:
    case 1: return (uint32_t)number(game) % (uint32_t)(right + 1);
    case 2: return (uint32_t)right + 8 * roll(game, 4);
    default: return (uint32_t)right;
    }
}

/* A package, and the home of a user who may trust it. */
static const char *package = "missing.rmpkg", *home = "missing";

static rm_str_t reference(game_t *game) {
    return roll(game, 3) == 0 ? text(game) : rm_str(package);
}

static rm_package_config_t package_config(game_t *game) {
    rm_package_config_t config = {size(game, sizeof config), 1, roll(game, 2), roll(game, 2), roll(game, 2),
                                  rm_str(home)};
    return config;
}

/* Folders with modules, and a virtual environment; none in builds without Python. */
static const char *modules, *venv;

static rm_python_config_t python_config(game_t *game) {
    rm_python_config_t config = {size(game, sizeof config), roll(game, 2), rm_str(venv), RM_STR_NONE,
                                 rm_str(modules)};
    switch (roll(game, 8)) {
    case 0: config.venv = text(game); break;
    case 1: config.home = text(game); break;
    case 2: config.path = text(game); break;
    }
    return config;
}

static const uint8_t MEMORY[4096];

static rm_bytes_t bytes(game_t *game) {
    size_t at = roll(game, 64), len = roll(game, 2048);
    return roll(game, 10) == 0 ? (rm_bytes_t){NULL, len} : (rm_bytes_t){MEMORY + at, len};
}

static rm_destroy_fn passed(game_t *game) {
    atomic_fetch_add(&game->passed, 1);
    return destroy;
}

/* As `passed`, for a struct that may not tell its size: nobody knows what is in that. */
static rm_destroy_fn passed_in(game_t *game, uint32_t found, size_t right) {
    return found < right ? destroy : passed(game);
}

static int64_t timeout(game_t *game) { return roll(game, 4) == 0 ? 20000 : 0; }

/* What callbacks do: something, on handles that are lent, stale, or the game's. */
static rm_status_t step(void *state, rm_node_t *node) {
    game_t *game = state;
    atomic_store(&game->node, node);
    rm_node_fail(node, RM_STR("\xff"), NULL);
    return RM_STATUS_OK;
}

static rm_status_t process(void *state, rm_node_t *node, const rm_packet_t *packet) {
    game_t *game = state;
    int64_t whole = 0;
    rm_packet_t *port = NULL;
    rm_node_emit(node, RM_STR_NONE, packet, 0, NULL);
    rm_node_emit(node, RM_STR("nowhere"), packet, -1, NULL);
    rm_node_t *other = atomic_exchange(&game->node, node);
    rm_node_emit(other, RM_STR_NONE, atomic_exchange(&game->packet, (void *)packet), 5, NULL);
    rm_node_finish(node, 7, NULL);
    rm_node_input(node, &port, NULL);
    rm_packet_release(port);
    rm_packet_int(packet, &whole, NULL);
    static const rm_status_t ANSWERS[] = {RM_STATUS_OK, RM_STATUS_OK, RM_STATUS_OK, RM_STATUS_PENDING, RM_STATUS_OK,
                                          RM_STATUS_WOULD_BLOCK, -12345};
    return ANSWERS[(uint64_t)whole % (sizeof ANSWERS / sizeof *ANSWERS)];
}

static rm_status_t heard(void *user_data, const rm_packet_t *packet) {
    atomic_store(&((game_t *)user_data)->packet, (void *)packet);
    return rm_packet_stream(packet) % 3 == 2 ? -1 : RM_STATUS_OK;
}

static void woken(void *user_data) { rm_packet_kind(atomic_load(&((game_t *)user_data)->packet)); }

static void recorded(void *user_data, const rm_log_record_t *record) {
    rm_packet_kind(atomic_load(&((game_t *)user_data)->packet));
    rm_node_fail(atomic_load(&((game_t *)user_data)->node), record->message, NULL);
}

static void make_things(game_t *game, rm_error_t **error) {
    void *made = NULL;
    switch (roll(game, 18)) {
    case 0: {
        rm_runtime_config_t config = {size(game, sizeof config), roll(game, 3)};
        rm_runtime_new(roll(game, 3) ? &config : NULL, roll(game, 9) ? (rm_runtime_t **)&made : NULL, error);
        break;
    }
    case 1: rm_pipeline_open(any(game), text(game), (rm_pipeline_t **)&made, error); break;
    case 2: rm_pipeline_open_named(any(game), text(game), (rm_pipeline_t **)&made, error); break;
    case 3: {
        rm_session_config_t config = {size(game, sizeof config), roll(game, 3), roll(game, 3), roll(game, 3)};
        rm_session_open(any(game), roll(game, 3) ? &config : NULL, (rm_session_t **)&made, error);
        break;
    }
    case 4: rm_packet_new_int(number(game), (rm_packet_t **)&made, error); break;
    case 5: rm_packet_new_text(text(game), (rm_packet_t **)&made, error); break;
    case 6: rm_packet_new_json(text(game), (rm_packet_t **)&made, error); break;
    case 7: rm_packet_new_bytes(bytes(game), (rm_packet_t **)&made, error); break;
    case 8: rm_pipeline_inspect(any(game), text(game), (rm_packet_t **)&made, error); break;
    case 9: {
        rm_package_config_t config = package_config(game);
        rm_package_open(reference(game), &config, roll(game, 9) ? (rm_package_t **)&made : NULL, error);
        break;
    }
    case 10: rm_package_inspect(any(game), any(game), (rm_packet_t **)&made, error); break;
    case 11: rm_pipeline_open_package(any(game), any(game), (rm_pipeline_t **)&made, error); break;
    case 12: {
        rm_package_config_t config = package_config(game);
        rm_pipeline_open_in(any(game), text(game), text(game), &config, (rm_pipeline_t **)&made, error);
        break;
    }
    case 13: rm_packet_new_null((rm_packet_t **)&made, error); break;
    case 14: rm_packet_new_bool(roll(game, 2), (rm_packet_t **)&made, error); break;
    case 15: rm_packet_new_float((double)number(game), (rm_packet_t **)&made, error); break;
    case 16: {
        rm_abi_check((uint32_t)number(game));
        rm_feature_enabled(text(game));
        break;
    }
    case 17: rm_runtime_nodes(any(game), (rm_packet_t **)&made, error); break;
    }
    keep(game, made);
}

static void wrap_memory(game_t *game, rm_error_t **error) {
    rm_packet_t *made = NULL;
    switch (roll(game, 5)) {
    case 0: rm_packet_wrap_bytes(bytes(game), passed(game), game, &made, error); break;
    case 1: {
        rm_audio_t audio = {size(game, sizeof audio), (uint32_t)number(game), roll(game, 4), number(game), number(game),
                            bytes(game)};
        rm_packet_wrap_audio(&audio, passed(game), game, &made, error);
        break;
    }
    case 2: {
        rm_video_t video = {sizeof video, number(game), roll(game, 70), roll(game, 70), roll(game, 5), {0}, {0},
                            bytes(game)};
        video.offsets[roll(game, 3)] = (size_t)number(game);
        video.strides[roll(game, 3)] = (size_t)number(game);
        rm_packet_wrap_video(&video, passed(game), game, &made, error);
        break;
    }
    case 3: {
        size_t shape[4] = {roll(game, 9), (size_t)number(game), roll(game, 9), SIZE_MAX};
        ptrdiff_t strides[4] = {number(game), number(game), PTRDIFF_MIN, 8};
        rm_tensor_t tensor = {sizeof tensor, number(game), roll(game, 5), shape, roll(game, 2) ? strides : NULL,
                              (size_t)number(game), bytes(game)};
        rm_packet_wrap_tensor(&tensor, passed(game), game, &made, error);
        break;
    }
    case 4: {
        rm_encoded_t unit = {sizeof unit, roll(game, 3), text(game), bytes(game)};
        rm_packet_wrap_encoded(&unit, passed(game), game, &made, error);
        break;
    }
    }
    keep(game, made);
}

static void add_callbacks(game_t *game, rm_error_t **error) {
    switch (roll(game, 10)) {
    case 0: {
        rm_node_type_t type = RM_NODE_TYPE_INIT;
        type.struct_size = size(game, sizeof type);
        type.lane = number(game);
        type.name = roll(game, 2) ? RM_STR("Host") : text(game);
        type.initialize = type.flush = type.cleanup = step;
        type.process = roll(game, 8) ? process : NULL;
        type.user_data = game;
        type.destroy = passed_in(game, type.struct_size, sizeof type);
        rm_runtime_set_node(any(game), &type, error);
        break;
    }
    case 1: {
        rm_session_listener_t listener = {size(game, sizeof listener), roll(game, 4) ? heard : NULL, NULL, game, NULL};
        listener.destroy = passed_in(game, listener.struct_size, sizeof listener);
        rm_session_set_listener(any(game), &listener, error);
        break;
    }
    case 2: rm_runtime_set_pipeline(any(game), RM_STR("Own"), text(game), error); break;
    case 3: rm_session_set_waker(any(game), roll(game, 4) ? woken : NULL, game, passed(game), error); break;
    case 4: rm_node_refuse(text(game), error); break;
    case 5: rm_node_set_waker(any(game), roll(game, 4) ? woken : NULL, game, passed(game), error); break;
    case 6: {
        rm_log_listener_t listener = {size(game, sizeof listener), number(game), roll(game, 4) ? recorded : NULL, game,
                                      NULL};
        listener.destroy = passed_in(game, listener.struct_size, sizeof listener);
        rm_log_set(&listener, error);
        break;
    }
    case 7: rm_log_set(NULL, error); break;
    case 8: {
        rm_python_config_t config = python_config(game);
        rm_runtime_set_python(any(game), roll(game, 5) ? &config : NULL, error);
        break;
    }
    case 9: {
        rm_str_t name = roll(game, 2) ? RM_STR("Python") : text(game);
        rm_runtime_set_python_node(any(game), name, text(game), error);
        break;
    }
    }
}

static void use_sessions(game_t *game, rm_error_t **error) {
    void *made = NULL;
    switch (roll(game, 12)) {
    case 0: rm_session_close(any(game), text(game), error); break;
    case 1: rm_session_drain(any(game), timeout(game), error); break;
    case 2: rm_session_interrupt(any(game), error); break;
    case 3: rm_session_cancel(any(game), error); break;
    case 4: rm_session_metrics(any(game), (rm_packet_t **)&made, error); break;
    case 5: rm_session_poll(any(game), text(game), timeout(game), NULL, error); break;
    case 6:
    case 7: rm_session_poll(any(game), RM_STR_NONE, timeout(game), (rm_packet_t **)&made, error); break;
    case 8: rm_session_push(any(game), text(game), any(game), timeout(game), error); break;
    default: rm_session_push(any(game), RM_STR_NONE, any(game), timeout(game), error); break;
    }
    keep(game, made);
}

static void use_packets(game_t *game, rm_error_t **error) {
    bool truth;
    int64_t whole;
    uint64_t time;
    double real;
    rm_str_t lent;
    rm_bytes_t raw;
    void *made = NULL;
    rm_audio_t audio = {size(game, sizeof audio), 0, 0, 0, 0, {NULL, 0}};
    rm_video_t video = RM_VIDEO_INIT;
    rm_tensor_t tensor = RM_TENSOR_INIT;
    rm_encoded_t unit = RM_ENCODED_INIT;
    switch (roll(game, 22)) {
    case 0: rm_packet_bool(any(game), &truth, error); break;
    case 1: rm_packet_int(any(game), &whole, error); break;
    case 2: rm_packet_float(any(game), roll(game, 5) ? &real : NULL, error); break;
    case 3: rm_packet_text(any(game), &lent, error); break;
    case 4: rm_packet_bytes(any(game), &raw, error); break;
    case 5: rm_packet_audio(any(game), &audio, error); break;
    case 6: rm_packet_video(any(game), &video, error); break;
    case 7: rm_packet_tensor(any(game), roll(game, 5) ? &tensor : NULL, error); break;
    case 8: rm_packet_encoded(any(game), &unit, error); break;
    case 9: rm_packet_json(any(game), (rm_packet_t **)&made, error); break;
    case 10: rm_packet_attributes(any(game), (rm_packet_t **)&made, error); break;
    case 11: rm_packet_set_attributes(any(game), text(game), error); break;
    case 12: rm_packet_set_pts(any(game), (uint64_t)number(game), error); break;
    case 13: rm_packet_set_duration(any(game), (uint64_t)number(game), error); break;
    case 14: rm_packet_set_seq(any(game), (uint64_t)number(game), error); break;
    case 15: rm_packet_set_stream(any(game), roll(game, 9), error); break;
    case 16: rm_packet_set_uninterruptible(any(game), roll(game, 2), error); break;
    case 17: rm_packet_pts(any(game), roll(game, 2) ? &time : NULL); break;
    case 18: rm_packet_port(any(game)); break;
    case 19: rm_packet_kind(any(game)); break;
    case 20: rm_packet_duration(any(game), roll(game, 2) ? &time : NULL); break;
    case 21: rm_packet_seq(any(game), roll(game, 2) ? &time : NULL); break;
    }
    keep(game, made);
}

/* What is lent is not read: its owner may be released by now. */
static void ask_about(const rm_error_t *error) {
    rm_error_status(error);
    rm_error_message(error);
    rm_error_pipeline(error);
    rm_error_node(error);
    rm_error_port(error);
    rm_error_cause(error);
    rm_error_item(error);
}

/* Releases what it likes, as often as it likes, by any type's function. */
static void count_references(game_t *game, rm_error_t **error) {
    void *made = NULL;
    switch (roll(game, 17)) {
    case 0: rm_runtime_release(any(game)); break;
    case 1: rm_pipeline_release(any(game)); break;
    case 2: rm_session_release(any(game)); break;
    case 3: rm_packet_release(any(game)); break;
    case 4: rm_error_release(any(game)); break;
    case 5: made = rm_error_retain(any(game)); break;
    case 6: made = rm_session_retain(any(game)); break;
    case 7: made = rm_packet_retain(any(game)); break;
    case 8: made = rm_runtime_retain(any(game)); break;
    case 9: rm_node_emit(any(game), text(game), any(game), timeout(game), error); break;
    case 10: rm_node_finish(any(game), number(game), error); break;
    case 11: ask_about(any(game)); break;
    case 12: rm_package_release(any(game)); break;
    case 13: made = rm_package_retain(any(game)); break;
    case 14: made = rm_pipeline_retain(any(game)); break;
    case 15: made = rm_node_retain(any(game)); break;
    case 16: rm_node_release(any(game)); break;
    }
    keep(game, made);
}

/* Releases every reference that is left, and waits until everything that was passed along is let go of. */
static void end(game_t *game) {
    rm_log_set(NULL, NULL);
    while (game->count > 0) {
        void *left = game->received[--game->count];
        rm_error_release(left);
        rm_packet_release(left);
        rm_node_release(left);
        rm_session_release(left);
        rm_pipeline_release(left);
        rm_package_release(left);
        rm_runtime_release(left);
    }
    for (int naps = 0; atomic_load(&game->destroyed) < atomic_load(&game->passed); naps++) {
        CHECK(naps < 30000);
        nap();
    }
    CHECK(atomic_load(&game->destroyed) == atomic_load(&game->passed));
}

/* Something in Python to play with, where there is Python. */
static void begin_with_python(game_t *game, const rm_runtime_t *runtime) {
    static const char *const MANIFESTS[] = {
        ONE_CLASS("moody:Moody", "{}"), ONE_CLASS("moody:MoodyCoroutine", "{}"),
        ONE_CLASS("moody:MoodyGenerator", "{}"), ONE_CLASS("voices:UpTo", "{}"),
    };
    if (modules == NULL || roll(game, 4) == 0) {
        return;
    }
    rm_python_config_t config = {sizeof config, 0, rm_str(venv), RM_STR_NONE, rm_str(modules)};
    rm_pipeline_t *pipeline = NULL;
    rm_session_t *session = NULL;
    rm_runtime_set_python(runtime, &config, NULL);
    rm_pipeline_open(runtime, rm_str(MANIFESTS[roll(game, 4)]), &pipeline, NULL);
    rm_session_open(pipeline, NULL, &session, NULL);
    for (uint32_t items = roll(game, 5); items > 0; items--) {
        rm_packet_t *packet = NULL;
        rm_packet_new_int(roll(game, 7), &packet, NULL);
        rm_session_push(session, RM_STR_NONE, packet, timeout(game), NULL);
        keep(game, packet);
    }
    keep(game, pipeline);
    keep(game, session);
}

static void play(uint64_t seed, handles_t *handles) {
    static void (*const MOVES[])(game_t *, rm_error_t **) = {
        make_things, make_things, wrap_memory, add_callbacks, use_sessions, use_sessions, use_packets, count_references,
    };
    game_t *game = calloc(1, sizeof *game);
    game->state = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    game->handles = handles;
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    keep(game, runtime);
    begin_with_python(game, runtime);
    for (int call = 0; call < CALLS; call++) {
        rm_error_t *error = NULL;
        MOVES[roll(game, sizeof MOVES / sizeof *MOVES)](game, roll(game, 4) ? &error : NULL);
        keep(game, error);
    }
    end(game);
    free(game);
}

/* What one thread plays. */
typedef struct {
    uint64_t first, sequences;
    /* The handles that it shares with the others, or null. */
    handles_t *shared;
} part_t;

static void *play_all(void *argument) {
    const part_t *part = argument;
    for (uint64_t seed = part->first; seed < part->first + part->sequences; seed++) {
        handles_t own = {NULL};
        play(seed, part->shared != NULL ? part->shared : &own);
    }
    return NULL;
}

int main(int argc, char **argv) {
    static handles_t shared;
    bool is_shared = argc > 1 && strcmp(argv[1], "shared") == 0;
    char **arguments = argv + is_shared;
    int count = argc - is_shared;
    uint64_t first = count > 1 ? strtoull(arguments[1], NULL, 10) : 1;
    uint64_t sequences = count > 2 ? strtoull(arguments[2], NULL, 10) : 100;
    if (count > 4) {
        package = arguments[3];
        home = arguments[4];
    }
    if (count > 6) {
        modules = arguments[5];
        venv = arguments[6];
    }
    int threads = is_shared ? THREADS : 2;
    part_t parts[THREADS];
    pthread_t players[THREADS];
    for (int thread = 0; thread < threads; thread++) {
        parts[thread] = (part_t){first + (uint64_t)thread * sequences, sequences, is_shared ? &shared : NULL};
        CHECK(pthread_create(&players[thread], NULL, play_all, &parts[thread]) == 0);
    }
    for (int thread = 0; thread < threads; thread++) {
        CHECK(pthread_join(players[thread], NULL) == 0);
    }
    return 0;
}
