//! Python exceptions as node errors: the message in one line, the exception itself as the cause.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyBaseException, PyException};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use remotemedia_core::error::NodeError;

use super::held::Held;
use super::threads::attach_unless_closed;

/// A node error with the exception as its cause.
pub(super) fn node_error(py: Python<'_>, exception: PyErr) -> NodeError {
    NodeError::new(describe(py, &exception)).with_source(Cause::new(py, exception))
}

/// A Python exception behind an error of the runtime.
///
/// Its traceback holds the frames that it came through, and these may hold the session that keeps the error. So Python's
/// garbage collection has to see it, and be able to take it out.
pub struct Cause {
    exception: Mutex<Option<Held<PyBaseException>>>,
    text: String,
}

impl Cause {
    fn new(py: Python<'_>, exception: PyErr) -> Self {
        let text = describe(py, &exception);
        Self { exception: Mutex::new(Some(Held::new(exception.into_value(py)))), text }
    }

    /// The cause of an error, if it is an exception.
    pub fn of<'e>(cause: Option<&'e (dyn StdError + Send + Sync + 'static)>) -> Option<&'e Self> {
        cause?.downcast_ref()
    }

    /// The exception, unless it was taken out.
    pub fn exception(&self, py: Python<'_>) -> Option<PyErr> {
        let exception = self.lock().as_ref().map(|exception| exception.get().clone_ref(py));
        exception.map(|exception| PyErr::from_value(exception.into_bound(py).into_any()))
    }

    /// The exception with its traceback, as Python prints it; `None` where it was taken out, or without an interpreter.
    pub fn traceback(&self) -> Option<String> {
        attach_unless_closed(|py| {
            let exception = self.exception(py)?.into_value(py);
            let lines = py.import("traceback").and_then(|module| module.call_method1("format_exception", (exception,)));
            let lines: Vec<String> = lines.and_then(|lines| lines.extract()).ok()?;
            Some(lines.concat())
        })
        .flatten()
    }

    /// Shows the exception to the garbage collection, on behalf of the one object that owns it.
    ///
    /// # Errors
    /// What the garbage collection says.
    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &*self.lock() {
            Some(exception) => visit.call(exception.get()),
            None => Ok(()),
        }
    }

    /// Takes the exception out and gives it up.
    pub fn clear(&self, _py: Python<'_>) {
        let exception = self.lock().take();
        drop(exception.map(Held::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held<PyBaseException>>> {
        self.exception.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cause({})", self.text)
    }
}

impl StdError for Cause {}

/// The exception's type and the first line of its message.
pub fn describe(py: Python<'_>, exception: &PyErr) -> String {
    let kind = exception.get_type(py).name().map_or_else(|_| "exception".to_owned(), |name| name.to_string());
    let text = exception.value(py).str().map(|text| text.to_string()).unwrap_or_default();
    match text.lines().find(|line| !line.trim().is_empty()) {
        Some(line) => format!("{kind}: {line}"),
        None => kind,
    }
}

/// The Python exception behind an error's cause.
pub fn exception_of(py: Python<'_>, cause: Option<&(dyn StdError + Send + Sync + 'static)>) -> Option<PyErr> {
    Cause::of(cause)?.exception(py)
}

/// Whether the exception asks the whole program to stop, such as `KeyboardInterrupt`, rather than reporting a fault.
pub(super) fn stops_the_program(py: Python<'_>, exception: &PyErr) -> bool {
    !exception.is_instance_of::<PyException>(py) && {
        let cancelled = py.import("asyncio").and_then(|asyncio| asyncio.getattr("CancelledError"));
        !cancelled.is_ok_and(|kind| exception.matches(py, kind).unwrap_or(false))
    }
}

/// Calls Python code where nobody hears of its errors and an exception may be on its way, as when an object is dropped:
/// that exception is set aside meanwhile. Does nothing without an interpreter, or when it is about
/// to end.
pub fn aside(work: impl FnOnce(Python<'_>) -> PyResult<()>) {
    attach_unless_closed(|py| {
        let on_its_way = PyErr::take(py);
        if let Err(error) = work(py) {
            error.write_unraisable(py, None);
        }
        if let Some(exception) = on_its_way {
            exception.restore(py);
        }
    });
}
