// Runs conformance cases through the C++ binding: runner CASE.json… prints what failed, and ends with 1 if anything
// did.
#include <fstream>
#include <iostream>
#include <optional>

#include "value.hpp"

using namespace conformance;
using remotemedia::Error;
using remotemedia::Pipeline;
using remotemedia::Received;
using remotemedia::Runtime;
using remotemedia::Session;
using remotemedia::Status;
using remotemedia::Timeout;

namespace {

constexpr std::chrono::seconds patience{10};
/// How long an input is full before it is taken to stay so.
constexpr std::chrono::milliseconds rest{500};

/// What a step came to.
struct Outcome {
    Status status = Status::ok;
    std::optional<Error> error = std::nullopt;
};

[[noreturn]] void fail(const std::string &why) { throw std::runtime_error(why); }

/// Makes a call; what it throws is its outcome.
template <class Call> Outcome outcome_of(Call &&call) {
    try {
        return {call(), std::nullopt};
    } catch (const Error &error) {
        return {error.status(), error};
    }
}

template <class T> void expect_part(const Json &expected, const char *key, const T &found) {
    if (expected.contains(key) && expected.at(key) != Json(found)) {
        fail(std::string(key) + " is " + Json(found).dump() + ", expected " + expected.at(key).dump());
    }
}

void expect_error(const std::optional<Error> &error, const Json &expected) {
    if (!error) {
        fail("there is no error, expected " + expected.dump());
    }
    const std::string part = expected.value("message_has", "");
    if (error->message().find(part) == std::string_view::npos) {
        fail("message is \"" + std::string(error->message()) + "\", expected it to have \"" + part + "\"");
    }
    expect_part(expected, "status", static_cast<int>(error->status()));
    expect_part(expected, "item", error->item());
    expect_part(expected, "node", std::string(error->node()));
    expect_part(expected, "port", std::string(error->port()));
    expect_part(expected, "pipeline", std::string(error->pipeline()));
}

/// Fails unless the outcome is what the step says: a status, and what the error has to say.
void expect(const Outcome &outcome, const Json &step, const std::string &status) {
    if (name(outcome.status) != status) {
        const std::string why = outcome.error ? outcome.error->what() : "no error";
        fail("found " + std::string(name(outcome.status)) + ", expected " + status + ": " + why);
    }
    if (step.contains("error")) {
        expect_error(outcome.error, step.at("error"));
    }
}

/// How long a call may take that is expected to come to a status.
Timeout patience_for(const std::string &status) {
    return status == "would_block" ? remotemedia::no_wait : Timeout(patience);
}

/// Fails unless a report says, at each place that a case names, what the case says; a place is a JSON pointer.
void expect_report(const std::string &text, const Json &expected) {
    const Json report = Json::parse(text);
    for (const auto &[place, value] : expected.items()) {
        const Json &found = report.at(Json::json_pointer(place));
        if (found != value) {
            fail(place + " is " + found.dump());
        }
    }
}

/// Gives a packet the time and the metadata that the step says.
void describe(Packet &packet, const Json &step) {
    if (step.contains("pts")) {
        packet.set_pts(std::chrono::nanoseconds(step.at("pts").get<std::int64_t>()));
    }
    if (step.contains("duration")) {
        packet.set_duration(std::chrono::nanoseconds(step.at("duration").get<std::int64_t>()));
    }
    if (step.contains("seq")) {
        packet.set_seq(step.at("seq").get<std::uint64_t>());
    }
    packet.set_stream(step.value("stream", 0U));
    if (step.contains("attributes")) {
        packet.set_attributes(step.at("attributes").dump());
    }
    packet.set_uninterruptible(step.value("uninterruptible", false));
}

/// Nanoseconds of a time, or nothing, which no case expects.
Json count(std::optional<std::chrono::nanoseconds> time) { return time ? Json(time->count()) : Json(); }

/// Fails unless a packet has the time and the metadata that the step says.
void expect_described(const Packet &packet, const Json &step) {
    expect_part(step, "pts", count(packet.pts()));
    expect_part(step, "duration", count(packet.duration()));
    expect_part(step, "seq", packet.seq() ? Json(*packet.seq()) : Json());
    expect_part(step, "stream", packet.stream());
    expect_part(step, "attributes", Json::parse(packet.attributes()));
}

/// A session of a pipeline, and how many numbers its input was filled with.
class Host {
  public:
    Host(const Pipeline &pipeline, Session session) : pipeline_(pipeline.share()), session_(std::move(session)) {}

