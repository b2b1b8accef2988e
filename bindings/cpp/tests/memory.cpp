// Memory of the program is carried without a copy, and its owner is let go of once, when no packet needs it.
#include <array>
#include <memory>
#include <type_traits>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

#include "check.hpp"

using namespace remotemedia;

static_assert(!std::is_copy_constructible_v<Packet> && std::is_nothrow_move_constructible_v<Packet>);
static_assert(!std::is_copy_constructible_v<Session> && std::is_nothrow_move_constructible_v<Session>);
static_assert(!std::is_copy_constructible_v<Call> && std::is_nothrow_move_assignable_v<Call>);
static_assert(!std::is_constructible_v<Memory, std::vector<float> &>, "a vector is moved, or shared");
static_assert(!std::is_constructible_v<Memory, std::string_view>, "a view owns nothing");
#if __cplusplus >= 202002L
static_assert(std::is_constructible_v<std::span<const float>, View<const float>>);
#endif

static Packet through(const Session &session, Packet packet) {
    session.push(packet);
    return *session.poll();
}

static void a_vector_of_samples_keeps_its_address(const Session &session) {
    std::vector<float> samples(480 * 2, 0.5F);
    const float *address = samples.data();
    const Packet result = through(session, Packet::wrap_audio(std::move(samples), 48000, 2));
    const Audio audio = result.as_audio();
    CHECK(audio.format.rate == 48000 && audio.format.channels == 2 && audio.format.sample == SampleFormat::f32);
    CHECK(audio.format.layout == SampleLayout::interleaved);
    const View<const float> seen = audio.samples<float>();
    CHECK(seen.data() == address && seen.size() == 960 && seen[959] == 0.5F);
    CHECK(thrown([&] { return audio.samples<std::int16_t>(); }).status() == Status::wrong_kind);
}

static void planar_samples_say_so(const Session &session) {
    std::vector<std::int16_t> samples(480 * 2, 3);
    const AudioFormat format{16000, 2, sample_format<std::int16_t>, SampleLayout::planar};
    const Packet result = through(session, Packet::wrap_audio(Memory(std::move(samples)), format));
    CHECK(result.as_audio().format.layout == SampleLayout::planar);
    CHECK(result.as_audio().samples<std::int16_t>()[959] == 3);
}

static void a_string_is_carried_however_short(const Session &session) {
    for (const std::size_t length : {std::size_t{3}, std::size_t{1} << 20}) {
        std::string text(length, 'x');
        const char *address = text.data();
        const bool is_on_the_heap = length > 100;
        const Packet result = through(session, Packet::wrap(std::move(text)));
        const Bytes bytes = result.as_bytes();
        CHECK(bytes.size() == length && bytes[length - 1] == 'x');
        CHECK(!is_on_the_heap || bytes.data() == reinterpret_cast<const std::uint8_t *>(address));
    }
    const Packet pair = through(session, Packet::wrap(std::array<std::uint16_t, 2>{1, 2}));
    CHECK(pair.as_bytes().size() == 4);
}

static void a_shared_owner_is_let_go_of_with_the_last_packet(const Session &session) {
    const auto samples = std::make_shared<std::vector<std::uint8_t>>(64, std::uint8_t{7});
    {
        const Packet packet = Packet::wrap(samples);
        const Packet result = through(session, packet.share());
        CHECK(samples.use_count() > 1 && result.as_bytes().data() == samples->data());
    }
    CHECK(samples.use_count() == 1);
    {
        const Packet part = Packet::wrap(Memory(samples, Bytes(samples->data() + 8, 16)));
        CHECK(part.as_bytes().size() == 16 && part.as_bytes().data() == samples->data() + 8);
    }
    CHECK(samples.use_count() == 1);
}

static void an_owner_is_let_go_of_also_when_wrapping_fails() {
    const auto samples = std::make_shared<std::vector<std::uint8_t>>(63);
    const AudioFormat format{0, 2, SampleFormat::f32, SampleLayout::interleaved};
    CHECK(thrown([&] { return Packet::wrap_audio(samples, format); }).status() == Status::invalid_argument);
    CHECK(samples.use_count() == 1);
    const TensorFormat crooked{DType::u8, {63}, {1, 1}, 0};
    CHECK(has(thrown([&] { return Packet::wrap_tensor(samples, crooked); }).message(), "differ in their dimensions"));
    CHECK(samples.use_count() == 1);
}

static void pictures_keep_their_planes(const Session &session) {
    std::vector<std::uint8_t> pixels(4 * 2 * 3);
    const VideoFormat tight{PixelFormat::rgb24, 4, 2, {}};
    const Packet first = through(session, Packet::wrap_video(Memory(std::move(pixels)), tight));
    CHECK(first.as_video().format.planes.size() == 1 && first.as_video().format.planes[0].stride == 12);
    const VideoFormat padded{PixelFormat::rgb24, 4, 2, {{8, 16}}};
    const Packet second = through(session, Packet::wrap_video(std::vector<std::uint8_t>(64), padded));
    const Video picture = second.as_video();
    CHECK(picture.format.width == 4 && picture.format.height == 2 && picture.format.pixel == PixelFormat::rgb24);
    CHECK(picture.format.planes[0].offset == 8 && picture.format.planes[0].stride == 16);
}

static void arrays_keep_shape_and_order(const Session &session) {
    std::vector<double> values = {1, 2, 3, 4, 5, 6};
    const double *address = values.data();
    const Packet rows = through(session, Packet::wrap_tensor(std::move(values), {2, 3}));
    const Tensor tensor = rows.as_tensor();
    CHECK(tensor.type == DType::f64 && tensor.shape.size() == 2 && tensor.shape[1] == 3 && tensor.strides[0] == 24);
    const View<const double> row_major = tensor.values<double>();
    CHECK(row_major.data() == address && row_major.size() == 6 && row_major[5] == 6);
    CHECK(thrown([&] { return tensor.values<std::int64_t>(); }).status() == Status::wrong_kind);

    const TensorFormat columns{DType::u8, {2, 3}, {1, 2}, 0};
    const Packet turned = through(session, Packet::wrap_tensor(std::vector<std::uint8_t>(6), columns));
    CHECK(turned.as_tensor().strides[1] == 2);
    const Tensor by_columns = turned.as_tensor();
    CHECK(has(thrown([&] { return by_columns.values<std::uint8_t>(); }).message(), "not in row-major order"));
}

static void compressed_units_keep_their_codec(const Session &session) {
    const Packet result = through(session, Packet::wrap_encoded(std::vector<std::uint8_t>{1, 2, 3}, "opus", true));
    const Encoded unit = result.as_encoded();
    CHECK(unit.codec == "opus" && unit.key_frame && unit.data.size() == 3);
}

int main() {
    const Session session = session_of(one_node("PassThrough"));
    a_vector_of_samples_keeps_its_address(session);
    planar_samples_say_so(session);
    a_string_is_carried_however_short(session);
    a_shared_owner_is_let_go_of_with_the_last_packet(session);
    an_owner_is_let_go_of_also_when_wrapping_fails();
    pictures_keep_their_planes(session);
    arrays_keep_shape_and_order(session);
    compressed_units_keep_their_codec(session);
}
