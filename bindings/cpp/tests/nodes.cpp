// Nodes of the program: their life, what they emit, how they fail, and how they finish later.
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace remotemedia;

namespace {

struct Life {
    std::atomic<int> made{0}, initialized{0}, flushed{0}, interrupted{0}, cleaned_up{0}, gone{0};
};

Life life;

class Adder : public Node {
  public:
    explicit Adder(std::string_view params) {
        if (has(params, "refuse")) {
            throw std::invalid_argument("refuse is true, expected false");
        }
        life.made++;
    }
    ~Adder() override { life.gone++; }

    void initialize() override { life.initialized++; }

    void process(const Packet &packet, Outputs &outputs) override {
        sum_ += packet.as_int();
        outputs.emit(Packet::of(sum_));
    }

    void flush(Outputs &outputs) override {
        life.flushed++;
        outputs.emit(Packet::of("over"), "out");
    }

    void interrupt() noexcept override { life.interrupted++; }

    void cleanup() override { life.cleaned_up++; }

  private:
    std::int64_t sum_ = 0;
};

void a_node_lives_once(Lane lane) {
    const int before = life.gone;
    {
        const Runtime runtime;
        runtime.add_node<Adder>("Adder", lane);
        const Session session = runtime.open_pipeline(one_node("Adder")).open_session();
        std::int64_t sum = 0;
        for (std::int64_t number = 1; number <= 50; number++) {
            session.push(Packet::of(number));
            sum += number;
            CHECK((*session.poll()).as_int() == sum);
        }
        session.interrupt();
        session.push(Packet::of(1));
        CHECK((*session.poll()).as_int() == sum + 1);
        session.close();
        const Received last = session.poll();
        CHECK(last && last->as_text() == "over");
        CHECK(session.poll().status() == Status::end);
    }
    CHECK(life.gone == before + 1 && life.made == life.gone && life.initialized == life.gone);
    CHECK(life.flushed == life.gone && life.interrupted == life.gone && life.cleaned_up == life.gone);
}

void what_a_node_throws_is_the_sessions_error() {
    const Runtime runtime;
    runtime.add_node<Adder>("Adder");
    const Session session = runtime.open_pipeline(one_node("Adder")).open_session();
    session.push(Packet::of("two"));
    const Error error = thrown([&] { return session.poll(); });
    CHECK(error.status() == Status::node && error.node() == "node" && error.port() == "in" && error.item() == 1);
    CHECK(has(error.message(), "text"));

    runtime.add_function("Runs", [](const Packet &, Outputs &) { throw std::runtime_error("model file missing"); });
    const Session runs = runtime.open_pipeline(one_node("Runs")).open_session();
    runs.push(Packet::of(1));
    CHECK(has(thrown([&] { return runs.poll(); }).message(), "test/node: item 1: model file missing"));

    runtime.add_function("Odd", [](const Packet &, Outputs &) { throw 7; });
    const Session odd = runtime.open_pipeline(one_node("Odd")).open_session();
    odd.push(Packet::of(1));
    CHECK(has(thrown([&] { return odd.poll(); }).message(), "no std::exception"));

    runtime.add_function("Ends", [](const Packet &, Outputs &) { throw Error(Status::end, "not an error"); });
    const Session ends = runtime.open_pipeline(one_node("Ends")).open_session();
    ends.push(Packet::of(1));
    CHECK(has(thrown([&] { return ends.poll(); }).message(), "not an error"));
}

void a_constructor_may_refuse_parameters() {
    const Runtime runtime;
    runtime.add_node<Adder>("Adder");
    const Pipeline pipeline = runtime.open_pipeline(one_node("Adder", R"({"refuse": true})"));
    const Error error = thrown([&] { return pipeline.open_session(); });
    CHECK(error.status() == Status::node && has(error.message(), "refuse is true, expected false"));
}

void a_type_that_is_refused_lets_go_of_its_factory() {
    const auto owned = std::make_shared<int>(1);
    const Runtime runtime;
    const Runtime::NodeFactory factory = [owned](std::string_view) { return std::unique_ptr<Node>(); };
    CHECK(thrown([&] { runtime.add_node("Multiply", factory); return 0; }).status() == Status::invalid_argument);
    CHECK(owned.use_count() == 2);
    runtime.add_node("None", factory);
    CHECK(owned.use_count() == 3);
    const Pipeline pipeline = runtime.open_pipeline(one_node("None"));
    CHECK(has(thrown([&] { return pipeline.open_session(); }).message(), "gave no node"));
}

void a_function_is_a_node_with_ports() {
    const Runtime runtime;
    runtime.add_function("Sort", [](const Packet &packet, Outputs &outputs) {
        outputs.emit(Packet::of(outputs.input()), "out");
        outputs.emit(packet, packet.as_int() % 2 == 0 ? "even" : "odd");
    });
    const Session session = runtime
                                .open_pipeline(R"({"version": "v1", "metadata": {"name": "sort"},
        "nodes": [{"id": "sort", "node_type": "Sort"}, {"id": "left", "node_type": "PassThrough"},
                  {"id": "right", "node_type": "PassThrough"}, {"id": "names", "node_type": "PassThrough"}],
        "connections": [{"from": "sort.even", "to": "left"}, {"from": "sort.odd", "to": "right"},
                        {"from": "sort", "to": "names"}]})")
                                .open_session();
    session.push(Packet::of(3));
    session.push(Packet::of(4));
    CHECK((*session.poll("left.out")).as_int() == 4 && (*session.poll("right.out")).as_int() == 3);
    const Received port = session.poll("names.out");
    CHECK(port->as_text() == "in");
    const Error error = thrown([&] { return session.poll_for(no_wait, "middle"); });
    CHECK(error.status() == Status::invalid_argument && has(error.message(), "middle"));
}

