//! What packets carry, as C reads it. Nothing is copied: what is lent lives until the packet is released.

use remotemedia::Payload;

use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle;
use crate::media::{DTYPES, LAYOUTS, PIXELS, SAMPLES, number, rm_audio_t, rm_encoded_t, rm_tensor_t, rm_video_t};
use crate::packet::rm_packet_t;
use crate::status::{RM_STATUS_OK, RM_STATUS_WRONG_KIND, rm_status_t};
use crate::table;
use crate::text::{rm_bytes_t, rm_str_t};

/// No value.
pub const RM_PACKET_NULL: i32 = 0;
/// A truth value.
pub const RM_PACKET_BOOL: i32 = 1;
/// A whole number.
pub const RM_PACKET_INT: i32 = 2;
/// A floating-point number.
pub const RM_PACKET_FLOAT: i32 = 3;
/// UTF-8 text.
pub const RM_PACKET_TEXT: i32 = 4;
/// A JSON list or object, or a whole number beyond 63 bits.
pub const RM_PACKET_JSON: i32 = 5;
/// Raw bytes.
pub const RM_PACKET_BYTES: i32 = 6;
/// A block of audio.
pub const RM_PACKET_AUDIO: i32 = 7;
/// A picture.
pub const RM_PACKET_VIDEO: i32 = 8;
/// An n-dimensional array.
pub const RM_PACKET_TENSOR: i32 = 9;
/// A unit of a compressed stream.
pub const RM_PACKET_ENCODED: i32 = 10;
/// A value of a host language, or a kind that this version of the ABI does not know.
pub const RM_PACKET_OTHER: i32 = -1;

/// The kind of the value: `RM_PACKET_…`; `RM_PACKET_OTHER` for null. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is null or held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_kind(packet: *const rm_packet_t) -> i32 {
    handle::look(packet, |packet| kind(&packet.packet.payload)).unwrap_or(RM_PACKET_OTHER)
}

fn kind(payload: &Payload) -> i32 {
    match payload {
        Payload::Null => RM_PACKET_NULL,
        Payload::Bool(_) => RM_PACKET_BOOL,
        Payload::Int(_) => RM_PACKET_INT,
        Payload::Float(_) => RM_PACKET_FLOAT,
        Payload::Text(_) => RM_PACKET_TEXT,
        Payload::Json(_) => RM_PACKET_JSON,
        Payload::Bytes(_) => RM_PACKET_BYTES,
        Payload::Audio(_) => RM_PACKET_AUDIO,
        Payload::Video(_) => RM_PACKET_VIDEO,
        Payload::Tensor(_) => RM_PACKET_TENSOR,
        Payload::Encoded(_) => RM_PACKET_ENCODED,
        _ => RM_PACKET_OTHER,
    }
}

/// The truth value. `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_bool(
    packet: *const rm_packet_t,
    out: *mut bool,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload| match payload {
        Payload::Bool(value) => Ok(*value),
        other => Err(wrong_kind("a truth value", other)),
    };
    // SAFETY: as the caller promises.
    unsafe { get(packet, out, error, false, read) }
}

/// The whole number. `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_int(
    packet: *const rm_packet_t,
    out: *mut i64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload| match payload {
        Payload::Int(value) => Ok(*value),
        other => Err(wrong_kind("a whole number", other)),
    };
    // SAFETY: as the caller promises.
    unsafe { get(packet, out, error, 0, read) }
}

/// The number, whole or not, as a floating-point one. `RM_STATUS_WRONG_KIND` if it is none. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_float(
    packet: *const rm_packet_t,
    out: *mut f64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload| payload.as_f64().map_err(|_| wrong_kind("a number", payload));
    // SAFETY: as the caller promises.
    unsafe { get(packet, out, error, 0.0, read) }
}

/// The text, lent until the packet is released. `RM_STATUS_WRONG_KIND` if it is something else. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_text(
    packet: *const rm_packet_t,
    out: *mut rm_str_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload| match payload {
        Payload::Text(text) => Ok(rm_str_t::lend(text)),
        other => Err(wrong_kind("text", other)),
    };
    // SAFETY: as the caller promises.
    unsafe { get(packet, out, error, rm_str_t::NONE, read) }
}

/// The value as JSON, in a packet of text of its own. `RM_STATUS_WRONG_KIND` for media and bytes, and for numbers that
/// JSON cannot write. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_json(
    packet: *const rm_packet_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload| {
        let json = payload.clone().into_json();
        let json = json.map_err(|error| Fault::new(RM_STATUS_WRONG_KIND, error.to_string()))?;
        Ok(rm_packet_t::give(json.to_string()))
    };
    // SAFETY: as the caller promises.
    unsafe { get(packet, out, error, std::ptr::null_mut(), read) }
}

