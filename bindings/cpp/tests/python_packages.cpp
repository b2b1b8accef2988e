// Packages with nodes in Python. The arguments: a folder with packages and the home of the user who trusts some of
// them, folders with modules, a virtual environment.
#include <string>

#include "check.hpp"

using namespace remotemedia;

int main(int argc, char **argv) {
    CHECK(argc == 4);
    const std::string folder = argv[1], home = folder + "/home";
    PackageConfig user;
    user.home = home;
    const auto open = [&](const std::string &name) { return Package::open(folder + "/" + name, user); };
    const Runtime runtime;
    const Error early = thrown([&] { return runtime.open_pipeline(open("voice.rmpkg")); });
    CHECK(early.status() == Status::unsupported && has(early.what(), "call rm_runtime_set_python first"));
    PythonConfig config;
    config.path = argv[2];
    config.venv = argv[3];
    runtime.set_python(config);
    const Session session = runtime.open_pipeline(open("voice.rmpkg")).open_session();
    session.push(Packet::of(3));
    CHECK(session.poll_for(soon)->as_int() == 4201);
    const Error foreign = thrown([&] { return runtime.open_pipeline(open("foreign.rmpkg")); });
    CHECK(foreign.status() == Status::package_foreign && has(foreign.what(), "runs Python code of the package"));
    user.trust_native = true;
    runtime.open_pipeline(open("foreign.rmpkg"));
    return 0;
}
