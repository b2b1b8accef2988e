//! A running graph, as Python calls it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyTimeoutError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;
use remotemedia::pipeline::SessionConfig;
use remotemedia::session::{Received, SendError, SendFailure, Session as Running};
use remotemedia::spec::Lane;
use remotemedia::{Packet as CorePacket, Pipeline};
use remotemedia_python::cpython::{
    Caller, Cause, Entered, Packet, Pending, PySession, aside, json_to_python, open_interpreter, packet_from,
    packet_to_python, release_ended, show_in_python,
};

use crate::errors;
use crate::open::{self, Open};
use crate::runtime::runtime;
use crate::telemetry;
use crate::waits::{deadline, receive, wait_for_change};
use crate::warnings;

/// What came out, and where.
type Output = (Arc<str>, CorePacket);

/// A running graph.
#[pyclass(frozen, module = "remotemedia._native", weakref)]
pub(crate) struct Session {
    running: Arc<Running>,
    python: Arc<PySession>,
    /// For calls that feed the session from end to end.
    feeder: Arc<Caller>,
    /// The ports that lead to a native node.
    native_inputs: Vec<(Arc<str>, bool)>,
    /// Whether the caller has heard of the error that ended the session.
    reported: Arc<AtomicBool>,
}

impl Session {
    /// Starts a session: for a caller that feeds it from end to end, or at once on workers.
    pub(crate) fn start(
        py: Python<'_>,
        pipeline: &Pipeline,
        python: &Arc<PySession>,
        config: &SessionConfig,
        is_fed: bool,
    ) -> PyResult<Self> {
        open_interpreter();
        show_in_python(py, telemetry::install)?;
        warnings::tell(pipeline.graph());
        let driver = runtime()?.driver();
        let graph = pipeline.graph();
        let alone = graph.nodes.iter().all(|node| matches!(node.spec.lane, Lane::Native | Lane::Scoped(_)));
        let feeder = Arc::new(Caller::new(alone));
        let launch = || pipeline.launch(driver, config);
        let running = if is_fed { feeder.waits(py, launch)? } else { py.detach(launch) };
        let running = Arc::new(running.map_err(|error| errors::to_python(py, &error))?);
        python.keep(Arc::<Running>::clone(&running));
        let native = |port: &remotemedia::graph::SessionPort| graph.nodes[port.at.node].spec.backend == "native";
        let native_inputs = graph.inputs.iter().map(|port| (Arc::clone(&port.name), native(port))).collect();
        open::remember(py, Open::new(&running, python, &feeder))?;
        Ok(Self { running, python: Arc::clone(python), feeder, native_inputs, reported: Arc::default() })
    }

    fn packet(&self, value: Bound<'_, PyAny>, port: Option<&str>) -> PyResult<CorePacket> {
        if port.is_none() && self.native_inputs.len() != 1 {
            return Err(errors::named(value.py(), "PipelineError", &self.no_port()));
        }
        let leads_to_native = match port {
            Some(port) => self.native_inputs.iter().any(|(name, native)| *native && **name == *port),
            None => self.native_inputs.first().is_some_and(|(_, native)| *native),
        };
        let py = value.py();
        let packet = packet_from(value, leads_to_native);
        packet.map(|(packet, _)| packet).map_err(|error| errors::named(py, "PipelineError", &error.to_string()))
    }

    /// Why a value that names no port cannot be taken.
    fn no_port(&self) -> String {
        if self.native_inputs.is_empty() {
            return "the pipeline begins with a source, which makes the items itself, and takes no input".to_owned();
        }
        let ports: Vec<&str> = self.native_inputs.iter().map(|(name, _)| &**name).collect();
        format!("the pipeline has several input ports: name one of {}", ports.join(", "))
    }

    /// The error that ends the session, or the exception with which a node asked the whole program to stop.
    fn error(&self, py: Python<'_>, error: &remotemedia::Error) -> PyErr {
        self.reported.store(true, Ordering::Relaxed);
        self.python.take_stop().unwrap_or_else(|| errors::to_python(py, error))
    }

    fn still_full(&self, port: Option<&str>, seconds: f64) -> PyErr {
        let port = port.or(self.native_inputs.first().map(|(name, _)| &**name)).unwrap_or_default();
        PyTimeoutError::new_err(format!(
            "input port {port} is full, and no room came within {seconds} s; are the outputs received?"
        ))
    }

