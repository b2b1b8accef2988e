/// @file
/// Values that travel through pipelines.

#ifndef REMOTEMEDIA_PACKET_HPP
#define REMOTEMEDIA_PACKET_HPP

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config.hpp"
#include "handle.hpp"
#include "media.hpp"
#include "memory.hpp"
#include "result.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// The kind of value in a packet.
enum class Kind : std::int32_t {
    null = RM_PACKET_NULL,       ///< No value.
    boolean = RM_PACKET_BOOL,    ///< A truth value.
    integer = RM_PACKET_INT,     ///< A whole number.
    floating = RM_PACKET_FLOAT,  ///< A floating-point number.
    text = RM_PACKET_TEXT,       ///< UTF-8 text.
    json = RM_PACKET_JSON,       ///< A JSON list or object, or a whole number beyond 63 bits.
    bytes = RM_PACKET_BYTES,     ///< Raw bytes.
    audio = RM_PACKET_AUDIO,     ///< A block of audio.
    video = RM_PACKET_VIDEO,     ///< A picture.
    tensor = RM_PACKET_TENSOR,   ///< An n-dimensional array.
    encoded = RM_PACKET_ENCODED, ///< A unit of a compressed stream.
    other = RM_PACKET_OTHER,     ///< A value of a host language, or a kind that this header does not know.
};

/// A value with its time and metadata. Moves; share() takes another reference.
///
/// What it lends (text, bytes, samples) lives as long as the packet. Functions that set something are for whoever made
/// the packet, on one thread, before it is shared.
class Packet {
  public:
    /// A packet without a value.
    static Fallible<Packet> null() {
        return made([](rm_packet_t **out, rm_error_t **error) { return rm_packet_new_null(out, error); });
    }

