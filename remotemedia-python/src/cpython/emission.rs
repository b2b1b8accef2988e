//! What a Python node gives, on its way out: `None` is dropped, everything else becomes a packet on a port.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use remotemedia_core::Packet;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::outputs::AsyncOutputs;
use remotemedia_core::time::Timestamp;

use super::audio::start_of;
use super::pending::Pending;
use super::to_payload::{by_reference, packet_from};
use super::types::is_simple;

/// How a node's results become packets.
#[derive(Default)]
pub(super) struct Emission {
    to_native: bool,
    ports: Vec<String>,
    /// When the packet that is being worked on begins: nanoseconds plus one, zero where it is not known.
    began: AtomicU64,
}

impl Emission {
    /// Results become neutral where that loses nothing if `to_native`: a native node follows.
    pub(super) fn new(to_native: bool, ports: Vec<String>) -> Self {
        Self { to_native, ports, began: AtomicU64::new(0) }
    }

    /// Notes when the packet that is being worked on begins.
    pub(super) fn begin(&self, pts: Option<Timestamp>) {
        self.began.store(pts.map_or(0, |pts| pts.as_nanos().saturating_add(1)), Ordering::Relaxed);
    }

    /// The output port's index and the packet, or `None` where there is nothing to emit.
    ///
    /// # Errors
    /// If the result names a port that the node has not, or metadata that has no JSON form.
    pub(super) fn packet(&self, object: Bound<'_, PyAny>) -> NodeResult<Option<(usize, Packet)>> {
        if object.is_none() {
            return Ok(None);
        }
        if !self.to_native && is_simple(&object) {
            return Ok(Some((0, Packet::new(by_reference(object)))));
        }
        let start = start_of(&object);
        let (mut packet, port) = packet_from(object, self.to_native)?;
        if packet.pts.is_none()
            && start.is_some_and(|start| start.as_nanos().saturating_add(1) != self.began.load(Ordering::Relaxed))
        {
            packet.pts = start;
        }
        match port {
            None => Ok(Some((0, packet))),
            Some(name) => Ok(Some((self.port(&name)?, packet))),
        }
    }

    fn port(&self, name: &str) -> NodeResult<usize> {
        self.ports.iter().position(|port| port == name).ok_or_else(|| {
            NodeError::new(format!("no output port \"{name}\"; output ports: {}", self.ports.join(", ")))
        })
    }
}

/// What an asynchronous node emits through: called with each result.
#[pyclass(frozen)]
pub(super) struct Emit {
    emission: Arc<Emission>,
    out: AsyncOutputs,
}

impl Emit {
    pub(super) fn new(py: Python<'_>, emission: &Arc<Emission>, out: &AsyncOutputs) -> PyResult<Py<Self>> {
        Py::new(py, Self { emission: Arc::clone(emission), out: out.clone() })
    }
}

#[pymethods]
impl Emit {
    /// Emits; gives something to wait for if there is no room yet.
    fn __call__(&self, py: Python<'_>, result: Bound<'_, PyAny>) -> PyResult<Option<Pending>> {
        let Some((port, packet)) = self.emission.packet(result).map_err(refused)? else { return Ok(None) };
        let out = self.out.clone();
        let mut emitting = Box::pin(async move { out.emit_to(port, packet).await });
        match py.detach(|| emitting.as_mut().poll(&mut Context::from_waker(Waker::noop()))) {
            Poll::Ready(done) => done.map(|()| None).map_err(refused),
            Poll::Pending => Ok(Some(Pending::new(async move {
                let done = emitting.await;
                Python::attach(|py| done.map(|()| py.None()).map_err(refused))
            }))),
        }
    }
}

fn refused(error: NodeError) -> PyErr {
    PyRuntimeError::new_err(error.message().to_owned())
}
