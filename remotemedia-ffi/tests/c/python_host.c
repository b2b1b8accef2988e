/* A host that has an interpreter of its own, and calls the library while it has it. The argument: folders with modules. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "flag.h"

static rm_runtime_t *runtime_with_python(const char *path) {
    rm_runtime_t *runtime = NULL;
    rm_error_t *error = NULL;
    rm_python_config_t config = RM_PYTHON_CONFIG_INIT;
    CHECK_OK(rm_runtime_new(NULL, &runtime, why));
    config.venv = RM_STR("/nowhere");
    CHECK(rm_runtime_set_python(runtime, &config, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "the host's own interpreter runs"));
    rm_error_release(error);
    config.venv = RM_STR_NONE;
    config.path = rm_str(path);
    CHECK(PyDict_SetItemString(PyImport_GetModuleDict(), "remotemedia._native", Py_None) == 0);
    CHECK(rm_runtime_set_python(runtime, &config, &error) == RM_STATUS_INVALID_ARGUMENT);
    CHECK(has_text(rm_error_message(error), "remotemedia._native is imported already, with a runtime of its own"));
    rm_error_release(error);
    CHECK(PyDict_DelItemString(PyImport_GetModuleDict(), "remotemedia._native") == 0);
    CHECK_OK(rm_runtime_set_python(runtime, &config, why));
    return runtime;
}

/* A number that the host's own code computes in its interpreter. */
static long computed(const char *expression) {
    PyObject *names = PyDict_New();
    CHECK(names != NULL && PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0);
    PyObject *result = PyRun_String(expression, Py_eval_input, names, names);
    if (result == NULL) {
        PyErr_Print();
    }
    CHECK(result != NULL);
    long number = PyLong_AsLong(result);
    Py_DECREF(result);
    Py_DECREF(names);
    return number;
}

static void a_thread_that_has_the_interpreter_lets_go_while_it_waits(const rm_runtime_t *runtime) {
    rm_session_t *session = session_of(
        runtime, MANIFEST(CLASS("a", "voices:Times", "{}") "," CLASS("b", "voices:Loop", "{}"), LINK("a", "b")));
    for (int number = 0; number < 20; number++) {
        push_int(session, number);
        rm_packet_release(next(session));
        CHECK(PyGILState_Check());
    }
    finish(session);
    CHECK(PyGILState_Check());
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    Py_InitializeEx(0);
    rm_runtime_t *runtime = runtime_with_python(argv[1]);
    a_thread_that_has_the_interpreter_lets_go_while_it_waits(runtime);
    rm_session_t *session = session_of(runtime, ONE_CLASS("voices:Counts", "{}"));
    PyThreadState *state = PyEval_SaveThread();
    CHECK(int_of(session, 0) == 1);
    PyEval_RestoreThread(state);
    CHECK(computed("__import__('remotemedia').Packet(42).value") == 42);
    rm_session_release(session);
    atomic_int done = 0;
    rm_session_release(session_with_flag(runtime, "Lingers", &done));
    rm_runtime_release(runtime);
    CHECK(PyGILState_Check() && atomic_load(&done) == 1);
    CHECK(Py_IsInitialized() && computed("6 * 7") == 42);
    CHECK(Py_FinalizeEx() == 0);
    return 0;
}
