/// @file
/// Audio, pictures, arrays and compressed units, as packets carry them.

#ifndef REMOTEMEDIA_MEDIA_HPP
#define REMOTEMEDIA_MEDIA_HPP

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config.hpp"
#include "result.hpp"
#include "view.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// The type of one sample of audio.
enum class SampleFormat : std::int32_t {
    u8 = RM_SAMPLE_U8,   ///< `std::uint8_t`, silence at 128.
    s16 = RM_SAMPLE_S16, ///< `std::int16_t`.
    s32 = RM_SAMPLE_S32, ///< `std::int32_t`.
    f32 = RM_SAMPLE_F32, ///< `float`, full scale at ±1.
    f64 = RM_SAMPLE_F64, ///< `double`, full scale at ±1.
};

/// How the channels of audio lie in memory.
enum class SampleLayout : std::int32_t {
    interleaved = RM_LAYOUT_INTERLEAVED, ///< One frame after the other: left, right, left, right.
    planar = RM_LAYOUT_PLANAR,           ///< One channel after the other.
};

/// How pixels lie in memory.
enum class PixelFormat : std::int32_t {
    gray8 = RM_PIXEL_GRAY8,   ///< Luma only.
    rgb24 = RM_PIXEL_RGB24,   ///< Packed red, green, blue.
    rgba32 = RM_PIXEL_RGBA32, ///< Packed red, green, blue, alpha.
    bgra32 = RM_PIXEL_BGRA32, ///< Packed blue, green, red, alpha.
    i420 = RM_PIXEL_I420,     ///< Planar Y, U, V; chroma halved both ways.
    nv12 = RM_PIXEL_NV12,     ///< Planar Y and interleaved UV; chroma halved both ways.
};

/// The type of one element of an array.
enum class DType : std::int32_t {
    boolean = RM_DTYPE_BOOL, ///< One byte, zero or one.
    i8 = RM_DTYPE_I8,        ///< `std::int8_t`.
    i16 = RM_DTYPE_I16,      ///< `std::int16_t`.
    i32 = RM_DTYPE_I32,      ///< `std::int32_t`.
    i64 = RM_DTYPE_I64,      ///< `std::int64_t`.
    u8 = RM_DTYPE_U8,        ///< `std::uint8_t`.
    u16 = RM_DTYPE_U16,      ///< `std::uint16_t`.
    u32 = RM_DTYPE_U32,      ///< `std::uint32_t`.
    u64 = RM_DTYPE_U64,      ///< `std::uint64_t`.
    f16 = RM_DTYPE_F16,      ///< IEEE 754 half precision.
    f32 = RM_DTYPE_F32,      ///< `float`.
    f64 = RM_DTYPE_F64,      ///< `double`.
    c64 = RM_DTYPE_C64,      ///< `std::complex<float>`.
    c128 = RM_DTYPE_C128,    ///< `std::complex<double>`.
};

/// The format of samples of the C++ type `T`.
template <class T> inline constexpr SampleFormat sample_format = [] {
    static_assert(sizeof(T) == 0, "samples are std::uint8_t, std::int16_t, std::int32_t, float or double");
    return SampleFormat::u8;
}();
/// @cond
template <> inline constexpr SampleFormat sample_format<std::uint8_t> = SampleFormat::u8;
template <> inline constexpr SampleFormat sample_format<std::int16_t> = SampleFormat::s16;
template <> inline constexpr SampleFormat sample_format<std::int32_t> = SampleFormat::s32;
template <> inline constexpr SampleFormat sample_format<float> = SampleFormat::f32;
template <> inline constexpr SampleFormat sample_format<double> = SampleFormat::f64;
/// @endcond

/// The type of elements of the C++ type `T`.
template <class T> inline constexpr DType dtype = [] {
    static_assert(sizeof(T) == 0, "elements are bool, a fixed-width integer, float, double or a std::complex of those");
    return DType::u8;
}();
/// @cond
template <> inline constexpr DType dtype<bool> = DType::boolean;
template <> inline constexpr DType dtype<std::int8_t> = DType::i8;
template <> inline constexpr DType dtype<std::int16_t> = DType::i16;
template <> inline constexpr DType dtype<std::int32_t> = DType::i32;
template <> inline constexpr DType dtype<std::int64_t> = DType::i64;
template <> inline constexpr DType dtype<std::uint8_t> = DType::u8;
template <> inline constexpr DType dtype<std::uint16_t> = DType::u16;
template <> inline constexpr DType dtype<std::uint32_t> = DType::u32;
template <> inline constexpr DType dtype<std::uint64_t> = DType::u64;
template <> inline constexpr DType dtype<float> = DType::f32;
template <> inline constexpr DType dtype<double> = DType::f64;
template <> inline constexpr DType dtype<std::complex<float>> = DType::c64;
template <> inline constexpr DType dtype<std::complex<double>> = DType::c128;
/// @endcond

