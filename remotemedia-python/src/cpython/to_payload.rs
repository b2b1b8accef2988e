//! From Python to the graph: by reference, as an exact simple payload, or in the neutral form that native nodes read.

use std::any::Any;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple};
use remotemedia_core::buffer::{Buffer, Memory};
use remotemedia_core::error::PayloadError;
use remotemedia_core::{Packet as CorePacket, Payload};
use serde_json::Value;

use super::array::tensor_from_array;
use super::audio::{audio_from_tuple, is_audio};
use super::held::Held;
use super::json::{Strictness, to_json, too_big, unpaired};
use super::media::{Encoded, Video};
use super::packet::Packet;
use super::types::{as_array, is_array_scalar, is_exact_array};
use super::value::PyValue;

/// The object as a payload that only Python nodes look into.
pub fn by_reference(object: Bound<'_, PyAny>) -> Payload {
    Payload::Host(Arc::new(PyValue::new(object)))
}

/// The neutral payload if the object comes back from it exactly as it is, the object by reference otherwise.
///
/// For values on their way to a native node, which then needs no interpreter to read them.
pub(super) fn simple_or_reference(object: Bound<'_, PyAny>) -> Payload {
    simple(&object).unwrap_or_else(|| by_reference(object))
}

/// What a native node sees.
///
/// # Errors
/// If the object has no neutral form; the message says what it is and what would do.
pub fn neutral(object: &Bound<'_, PyAny>) -> Result<Payload, PayloadError> {
    if let Some(payload) = simple(object) {
        return Ok(payload);
    }
    if let Ok(packet) = object.cast::<Packet>() {
        return neutral(packet.get().value().bind(object.py()));
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return if is_audio(tuple) { audio(tuple) } else { json(object) };
    }
    if let Some(array) = as_array(object) {
        return tensor_from_array(array).map(Payload::Tensor);
    }
    if is_array_scalar(object) {
        return neutral(&object.call_method0("item").map_err(unreadable)?);
    }
    if let Some(payload) = number_or_text(object)? {
        return Ok(payload);
    }
    if object.is_instance_of::<PyByteArray>() || object.is_instance_of::<PyMemoryView>() {
        let bytes = object.py().get_type::<PyBytes>().call1((object,)).map_err(unreadable)?;
        return Ok(simple(&bytes).unwrap_or_else(|| by_reference(bytes)));
    }
    match from_dlpack(object)? {
        Some(payload) => Ok(payload),
        None => json(object),
    }
}

/// The packet that a node's result or a caller's value stands for, and the port it names.
///
/// With `to_native`, values are made neutral where that loses nothing, and the metadata of `(audio, rate, metadata)`
/// is the packet's as well.
///
/// # Errors
/// If the metadata of a [`Packet`] has no JSON form.
pub fn packet_from(object: Bound<'_, PyAny>, to_native: bool) -> Result<(CorePacket, Option<String>), PayloadError> {
    if let Ok(packet) = object.cast::<Packet>() {
        let packet = packet.get();
        let value = packet.value().bind(object.py()).clone();
        let (inner, _) = packet_from(value, to_native)?;
        return packet.envelope(object.py(), inner);
    }
    if to_native {
        if let Some(metadata) = metadata_of_audio(&object) {
            let mut packet = CorePacket::new(by_reference(object));
            // Metadata without a JSON form stays with the tuple; a node that reads the audio refuses it.
            packet.attributes = attributes(&metadata).unwrap_or_default();
            return Ok((packet, None));
        }
        return Ok((CorePacket::new(simple_or_reference(object)), None));
    }
    Ok((CorePacket::new(by_reference(object)), None))
}

/// The metadata dict as packet attributes.
///
/// # Errors
/// If a value in it has no JSON form.
pub(super) fn attributes(
    metadata: &Bound<'_, PyDict>,
) -> Result<Option<Arc<serde_json::Map<String, Value>>>, PayloadError> {
    match to_json(metadata.as_any(), Strictness::Neutral)? {
        Value::Object(entries) if !entries.is_empty() => Ok(Some(Arc::new(entries))),
        _ => Ok(None),
    }
}

