// Values go in and come out as they are, with their time and metadata; what cannot be is an error that says why.
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "check.hpp"

using remotemedia::Error;
using remotemedia::Kind;
using remotemedia::Packet;
using remotemedia::Session;
using remotemedia::Status;

template <class T, class = void> constexpr bool is_value = false;
template <class T> constexpr bool is_value<T, std::void_t<decltype(Packet::of(std::declval<T>()))>> = true;

static_assert(is_value<int> && is_value<const char *> && !is_value<std::nullptr_t>);

static Packet through(const Session &session, const Packet &packet) {
    session.push(packet);
    return *session.poll();
}

static void every_kind_comes_out_as_it_went_in() {
    const Session session = session_of(one_node("PassThrough"));
    CHECK(through(session, Packet::null()).kind() == Kind::null);
    CHECK(through(session, Packet::of(true)).as_bool());
    CHECK(through(session, Packet::of(std::numeric_limits<std::int64_t>::min())).as_int() ==
          std::numeric_limits<std::int64_t>::min());
    CHECK(through(session, Packet::of(0.1F)).as_float() == static_cast<double>(0.1F));
    const Packet text = through(session, Packet::of("gr\u00fc\u00df dich \U0001f3a4"));
    CHECK(text.as_text() == "gr\u00fc\u00df dich \U0001f3a4");
    CHECK(through(session, Packet::json(R"({"b": [1, 2.5, null], "a": "x"})")).as_json() ==
          R"({"b":[1,2.5,null],"a":"x"})");
    const std::vector<std::uint8_t> raw = {0, 1, 2};
    const Packet bytes = through(session, Packet::copy({raw.data(), raw.size()}));
    CHECK(bytes.as_bytes().size() == 3 && bytes.as_bytes()[2] == 2 && bytes.as_bytes().data() != raw.data());
    const Packet empty = through(session, Packet::of(""));
    CHECK(empty.kind() == Kind::text && empty.as_text().empty());
}

static void unsigned_numbers_beyond_63_bits_are_json() {
    CHECK(Packet::of(std::uint64_t{7}).kind() == Kind::integer);
    const Packet large = Packet::of(std::numeric_limits<std::uint64_t>::max());
    CHECK(large.kind() == Kind::json && large.as_json() == "18446744073709551615");
}

static void time_and_metadata_travel_along() {
    const Session session = session_of(one_node("PassThrough"));
    Packet packet = Packet::of(1);
    CHECK(!packet.pts() && !packet.duration() && !packet.seq() && packet.port().empty());
    packet.set_pts(std::chrono::milliseconds(5));
    packet.set_duration(std::chrono::microseconds(7));
    packet.set_seq(9);
    packet.set_stream(3);
    packet.set_attributes(R"({"speaker": "rms"})");
    const Packet result = through(session, packet);
    CHECK(result.pts() == std::chrono::milliseconds(5) && result.duration() == std::chrono::microseconds(7));
    CHECK(result.seq() == 9U && result.stream() == 3 && result.port() == "out");
    CHECK(result.attributes() == R"({"speaker":"rms"})");
}

static void a_shared_packet_cannot_be_changed() {
    Packet packet = Packet::of(1);
    {
        const Packet other = packet.share();
        CHECK(other.handle() == packet.handle());
        const Error error = thrown([&] { packet.set_seq(2); return 0; });
        CHECK(error.status() == Status::invalid_argument);
    }
    packet.set_seq(2);
    CHECK(packet.seq() == 2U);
}

static void another_kind_is_an_error_that_names_both() {
    const Packet packet = Packet::of("two");
    const Error error = thrown([&] { return packet.as_int(); });
    CHECK(error.status() == Status::wrong_kind && has(error.what(), "text"));
    CHECK(error.node().empty() && error.item() == 0 && error.cause().empty());
    CHECK(thrown([] { return Packet::json("{"); }).status() == Status::invalid_argument);
    CHECK(thrown([] { return Packet::of("\xff"); }).status() == Status::invalid_argument);
    Packet mine = Packet::of(1);
    const Error negative = thrown([&] { mine.set_pts(std::chrono::nanoseconds(-1)); return 0; });
    CHECK(has(negative.message(), "-1 ns is negative"));
}

static void an_error_outlives_what_raised_it() {
    const Error error = [] {
        const Session session = session_of(one_node("ChannelMix", R"({"channels": 1})"));
        session.push(Packet::of("two"));
        return thrown([&] { return session.poll(); });
    }();
    CHECK(error.status() == Status::node && error.pipeline() == "test" && error.node() == "node" && error.item() == 1);
    CHECK(has(error.message(), "test/node: item 1: ") && has(error.cause(), "found text"));
    const std::exception &as_any_other = error;
    CHECK(error.message() == as_any_other.what());
}

static void statuses_have_names() {
    CHECK(name(Status::would_block) == "would_block" && name(Status::node_timeout) == "node_timeout");
    CHECK(name(Status::pending) == "pending" && !is_error(Status::pending));
    CHECK(name(static_cast<Status>(-999)) == "unknown");
    CHECK(!is_error(Status::end) && is_error(Status::panic));
}

int main() {
    every_kind_comes_out_as_it_went_in();
    unsigned_numbers_beyond_63_bits_are_json();
    time_and_metadata_travel_along();
    a_shared_packet_cannot_be_changed();
    another_kind_is_an_error_that_names_both();
    an_error_outlives_what_raised_it();
    statuses_have_names();
}
