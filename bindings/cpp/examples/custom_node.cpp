// Nodes of the program: one that answers at once, and one that finishes later on a thread of its own.
#include <algorithm>
#include <cctype>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include <remotemedia.hpp>

using remotemedia::AsyncNode;
using remotemedia::Call;
using remotemedia::Node;
using remotemedia::Outputs;
using remotemedia::Packet;
using remotemedia::Status;

constexpr auto manifest = R"({
    "version": "v1", "metadata": {"name": "custom_node"},
    "nodes": [{"id": "upper", "node_type": "Upper"}, {"id": "repeat", "node_type": "Repeat"}],
    "connections": [{"from": "upper", "to": "repeat"}]
})";

/// Makes text upper case.
class Upper : public Node {
  public:
    void process(const Packet &packet, Outputs &outputs) override {
        std::string text(packet.as_text());
        std::transform(text.begin(), text.end(), text.begin(),
                       [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
        outputs.emit(Packet::of(text));
    }
};

/// Emits everything twice, and says so when it is done.
class Repeat : public AsyncNode {
  public:
    void process(const Packet &packet, Call call) override {
        join();
        worker_ = std::thread([packet = packet.share(), call = std::move(call)]() mutable {
            // An interrupt closes the call, whose outputs nobody wants any more.
            if (call.emit(packet) == Status::ok && call.emit(packet) == Status::ok) {
                call.finish();
            }
        });
    }

    void cleanup() override { join(); }

  private:
    void join() {
        if (worker_.joinable()) {
            worker_.join();
        }
    }

    std::thread worker_;
};

int main() {
    const remotemedia::Runtime runtime;
    runtime.add_node<Upper>("Upper");
    runtime.add_node<Repeat>("Repeat");
    const auto session = runtime.open_pipeline(manifest).open_session();

    for (const char *word : {"hello", "world"}) {
        session.push(Packet::of(word));
    }
    session.close();
    for (const Packet &packet : session.packets()) {
        std::cout << packet.as_text() << '\n';
    }
}