fn simple(object: &Bound<'_, PyAny>) -> Option<Payload> {
    if let Ok(value) = object.cast_exact::<PyFloat>() {
        return Some(Payload::Float(value.value()));
    }
    if object.is_exact_instance_of::<PyInt>() {
        return object.extract().map(Payload::Int).ok();
    }
    if let Ok(text) = object.cast_exact::<PyString>() {
        return text.to_cow().ok().map(|text| Payload::Text(text.as_ref().into()));
    }
    if object.is_none() {
        return Some(Payload::Null);
    }
    if let Ok(value) = object.cast_exact::<PyBool>() {
        return Some(Payload::Bool(value.is_true()));
    }
    if is_exact_array(object) {
        return as_array(object).and_then(|array| tensor_from_array(array).ok()).map(Payload::Tensor);
    }
    if let Ok(bytes) = object.cast_exact::<PyBytes>() {
        return Some(Payload::Bytes(Buffer::new(BytesMemory::new(bytes))));
    }
    if object.is_exact_instance_of::<PyList>() || object.is_exact_instance_of::<PyDict>() {
        return to_json(object, Strictness::Exact).ok().map(|value| Payload::Json(Arc::new(value)));
    }
    if let Ok(video) = object.cast::<Video>() {
        return Some(Payload::Video(video.get().0.clone()));
    }
    object.cast::<Encoded>().ok().map(|unit| Payload::Encoded(unit.get().0.clone()))
}

fn number_or_text(object: &Bound<'_, PyAny>) -> Result<Option<Payload>, PayloadError> {
    if object.is_instance_of::<PyInt>() {
        return object.extract().map(|value| Some(Payload::Int(value))).map_err(|_| too_big(object));
    }
    if let Ok(value) = object.cast::<PyFloat>() {
        return Ok(Some(Payload::Float(value.value())));
    }
    if let Ok(text) = object.cast::<PyString>() {
        let text = text.to_cow().map_err(|_| unpaired())?;
        return Ok(Some(Payload::Text(text.as_ref().into())));
    }
    match object.cast::<PyBytes>() {
        Ok(bytes) => Ok(Some(Payload::Bytes(Buffer::new(BytesMemory::new(bytes))))),
        Err(_) => Ok(None),
    }
}

fn json(object: &Bound<'_, PyAny>) -> Result<Payload, PayloadError> {
    to_json(object, Strictness::Neutral).map(Payload::from)
}

/// A tensor over the memory of an object that speaks DLPack, such as a torch tensor in main memory.
fn from_dlpack(object: &Bound<'_, PyAny>) -> Result<Option<Payload>, PayloadError> {
    let py = object.py();
    if !object.hasattr(pyo3::intern!(py, "__dlpack__")).unwrap_or(false) {
        return Ok(None);
    }
    let array = py.import("numpy").and_then(|numpy| numpy.call_method1("from_dlpack", (object,)));
    let array = array.map_err(unreadable)?;
    as_array(&array).map(|array| tensor_from_array(array).map(Payload::Tensor)).transpose()
}

fn audio(tuple: &Bound<'_, PyTuple>) -> Result<Payload, PayloadError> {
    if let Some(metadata) = metadata_of_audio(tuple) {
        attributes(&metadata)?;
    }
    audio_from_tuple(tuple).map(Payload::Audio)
}

/// The metadata of `(audio, rate, metadata)`; `None` for anything else.
fn metadata_of_audio<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    let tuple = object.cast_exact::<PyTuple>().ok().filter(|tuple| tuple.len() == 3 && is_audio(tuple))?;
    tuple.get_item(2).ok()?.cast_into().ok()
}

fn unreadable(cause: PyErr) -> PayloadError {
    PayloadError::new(Python::attach(|py| super::error::describe(py, &cause)))
}

/// The bytes of a Python `bytes` object, which never change.
pub(super) struct BytesMemory {
    object: Held<PyBytes>,
    start: *const u8,
    len: usize,
}

// SAFETY: the bytes are immutable and kept alive by the object; reading them needs no interpreter.
unsafe impl Send for BytesMemory {}
// SAFETY: as above.
unsafe impl Sync for BytesMemory {}

impl BytesMemory {
    fn new(bytes: &Bound<'_, PyBytes>) -> Self {
        let slice = bytes.as_bytes();
        Self { object: Held::new(bytes.clone().unbind()), start: slice.as_ptr(), len: slice.len() }
    }

    /// The object, if `bytes` are all of it.
    pub(super) fn whole<'py>(&self, py: Python<'py>, bytes: &[u8]) -> Option<Bound<'py, PyBytes>> {
        let same = std::ptr::eq(bytes.as_ptr(), self.start) && bytes.len() == self.len;
        same.then(|| self.object.get().bind(py).clone())
    }
}

impl Memory for BytesMemory {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the pointer and length are those of the bytes object, which lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    fn owner(&self) -> Option<&dyn Any> {
        Some(self)
    }
}
