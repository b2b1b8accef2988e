//! `Packet`: a value with its envelope, as Python sees it.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use remotemedia_core::Packet as CorePacket;
use remotemedia_core::error::PayloadError;
use remotemedia_core::time::{Span, Timestamp};
use serde_json::{Map, Value};

use super::json::object_to_python;
use super::to_payload::attributes;
use super::to_python::to_python;

/// A value with its time, order and metadata.
///
/// `p.stream()` and `session.recv()` give packets; a node may return one to say when its result begins, how long it
/// lasts, on which port it leaves, or what metadata goes with it. A packet equals another packet, or a bare value, if
/// the values are equal.
#[pyclass(frozen, module = "remotemedia")]
pub struct Packet {
    value: Py<PyAny>,
    pts: Option<Timestamp>,
    duration: Option<Span>,
    seq: Option<u64>,
    stream: u32,
    uninterruptible: bool,
    port: Option<Arc<str>>,
    attributes: Option<Arc<Map<String, Value>>>,
    metadata: PyOnceLock<Py<PyDict>>,
}

impl Packet {
    /// What came out of the graph on `port`.
    ///
    /// # Errors
    /// If the value has no Python form.
    pub fn from_core(py: Python<'_>, packet: CorePacket, port: Option<Arc<str>>) -> PyResult<Self> {
        Ok(Self {
            pts: packet.pts,
            duration: packet.duration,
            seq: packet.seq,
            stream: packet.stream,
            uninterruptible: packet.uninterruptible,
            port,
            attributes: packet.attributes,
            metadata: PyOnceLock::new(),
            value: to_python(py, packet.payload, packet.pts)?.unbind(),
        })
    }

    pub(super) fn value(&self) -> &Py<PyAny> {
        &self.value
    }

    /// `inner` in this packet's envelope, and the port that the packet names.
    pub(super) fn envelope(
        &self,
        py: Python<'_>,
        inner: CorePacket,
    ) -> Result<(CorePacket, Option<String>), PayloadError> {
        let changed = self.metadata.get(py).map(|metadata| attributes(metadata.bind(py))).transpose()?;
        let mut packet = inner;
        packet.pts = self.pts.or(packet.pts);
        packet.duration = self.duration;
        packet.seq = self.seq;
        packet.stream = self.stream;
        packet.uninterruptible = self.uninterruptible;
        packet.attributes = changed.unwrap_or_else(|| self.attributes.clone()).or(packet.attributes);
        Ok((packet, self.port.as_deref().map(str::to_owned)))
    }
}

#[pymethods]
impl Packet {
    #[new]
    #[pyo3(signature = (value, *, start=None, duration=None, seq=None, port=None, metadata=None, stream=0, uninterruptible=false))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        value: Py<PyAny>,
        start: Option<f64>,
        duration: Option<f64>,
        seq: Option<u64>,
        port: Option<String>,
        metadata: Option<Bound<'_, PyDict>>,
        stream: u32,
        uninterruptible: bool,
    ) -> PyResult<Self> {
        let cell = PyOnceLock::new();
        if let Some(metadata) = metadata {
            cell.get_or_init(py, || metadata.unbind());
        }
        Ok(Self {
            value,
            pts: seconds("start", start)?.map(Timestamp::from_secs_f64),
            duration: seconds("duration", duration)?.map(Span::from_secs_f64),
            seq,
            stream,
            uninterruptible,
            port: port.map(Into::into),
            attributes: None,
            metadata: cell,
        })
    }

    /// The value itself.
    #[getter(value)]
    fn value_of(&self, py: Python<'_>) -> Py<PyAny> {
        self.value.clone_ref(py)
    }

    /// When the value begins, in seconds on the stream's own clock, or `None`.
    #[getter]
    fn start(&self) -> Option<f64> {
        self.pts.map(Timestamp::as_secs_f64)
    }

    /// When the value ends, in seconds, or `None` where its start or duration is not known.
    #[getter]
    fn end(&self) -> Option<f64> {
        Some((self.pts? + self.duration?).as_secs_f64())
    }

    /// How long the value lasts, in seconds, or `None`.
    #[getter]
    fn duration(&self) -> Option<f64> {
        self.duration.map(Span::as_secs_f64)
    }

    /// The number of the item in its stream, counted from 1, or `None` before it was sent.
    #[getter]
    fn seq(&self) -> Option<u64> {
        self.seq
    }

    /// Which of several streams that share an edge the packet belongs to.
    #[getter]
    fn stream(&self) -> u32 {
        self.stream
    }

    /// Whether the packet survives an interrupt.
    #[getter]
    fn uninterruptible(&self) -> bool {
        self.uninterruptible
    }

    /// The port on which the packet left the graph, or shall leave the node; `None` for the first one.
    #[getter]
    fn port(&self) -> Option<&str> {
        self.port.as_deref()
    }

    /// Free metadata, a dict.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let made = self.metadata.get_or_try_init(py, || match &self.attributes {
            Some(attributes) => object_to_python(py, attributes).map(Bound::unbind),
            None => Ok(PyDict::new(py).unbind()),
        })?;
        Ok(made.bind(py).clone())
    }

    fn __eq__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let own = self.value.bind(other.py());
        match other.cast::<Self>() {
            Ok(other) => own.rich_compare(&other.get().value, pyo3::pyclass::CompareOp::Eq),
            Err(_) => own.rich_compare(other, pyo3::pyclass::CompareOp::Eq),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.value.bind(py).hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let mut text = format!("Packet({}", self.value.bind(py).repr()?);
        if let Some(start) = self.pts {
            text += &format!(", start={:.3}", start.as_secs_f64());
        }
        if let Some(duration) = self.duration {
            text += &format!(", duration={:.3}", duration.as_secs_f64());
        }
        if let Some(port) = &self.port {
            text += &format!(", port={port:?}");
        }
        Ok(text + ")")
    }
}

fn seconds(name: &str, value: Option<f64>) -> PyResult<Option<f64>> {
    match value {
        Some(value) if !value.is_finite() || value < 0.0 => {
            let message = format!("{name} is {value}, expected seconds from 0 on");
            Err(pyo3::exceptions::PyValueError::new_err(message))
        }
        value => Ok(value),
    }
}