    void take(const Json &step) {
        const std::string port = step.value("port", "");
        const std::string_view port_name = step.contains("port") ? std::string_view(port) : std::string_view();
        if (step.contains("push")) {
            push(step, port_name);
        } else if (step.contains("poll")) {
            poll(step, port_name, step.at("poll"));
        } else if (step.contains("poll_status")) {
            poll_status(step, port_name);
        } else if (step.contains("fill")) {
            fill();
        } else if (step.contains("poll_filled")) {
            for (std::int64_t number = 1; number <= filled_; number++) {
                poll(step, port_name, number);
            }
        } else {
            control(step);
        }
    }

  private:
    void push(const Json &step, std::string_view port) {
        const std::string expected = step.value("expect", "ok");
        Packet packet = packet_of(step.at("push"));
        describe(packet, step);
        expect(outcome_of([&] { return session_.push_for(packet, patience_for(expected), port); }), step, expected);
    }

    void poll(const Json &step, std::string_view port, const Json &value) {
        const Received received = session_.poll_for(patience, port);
        if (!received) {
            fail("found " + std::string(name(received.status())) + ", expected a packet");
        }
        if (!same_value(*received, packet_of(value))) {
            fail("received " + shown(*received) + ", expected " + value.dump().substr(0, 200));
        }
        expect_described(*received, step);
    }

    void poll_status(const Json &step, std::string_view port) {
        const auto expected = step.at("poll_status").get<std::string>();
        const auto call = [&] { return session_.poll_for(patience_for(expected), port).status(); };
        expect(outcome_of(call), step, expected);
    }

    void fill() {
        auto status = Status::ok;
        while (filled_ < 1000 && (status = session_.push_for(Packet::of(filled_ + 1), rest)) == Status::ok) {
            filled_++;
        }
        if (filled_ == 0 || status != Status::timeout) {
            fail("the input takes nothing, or never gets full");
        }
    }

    void control(const Json &step) {
        if (step.contains("close")) {
            const Json &port = step.at("close");
            port.is_null() ? session_.close() : session_.close(port.get<std::string>());
        } else if (step.contains("interrupt")) {
            session_.interrupt();
        } else if (step.contains("cancel")) {
            session_.cancel();
        } else if (step.contains("drain")) {
            expect(outcome_of([&] { return session_.drain_for(patience); }), step, step.at("drain"));
        } else if (step.contains("inspect")) {
            expect_report(pipeline_.inspect("json"), step.at("inspect"));
        } else if (step.contains("metrics")) {
            expect_report(session_.metrics(), step.at("metrics"));
        } else {
            fail("the runner does not know this step");
        }
    }

    Pipeline pipeline_;
    Session session_;
    std::int64_t filled_ = 0;
};

Host open(const Runtime &runtime, const Json &test) {
    const std::string text =
        test.contains("manifest") ? test.at("manifest").dump() : test.at("manifest_text").get<std::string>();
    const Json settings = test.value("session", Json::object());
    const Pipeline pipeline = runtime.open_pipeline(text);
    return {pipeline,
            pipeline.open_session({settings.value("input_capacity", 0U), settings.value("output_capacity", 0U), true})};
}

void run(const Runtime &runtime, const Json &test) {
    const Json &steps = test.at("steps");
    if (steps.at(0).contains("open")) {
        const auto call = [&] { return (void)open(runtime, test), Status::ok; };
        return expect(outcome_of(call), steps.at(0), steps.at(0).at("open"));
    }
    Host host = open(runtime, test);
    for (const Json &step : steps) {
        try {
            host.take(step);
        } catch (const std::exception &error) {
            fail(step.dump().substr(0, 200) + ": " + error.what());
        }
    }
}

bool passes(const Runtime &runtime, const char *path) {
    try {
        std::ifstream file(path);
        run(runtime, Json::parse(file));
        return true;
    } catch (const std::exception &error) {
        std::cerr << path << ": " << error.what() << '\n';
        return false;
    }
}

} // namespace

int main(int count, char **paths) {
    if (count < 2) {
        std::cerr << "usage: runner CASE.json...\n";
        return 2;
    }
    const Runtime runtime;
    int failed = 0;
    for (int index = 1; index < count; index++) {
        failed += !passes(runtime, paths[index]);
    }
    std::cout << count - 1 - failed << " of " << count - 1 << " cases pass\n";
    return failed > 0;
}
