//! From the graph to Python: the object that was sent where there is one, a view or a new object otherwise.

use std::sync::Arc;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::host::HostObject;
use remotemedia_core::time::Timestamp;
use remotemedia_core::{Packet as CorePacket, Payload};

use super::array::array_from_tensor;
use super::audio::{audio_to_python, is_audio};
use super::isolate::{own, shared};
use super::json::json_to_python;
use super::media::{Encoded, Video};
use super::to_payload::BytesMemory;
use super::types::as_array;
use super::value::PyValue;

/// The payload as Python sees it. Audio begins at `start`.
///
/// # Errors
/// If NumPy is needed and not installed, or the value belongs to another host and has no neutral form.
pub(super) fn to_python<'py>(
    py: Python<'py>,
    payload: Payload,
    start: Option<Timestamp>,
) -> PyResult<Bound<'py, PyAny>> {
    match payload {
        Payload::Null => Ok(py.None().into_bound(py)),
        Payload::Bool(value) => value.into_bound_py_any(py),
        Payload::Int(value) => value.into_bound_py_any(py),
        Payload::Float(value) => value.into_bound_py_any(py),
        Payload::Text(text) => text.as_ref().into_bound_py_any(py),
        Payload::Json(value) => json_to_python(py, &value),
        Payload::Bytes(bytes) => Ok(bytes_to_python(py, &bytes).into_any()),
        Payload::Audio(audio) => audio_to_python(py, audio, start),
        Payload::Video(video) => Ok(Bound::new(py, Video(video))?.into_any()),
        Payload::Tensor(tensor) => array_from_tensor(py, tensor),
        Payload::Encoded(unit) => Ok(Bound::new(py, Encoded(unit))?.into_any()),
        Payload::Host(object) => host_to_python(py, object, start),
        other => Err(PyTypeError::new_err(format!("no python form of {}", other.describe()))),
    }
}

/// A packet's value as a node may have it: what it writes there shows nowhere else.
pub(super) struct NodeInput<'py> {
    /// For the node.
    pub(super) object: Bound<'py, PyAny>,
    /// What to pass on should the node give back the very object that it was given: a view stood in for it.
    pub(super) stands_for: Option<Bound<'py, PyAny>>,
}

impl<'py> NodeInput<'py> {
    /// # Errors
    /// As [`to_python`].
    pub(super) fn new(py: Python<'py>, packet: CorePacket) -> PyResult<Self> {
        let (object, is_shared) = match packet.payload {
            Payload::Host(object) if object.host() == PyValue::HOST => match Arc::try_unwrap(own_value(object)?) {
                Ok(value) => (value.into_object().into_bound(py), false),
                Err(value) => (value.object().bind(py).clone(), true),
            },
            payload => (to_python(py, payload, packet.pts)?, false),
        };
        let instead = if is_shared { Some(shared(&object)?) } else { own(&object)? };
        let Some(instead) = instead else { return Ok(Self { object, stands_for: None }) };
        let only_views = as_array(&object).is_some() || object.cast::<PyTuple>().is_ok_and(is_audio);
        Ok(Self { stands_for: only_views.then_some(object), object: instead })
    }

    /// What the node gave, or what stands behind it.
    pub(super) fn behind(&self, given: Bound<'py, PyAny>) -> Bound<'py, PyAny> {
        match &self.stands_for {
            Some(original) if given.is(&self.object) => original.clone(),
            _ => given,
        }
    }
}

/// The packet's value as its receiver outside the graph sees it.
///
/// # Errors
/// If NumPy is needed and cannot be imported.
pub fn packet_to_python(py: Python<'_>, packet: CorePacket) -> PyResult<Bound<'_, PyAny>> {
    to_python(py, packet.payload, packet.pts)
}

fn host_to_python<'py>(
    py: Python<'py>,
    object: Arc<dyn HostObject>,
    start: Option<Timestamp>,
) -> PyResult<Bound<'py, PyAny>> {
    if object.host() == PyValue::HOST {
        return Ok(own_value(object)?.object().bind(py).clone());
    }
    let payload = object.to_payload();
    match (payload, object.parts()) {
        (Ok(payload @ (Payload::Audio(_) | Payload::Tensor(_))), _) | (Ok(payload), None) => {
            to_python(py, payload, start)
        }
        (_, Some((packets, names))) => parts_to_python(py, packets, names),
        (Err(error), None) => Err(PyTypeError::new_err(error.to_string())),
    }
}

/// The values of several packets: a list, or a dict where they have names.
fn parts_to_python<'py>(
    py: Python<'py>,
    packets: &[CorePacket],
    names: Option<&[String]>,
) -> PyResult<Bound<'py, PyAny>> {
    let values = packets.iter().map(|packet| to_python(py, packet.payload.clone(), packet.pts));
    let Some(names) = names else {
        return Ok(PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any());
    };
    let dict = PyDict::new(py);
    names.iter().zip(values).try_for_each(|(name, value)| dict.set_item(name, value?))?;
    Ok(dict.into_any())
}

fn own_value(object: Arc<dyn HostObject>) -> PyResult<Arc<PyValue>> {
    let foreign = |_| PyTypeError::new_err("a host object that calls itself python but is none");
    object.into_any().downcast().map_err(foreign)
}

fn bytes_to_python<'py>(py: Python<'py>, buffer: &Buffer) -> Bound<'py, PyBytes> {
    let bytes = buffer.as_bytes();
    let original = buffer.owner().and_then(|owner| owner.downcast_ref::<BytesMemory>());
    original.and_then(|memory| memory.whole(py, bytes)).unwrap_or_else(|| PyBytes::new(py, bytes))
}
