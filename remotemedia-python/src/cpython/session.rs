//! What the Python nodes of one session share: the context they run in, their event loop, and the exception that asks
//! the whole program to stop.

use std::any::Any;
use std::ffi::CStr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pyo3::exceptions::PySystemExit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::error::{aside, stops_the_program};
use super::pending::Pending;
use super::signals::Hearing;
use super::threads::{Calls, Place, this_thread};

/// What the Python nodes of one session share. It lives until the last of them is cleaned up, whatever the caller does.
pub struct PySession {
    context: Py<PyAny>,
    host_loop: Option<HostLoop>,
    /// What starts threads in the place of Python.
    start: Option<Py<PyAny>>,
    own_loop: PyOnceLock<Py<PyAny>>,
    stop: Mutex<Option<PyErr>>,
    running: OnceLock<Arc<dyn Any + Send + Sync>>,
    calls: Calls,
    /// Nodes that may still need the event loop.
    members: AtomicUsize,
}

struct HostLoop {
    event_loop: Py<PyAny>,
    thread: u64,
}

impl PySession {
    /// A session whose nodes start in a copy of the caller's context. Asynchronous nodes run on `host_loop`, the event
    /// loop that runs on the calling thread, or on one of the session's own, which is started when it is needed: where
    /// there is no host's, or it is closed.
    ///
    /// # Errors
    /// If Python has no memory left.
    pub fn new(py: Python<'_>, host_loop: Option<Bound<'_, PyAny>>) -> PyResult<Arc<Self>> {
        Self::made(py, host_loop, None)
    }

    /// As [`new`](Self::new) without a host's event loop; `start(run, name)` starts the threads that its nodes need,
    /// and has them joined.
    ///
    /// # Errors
    /// If Python has no memory left.
    #[cfg(feature = "embed")]
    pub(super) fn on_threads(py: Python<'_>, start: Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        Self::made(py, None, Some(start.unbind()))
    }

    fn made(py: Python<'_>, host_loop: Option<Bound<'_, PyAny>>, start: Option<Py<PyAny>>) -> PyResult<Arc<Self>> {
        let context = py.import("contextvars")?.call_method0("copy_context")?.unbind();
        let host_loop = host_loop.map(|event_loop| HostLoop { event_loop: event_loop.unbind(), thread: this_thread() });
        Ok(Arc::new(Self {
            context,
            host_loop,
            start,
            own_loop: PyOnceLock::new(),
            stop: Mutex::new(None),
            running: OnceLock::new(),
            calls: Calls::default(),
            members: AtomicUsize::new(0),
        }))
    }

    /// Keeps the running graph for as long as one of its Python nodes lives, so that a caller who has cancelled it can
    /// let go of it: a cleanup that runs on the event loop still has something to report to.
    pub fn keep(&self, running: Arc<dyn Any + Send + Sync>) {
        self.running.get_or_init(|| running);
    }

    /// Takes the exception, such as `KeyboardInterrupt`, with which a node asked the whole program to stop.
    pub fn take_stop(&self) -> Option<PyErr> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Lets whoever still waits for the session end quietly with the interpreter.
    pub fn end_with_the_interpreter(&self) {
        let mut stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        stop.get_or_insert_with(|| PySystemExit::new_err(()));
    }

    /// Ends the calls into plain nodes that run now on other threads, with a `KeyboardInterrupt`. For sessions that are
    /// cancelled.
    pub fn interrupt_calls(&self, py: Python<'_>) {
        self.calls.interrupt(py);
    }

    /// Ends the session's own event loop, if it has one, and waits for its thread for `timeout` seconds at most.
    pub fn close(&self, py: Python<'_>, timeout: f64) {
        if let Some(own) = self.own_loop.get(py) {
            report(py, self.stop_loop(py));
            let joined = own.bind(py).call_method1("join", (timeout,));
            report(py, joined);
        }
    }