/// The bytes, lent until the packet is released. `RM_STATUS_WRONG_KIND` if it is something else. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_bytes(
    packet: *const rm_packet_t,
    out: *mut rm_bytes_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload| match payload {
        Payload::Bytes(bytes) => Ok(rm_bytes_t::lend(bytes.as_bytes())),
        other => Err(wrong_kind("bytes", other)),
    };
    // SAFETY: as the caller promises.
    unsafe { get(packet, out, error, rm_bytes_t::NONE, read) }
}

/// The block of audio, its samples lent until the packet is released. `out` begins with `RM_AUDIO_INIT`.
/// `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_audio(
    packet: *const rm_packet_t,
    out: *mut rm_audio_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload, out: &mut rm_audio_t| {
        let Payload::Audio(audio) = payload else { return Err(wrong_kind("audio", payload)) };
        out.rate = audio.rate();
        out.channels = audio.channels().into();
        out.format = number(&audio.format(), &SAMPLES);
        out.layout = number(&audio.layout(), &LAYOUTS);
        out.data = rm_bytes_t::lend(audio.buffer().as_bytes());
        Ok(())
    };
    // SAFETY: as the caller promises.
    unsafe { fill(packet, out, error, read) }
}

/// The picture, its pixels lent until the packet is released. `out` begins with `RM_VIDEO_INIT`.
/// `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_video(
    packet: *const rm_packet_t,
    out: *mut rm_video_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload, out: &mut rm_video_t| {
        let Payload::Video(video) = payload else { return Err(wrong_kind("video", payload)) };
        out.format = number(&video.format(), &PIXELS);
        (out.width, out.height) = (video.width(), video.height());
        (out.planes, out.offsets, out.strides) = (0, [0; 3], [0; 3]);
        for (plane, (offset, stride)) in video.planes().iter().zip(out.offsets.iter_mut().zip(&mut out.strides)) {
            (*offset, *stride) = (plane.offset, plane.stride);
            out.planes += 1;
        }
        out.data = rm_bytes_t::lend(video.buffer().as_bytes());
        Ok(())
    };
    // SAFETY: as the caller promises.
    unsafe { fill(packet, out, error, read) }
}

/// The array, its shape, strides and elements lent until the packet is released. `out` begins with `RM_TENSOR_INIT`.
/// `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_tensor(
    packet: *const rm_packet_t,
    out: *mut rm_tensor_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload, out: &mut rm_tensor_t| {
        let Payload::Tensor(tensor) = payload else { return Err(wrong_kind("a tensor", payload)) };
        out.dtype = number(&tensor.dtype(), &DTYPES);
        out.dimensions = tensor.shape().len();
        (out.shape, out.strides) = (tensor.shape().as_ptr(), tensor.strides().as_ptr());
        out.offset = tensor.offset();
        out.data = rm_bytes_t::lend(tensor.buffer().as_bytes());
        Ok(())
    };
    // SAFETY: as the caller promises.
    unsafe { fill(packet, out, error, read) }
}

/// The compressed unit, its bytes lent until the packet is released. `out` begins with `RM_ENCODED_INIT`.
/// `RM_STATUS_WRONG_KIND` if it is something else. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_bool`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_encoded(
    packet: *const rm_packet_t,
    out: *mut rm_encoded_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let read = |payload: &Payload, out: &mut rm_encoded_t| {
        let Payload::Encoded(unit) = payload else { return Err(wrong_kind("a compressed unit", payload)) };
        out.key_frame = unit.key_frame.into();
        out.codec = rm_str_t::lend(&unit.codec);
        out.data = rm_bytes_t::lend(unit.data.as_bytes());
        Ok(())
    };
    // SAFETY: as the caller promises.
    unsafe { fill(packet, out, error, read) }
}

/// Writes what `read` finds, or `otherwise`.
///
/// # Safety
/// As `rm_packet_bool`.
unsafe fn get<T>(
    packet: *const rm_packet_t,
    out: *mut T,
    error: *mut *mut rm_error_t,
    otherwise: T,
    read: impl FnOnce(&Payload) -> Result<T, Fault>,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let out = unsafe { out.as_mut() }.ok_or_else(|| Fault::argument("the place for the output is null"))?;
        *out = otherwise;
        *out = read(&handle::borrow(packet, "packet")?.packet.payload)?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Lets `read` fill the struct `out`.
///
/// # Safety
/// As `rm_packet_bool`.
unsafe fn fill<T>(
    packet: *const rm_packet_t,
    out: *mut T,
    error: *mut *mut rm_error_t,
    read: impl FnOnce(&Payload, &mut T) -> Result<(), Fault>,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let out = unsafe { table::place(out)? };
        read(&handle::borrow(packet, "packet")?.packet.payload, out)?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

fn wrong_kind(expected: &str, found: &Payload) -> Fault {
    Fault::new(RM_STATUS_WRONG_KIND, format!("expected {expected}, found {}", found.describe()))
}
