//! Packets around memory of the host: nothing is copied, whatever the size.

use std::os::raw::c_void;
use std::slice;

use remotemedia::Payload;
use remotemedia::audio::Audio;
use remotemedia::buffer::{Buffer, Memory};
use remotemedia::tensor::Tensor;
use remotemedia::video::{Encoded, Plane, Video};

use crate::error::rm_error_t;
use crate::guard::{Fault, shield};
use crate::media::{DTYPES, LAYOUTS, PIXELS, SAMPLES, member, rm_audio_t, rm_encoded_t, rm_tensor_t, rm_video_t};
use crate::packet::{make, rm_packet_t};
use crate::runtime::expect_size;
use crate::status::rm_status_t;
use crate::text::rm_bytes_t;

/// Lets go of memory that was wrapped. Called exactly once, from any thread, when nothing uses the memory any more; also
/// when wrapping fails, before the call returns.
pub type rm_destroy_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// A packet around bytes of the host, which must not change until `destroy(user_data)` is called. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// `bytes` stay readable until `destroy` is called, which may be null; `out` and `error` may be written, and `error`
/// may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_wrap_bytes(
    bytes: rm_bytes_t,
    destroy: rm_destroy_fn,
    user_data: *mut c_void,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let owner = Owner { destroy, user_data };
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::Bytes(owner.buffer(bytes)?))) }
}

/// A packet around a block of audio of the host, whose samples must not change until `destroy(user_data)` is called.
/// Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_wrap_bytes`; `audio` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_wrap_audio(
    audio: *const rm_audio_t,
    destroy: rm_destroy_fn,
    user_data: *mut c_void,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let owner = Owner { destroy, user_data };
    let wrap = || {
        // SAFETY: as the caller promises.
        let audio = unsafe { described(audio, "audio")? };
        expect_size(audio.struct_size, size_of::<rm_audio_t>(), "rm_audio_t")?;
        let format = member(audio.format, &SAMPLES, "format")?;
        let layout = member(audio.layout, &LAYOUTS, "layout")?;
        let channels = u16::try_from(audio.channels).unwrap_or(u16::MAX);
        // SAFETY: as the caller promises.
        let data = unsafe { owner.buffer(audio.data)? };
        let audio = Audio::new(format, layout, audio.rate, channels, data);
        audio.map(Payload::Audio).map_err(|error| Fault::argument(error.to_string()))
    };
    // SAFETY: as the caller promises.
    unsafe { make(out, error, wrap) }
}

/// A packet around a picture of the host, whose pixels must not change until `destroy(user_data)` is called.
/// Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_wrap_bytes`; `video` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_wrap_video(
    video: *const rm_video_t,
    destroy: rm_destroy_fn,
    user_data: *mut c_void,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let owner = Owner { destroy, user_data };
    let wrap = || {
        // SAFETY: as the caller promises.
        let video = unsafe { described(video, "video")? };
        expect_size(video.struct_size, size_of::<rm_video_t>(), "rm_video_t")?;
        let format = member(video.format, &PIXELS, "format")?;
        // SAFETY: as the caller promises.
        let data = unsafe { owner.buffer(video.data)? };
        let made = match video.planes {
            0 => Video::new(format, video.width, video.height, data),
            planes => {
                let places = video.offsets.iter().zip(&video.strides);
                let planes = places.take(planes as usize).map(|(&offset, &stride)| Plane { offset, stride });
                Video::with_planes(format, video.width, video.height, planes.collect(), data)
            }
        };
        made.map(Payload::Video).map_err(|error| Fault::argument(error.to_string()))
    };
    // SAFETY: as the caller promises.
    unsafe { make(out, error, wrap) }
}