    /// Counts a node that takes part.
    pub(super) fn join(&self) {
        self.members.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts a node as cleaned up. After the last one the session's own event loop ends.
    pub(super) fn leave(&self) {
        if self.members.fetch_sub(1, Ordering::AcqRel) == 1 {
            aside(|py| self.stop_loop(py));
        }
    }

    pub(super) fn note(&self, py: Python<'_>, exception: &PyErr) {
        if stops_the_program(py, exception) && !self.calls.are_interrupted() {
            let exception = exception.clone_ref(py);
            self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(exception);
        }
    }

    /// `run` of a fresh copy of the session's context, for one node: `run(function, *arguments)`.
    pub(super) fn context(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.context.bind(py).call_method0("copy")?.unbind())
    }

    /// Where the calls into one node are noted.
    pub(super) fn place(&self) -> Place {
        self.calls.place()
    }

    /// The order in which calls into one node run on the event loop.
    pub(super) fn calls(&self, py: Python<'_>, context: &Py<PyAny>) -> PyResult<Py<PyAny>> {
        let event_loop = self.event_loop(py)?;
        Ok(glue(py)?.getattr("Calls")?.call1((event_loop, context))?.unbind())
    }

    /// Whether the calling thread is the one that the event loop runs on, so that it must not wait for it.
    pub(super) fn is_loop_thread(&self, py: Python<'_>) -> bool {
        let this = Some(this_thread());
        match (self.open_host_loop(py), self.own_loop.get(py)) {
            (Some(host), _) => Some(host.thread) == this,
            (None, Some(own)) => own.bind(py).getattr("thread").and_then(|id| id.extract()).ok() == this,
            (None, None) => false,
        }
    }

    /// Whether the host has closed its event loop, so that what is left to call runs on another.
    pub(super) fn lost_its_loop(&self, py: Python<'_>) -> bool {
        self.host_loop.is_some() && self.open_host_loop(py).is_none()
    }

    fn open_host_loop(&self, py: Python<'_>) -> Option<&HostLoop> {
        let is_open = |host: &&HostLoop| {
            let closed = host.event_loop.bind(py).call_method0("is_closed").and_then(|closed| closed.is_truthy());
            !closed.unwrap_or(false)
        };
        self.host_loop.as_ref().filter(is_open)
    }

    fn event_loop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(host) = self.open_host_loop(py) {
            return Ok(host.event_loop.bind(py).clone());
        }
        let own = self.own_loop.get_or_try_init(py, || {
            let _hearing = Hearing::now(py);
            let own = glue(py)?.getattr("OwnLoop")?.call1((self.start.as_ref(),))?;
            PyResult::Ok(own.unbind())
        })?;
        own.bind(py).getattr("loop")
    }

    fn stop_loop(&self, py: Python<'_>) -> PyResult<()> {
        match self.own_loop.get(py) {
            Some(own) => own.bind(py).call_method0("stop").map(drop),
            None => Ok(()),
        }
    }
}

impl Drop for PySession {
    fn drop(&mut self) {
        aside(|py| self.stop_loop(py));
    }
}

/// A coroutine that waits for something of the runtime without blocking the event loop, and gives its result.
///
/// # Errors
/// If asyncio cannot be imported.
pub fn settle<'py>(pending: &Bound<'py, Pending>) -> PyResult<Bound<'py, PyAny>> {
    glue(pending.py())?.getattr("settle")?.call1((pending,))
}

/// The module with the event loop's own part.
pub(super) fn glue(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static GLUE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let glue = GLUE.get_or_try_init(py, || {
        let module = PyModule::from_code(py, EVENT_LOOP_PY, c"remotemedia/event_loop.py", c"remotemedia._event_loop")?;
        PyResult::Ok(module.unbind())
    })?;
    Ok(glue.bind(py))
}

/// An error that has no caller left to go to.
fn report<T>(py: Python<'_>, result: PyResult<T>) {
    if let Err(error) = result {
        error.write_unraisable(py, None);
    }
}

const EVENT_LOOP_PY: &CStr = match CStr::from_bytes_with_nul(concat!(include_str!("event_loop.py"), "\0").as_bytes()) {
    Ok(source) => source,
    Err(_) => panic!("the source of the event loop's part holds no zero byte"),
};
