//! Errors of the runtime as Python exceptions of the package.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use remotemedia::{Error, ErrorKind};
use remotemedia_python::cpython::exception_of;

/// The exception for an error: of the node's own exception as the cause, where there is one.
///
/// `KeyboardInterrupt` and its like come out as they are.
pub(crate) fn to_python(py: Python<'_>, error: &Error) -> PyErr {
    let cause = exception_of(py, error.cause());
    let is_fault = |cause: &PyErr| cause.is_instance_of::<pyo3::exceptions::PyException>(py);
    if let Some(stop) = cause.as_ref().filter(|cause| !is_fault(cause) && !is_cancellation(py, cause)) {
        return stop.clone_ref(py);
    }
    let made = make(py, error).unwrap_or_else(|failed| failed);
    if cause.is_some() {
        made.set_cause(py, cause);
    }
    made
}

/// An exception of the package by its class's name.
pub(crate) fn named(py: Python<'_>, name: &str, message: &str) -> PyErr {
    let make = || PyResult::Ok(PyErr::from_value(class(py, name)?.call1((message,))?));
    make().unwrap_or_else(|failed| failed)
}

fn make(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let made = instance(py, error)?;
    made.value(py).setattr("status", error.kind().status())?;
    made.value(py).setattr("port", error.port())?;
    Ok(made)
}

fn instance(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Node | ErrorKind::Panic | ErrorKind::Timeout => {
            let place = PyDict::new(py);
            place.set_item("pipeline", error.pipeline())?;
            place.set_item("node", error.node())?;
            place.set_item("item", error.item())?;
            Ok(PyErr::from_value(class(py, "NodeError")?.call((message,), Some(&place))?))
        }
        ErrorKind::Cancelled => Ok(named(py, "SessionCancelled", &message)),
        _ => Ok(named(py, "PipelineError", &message)),
    }
}

fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyType>> {
    Ok(py.import("remotemedia.core.exceptions")?.getattr(name)?.cast_into()?)
}

fn is_cancellation(py: Python<'_>, exception: &PyErr) -> bool {
    let kind = py.import("asyncio").and_then(|asyncio| asyncio.getattr("CancelledError"));
    kind.is_ok_and(|kind| exception.matches(py, kind).unwrap_or(false))
}