/// A packet around an array of the host, whose elements must not change until `destroy(user_data)` is called; shape and
/// strides are copied. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_wrap_bytes`; `tensor`, its shape and its strides are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_wrap_tensor(
    tensor: *const rm_tensor_t,
    destroy: rm_destroy_fn,
    user_data: *mut c_void,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let owner = Owner { destroy, user_data };
    let wrap = || {
        // SAFETY: as the caller promises.
        let tensor = unsafe { described(tensor, "tensor")? };
        expect_size(tensor.struct_size, size_of::<rm_tensor_t>(), "rm_tensor_t")?;
        let dtype = member(tensor.dtype, &DTYPES, "dtype")?;
        // SAFETY: as the caller promises.
        let (shape, strides, data) = unsafe {
            let shape = numbers(tensor.shape, tensor.dimensions, "shape")?;
            let strides = match tensor.strides.is_null() {
                true => None,
                false => Some(numbers(tensor.strides, tensor.dimensions, "strides")?),
            };
            (shape, strides, owner.buffer(tensor.data)?)
        };
        let made = match strides {
            Some(strides) => Tensor::with_strides(dtype, shape, strides, tensor.offset, data),
            None => Tensor::new(dtype, shape, data),
        };
        made.map(Payload::Tensor).map_err(|error| Fault::argument(error.to_string()))
    };
    // SAFETY: as the caller promises.
    unsafe { make(out, error, wrap) }
}

/// A packet around a compressed unit of the host, whose bytes must not change until `destroy(user_data)` is called; the
/// codec's name is copied. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_wrap_bytes`; `unit` and its codec are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_wrap_encoded(
    unit: *const rm_encoded_t,
    destroy: rm_destroy_fn,
    user_data: *mut c_void,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let owner = Owner { destroy, user_data };
    let wrap = || {
        // SAFETY: as the caller promises.
        let unit = unsafe { described(unit, "unit")? };
        expect_size(unit.struct_size, size_of::<rm_encoded_t>(), "rm_encoded_t")?;
        // SAFETY: as the caller promises.
        let (codec, data) = unsafe { (unit.codec.need("codec")?.to_owned(), owner.buffer(unit.data)?) };
        Ok(Payload::from(Encoded { codec, key_frame: unit.key_frame, data }))
    };
    // SAFETY: as the caller promises.
    unsafe { make(out, error, wrap) }
}

/// Who has to hear that memory is not used any more. Tells so when dropped.
struct Owner {
    destroy: rm_destroy_fn,
    user_data: *mut c_void,
}

// SAFETY: `destroy` may be called on any thread, as its type's text says, and nothing else touches `user_data`.
unsafe impl Send for Owner {}
// SAFETY: a shared owner offers nothing.
unsafe impl Sync for Owner {}

impl Owner {
    /// The bytes as a buffer that keeps the owner.
    ///
    /// # Safety
    /// `bytes` stay readable and unchanged until `destroy` is called.
    unsafe fn buffer(self, bytes: rm_bytes_t) -> Result<Buffer, Fault> {
        // SAFETY: as the caller promises; the buffer keeps the owner, so the bytes live as long as it does.
        let bytes: &'static [u8] = unsafe { bytes.read("data")? };
        Ok(Buffer::new(HostBytes { bytes, _owner: self }))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: called once, with what came along with it.
            shield((), || unsafe { destroy(self.user_data) });
        }
    }
}

/// Bytes of the host, read-only.
struct HostBytes {
    bytes: &'static [u8],
    _owner: Owner,
}

impl Memory for HostBytes {
    fn bytes(&self) -> &[u8] {
        self.bytes
    }
}

/// # Safety
/// `description` is null or readable.
unsafe fn described<'a, T>(description: *const T, name: &str) -> Result<&'a T, Fault> {
    // SAFETY: as the caller promises.
    unsafe { description.as_ref() }.ok_or_else(|| Fault::argument(format!("{name} is null")))
}

/// # Safety
/// `numbers` is null or points to `count` numbers.
unsafe fn numbers<T: Copy>(numbers: *const T, count: usize, name: &str) -> Result<Vec<T>, Fault> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if numbers.is_null() || count > MAX_DIMENSIONS {
        let message = format!("{name} is null or longer than {MAX_DIMENSIONS}, expected {count} numbers");
        return Err(Fault::argument(message));
    }
    // SAFETY: not null, and long enough as the caller promises.
    Ok(unsafe { slice::from_raw_parts(numbers, count) }.to_vec())
}

/// More dimensions than any array has.
const MAX_DIMENSIONS: usize = 64;
