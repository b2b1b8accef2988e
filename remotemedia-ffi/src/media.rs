//! Media as C describes it: samples, pixels and elements that lie somewhere, in numbers that C passes as integers.

use remotemedia::audio::{Layout, SampleFormat};
use remotemedia::tensor::DType;
use remotemedia::video::PixelFormat;

use crate::guard::Fault;
use crate::table::tables;
use crate::text::{rm_bytes_t, rm_str_t};

/// Unsigned 8-bit samples, silence at 128.
pub const RM_SAMPLE_U8: i32 = 0;
/// Signed 16-bit samples.
pub const RM_SAMPLE_S16: i32 = 1;
/// Signed 32-bit samples.
pub const RM_SAMPLE_S32: i32 = 2;
/// Floating-point samples, full scale at ±1.
pub const RM_SAMPLE_F32: i32 = 3;
/// Double-precision samples, full scale at ±1.
pub const RM_SAMPLE_F64: i32 = 4;

/// One frame after the other: left, right, left, right.
pub const RM_LAYOUT_INTERLEAVED: i32 = 0;
/// One channel after the other.
pub const RM_LAYOUT_PLANAR: i32 = 1;

/// Luma only, 8 bits.
pub const RM_PIXEL_GRAY8: i32 = 0;
/// Packed red, green, blue, 8 bits each.
pub const RM_PIXEL_RGB24: i32 = 1;
/// Packed red, green, blue, alpha, 8 bits each.
pub const RM_PIXEL_RGBA32: i32 = 2;
/// Packed blue, green, red, alpha, 8 bits each.
pub const RM_PIXEL_BGRA32: i32 = 3;
/// Planar Y, U, V; chroma halved both ways.
pub const RM_PIXEL_I420: i32 = 4;
/// Planar Y and interleaved UV; chroma halved both ways.
pub const RM_PIXEL_NV12: i32 = 5;

/// One byte, zero or one.
pub const RM_DTYPE_BOOL: i32 = 0;
/// Signed 8-bit integer.
pub const RM_DTYPE_I8: i32 = 1;
/// Signed 16-bit integer.
pub const RM_DTYPE_I16: i32 = 2;
/// Signed 32-bit integer.
pub const RM_DTYPE_I32: i32 = 3;
/// Signed 64-bit integer.
pub const RM_DTYPE_I64: i32 = 4;
/// Unsigned 8-bit integer.
pub const RM_DTYPE_U8: i32 = 5;
/// Unsigned 16-bit integer.
pub const RM_DTYPE_U16: i32 = 6;
/// Unsigned 32-bit integer.
pub const RM_DTYPE_U32: i32 = 7;
/// Unsigned 64-bit integer.
pub const RM_DTYPE_U64: i32 = 8;
/// IEEE 754 half precision.
pub const RM_DTYPE_F16: i32 = 9;
/// IEEE 754 single precision.
pub const RM_DTYPE_F32: i32 = 10;
/// IEEE 754 double precision.
pub const RM_DTYPE_F64: i32 = 11;
/// Complex number of two single-precision parts.
pub const RM_DTYPE_C64: i32 = 12;
/// Complex number of two double-precision parts.
pub const RM_DTYPE_C128: i32 = 13;

/// A block of audio. Begin with `RM_AUDIO_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_audio_t {
    /// `sizeof(rm_audio_t)`.
    pub struct_size: u32,
    /// Frames per second.
    pub rate: u32,
    /// Channels, 1 to 256.
    pub channels: u32,
    /// The type of one sample: `RM_SAMPLE_…`.
    pub format: i32,
    /// How the channels lie in memory: `RM_LAYOUT_…`.
    pub layout: i32,
    /// The samples; a whole number of frames.
    pub data: rm_bytes_t,
}

/// A picture. Begin with `RM_VIDEO_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_video_t {
    /// `sizeof(rm_video_t)`.
    pub struct_size: u32,
    /// How the pixels lie in memory: `RM_PIXEL_…`.
    pub format: i32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How many planes the format has, at most 3; 0 when wrapping planes that follow each other without gaps.
    pub planes: u32,
    /// Where each plane begins, in bytes from the start of `data`.
    pub offsets: [usize; 3],
    /// From one row to the next in each plane, in bytes.
    pub strides: [usize; 3],
    /// The pixels.
    pub data: rm_bytes_t,
}

/// An n-dimensional array. Begin with `RM_TENSOR_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_tensor_t {
    /// `sizeof(rm_tensor_t)`.
    pub struct_size: u32,
    /// The type of the elements: `RM_DTYPE_…`.
    pub dtype: i32,
    /// The number of dimensions.
    pub dimensions: usize,
    /// The length of each dimension.
    pub shape: *const usize,
    /// The distance between neighbours in each dimension, in bytes; null when wrapping row-major elements.
    pub strides: *const isize,
    /// Where the first element begins, in bytes from the start of `data`.
    pub offset: usize,
    /// The elements.
    pub data: rm_bytes_t,
}

/// A unit of a compressed stream. Begin with `RM_ENCODED_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_encoded_t {
    /// `sizeof(rm_encoded_t)`.
    pub struct_size: u32,
    /// Not 0 if decoding can begin here.
    pub key_frame: u32,
    /// The codec's short name in lower case, such as `opus`.
    pub codec: rm_str_t,
    /// The compressed bytes.
    pub data: rm_bytes_t,
}

tables! {
    rm_audio_t: data;
    rm_video_t: data;
    rm_tensor_t: data;
    rm_encoded_t: data;
}

/// The names of an enumeration's members in the order of their numbers.
pub(crate) const SAMPLES: [SampleFormat; 5] =
    [SampleFormat::U8, SampleFormat::S16, SampleFormat::S32, SampleFormat::F32, SampleFormat::F64];
pub(crate) const LAYOUTS: [Layout; 2] = [Layout::Interleaved, Layout::Planar];
pub(crate) const PIXELS: [PixelFormat; 6] = [
    PixelFormat::Gray8,
    PixelFormat::Rgb24,
    PixelFormat::Rgba32,
    PixelFormat::Bgra32,
    PixelFormat::I420,
    PixelFormat::Nv12,
];
pub(crate) const DTYPES: [DType; 14] = [
    DType::Bool,
    DType::I8,
    DType::I16,
    DType::I32,
    DType::I64,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
    DType::F16,
    DType::F32,
    DType::F64,
    DType::C64,
    DType::C128,
];

/// The member that a number from C stands for.
pub(crate) fn member<T: Copy>(number: i32, members: &[T], name: &str) -> Result<T, Fault> {
    let found = usize::try_from(number).ok().and_then(|index| members.get(index)).copied();
    let last = members.len().saturating_sub(1);
    found.ok_or_else(|| Fault::argument(format!("{name} is {number}, expected 0 to {last}")))
}

/// The number that stands for a member in C; -1 for one that this version of the ABI does not know.
pub(crate) fn number<T: PartialEq>(member: &T, members: &[T]) -> i32 {
    members.iter().position(|known| known == member).and_then(|index| i32::try_from(index).ok()).unwrap_or(-1)
}
