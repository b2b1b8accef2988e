// Nodes in Python. The argument: folders with modules.
#include "check.hpp"

using namespace remotemedia;

int main(int argc, char **argv) {
    CHECK(argc == 2);
    const Runtime runtime;
    PythonConfig config;
    config.path = argv[1];
    runtime.set_python(config);
    runtime.set_python_node("Times", "voices:Times");
    const Session session = runtime.open_pipeline(one_node("Times", R"({"factor": 6})")).open_session();
    session.push(Packet::of(7));
    CHECK(session.poll_for(soon)->as_int() == 42);
    const Error error = thrown([&] { runtime.set_python_node("Nobody", "voices:Nobody"); return 0; });
    CHECK(error.status() == Status::node && has(error.cause(), "Traceback"));
    return 0;
}
