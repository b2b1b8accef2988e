// An interrupt discards what is under way; what is uninterruptible survives, and the session goes on.
#include <iostream>

#include <remotemedia.hpp>

using remotemedia::Packet;

constexpr auto manifest = R"({
    "version": "v1", "metadata": {"name": "interrupt"}, "connections": [],
    "nodes": [{"id": "pass", "node_type": "PassThrough"}]
})";

int main() {
    const remotemedia::Runtime runtime;
    const auto session = runtime.open_pipeline(manifest).open_session();

    for (int number = 1; number <= 10; number++) {
        Packet packet = Packet::of(number);
        packet.set_uninterruptible(number == 7);
        session.push(packet);
    }
    std::cout << "1 to 10 are under way, 7 is uninterruptible\n";
    session.interrupt();
    std::cout << "interrupt\n";
    session.push(Packet::of(11));
    session.close();

    for (const Packet &packet : session.packets()) {
        std::cout << packet.as_int() << " came out\n";
    }
}
