// The same functions return results where exceptions are switched off.
#include <condition_variable>
#include <memory>
#include <mutex>

#include "check.hpp"

#ifndef REMOTEMEDIA_NO_EXCEPTIONS
#error "compile this program with -fno-exceptions"
#endif

using namespace remotemedia;

namespace {

Session session_of(const Runtime &runtime, std::string_view manifest) {
    Result<Pipeline> pipeline = runtime.open_pipeline(manifest);
    CHECK(pipeline);
    Result<Session> session = pipeline->open_session();
    CHECK(session);
    return *std::move(session);
}

Runtime a_runtime() {
    Result<Runtime> runtime = Runtime::make();
    CHECK(runtime);
    return *std::move(runtime);
}

void values_and_errors_are_returned() {
    const Runtime runtime = a_runtime();
    const Session session = session_of(runtime, one_node("Multiply", R"({"factor": 2})"));
    CHECK(session.push(*Packet::of(21)));
    const Result<Received> answer = session.poll();
    CHECK(answer && *answer && *(*answer)->as_int() == 42);
    const Result<std::string_view> text = (*answer)->as_text();
    CHECK(!text && text.error().status() == Status::wrong_kind);
    const Result<Pipeline> broken = runtime.open_pipeline("{");
    CHECK(!broken.has_value() && broken.error().status() == Status::manifest);
    CHECK(session.push(*Packet::of("two")));
    const Result<Received> failed = session.poll();
    CHECK(!failed && failed.error().node() == "node" && failed.error().item() == 2);
}

void a_range_ends_with_the_error() {
    const Runtime runtime = a_runtime();
    const Session session = session_of(runtime, one_node("Multiply", R"({"factor": 2})"));
    CHECK(session.push(*Packet::of(21)) && session.push(*Packet::of("two")));
    int packets = 0, errors = 0;
    for (const Result<Packet> &packet : session.packets()) {
        packets += packet.has_value();
        errors += !packet.has_value();
    }
    CHECK(packets == 1 && errors == 1);
}

class Positive : public Node {
  public:
    Result<void> process(const Packet &packet, Outputs &outputs) override {
        const Result<std::int64_t> number = packet.as_int();
        if (!number) {
            return number.error();
        }
        if (*number <= 0) {
            return Error(Status::node, "found " + std::to_string(*number) + ", expected more than 0");
        }
        return outputs.emit(packet);
    }
};

void a_node_returns_why_it_fails() {
    const Runtime runtime = a_runtime();
    CHECK(runtime.add_node<Positive>("Positive"));
    CHECK(runtime.add_node("Refuses", [](std::string_view) -> Result<std::unique_ptr<Node>> {
        return Error(Status::node, "not today");
    }));
    const Session session = session_of(runtime, one_node("Positive"));
    CHECK(session.push(*Packet::of(1)) && session.push(*Packet::of(-1)));
    const Result<Received> first = session.poll(), second = session.poll();
    CHECK(first && *(*first)->as_int() == 1);
    CHECK(!second && has(second.error().message(), "found -1, expected more than 0"));
    const Result<Session> refused = runtime.open_pipeline(one_node("Refuses"))->open_session();
    CHECK(!refused && has(refused.error().message(), "not today"));
}

void a_listener_returns_why_it_fails() {
    const Runtime runtime = a_runtime();
    const Session session = session_of(runtime, one_node("PassThrough"));
    std::mutex mutex;
    std::condition_variable changed;
    std::string why;
    CHECK(session.listen([](const Packet &) { return Error(Status::node, "the screen is gone"); },
                         [&](const std::optional<Error> &error) {
                             const std::lock_guard<std::mutex> lock(mutex);
                             why = error ? error->what() : "the end";
                             changed.notify_one();
                         }));
    CHECK(session.push(*Packet::of(1)));
    std::unique_lock<std::mutex> lock(mutex);
    CHECK(changed.wait_for(lock, soon, [&] { return !why.empty(); }));
    CHECK(why == "the screen is gone");
}

void a_waker_is_set_or_refused() {
    const Runtime runtime = a_runtime();
    const Session session = session_of(runtime, one_node("PassThrough"));
    Woken woken;
    CHECK(session.set_waker([&] { woken.wake(); }));
    CHECK(session.set_waker([] {}).error().status() == Status::invalid_argument);
    CHECK(session.poll_for(no_wait)->status() == Status::would_block);
    CHECK(session.cancel());
    woken.wait();
}

} // namespace

int main() {
    values_and_errors_are_returned();
    a_range_ends_with_the_error();
    a_node_returns_why_it_fails();
    a_listener_returns_why_it_fails();
    a_waker_is_set_or_refused();
}