    /// What was received, as a packet; `None` for nothing.
    fn received<'py>(
        &self,
        py: Python<'py>,
        received: remotemedia::Result<Received>,
    ) -> PyResult<Option<Bound<'py, Packet>>> {
        let received = match received.map_err(|error| self.error(py, &error))? {
            Received::Packet(port, packet) => Some(Bound::new(py, Packet::from_core(py, packet, Some(port))?)?),
            Received::Nothing => None,
            Received::End => return Err(errors::named(py, "EndOfStream", "the stream is over")),
        };
        release_ended(py);
        Ok(received)
    }

    /// Calls `work` detached; a signal, or a node that asks the whole program to stop, cancels the session.
    fn waits<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&Running) -> T + Send) -> PyResult<T> {
        let running = &self.running;
        let result = Caller::default().waits(py, || work(running));
        self.unless_stopped(py, result)
    }

    /// As [`waits`](Self::waits), on behalf of a caller that does the work itself.
    fn feeds<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&Running) -> T + Send) -> PyResult<T> {
        let running = &self.running;
        let result = self.feeder.waits(py, || work(running));
        self.unless_stopped(py, result)
    }

    /// As [`feeds`](Self::feeds), but only as long as there is something to do.
    fn helps<T: Send>(&self, py: Python<'_>, work: impl FnOnce(&Running) -> T + Send) -> PyResult<T> {
        let running = &self.running;
        let result = self.feeder.helps(py, || work(running));
        self.unless_stopped(py, result)
    }

    /// Ends the session, on whatever thread.
    fn end(&self) {
        open::call_deferred(&self.feeder);
        self.running.cancel();
    }

    fn unless_stopped<T>(&self, py: Python<'_>, result: PyResult<T>) -> PyResult<T> {
        let signalled = result.is_err();
        let result = match self.python.take_stop() {
            Some(stop) => Err(stop),
            None => result,
        };
        if signalled {
            // Before the nodes are cleaned up: those calls must not be hit.
            self.python.interrupt_calls(py);
        }
        if result.is_err() {
            py.detach(|| self.end());
        }
        result
    }

    /// Sends a packet; receives meanwhile what has to leave before there is room. Gives whether the packet was taken:
    /// a session that has failed takes nothing, and reports the error after its last output.
    fn exchange(&self, py: Python<'_>, mut packet: CorePacket, outputs: &mut Vec<Output>) -> PyResult<bool> {
        loop {
            packet = match self.feeds(py, |running| running.try_send(None, packet))? {
                Ok(()) => return Ok(true),
                Err(SendError { reason: SendFailure::Refused(error), .. }) if self.running.error().is_none() => {
                    return Err(self.error(py, &error));
                }
                Err(SendError { reason: SendFailure::Refused(_), .. }) => return Ok(false),
                Err(SendError { packet, reason: SendFailure::Full }) => packet,
            };
            let received = match self.helps(py, |running| running.recv(None, None))? {
                Ok(Received::Nothing) => {
                    let (unsent, received) = self.feeds(py, |running| wait_for_change(running, packet))?;
                    let Some(unsent) = unsent else { return Ok(true) };
                    packet = unsent;
                    received
                }
                received => received,
            };
            match received {
                Ok(Received::Packet(port, output)) => outputs.push((port, output)),
                Ok(_) => {}
                Err(_) => return Ok(false),
            }
        }
    }

    /// Receives to the end.
    fn drain(&self, py: Python<'_>, outputs: &mut Vec<Output>) -> PyResult<()> {
        let ended = self.feeds(py, |running| {
            loop {
                match running.recv(None, None)? {
                    Received::Packet(port, packet) => outputs.push((port, packet)),
                    Received::Nothing | Received::End => return Ok(()),
                }
            }
        });
        ended?.map_err(|error: remotemedia::Error| self.error(py, &error))
    }
}

#[pymethods]
impl Session {
    /// Sends every item, then receives to the end; gives the values.
    fn run<'py>(&self, py: Python<'py>, items: Option<Bound<'py, PyAny>>) -> PyResult<Bound<'py, PyList>> {
        let _entered = Entered::from_python(py);
        let mut outputs = Vec::new();
        if let Some(items) = items {
            for item in items.try_iter()? {
                let packet = self.packet(item?, None)?;
                if !self.exchange(py, packet, &mut outputs)? {
                    break;
                }
            }
        }
        self.feeds(py, Running::finish)?;
        self.drain(py, &mut outputs)?;
        let values = outputs.into_iter().map(|(_, packet)| packet_to_python(py, packet));
        let values = PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?;
        release_ended(py);
        Ok(values)
    }

