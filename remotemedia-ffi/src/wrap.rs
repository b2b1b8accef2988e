//! Packets around memory of the host: nothing is copied, whatever the size.

use std::os::raw::c_void;
use std::slice;

use remotemedia::Payload;
use remotemedia::audio::Audio;
use remotemedia::buffer::{Buffer, Memory};
use remotemedia::tensor::Tensor;
use remotemedia::video::{Encoded, Plane, Video};

use crate::callback::{HostData, rm_destroy_fn};
use crate::error::rm_error_t;
use crate::guard::Fault;
use crate::media::{DTYPES, LAYOUTS, PIXELS, SAMPLES, member, rm_audio_t, rm_encoded_t, rm_tensor_t, rm_video_t};
use crate::packet::{make, rm_packet_t};
use crate::status::rm_status_t;
use crate::table::{self, Table};
use crate::text::rm_bytes_t;

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
    let owner = HostData { data: user_data, destroy };
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
    let wrap = |audio: &rm_audio_t, owner: HostData| {
        let format = member(audio.format, &SAMPLES, "format")?;
        let layout = member(audio.layout, &LAYOUTS, "layout")?;
        let too_many = || format!("audio of {} channels, expected 1 to {}", audio.channels, Audio::MAX_CHANNELS);
        let channels = u16::try_from(audio.channels).map_err(|_| Fault::argument(too_many()))?;
        // SAFETY: as the caller promises.
        let data = unsafe { owner.buffer(audio.data)? };
        let audio = Audio::new(format, layout, audio.rate, channels, data);
        audio.map(Payload::Audio).map_err(|error| Fault::argument(error.to_string()))
    };
    // SAFETY: as the caller promises.
    unsafe { around(audio, "audio", HostData { data: user_data, destroy }, out, error, wrap) }
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
    let wrap = |video: &rm_video_t, owner: HostData| {
        let format = member(video.format, &PIXELS, "format")?;
        // SAFETY: as the caller promises.
        let data = unsafe { owner.buffer(video.data)? };
        let made = match video.planes {
            0 => Video::new(format, video.width, video.height, data),
            4.. => return Err(Fault::argument(format!("planes is {}, expected at most 3", video.planes))),
            planes => {
                let places = video.offsets.iter().zip(&video.strides);
                let planes = places.take(planes as usize).map(|(&offset, &stride)| Plane { offset, stride });
                Video::with_planes(format, video.width, video.height, planes.collect(), data)
            }
        };
        made.map(Payload::Video).map_err(|error| Fault::argument(error.to_string()))
    };
    // SAFETY: as the caller promises.
    unsafe { around(video, "video", HostData { data: user_data, destroy }, out, error, wrap) }
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
    let wrap = |tensor: &rm_tensor_t, owner: HostData| {
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
    unsafe { around(tensor, "tensor", HostData { data: user_data, destroy }, out, error, wrap) }
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
    let wrap = |unit: &rm_encoded_t, owner: HostData| {
        // SAFETY: as the caller promises.
        let (codec, data) = unsafe { (unit.codec.need("codec")?.to_owned(), owner.buffer(unit.data)?) };
        Ok(Payload::from(Encoded { codec, key_frame: unit.key_frame != 0, data }))
    };
    // SAFETY: as the caller promises.
    unsafe { around(unit, "unit", HostData { data: user_data, destroy }, out, error, wrap) }
}

/// A packet around what a struct of the host, the argument called `name`, describes; `owner` lets go of that.
///
/// # Safety
/// `described` is null or points to as many bytes as its first four say; the places for output and error may be
/// written, and the second one may be null.
unsafe fn around<T: Table>(
    described: *const T,
    name: &str,
    owner: HostData,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
    wrap: impl FnOnce(&T, HostData) -> Result<Payload, Fault>,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || wrap(&table::read(described, name)?, owner)) }
}

impl HostData {
    /// The bytes as a buffer that keeps the data.
    ///
    /// # Safety
    /// `bytes` stay readable and unchanged until the data is let go of.
    unsafe fn buffer(self, bytes: rm_bytes_t) -> Result<Buffer, Fault> {
        // SAFETY: as the caller promises; the buffer keeps the owner, so the bytes live as long as it does.
        let bytes: &'static [u8] = unsafe { bytes.read("data")? };
        Ok(Buffer::new(HostBytes { bytes, _owner: self }))
    }
}

/// Bytes of the host, read-only.
struct HostBytes {
    bytes: &'static [u8],
    _owner: HostData,
}

impl Memory for HostBytes {
    fn bytes(&self) -> &[u8] {
        self.bytes
    }
}

/// # Safety
/// `numbers` is null or points to `count` numbers.
unsafe fn numbers<T: Copy>(numbers: *const T, count: usize, name: &str) -> Result<Vec<T>, Fault> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > MAX_DIMENSIONS {
        return Err(Fault::argument(format!("dimensions is {count}, expected at most {MAX_DIMENSIONS}")));
    }
    if numbers.is_null() {
        return Err(Fault::argument(format!("{name} is null, expected {count} numbers")));
    }
    // SAFETY: not null, and long enough as the caller promises.
    Ok(unsafe { slice::from_raw_parts(numbers, count) }.to_vec())
}

/// More dimensions than any array has.
const MAX_DIMENSIONS: usize = 64;
