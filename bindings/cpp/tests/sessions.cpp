// Sessions: what waits and for how long, the end, interrupts, listeners, iteration, metrics and the log.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace remotemedia;
using namespace std::chrono_literals;

namespace {

void nothing_yet_and_the_end_are_no_errors() {
    const Session session = session_of(one_node("PassThrough"));
    CHECK(session.poll_for(no_wait).status() == Status::would_block);
    CHECK(session.poll_for(1ms).status() == Status::timeout);
    CHECK(session.poll_for(-1h).status() == Status::would_block);
    session.close();
    CHECK(session.poll().status() == Status::end && !session.poll());
    CHECK(thrown([&] { session.push(Packet::of(1)); return 0; }).status() == Status::closed);
}

void a_full_input_is_no_error_and_the_packet_stays() {
    const Runtime runtime;
    const Pipeline pipeline = runtime.open_pipeline(one_node("PassThrough"));
    const Session session = pipeline.open_session({2, 2, false});
    int sent = 0;
    while (session.push_for(Packet::of(sent), no_wait) == Status::ok) {
        sent++;
        CHECK(sent < 100);
    }
    CHECK(session.push_for(Packet::of(sent), 1ms) == Status::timeout);
    const Packet last = Packet::of(sent);
    std::thread sender([&] {
        session.push(last);
        session.close();
    });
    int expected = 0;
    for (const Packet &packet : session.packets()) {
        CHECK(packet.as_int() == expected++);
    }
    sender.join();
    CHECK(expected == sent + 1 && last.as_int() == sent);
}

void durations_become_time_limits() {
    static_assert(Timeout(2s).nanoseconds() == 2'000'000'000);
    static_assert(Timeout(std::chrono::hours::max()).nanoseconds() == std::numeric_limits<std::int64_t>::max());
    static_assert(Timeout(std::chrono::duration<double>(0.5)).nanoseconds() == 500'000'000);
    static_assert(forever.nanoseconds() < 0 && no_wait.nanoseconds() == 0);
}

void an_interrupt_spares_what_is_uninterruptible() {
    const Session session = session_of(one_node("PassThrough"));
    for (int number = 0; number < 10; number++) {
        Packet packet = Packet::of(number);
        packet.set_uninterruptible(number == 5);
        session.push(packet);
    }
    session.interrupt();
    session.close();
    std::vector<std::int64_t> seen;
    for (Packet &packet : session.packets("out")) {
        const Packet mine = std::move(packet);
        seen.push_back(mine.as_int());
    }
    CHECK(seen == std::vector<std::int64_t>{5});
}

void a_range_throws_what_ends_the_session() {
    const Session session = session_of(one_node("Multiply", R"({"factor": 2})"));
    session.push(Packet::of(21));
    session.push(Packet::of("two"));
    int seen = 0;
    const Error error = thrown([&] {
        for (const Packet &packet : session.packets()) {
            CHECK(packet.as_int() == 42);
            seen++;
        }
        return 0;
    });
    CHECK(seen == 1 && error.item() == 2);
}

/// What a listener hears, waited for.
struct Heard {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::int64_t> numbers;
    bool over = false;
    std::optional<Error> error;

    void end(const std::optional<Error> &why) {
        const std::lock_guard<std::mutex> lock(mutex);
        over = true;
        error = why;
        changed.notify_one();
    }

    void wait() {
        std::unique_lock<std::mutex> lock(mutex);
        CHECK(changed.wait_for(lock, soon, [&] { return over; }));
    }
};

void a_listener_hears_every_packet_and_the_end() {
    const auto heard = std::make_shared<Heard>();
    const Session session = session_of(one_node("PassThrough"));
    session.listen([heard](const Packet &packet) { heard->numbers.push_back(packet.as_int()); },
                   [heard](const std::optional<Error> &error) { heard->end(error); });
    CHECK(thrown([&] { session.listen([](const Packet &) {}); return 0; }).status() == Status::invalid_argument);
    for (int number = 0; number < 20; number++) {
        session.push(Packet::of(number));
    }
    session.close();
    heard->wait();
    CHECK(!heard->error && heard->numbers.size() == 20 && heard->numbers[19] == 19);
}

void what_a_listener_throws_ends_the_session() {
    const auto heard = std::make_shared<Heard>();
    const Session session = session_of(one_node("PassThrough"));
    session.listen([](const Packet &) { throw std::runtime_error("the screen is gone"); },
                   [heard](const std::optional<Error> &error) {
                       heard->end(error);
                       throw std::runtime_error("and so is the log");
                   });
    session.push(Packet::of(1));
    heard->wait();
    CHECK(heard->error && has(heard->error->message(), "the screen is gone"));
}

void a_listener_hears_of_a_failure() {
    const auto heard = std::make_shared<Heard>();
    const Session session = session_of(one_node("Multiply", R"({"factor": 2})"));
    session.listen({}, [heard](const std::optional<Error> &error) { heard->end(error); });
    session.push(Packet::of("two"));
    heard->wait();
    CHECK(heard->error && heard->error->status() == Status::node && heard->error->node() == "node");
}

void a_waker_tells_when_another_try_is_worth_it() {
    const auto woken = std::make_shared<Woken>();
    const Session session = session_of(one_node("PassThrough"));
    session.set_waker([woken] {
        woken->wake();
        throw std::runtime_error("nobody hears this");
    });
    for (int number = 0; number < 10; number++) {
        Received received = session.poll_for(no_wait);
        CHECK(received.status() == Status::would_block);
        std::thread pusher([&] { session.push(Packet::of(number)); });
        while (!received) {
            woken->wait();
            received = session.poll_for(no_wait);
        }
        pusher.join();
        CHECK(received->as_int() == number);
    }
    while (session.drain_for(no_wait) != Status::ok) {
        woken->wait();
    }
}

void a_session_has_one_waker_and_lets_go_of_others() {
    const auto kept = std::make_shared<int>();
    const Session session = session_of(one_node("PassThrough"));
    CHECK(has(thrown([&] { session.set_waker({}); return 0; }).message(), "wake is null"));
    session.set_waker([] {});
    CHECK(thrown([&] { session.set_waker([kept] {}); return 0; }).status() == Status::invalid_argument);
    CHECK(kept.use_count() == 1);
}

void waiting_inside_a_node_is_refused() {
    const Runtime runtime;
    const Session other = runtime.open_pipeline(one_node("PassThrough")).open_session();
    runtime.add_function("Waits", [&](const Packet &, Outputs &) { (void)other.poll(); });
    const Session session = runtime.open_pipeline(one_node("Waits")).open_session();
    session.push(Packet::of(1));
    CHECK(has(thrown([&] { return session.poll(); }).message(), "would wait inside a callback"));
}

void pipelines_can_be_named_inspected_and_measured() {
    const Runtime runtime(RuntimeConfig{1});
    runtime.set_pipeline("double", one_node("Multiply", R"({"factor": 2})"));
    const Pipeline pipeline = runtime.open_named_pipeline("double");
    CHECK(has(pipeline.inspect(), "Multiply") && has(pipeline.inspect("mermaid"), "node"));
    CHECK(thrown([&] { return pipeline.inspect("poem"); }).status() == Status::invalid_argument);
    CHECK(thrown([&] { return runtime.open_named_pipeline("triple"); }).status() < Status::ok);
    CHECK(thrown([&] { return runtime.open_pipeline("{"); }).status() == Status::manifest);
    CHECK(thrown([&] { return runtime.open_pipeline(one_node("Multipy")); }).status() == Status::graph);
    const Session session = pipeline.share().open_session();
    session.drain();
    CHECK(has(session.metrics(), "\"items_in\":0"));
}

void node_types_are_told_with_those_of_the_host() {
    const Runtime runtime;
    CHECK(has(runtime.nodes(), "\"Multiply\"") && !has(runtime.nodes(), "\"Own\""));
    runtime.add_function("Own", [](const Packet &, Outputs &) {});
    CHECK(has(runtime.nodes(), "\"Own\""));
}

void the_log_is_heard_until_it_is_not() {
    const auto lines = std::make_shared<std::vector<std::string>>();
    set_log(LogLevel::warn, [lines](const LogRecord &record) {
        lines->push_back(std::string(record.target) + ": " + std::string(record.message));
        throw std::runtime_error("nobody hears this");
    });
    // Releasing what is no packet is told in the log.
    rm_packet_release(reinterpret_cast<rm_packet_t *>(std::uintptr_t{64}));
    CHECK(lines->size() == 1 && has(lines->front(), "packet"));
    set_log(LogLevel::warn, {});
    CHECK(lines.use_count() == 1);
    rm_packet_release(reinterpret_cast<rm_packet_t *>(std::uintptr_t{64}));
    CHECK(lines->size() == 1);
}

void the_library_tells_its_version_and_features() {
    CHECK(!library_version().empty() && feature_enabled("math") && !feature_enabled("teleport"));
}

void objects_are_shared_with_the_c_library() {
    const Runtime runtime;
    const Runtime same = Runtime::adopt(rm_runtime_retain(runtime.handle()));
    CHECK(same.handle() == runtime.handle());
    Packet packet = Packet::of(7);
    const Packet mine = Packet::adopt(packet.release());
    CHECK(packet.handle() == nullptr && packet.kind() == Kind::other && mine.as_int() == 7);
}

} // namespace

int main() {
    nothing_yet_and_the_end_are_no_errors();
    a_full_input_is_no_error_and_the_packet_stays();
    durations_become_time_limits();
    an_interrupt_spares_what_is_uninterruptible();
    a_range_throws_what_ends_the_session();
    a_listener_hears_every_packet_and_the_end();
    what_a_listener_throws_ends_the_session();
    a_listener_hears_of_a_failure();
    a_waker_tells_when_another_try_is_worth_it();
    a_session_has_one_waker_and_lets_go_of_others();
    waiting_inside_a_node_is_refused();
    pipelines_can_be_named_inspected_and_measured();
    node_types_are_told_with_those_of_the_host();
    the_log_is_heard_until_it_is_not();
    the_library_tells_its_version_and_features();
    objects_are_shared_with_the_c_library();
}
