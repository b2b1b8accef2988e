// One value through a native pipeline.
#include <iostream>

#include <remotemedia.hpp>

using remotemedia::Packet;

constexpr auto manifest = R"({
    "version": "v1", "metadata": {"name": "hello"}, "connections": [],
    "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}]
})";

int main() {
    const remotemedia::Runtime runtime;
    const auto session = runtime.open_pipeline(manifest).open_session();
    session.push(Packet::of(21));
    const auto answer = session.poll();
    std::cout << "21 went in, " << answer->as_int() << " came out\n";
}