namespace detail {

/// Bytes as elements of `T`, which they are said to be.
template <class T> Result<View<const T>> elements(Bytes bytes, bool is_of_type) {
    if (!is_of_type) {
        return Error(Status::wrong_kind, "the elements have another type than the one that was asked for");
    }
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) != 0) {
        return Error(Status::wrong_kind, "the elements are not aligned for their type; copy their bytes");
    }
    return View<const T>(reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T));
}

} // namespace detail

/// What a block of audio is.
struct AudioFormat {
    std::uint32_t rate = 0;                           ///< Frames per second.
    std::uint32_t channels = 0;                       ///< Channels, 1 to 256.
    SampleFormat sample = SampleFormat::f32;          ///< The type of one sample.
    SampleLayout layout = SampleLayout::interleaved; ///< How the channels lie in memory.
};

/// A block of audio that a packet lends.
struct Audio {
    AudioFormat format; ///< What it is.
    Bytes data;         ///< The samples.

    /// The samples, if they are of the type `T`: `float` for SampleFormat::f32.
    template <class T> Fallible<View<const T>> samples() const {
        return detail::settle(detail::elements<T>(data, format.sample == sample_format<T>));
    }
};

/// Where a plane of a picture lies, in bytes.
struct Plane {
    std::size_t offset = 0; ///< Where it begins, from the start of the data.
    std::size_t stride = 0; ///< From one row to the next.
};

/// What a picture is.
struct VideoFormat {
    PixelFormat pixel = PixelFormat::gray8; ///< How the pixels lie in memory.
    std::uint32_t width = 0;                ///< Width in pixels.
    std::uint32_t height = 0;               ///< Height in pixels.
    std::vector<Plane> planes = {};         ///< The planes; when wrapping, none if they follow each other without gaps.
};

/// A picture that a packet lends.
struct Video {
    VideoFormat format; ///< What it is.
    Bytes data;         ///< The pixels.
};

/// What an array is.
struct TensorFormat {
    DType type = DType::u8;                   ///< The type of the elements.
    std::vector<std::size_t> shape = {};      ///< The length of each dimension.
    std::vector<std::ptrdiff_t> strides = {}; ///< Between neighbours in each dimension, in bytes; none for row-major.
    std::size_t offset = 0;                   ///< Where the first element begins, in bytes from the start of the data.
};

/// An array that a packet lends.
struct Tensor {
    DType type;                         ///< The type of the elements.
    View<const std::size_t> shape;      ///< The length of each dimension.
    View<const std::ptrdiff_t> strides; ///< Between neighbours in each dimension, in bytes.
    std::size_t offset;                 ///< Where the first element begins, in bytes from the start of the data.
    Bytes data;                         ///< The elements.

    /// How many elements there are.
    std::size_t size() const noexcept {
        std::size_t count = 1;
        for (const std::size_t length : shape) {
            count *= length;
        }
        return count;
    }

    /// The elements in row-major order, if they lie so and are of the type `T`.
    template <class T> Fallible<View<const T>> values() const {
        if (!is_row_major(sizeof(T))) {
            return detail::settle(Result<View<const T>>(
                Error(Status::wrong_kind, "the elements are not in row-major order; use shape and strides")));
        }
        return detail::settle(
            detail::elements<T>(data.part(offset, size() * sizeof(T)), type == dtype<T>));
    }

  private:
    bool is_row_major(std::size_t element) const noexcept {
        auto expected = static_cast<std::ptrdiff_t>(element);
        for (std::size_t index = shape.size(); index-- > 0;) {
            if (shape[index] > 1 && strides[index] != expected) {
                return false;
            }
            expected *= static_cast<std::ptrdiff_t>(shape[index]);
        }
        return true;
    }
};

/// A unit of a compressed stream that a packet lends.
struct Encoded {
    std::string_view codec; ///< The codec's short name in lower case, such as `opus`.
    bool key_frame;         ///< Whether decoding can begin here.
    Bytes data;             ///< The compressed bytes.
};

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
