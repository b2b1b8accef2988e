/* The threads of asynchronous nodes in Python belong to their runtime, and are joined by its last release. The
 * arguments: folders with modules, a virtual environment. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>

#include "flag.h"
#include "tasks.h"

static rm_python_config_t config = RM_PYTHON_CONFIG_INIT;

static rm_runtime_t *runtime_with_python(void) {
    rm_runtime_t *runtime = NULL;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    CHECK_OK(rm_runtime_set_python(runtime, &config, why));
    return runtime;
}

static void the_last_release_joins_event_loops(void) {
    atomic_int drained = 0, released = 0;
    rm_runtime_t *runtime = runtime_with_python();
    finish(session_with_flag(runtime, "Lingers", &drained));
    rm_session_t *last = session_with_flag(runtime, "Lingers", &released);
    rm_runtime_release(runtime);
    CHECK(atomic_load(&released) == 0);
    rm_session_release(last);
    CHECK(atomic_load(&drained) == 1 && atomic_load(&released) == 1);
    CHECK(tasks() == 1);
}

static void generators_leave_no_thread(void) {
    rm_runtime_t *runtime = runtime_with_python();
    for (int life = 0; life < 3; life++) {
        rm_session_t *session = session_of(runtime, ONE_CLASS("lingering:Drips", "{}"));
        push_int(session, 3);
        for (int64_t number = 0; number < 3; number++) {
            CHECK(next_int(session) == number);
        }
        push_int(session, 1000);
        CHECK(next_int(session) == 0);
        rm_session_release(session);
    }
    rm_runtime_release(runtime);
    CHECK(tasks() == 1);
}

/* These are Python's own threads, which it does not join as the system does. */
static void work_of_an_event_loop_s_executor_is_waited_for(void) {
    atomic_int done = 0;
    rm_runtime_t *runtime = runtime_with_python();
    rm_session_release(session_with_flag(runtime, "Executes", &done));
    rm_runtime_release(runtime);
    CHECK(atomic_load(&done) == 1);
    for (int naps = 0; tasks() != 1; naps++) {
        CHECK(naps < 1000);
        nap();
    }
}

int main(int argc, char **argv) {
    CHECK(argc == 3 && tasks() == 1);
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    config.path = rm_str(argv[1]);
    config.venv = rm_str(argv[2]);
    for (int life = 0; life < 3; life++) {
        the_last_release_joins_event_loops();
        generators_leave_no_thread();
        work_of_an_event_loop_s_executor_is_waited_for();
    }
    return 0;
}
