// Measures one case of calling the library from C++, and prints what it found as a JSON line.
//
// usage: host_call CASE
//     host_call: a packet that is pushed and polled through a native node.
//     wrap_1k, wrap_1m: a packet that is made around 1 KiB or 1 MiB of a shared vector, and let go of.
//
// c++ -std=c++17 -O2 benches/cpp/host_call.cpp -o host_call $(pkg-config --cflags --libs remotemedia)
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

#include <remotemedia.hpp>

using remotemedia::Packet;

constexpr int trips = 20000, rounds = 11;

constexpr auto manifest = R"({"version": "v1", "metadata": {"name": "bench"}, "connections": [],
    "nodes": [{"id": "node", "node_type": "PassThrough"}]})";

/// The median time of one of the `trips` operations that `work` does.
template <class Work> double median_ns(Work &&work) {
    using Clock = std::chrono::steady_clock;
    std::array<double, rounds> times{};
    work();
    for (double &time : times) {
        const auto begin = Clock::now();
        work();
        time = std::chrono::duration<double, std::nano>(Clock::now() - begin).count() / trips;
    }
    std::sort(times.begin(), times.end());
    return times[rounds / 2];
}

static double host_call() {
    const auto session = remotemedia::Runtime().open_pipeline(manifest).open_session();
    const Packet packet = Packet::of(1);
    return median_ns([&] {
        for (int trip = 0; trip < trips; trip++) {
            session.push(packet);
            if (!session.poll()) {
                std::terminate();
            }
        }
    });
}

static double wrap(std::size_t size) {
    const auto memory = std::make_shared<const std::vector<std::uint8_t>>(size);
    return median_ns([&] {
        for (int trip = 0; trip < trips; trip++) {
            const Packet packet = Packet::wrap(memory);
        }
    });
}

int main(int count, char **arguments) {
    const std::string_view name = count == 2 ? arguments[1] : "";
    double value = 0;
    if (name == "host_call") {
        value = host_call();
    } else if (name == "wrap_1k") {
        value = wrap(1 << 10);
    } else if (name == "wrap_1m") {
        value = wrap(1 << 20);
    } else {
        std::fprintf(stderr, "usage: host_call CASE, one of host_call, wrap_1k, wrap_1m\n");
        return 2;
    }
    std::printf(R"({"case": "%s", "who": "cpp", "value": %.3f, "unit": "ns", "n": %d})"
                "\n",
                arguments[1], value, trips * rounds);
}
