//! Packets: values on their way, with their time and metadata.

use std::sync::Arc;

use remotemedia::time::{Span, Timestamp};
use remotemedia::{Packet, Payload};
use serde_json::Value;

use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle::{self, Owned, objects};
use crate::status::{RM_STATUS_OK, rm_status_t};
use crate::text::{rm_bytes_t, rm_str_t};

/// A value with its time and metadata. What it holds does not change once it was sent or retained.
#[derive(Debug)]
pub struct rm_packet_t {
    pub(crate) packet: Packet,
    /// Where it came out of the session, if it did.
    pub(crate) port: Option<Arc<str>>,
}

objects!(rm_packet_t: "packet");

impl rm_packet_t {
    pub(crate) fn give(packet: impl Into<Packet>) -> *mut Self {
        handle::give(Self { packet: packet.into(), port: None })
    }

    /// A packet for the host. What is a value of another host, or a batch, is turned into what C can read, if it can
    /// be.
    #[inline(always)]
    pub(crate) fn for_host(packet: Packet, port: Option<Arc<str>>) -> Self {
        match &packet.payload {
            Payload::Host(_) => Self { packet: readable(packet), port },
            _ => Self { packet, port },
        }
    }

    /// The packet as it is, for a session. Its own function, so that it is written where it is needed and not moved
    /// there.
    #[inline(never)]
    pub(crate) fn copy(&self) -> Packet {
        self.packet.clone()
    }
}

#[cold]
fn readable(mut packet: Packet) -> Packet {
    if let Payload::Host(object) = &packet.payload
        && let Ok(readable) = object.to_payload()
    {
        packet.payload = readable;
    }
    packet
}

/// A packet without a value. Any thread. Since 0.1, stable.
///
/// # Safety
/// `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_null(out: *mut *mut rm_packet_t, error: *mut *mut rm_error_t) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::Null)) }
}

/// A packet with a truth value. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_new_null`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_bool(
    value: bool,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::Bool(value))) }
}

/// A packet with a whole number. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_new_null`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_int(
    value: i64,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::Int(value))) }
}

/// A packet with a floating-point number. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_new_null`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_float(
    value: f64,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::Float(value))) }
}

/// A packet with a copy of a text. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_new_null`; `text` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_text(
    text: rm_str_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::from(text.read("text")?.unwrap_or_default()))) }
}

/// A packet with the value that a JSON text says. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_new_null`; `json` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_json(
    json: rm_str_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::from(parse(json, "json")?))) }
}

/// A packet with a copy of bytes. To avoid the copy, see `rm_packet_wrap_bytes`. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_new_null`; `bytes` are readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_new_bytes(
    bytes: rm_bytes_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { make(out, error, || Ok(Payload::Bytes(bytes.read("bytes")?.to_vec().into()))) }
}

/// One more reference. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_retain(packet: *const rm_packet_t) -> *mut rm_packet_t {
    handle::retain(packet)
}

/// Takes one reference back. Null is ignored. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_release(packet: *mut rm_packet_t) {
    handle::release(packet);
}

/// When the value is to be presented, in nanoseconds on the stream's own clock. Gives whether that is known; `out` is
/// written only then. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is null or held; `out` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_pts(packet: *const rm_packet_t, out: *mut u64) -> bool {
    // SAFETY: as the caller promises.
    unsafe { tell(packet, out, |packet| packet.pts.map(Timestamp::as_nanos)) }
}

/// How long the value lasts, in nanoseconds. Gives whether that is known; `out` is written only then. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_pts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_duration(packet: *const rm_packet_t, out: *mut u64) -> bool {
    // SAFETY: as the caller promises.
    unsafe { tell(packet, out, |packet| packet.duration.map(Span::as_nanos)) }
}

/// The number of the item in its stream, counted from 1 unless its sender set it. Gives whether it has one; `out` is
/// written only then. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_pts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_seq(packet: *const rm_packet_t, out: *mut u64) -> bool {
    // SAFETY: as the caller promises.
    unsafe { tell(packet, out, |packet| packet.seq) }
}

/// Which of several streams that share an edge the packet belongs to. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is null or held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_stream(packet: *const rm_packet_t) -> u32 {
    handle::look(packet, |packet| packet.packet.stream).unwrap_or(0)
}

/// The session's output port that the packet came out of, or no text. Lent until the packet is released. Any thread.
/// Since 0.1, stable.
///
/// # Safety
/// `packet` is null or held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_port(packet: *const rm_packet_t) -> rm_str_t {
    let port = |packet: &rm_packet_t| packet.port.as_deref().map_or(rm_str_t::NONE, rm_str_t::lend);
    handle::look(packet, port).unwrap_or(rm_str_t::NONE)
}