/// Threads that are joined at the end.
std::vector<std::thread> threads;

class Copies : public AsyncNode {
  public:
    void process(const Packet &packet, Call call) override {
        threads.emplace_back([packet = packet.share(), call = std::move(call)]() mutable {
            for (int copy = 0; copy < 40; copy++) {
                CHECK(call.emit(packet) == Status::ok);
            }
            CHECK(call.finish());
        });
    }
};

void a_node_may_finish_later_on_another_thread() {
    const Runtime runtime;
    runtime.add_node<Copies>("Copies");
    const Session session = runtime.open_pipeline(one_node("Copies")).open_session();
    for (int number = 0; number < 5; number++) {
        session.push(Packet::of(number));
    }
    for (int number = 0; number < 5; number++) {
        for (int copy = 0; copy < 40; copy++) {
            CHECK((*session.poll()).as_int() == number);
        }
    }
    session.drain();
    for (std::thread &thread : threads) {
        thread.join();
    }
    threads.clear();
}

class Fails : public AsyncNode {
  public:
    explicit Fails(std::string_view params) : how_(params) {}

    void process(const Packet &, Call call) override {
        if (has(how_, "fail")) {
            CHECK(call.fail("the service said no"));
        } else if (has(how_, "throw")) {
            throw std::runtime_error("the service is not there");
        }
    }

  private:
    std::string how_;
};

std::string failure_of(const Runtime &runtime, std::string_view how) {
    const std::string params = R"({"how": ")" + std::string(how) + "\"}";
    const Session session = runtime.open_pipeline(one_node("Fails", params)).open_session();
    session.push(Packet::of(1));
    return thrown([&] { return session.poll(); }).what();
}

void a_call_that_fails_later_says_why() {
    const Runtime runtime;
    runtime.add_node<Fails>("Fails");
    CHECK(has(failure_of(runtime, "fail"), "the service said no"));
    CHECK(has(failure_of(runtime, "throw"), "the service is not there"));
    CHECK(has(failure_of(runtime, "drop"), "the call was dropped"));
}

/// Calls that the test finishes itself.
class Kept {
  public:
    void put(Call call) {
        const std::lock_guard<std::mutex> lock(mutex_);
        call_.emplace(std::move(call));
        changed_.notify_one();
    }

    Call take() {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [&] { return call_.has_value(); });
        Call call = *std::move(call_);
        call_.reset();
        return call;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Call> call_;
};

class Keeps : public AsyncNode {
  public:
    explicit Keeps(Kept &kept) : kept_(kept) {}

    void process(const Packet &, Call call) override { kept_.put(std::move(call)); }

  private:
    Kept &kept_;
};

void a_call_that_was_given_up_is_told_so() {
    Kept kept;
    const Runtime runtime;
    runtime.add_async_node("Keeps", [&](std::string_view) { return std::make_unique<Keeps>(kept); });
    const Session session = runtime.open_pipeline(one_node("Keeps")).open_session();
    session.push(Packet::of(1));
    Call given_up = kept.take();
    CHECK(given_up.input() == "in");
    session.interrupt();
    session.push(Packet::of(2));
    Call current = kept.take(), &same = current;
    current = std::move(same);
    CHECK(given_up.emit(Packet::of(10)) == Status::closed && !given_up.finish());
    CHECK(current.emit(Packet::of(20), no_wait) == Status::ok && current.finish());
    CHECK((*session.poll()).as_int() == 20);
    session.push(Packet::of(3));
    current = kept.take();
    session.cancel();
    CHECK(thrown([&] { return session.poll(); }).status() == Status::cancelled);
    CHECK(thrown([&] { return session.drain_for(soon); }).status() == Status::cancelled);
    CHECK(!current.finish());
}

void a_call_that_found_no_room_is_woken_when_there_is() {
    Kept kept;
    Woken woken;
    const Runtime runtime;
    runtime.add_async_node("Keeps", [&](std::string_view) { return std::make_unique<Keeps>(kept); });
    const Session session = runtime.open_pipeline(one_node("Keeps")).open_session({1, 1, true});
    session.push(Packet::of(1));
    Call call = kept.take();
    call.set_waker([&] {
        woken.wake();
        throw std::runtime_error("nobody hears this");
    });
    CHECK(thrown([&] { call.set_waker([] {}); return 0; }).status() == Status::invalid_argument);
    int emitted = 0;
    while (call.emit(Packet::of(emitted), no_wait) == Status::ok) {
        emitted++;
        CHECK(emitted < 100);
    }
    CHECK((*session.poll()).as_int() == 0);
    do {
        woken.wait();
    } while (call.emit(Packet::of(emitted), no_wait) == Status::would_block);
    for (int number = 1; number <= emitted; number++) {
        CHECK((*session.poll()).as_int() == number);
    }
    CHECK(call.finish());
    session.drain();
}

} // namespace

int main() {
    a_node_lives_once(Lane::native);
    a_node_lives_once(Lane::blocking);
    what_a_node_throws_is_the_sessions_error();
    a_constructor_may_refuse_parameters();
    a_type_that_is_refused_lets_go_of_its_factory();
    a_function_is_a_node_with_ports();
    a_node_may_finish_later_on_another_thread();
    a_call_that_fails_later_says_why();
    a_call_that_was_given_up_is_told_so();
    a_call_that_found_no_room_is_woken_when_there_is();
}
