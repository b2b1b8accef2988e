//! Python exceptions as node errors: the message in one line, the exception itself as the cause.

use std::error::Error as StdError;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use remotemedia_core::error::NodeError;

use super::threads::attach_unless_closed;

/// A node error with the exception as its cause.
pub(super) fn node_error(py: Python<'_>, exception: PyErr) -> NodeError {
    NodeError::new(describe(py, &exception)).with_source(exception)
}

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
pub fn exception_of<'e>(cause: Option<&'e (dyn StdError + Send + Sync + 'static)>) -> Option<&'e PyErr> {
    cause?.downcast_ref()
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