    /// A packet with a truth value, a number or a copy of a text, by the type of `value`.
    template <class T> static Fallible<Packet> of(const T &value) {
        return made([&](rm_packet_t **out, rm_error_t **error) {
            if constexpr (std::is_same_v<T, bool>) {
                return rm_packet_new_bool(value, out, error);
            } else if constexpr (std::is_integral_v<T>) {
                if constexpr (std::is_unsigned_v<T> && sizeof(T) >= sizeof(std::int64_t)) {
                    if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max())) {
                        return rm_packet_new_json(detail::lend(std::to_string(value)), out, error);
                    }
                }
                return rm_packet_new_int(static_cast<std::int64_t>(value), out, error);
            } else if constexpr (std::is_floating_point_v<T>) {
                return rm_packet_new_float(static_cast<double>(value), out, error);
            } else {
                static_assert(std::is_convertible_v<const T &, std::string_view>,
                              "a value is a truth value, a number or a text; wrap carries memory");
                return rm_packet_new_text(detail::lend(std::string_view(value)), out, error);
            }
        });
    }

    /// @cond
    static Fallible<Packet> of(std::nullptr_t) = delete;
    /// @endcond

    /// A packet with the value that a JSON text says.
    static Fallible<Packet> json(std::string_view json) {
        return made(
            [&](rm_packet_t **out, rm_error_t **error) { return rm_packet_new_json(detail::lend(json), out, error); });
    }

    /// A packet with a copy of bytes. wrap() carries them without a copy.
    static Fallible<Packet> copy(Bytes bytes) {
        return made([&](rm_packet_t **out, rm_error_t **error) {
            return rm_packet_new_bytes(detail::lend(bytes), out, error);
        });
    }

    /// A packet with bytes of the program, not copied.
    static Fallible<Packet> wrap(Memory memory) {
        return wrapped(memory, [&](rm_destroy_fn destroy, void *owner, rm_packet_t **out, rm_error_t **error) {
            return rm_packet_wrap_bytes(detail::lend(memory.bytes()), destroy, owner, out, error);
        });
    }

    /// A packet with a block of audio of the program, not copied.
    static Fallible<Packet> wrap_audio(Memory memory, const AudioFormat &format) {
        rm_audio_t audio = RM_AUDIO_INIT;
        audio.rate = format.rate;
        audio.channels = format.channels;
        audio.format = static_cast<std::int32_t>(format.sample);
        audio.layout = static_cast<std::int32_t>(format.layout);
        audio.data = detail::lend(memory.bytes());
        return wrapped(memory, [&](rm_destroy_fn destroy, void *owner, rm_packet_t **out, rm_error_t **error) {
            return rm_packet_wrap_audio(&audio, destroy, owner, out, error);
        });
    }

    /// A packet with interleaved samples, not copied.
    template <class T>
    static Fallible<Packet> wrap_audio(std::vector<T> &&samples, std::uint32_t rate, std::uint32_t channels = 1) {
        return wrap_audio(Memory(std::move(samples)), {rate, channels, sample_format<T>, SampleLayout::interleaved});
    }

    /// A packet with a picture of the program, not copied.
    static Fallible<Packet> wrap_video(Memory memory, const VideoFormat &format) {
        rm_video_t video = RM_VIDEO_INIT;
        video.format = static_cast<std::int32_t>(format.pixel);
        video.width = format.width;
        video.height = format.height;
        video.planes = static_cast<std::uint32_t>(format.planes.size());
        const std::size_t planes = std::min(format.planes.size(), std::size(video.offsets));
        for (std::size_t index = 0; index < planes; index++) {
            video.offsets[index] = format.planes[index].offset;
            video.strides[index] = format.planes[index].stride;
        }
        video.data = detail::lend(memory.bytes());
        return wrapped(memory, [&](rm_destroy_fn destroy, void *owner, rm_packet_t **out, rm_error_t **error) {
            return rm_packet_wrap_video(&video, destroy, owner, out, error);
        });
    }

    /// A packet with an array of the program, not copied.
    static Fallible<Packet> wrap_tensor(Memory memory, const TensorFormat &format) {
        if (!format.strides.empty() && format.strides.size() != format.shape.size()) {
            return detail::settle(
                Result<Packet>(Error(Status::invalid_argument, "strides and shape differ in their dimensions")));
        }
        rm_tensor_t tensor = RM_TENSOR_INIT;
        tensor.dtype = static_cast<std::int32_t>(format.type);
        tensor.dimensions = format.shape.size();
        tensor.shape = format.shape.data();
        tensor.strides = format.strides.empty() ? nullptr : format.strides.data();
        tensor.offset = format.offset;
        tensor.data = detail::lend(memory.bytes());
        return wrapped(memory, [&](rm_destroy_fn destroy, void *owner, rm_packet_t **out, rm_error_t **error) {
            return rm_packet_wrap_tensor(&tensor, destroy, owner, out, error);
        });
    }

    /// A packet with row-major elements, not copied.
    template <class T> static Fallible<Packet> wrap_tensor(std::vector<T> &&values, std::vector<std::size_t> shape) {
        return wrap_tensor(Memory(std::move(values)), TensorFormat{dtype<T>, std::move(shape), {}, 0});
    }

    /// A packet with a compressed unit of the program, not copied. `codec` is its short name, such as `opus`.
    static Fallible<Packet> wrap_encoded(Memory memory, std::string_view codec, bool key_frame) {
        rm_encoded_t unit = RM_ENCODED_INIT;
        unit.key_frame = key_frame;
        unit.codec = detail::lend(codec);
        unit.data = detail::lend(memory.bytes());
        return wrapped(memory, [&](rm_destroy_fn destroy, void *owner, rm_packet_t **out, rm_error_t **error) {
            return rm_packet_wrap_encoded(&unit, destroy, owner, out, error);
        });
    }

    /// Takes over a reference of the C library.
    static Packet adopt(rm_packet_t *packet) noexcept { return Packet(packet); }

    /// One more reference to the same packet.
    Packet share() const noexcept { return Packet(rm_packet_retain(handle())); }

    /// The kind of the value.
    Kind kind() const noexcept { return static_cast<Kind>(rm_packet_kind(handle())); }

    /// The truth value.
    Fallible<bool> as_bool() const { return plain(false, rm_packet_bool); }

    /// The whole number.
    Fallible<std::int64_t> as_int() const { return plain(std::int64_t{0}, rm_packet_int); }

    /// The number, whole or not, as a floating-point one.
    Fallible<double> as_float() const { return plain(0.0, rm_packet_float); }

    /// The text.
    Fallible<std::string_view> as_text() const & {
        return lent<std::string_view>(rm_str_t{nullptr, 0}, rm_packet_text,
                                      [](rm_str_t text) { return detail::view(text); });
    }

    /// The value as JSON. Media, bytes and numbers that JSON cannot write have none.
    Fallible<std::string> as_json() const { return written(rm_packet_json); }

    /// The bytes.
    Fallible<Bytes> as_bytes() const & {
        return lent<Bytes>(rm_bytes_t{nullptr, 0}, rm_packet_bytes,
                           [](rm_bytes_t bytes) { return detail::view(bytes); });
    }

    /// The block of audio.
    Fallible<Audio> as_audio() const & {
        return lent<Audio>(rm_audio_t RM_AUDIO_INIT, rm_packet_audio, [](const rm_audio_t &audio) {
            const AudioFormat format{audio.rate, audio.channels, static_cast<SampleFormat>(audio.format),
                                     static_cast<SampleLayout>(audio.layout)};
            return Audio{format, detail::view(audio.data)};
        });
    }

    /// The picture.
    Fallible<Video> as_video() const & {
        return lent<Video>(rm_video_t RM_VIDEO_INIT, rm_packet_video, [](const rm_video_t &video) {
            Video seen{{static_cast<PixelFormat>(video.format), video.width, video.height, {}},
                       detail::view(video.data)};
            for (std::size_t index = 0; index < video.planes; index++) {
                seen.format.planes.push_back({video.offsets[index], video.strides[index]});
            }
            return seen;
        });
    }

    /// The array.
    Fallible<Tensor> as_tensor() const & {
        return lent<Tensor>(rm_tensor_t RM_TENSOR_INIT, rm_packet_tensor, [](const rm_tensor_t &tensor) {
            return Tensor{static_cast<DType>(tensor.dtype),
                          {tensor.shape, tensor.dimensions},
                          {tensor.strides, tensor.dimensions},
                          tensor.offset,
                          detail::view(tensor.data)};
        });
    }

    /// The compressed unit.
    Fallible<Encoded> as_encoded() const & {
        return lent<Encoded>(rm_encoded_t RM_ENCODED_INIT, rm_packet_encoded, [](const rm_encoded_t &unit) {
            return Encoded{detail::view(unit.codec), unit.key_frame != 0, detail::view(unit.data)};
        });
    }

    /// @cond
    // A packet that is gone at the end of the statement lends nothing.
    Fallible<std::string_view> as_text() const && = delete;
    Fallible<Bytes> as_bytes() const && = delete;
    Fallible<Audio> as_audio() const && = delete;
    Fallible<Video> as_video() const && = delete;
    Fallible<Tensor> as_tensor() const && = delete;
    Fallible<Encoded> as_encoded() const && = delete;
    std::string_view port() const && = delete;
    /// @endcond

    /// When the value is to be presented, on the stream's own clock, if that is known.
    std::optional<std::chrono::nanoseconds> pts() const noexcept { return time(rm_packet_pts); }

    /// How long the value lasts, if that is known.
    std::optional<std::chrono::nanoseconds> duration() const noexcept { return time(rm_packet_duration); }

    /// The number of the item in its stream, counted from 1 unless its sender set it, if it has one.
    std::optional<std::uint64_t> seq() const noexcept {
        std::uint64_t seq = 0;
        return rm_packet_seq(handle(), &seq) ? std::optional(seq) : std::nullopt;
    }

    /// Which of several streams that share an edge the packet belongs to.
    std::uint32_t stream() const noexcept { return rm_packet_stream(handle()); }

    /// The output port that the packet came out of, or nothing.
    std::string_view port() const & noexcept { return detail::view(rm_packet_port(handle())); }

    /// The metadata as a JSON object.
    Fallible<std::string> attributes() const { return written(rm_packet_attributes); }

    /// Sets when the value is to be presented.
    Fallible<void> set_pts(std::chrono::nanoseconds pts) { return set_time(rm_packet_set_pts, pts); }

    /// Sets how long the value lasts.
    Fallible<void> set_duration(std::chrono::nanoseconds duration) {
        return set_time(rm_packet_set_duration, duration);
    }

    /// Sets the number of the item in its stream.
    Fallible<void> set_seq(std::uint64_t seq) { return set(rm_packet_set_seq, seq); }

    /// Sets which of several streams that share an edge the packet belongs to.
    Fallible<void> set_stream(std::uint32_t stream) { return set(rm_packet_set_stream, stream); }

    /// Sets whether the packet survives an interrupt.
    Fallible<void> set_uninterruptible(bool uninterruptible) {
        return set(rm_packet_set_uninterruptible, uninterruptible);
    }

    /// Sets the metadata from a JSON object.
    Fallible<void> set_attributes(std::string_view json) { return set(rm_packet_set_attributes, detail::lend(json)); }

    /// The handle, for calls of the C library; it stays the packet's own.
    const rm_packet_t *handle() const noexcept { return handle_.get(); }

    /// Gives up the reference to whoever releases it.
    rm_packet_t *release() noexcept { return handle_.release(); }

  private:
    explicit Packet(rm_packet_t *packet) noexcept : handle_(packet) {}

    template <class Call> static Fallible<Packet> made(Call &&call) {
        return detail::settle(detail::make<Packet, rm_packet_t>(std::forward<Call>(call)));
    }

    /// The library lets go of the owner, also if the call fails.
    template <class Call> static Fallible<Packet> wrapped(Memory &memory, Call &&call) {
        const rm_destroy_fn destroy = memory.destroyer();
        return made([&](rm_packet_t **out, rm_error_t **error) { return call(destroy, memory.release(), out, error); });
    }

    template <class T, class Call> Fallible<T> plain(T value, Call *call) const {
        return detail::settle(
            detail::read(value, [&](T *out, rm_error_t **error) { return call(handle(), out, error); }));
    }

    template <class T, class Raw, class Call, class Convert>
    Fallible<T> lent(Raw raw, Call *call, Convert convert) const {
        const Result<Raw> seen =
            detail::read(raw, [&](Raw *out, rm_error_t **error) { return call(handle(), out, error); });
        return detail::settle(seen ? Result<T>(convert(*seen)) : Result<T>(seen.error()));
    }

    template <class Call> Fallible<std::string> written(Call *call) const;

    template <class Call> std::optional<std::chrono::nanoseconds> time(Call *call) const noexcept {
        std::uint64_t time = 0;
        return call(handle(), &time) ? std::optional(std::chrono::nanoseconds(time)) : std::nullopt;
    }

    template <class Call, class T> Fallible<void> set(Call *call, T value) {
        return detail::settle(detail::tell([&](rm_error_t **error) { return call(handle_.get(), value, error); }));
    }

    template <class Call> Fallible<void> set_time(Call *call, std::chrono::nanoseconds time) {
        if (time.count() < 0) {
            return detail::settle(Result<void>(
                Error(Status::invalid_argument, std::to_string(time.count()) + " ns is negative, expected 0 or more")));
        }
        return set(call, static_cast<std::uint64_t>(time.count()));
    }

    detail::Handle<rm_packet_t> handle_;
};

namespace detail {

/// Makes a call that gives a packet of text; gives the text.
template <class Call> Result<std::string> write(Call &&call) {
    const Result<Packet> packet = make<Packet, rm_packet_t>(std::forward<Call>(call));
    if (!packet) {
        return packet.error();
    }
    rm_str_t text{nullptr, 0};
    const Result<void> told = tell([&](rm_error_t **error) { return rm_packet_text(packet->handle(), &text, error); });
    return told ? Result<std::string>(std::string(view(text))) : Result<std::string>(told.error());
}

/// A packet that the C library lends; it is not let go of.
class LentPacket {
  public:
    explicit LentPacket(const rm_packet_t *packet) noexcept
        : packet_(Packet::adopt(const_cast<rm_packet_t *>(packet))) {}
    LentPacket(const LentPacket &) = delete;
    LentPacket &operator=(const LentPacket &) = delete;
    ~LentPacket() { packet_.release(); }

    const Packet &operator*() const noexcept { return packet_; }

  private:
    Packet packet_;
};

} // namespace detail

template <class Call> Fallible<std::string> Packet::written(Call *call) const {
    return detail::settle(
        detail::write([&](rm_packet_t **out, rm_error_t **error) { return call(handle(), out, error); }));
}

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