    /// Sends a value, waiting for room; gives the packets that came out meanwhile, and whether the value was taken.
    fn exchange_one<'py>(&self, value: Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyList>, bool)> {
        let py = value.py();
        let _entered = Entered::from_python(py);
        let mut outputs = Vec::new();
        let packet = self.packet(value, None)?;
        let taken = self.exchange(py, packet, &mut outputs)?;
        let packets = outputs.into_iter().map(|(port, packet)| Packet::from_core(py, packet, Some(port)));
        let packets = PyList::new(py, packets.collect::<PyResult<Vec<_>>>()?)?;
        release_ended(py);
        Ok((packets, taken))
    }

    /// Sends a value, waiting for room for `timeout` seconds at most.
    #[pyo3(signature = (value, port=None, timeout=None))]
    fn send(&self, value: Bound<'_, PyAny>, port: Option<&str>, timeout: Option<f64>) -> PyResult<()> {
        let py = value.py();
        let _entered = Entered::from_python(py);
        let packet = self.packet(value, port)?;
        let sent = match timeout {
            None => self.waits(py, |running| running.send(port, packet, None))?,
            Some(_) => {
                let deadline = deadline(timeout)?;
                self.waits(py, |running| running.send(port, packet, deadline))?
            }
        };
        release_ended(py);
        sent.map_err(|refused| match refused.reason {
            SendFailure::Full => self.still_full(port, timeout.unwrap_or_default()),
            SendFailure::Refused(error) => self.error(py, &error),
        })
    }

    /// Sends a value if there is room now; gives whether there was.
    #[pyo3(signature = (value, port=None))]
    fn try_send(&self, value: Bound<'_, PyAny>, port: Option<&str>) -> PyResult<bool> {
        let py = value.py();
        let _entered = Entered::from_python(py);
        let packet = self.packet(value, port)?;
        let sent = py.detach(|| self.running.try_send(port, packet));
        release_ended(py);
        match sent {
            Ok(()) => Ok(true),
            Err(SendError { reason: SendFailure::Full, .. }) => Ok(false),
            Err(SendError { reason: SendFailure::Refused(error), .. }) => Err(self.error(py, &error)),
        }
    }

    /// Receives the next packet, waiting for `timeout` seconds at most.
    #[pyo3(signature = (port=None, timeout=None))]
    fn recv<'py>(&self, py: Python<'py>, port: Option<&str>, timeout: Option<f64>) -> PyResult<Bound<'py, Packet>> {
        let _entered = Entered::from_python(py);
        let deadline = deadline(timeout)?;
        py.detach(|| open::call_deferred(&self.feeder));
        let received = self.waits(py, |running| running.recv(port, deadline))?;
        let of_port = port.map(|port| format!(" on port {port}")).unwrap_or_default();
        let seconds = timeout.unwrap_or_default();
        let none = || PyTimeoutError::new_err(format!("no output came{of_port} within {seconds} s"));
        self.received(py, received)?.ok_or_else(none)
    }

    /// Ends the input and receives the next packet, from end to end on the calling thread where that can be.
    fn finish_and_next<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Packet>> {
        let _entered = Entered::from_python(py);
        let received = self.feeds(py, |running| {
            running.finish();
            running.recv(None, None)
        })?;
        self.received(py, received)?.ok_or_else(|| PyTimeoutError::new_err("the wait was interrupted"))
    }

    /// Runs what is ready on the calling thread; gives the next packet if there is one then.
    #[pyo3(signature = (port=None))]
    fn try_recv<'py>(&self, py: Python<'py>, port: Option<&str>) -> PyResult<Option<Bound<'py, Packet>>> {
        let _entered = Entered::from_python(py);
        let received = self.helps(py, |running| running.recv(port, None))?;
        self.received(py, received)
    }

    /// Sends a value from an event loop: `None` if it was sent, else something to wait for.
    #[pyo3(signature = (value, port=None))]
    fn send_async(&self, value: Bound<'_, PyAny>, port: Option<String>) -> PyResult<Option<Pending>> {
        let py = value.py();
        let _entered = Entered::from_python(py);
        let packet = self.packet(value, port.as_deref())?;
        let sent = py.detach(|| self.running.try_send(port.as_deref(), packet));
        release_ended(py);
        let packet = match sent {
            Ok(()) => return Ok(None),
            Err(SendError { reason: SendFailure::Refused(error), .. }) => return Err(self.error(py, &error)),
            Err(SendError { packet, reason: SendFailure::Full }) => packet,
        };
        let running = Arc::clone(&self.running);
        Ok(Some(Pending::new(async move {
            let sent = running.send_async(port.as_deref(), packet).await;
            Python::attach(|py| match sent {
                Ok(()) => Ok(py.None()),
                Err(SendError { reason: SendFailure::Refused(error), .. }) => Err(errors::to_python(py, &error)),
                Err(SendError { reason: SendFailure::Full, .. }) => Err(PyTimeoutError::new_err("the input is full")),
            })
        })))
    }

    /// Receives from an event loop: the packet if there is one, else something to wait for.
    #[pyo3(signature = (port=None))]
    fn recv_async<'py>(&self, py: Python<'py>, port: Option<String>) -> PyResult<Bound<'py, PyAny>> {
        let _entered = Entered::from_python(py);
        let received = py.detach(|| self.running.try_recv(port.as_deref()));
        if let Some(packet) = self.received(py, received)? {
            return Ok(packet.into_any());
        }
        let (running, python) = (Arc::clone(&self.running), Arc::clone(&self.python));
        let reported = Arc::clone(&self.reported);
        let pending = Pending::new(async move {
            let received = running.recv_async(port.as_deref()).await;
            reported.fetch_or(received.is_err(), Ordering::Relaxed);
            Python::attach(|py| receive(py, &python, received))
        });
        Ok(Bound::new(py, pending)?.into_any())
    }

    /// Ends the input, on one port or on all.
    #[pyo3(signature = (port=None))]
    fn finish(&self, py: Python<'_>, port: Option<&str>) -> PyResult<()> {
        let _entered = Entered::from_python(py);
        let finished = py.detach(|| match port {
            Some(port) => self.running.finish_port(port),
            None => {
                self.running.finish();
                Ok(())
            }
        });
        release_ended(py);
        finished.map_err(|error| self.error(py, &error))
    }

    /// Ends the sources and the input.
    fn stop(&self, py: Python<'_>) {
        let _entered = Entered::from_python(py);
        py.detach(|| self.running.stop());
    }

    /// Discards everything that is under way.
    fn interrupt(&self, py: Python<'_>) {
        let _entered = Entered::from_python(py);
        py.detach(|| self.running.interrupt());
        release_ended(py);
    }

    /// Ends the session at once.
    fn cancel(&self, py: Python<'_>) {
        let _entered = Entered::from_python(py);
        py.detach(|| self.end());
        release_ended(py);
    }

    /// Waits until every node is initialised.
    #[pyo3(signature = (timeout=None))]
    fn wait_ready(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let _entered = Entered::from_python(py);
        let deadline = deadline(timeout)?;
        let ready = self.waits(py, |running| running.wait_ready(deadline))?;
        ready.map_err(|error| self.error(py, &error))
    }

    /// Waits until every node is cleaned up; gives whether that came within `timeout` seconds.
    #[pyo3(signature = (timeout=None))]
    fn wait_over(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let _entered = Entered::from_python(py);
        let deadline = deadline(timeout)?;
        py.detach(|| open::call_deferred(&self.feeder));
        let over = self.waits(py, |running| running.wait_over(deadline));
        release_ended(py);
        over
    }

    /// Raises what ended the session, if an error did that the caller has not heard of, and nobody cancelled it.
    fn raise_error(&self, py: Python<'_>) -> PyResult<()> {
        let _entered = Entered::from_python(py);
        if self.reported.load(Ordering::Relaxed) {
            return Ok(());
        }
        match self.running.error().filter(|error| error.kind() != remotemedia::ErrorKind::Cancelled) {
            Some(error) => Err(self.error(py, &error)),
            None => Ok(()),
        }
    }

    /// Whether every node is cleaned up.
    #[getter]
    fn is_over(&self) -> bool {
        self.running.is_over()
    }

    /// The session's number, unique within the process.
    #[getter]
    fn id(&self) -> u64 {
        self.running.id()
    }

    /// What the nodes and queues counted so far.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _entered = Entered::from_python(py);
        let metrics = py.detach(|| serde_json::to_value(self.running.metrics()));
        release_ended(py);
        let metrics = metrics.map_err(|error| errors::named(py, "PipelineError", &error.to_string()))?;
        json_to_python(py, &metrics)
    }

    /// The exception that ended the session is the session's to give up, once no node needs it any more.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if !self.running.is_over() {
            return Ok(());
        }
        let error = self.running.error();
        Cause::of(error.as_ref().and_then(remotemedia::Error::cause)).map_or(Ok(()), |cause| cause.traverse(&visit))
    }

    fn __clear__(&self, py: Python<'_>) {
        let error = self.running.error();
        if let Some(cause) = Cause::of(error.as_ref().and_then(remotemedia::Error::cause)) {
            cause.clear(py);
        }
    }

    /// Ends the event loop of the session's own, if it has one, and waits for its thread for `timeout` seconds at most.
    fn close_loop(&self, py: Python<'_>, timeout: f64) {
        let _entered = Entered::from_python(py);
        self.python.close(py, timeout);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        aside(|py| {
            if !self.running.is_over() {
                py.detach(|| self.end());
            }
            release_ended(py);
            Ok(())
        });
    }
}
