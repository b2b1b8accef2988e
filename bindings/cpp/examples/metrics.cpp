// What a pipeline looks like, and what its nodes counted.
#include <iostream>

#include <nlohmann/json.hpp>
#include <remotemedia.hpp>

using remotemedia::Packet;

constexpr auto manifest = R"({
    "version": "v1", "metadata": {"name": "metrics"},
    "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
              {"id": "add", "node_type": "Add", "params": {"addend": 1}}],
    "connections": [{"from": "double", "to": "add"}]
})";

int main() {
    const remotemedia::Runtime runtime;
    const auto pipeline = runtime.open_pipeline(manifest);
    std::cout << pipeline.inspect() << '\n';

    const auto session = pipeline.open_session();
    for (int number = 1; number <= 3; number++) {
        session.push(Packet::of(number));
    }
    session.drain();

    const auto metrics = nlohmann::json::parse(session.metrics());
    for (const auto &node : metrics.at("nodes")) {
        std::cout << node.at("id").get<std::string>() << ": " << node.at("items_in") << " in, " << node.at("items_out")
                  << " out\n";
    }
}