/// The metadata as a packet of text that holds a JSON object. Any thread. Since 0.1, stable.
///
/// # Safety
/// `packet` is held; `out` and `error` may be written, and `error` may be null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_attributes(
    packet: *const rm_packet_t,
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let out = unsafe { handle::output(out)? };
        let packet = handle::borrow(packet, "packet")?;
        let attributes = packet.packet.attributes.as_deref();
        let text = attributes.map_or_else(|| "{}".to_owned(), |map| Value::Object(map.clone()).to_string());
        *out = rm_packet_t::give(text);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Sets when the value is to be presented, in nanoseconds. Only before the packet is retained. One thread at a time.
/// Since 0.1, stable.
///
/// # Safety
/// `packet` is held; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_set_pts(
    packet: *mut rm_packet_t,
    nanoseconds: u64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { change(packet, error, |packet| packet.pts = Some(Timestamp::from_nanos(nanoseconds))) }
}

/// Sets how long the value lasts, in nanoseconds. Only before the packet is retained. One thread at a time.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_set_pts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_set_duration(
    packet: *mut rm_packet_t,
    nanoseconds: u64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { change(packet, error, |packet| packet.duration = Some(Span::from_nanos(nanoseconds))) }
}

/// Sets the number of the item in its stream. Only before the packet is retained. One thread at a time.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_set_pts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_set_seq(
    packet: *mut rm_packet_t,
    seq: u64,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { change(packet, error, |packet| packet.seq = Some(seq)) }
}

/// Sets which of several streams that share an edge the packet belongs to. Only before the packet is retained.
/// One thread at a time. Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_set_pts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_set_stream(
    packet: *mut rm_packet_t,
    stream: u32,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { change(packet, error, |packet| packet.stream = stream) }
}

/// Sets whether the packet survives an interrupt. Only before the packet is retained. One thread at a time.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_set_pts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_set_uninterruptible(
    packet: *mut rm_packet_t,
    uninterruptible: bool,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    // SAFETY: as the caller promises.
    unsafe { change(packet, error, |packet| packet.uninterruptible = uninterruptible) }
}

/// Sets the metadata from a text that holds a JSON object. Only before the packet is retained. One thread at a time.
/// Since 0.1, stable.
///
/// # Safety
/// As `rm_packet_set_pts`; `json` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_packet_set_attributes(
    packet: *mut rm_packet_t,
    json: rm_str_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (mut packet, value) = (own(packet)?, unsafe { parse(json, "json")? });
        let Value::Object(attributes) = value else {
            return Err(Fault::argument(format!("attributes are {value}, expected a JSON object")));
        };
        packet.packet.attributes = Some(Arc::new(attributes));
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Makes a packet.
///
/// # Safety
/// `out` and `error` may be written, and `error` may be null.
pub(crate) unsafe fn make(
    out: *mut *mut rm_packet_t,
    error: *mut *mut rm_error_t,
    payload: impl FnOnce() -> Result<Payload, Fault>,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let out = unsafe { handle::output(out)? };
        *out = rm_packet_t::give(payload()?);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// # Safety
/// `packet` is null or held; `out` is null or may be written.
unsafe fn tell(packet: *const rm_packet_t, out: *mut u64, get: impl FnOnce(&Packet) -> Option<u64>) -> bool {
    let value = handle::look(packet, |packet| get(&packet.packet)).flatten();
    // SAFETY: as the caller promises.
    let out = unsafe { out.as_mut() };
    if let (Some(value), Some(out)) = (value, out) {
        *out = value;
    }
    value.is_some()
}

/// # Safety
/// As `rm_packet_set_pts`.
unsafe fn change(
    packet: *mut rm_packet_t,
    error: *mut *mut rm_error_t,
    change: impl FnOnce(&mut Packet),
) -> rm_status_t {
    let call = || {
        change(&mut own(packet)?.packet);
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// The packet behind its only reference.
fn own(packet: *mut rm_packet_t) -> Result<Owned<rm_packet_t>, Fault> {
    let message = "the packet has several references, expected to be changed before it is retained";
    handle::own(packet, "packet")?.ok_or_else(|| Fault::argument(message))
}

/// # Safety
/// `json` is readable.
unsafe fn parse(json: rm_str_t, name: &str) -> Result<Value, Fault> {
    // SAFETY: as the caller promises.
    let text = unsafe { json.need(name)? };
    serde_json::from_str(text).map_err(|error| Fault::argument(format!("{name} is not valid JSON: {error}")))
}
