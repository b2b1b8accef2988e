//! What the Python nodes of one session share: the context they run in, their event loop, and the exception that asks
//! the whole program to stop.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::error::stops_the_program;
use super::pending::Pending;

/// What the Python nodes of one session share.
pub struct PySession {
    context: Py<PyAny>,
    host_loop: Option<HostLoop>,
    own_loop: PyOnceLock<Py<PyAny>>,
    stop: Mutex<Option<PyErr>>,
}

struct HostLoop {
    event_loop: Py<PyAny>,
    thread: u64,
}

impl PySession {
    /// A session whose nodes start in a copy of the caller's context. Asynchronous nodes run on `host_loop`, the event
    /// loop that runs on the calling thread, or on one of the session's own, which is started when it is needed.
    ///
    /// # Errors
    /// If Python has no memory left.
    pub fn new(py: Python<'_>, host_loop: Option<Bound<'_, PyAny>>) -> PyResult<Arc<Self>> {
        let context = py.import("contextvars")?.call_method0("copy_context")?.unbind();
        let thread = this_thread(py)?;
        let host_loop = host_loop.map(|event_loop| HostLoop { event_loop: event_loop.unbind(), thread });
        Ok(Arc::new(Self { context, host_loop, own_loop: PyOnceLock::new(), stop: Mutex::new(None) }))
    }

    /// Takes the exception, such as `KeyboardInterrupt`, with which a node asked the whole program to stop.
    pub fn take_stop(&self) -> Option<PyErr> {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Ends the session's own event loop, if it has one, and waits for its thread for `timeout` seconds at most.
    pub fn close(&self, py: Python<'_>, timeout: f64) {
        if let Some(own) = self.own_loop.get(py) {
            self.stop_loop(py);
            let joined = own.bind(py).call_method1("join", (timeout,));
            report(py, joined);
        }
    }

    pub(super) fn note(&self, py: Python<'_>, exception: &PyErr) {
        if stops_the_program(py, exception) {
            let exception = exception.clone_ref(py);
            self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(exception);
        }
    }

    /// `run` of a fresh copy of the session's context, for one node: `run(function, *arguments)`.
    pub(super) fn context(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(self.context.bind(py).call_method0("copy")?.unbind())
    }

    /// The order in which calls into one node run on the event loop.
    pub(super) fn calls(&self, py: Python<'_>, context: &Py<PyAny>) -> PyResult<Py<PyAny>> {
        let event_loop = self.event_loop(py)?;
        Ok(glue(py)?.getattr("Calls")?.call1((event_loop, context))?.unbind())
    }

    /// Whether the calling thread is the one that the event loop runs on, so that it must not wait for it.
    pub(super) fn is_loop_thread(&self, py: Python<'_>) -> bool {
        let this = this_thread(py).ok();
        match (&self.host_loop, self.own_loop.get(py)) {
            (Some(host), _) => Some(host.thread) == this,
            (None, Some(own)) => own.bind(py).getattr("thread").and_then(|id| id.extract::<u64>()).ok() == this,
            (None, None) => false,
        }
    }

    fn event_loop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(host) = &self.host_loop {
            return Ok(host.event_loop.bind(py).clone());
        }
        let own = self.own_loop.get_or_try_init(py, || {
            let own = glue(py)?.getattr("OwnLoop")?.call0()?;
            PyResult::Ok(own.unbind())
        })?;
        own.bind(py).getattr("loop")
    }

    fn stop_loop(&self, py: Python<'_>) {
        if let Some(own) = self.own_loop.get(py) {
            let stopped = own.bind(py).call_method0("stop");
            report(py, stopped);
        }
    }
}

impl Drop for PySession {
    fn drop(&mut self) {
        Python::try_attach(|py| self.stop_loop(py));
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

fn this_thread(py: Python<'_>) -> PyResult<u64> {
    py.import(pyo3::intern!(py, "_thread"))?.call_method0(pyo3::intern!(py, "get_ident"))?.extract()
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
