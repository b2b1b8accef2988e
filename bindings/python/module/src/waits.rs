//! Waiting for a running graph: with a timeout, for whichever comes first, and from an event loop.

use std::task::Poll;

use pyo3::prelude::*;
use remotemedia::Packet as CorePacket;
use remotemedia::session::{Received, SendError, SendFailure, Session as Running};
use remotemedia::time::{Span, Timestamp};
use remotemedia_python::cpython::{Packet, Pending, PySession, release_ended};

use crate::errors;
use crate::runtime::runtime;

/// Waits until the packet was taken, or something can be received; gives back the packet that was not taken.
pub(crate) fn wait_for_change(
    running: &Running,
    packet: CorePacket,
) -> (Option<CorePacket>, remotemedia::Result<Received>) {
    let mut unsent = Some(packet);
    let mut received = Ok(Received::Nothing);
    let Ok(runtime) = runtime() else { return (unsent, received) };
    let waiter = running.waiter();
    runtime.driver().wait(None, &mut |cx| {
        if let Poll::Ready(now) = waiter.poll_recv(cx, None) {
            received = now;
            return Poll::Ready(());
        }
        let Some(packet) = unsent.take() else { return Poll::Ready(()) };
        match waiter.poll_send(cx, None, packet) {
            Ok(()) => Poll::Ready(()),
            Err(SendError { packet, reason: SendFailure::Full }) => {
                unsent = Some(packet);
                Poll::Pending
            }
            Err(SendError { reason: SendFailure::Refused(error), packet }) => {
                unsent = Some(packet);
                received = Err(error);
                Poll::Ready(())
            }
        }
    });
    (unsent, received)
}

/// What was received from an event loop, as Python hears of it.
pub(crate) fn receive(
    py: Python<'_>,
    python: &PySession,
    received: remotemedia::Result<Received>,
) -> PyResult<Py<PyAny>> {
    let stop = python.take_stop();
    let received = match received {
        Err(error) => Err(stop.unwrap_or_else(|| errors::to_python(py, &error))),
        Ok(Received::Packet(port, packet)) => Ok(Py::new(py, Packet::from_core(py, packet, Some(port))?)?.into_any()),
        Ok(_) => Err(errors::named(py, "EndOfStream", "the stream is over")),
    };
    release_ended(py);
    received
}

/// A timeout in seconds as a moment on the driver's clock.
pub(crate) fn deadline(timeout: Option<f64>) -> PyResult<Option<Timestamp>> {
    let Some(seconds) = timeout else { return Ok(None) };
    Ok(Some(runtime()?.driver().now() + Span::from_secs_f64(seconds)))
}

/// Waits for something of the runtime without blocking the event loop: a coroutine that gives its result.
#[pyfunction]
pub(crate) fn settle<'py>(pending: &Bound<'py, Pending>) -> PyResult<Bound<'py, PyAny>> {
    remotemedia_python::cpython::settle(pending)
}
