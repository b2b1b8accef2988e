//! The one runtime of the process: made when the first pipeline is checked, never by importing the package.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use remotemedia::Runtime;
use remotemedia::driver::TokioDriver;
use remotemedia_python::cpython::{CallerDriver, Heard, deaf, forget_other_threads};

use crate::open;
use crate::telemetry::telemetry;

/// Null, or a runtime that is never freed. No lock guards it: a child of `fork` could inherit that locked.
static RUNTIME: AtomicPtr<Runtime> = AtomicPtr::new(ptr::null_mut());

/// The runtime.
///
/// # Errors
/// If the operating system gives no threads.
pub(crate) fn runtime() -> PyResult<&'static Runtime> {
    // SAFETY: the pointer is null or comes from `Box::into_raw` below, and what it points to is never freed or written.
    if let Some(runtime) = unsafe { RUNTIME.load(Ordering::Acquire).as_ref() } {
        return Ok(runtime);
    }
    let made = make().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let made = Box::into_raw(Box::new(made));
    if RUNTIME.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire).is_err() {
        // SAFETY: it was allocated just now, and nobody else has seen it: another thread was first.
        drop(unsafe { Box::from_raw(made) });
    }
    runtime()
}

/// Gives each child of `fork` a runtime of its own: the threads of its parent's are not in it.
///
/// # Errors
/// If the module `os` cannot be imported.
pub(crate) fn renew_in_children(py: Python<'_>) -> PyResult<()> {
    let Some(register) = py.import("os")?.getattr_opt("register_at_fork")? else { return Ok(()) };
    let keywords = PyDict::new(py);
    keywords.set_item("after_in_child", wrap_pyfunction!(renew, py)?)?;
    register.call((), Some(&keywords)).map(drop)
}

#[pyfunction]
fn renew() {
    RUNTIME.store(ptr::null_mut(), Ordering::Release);
    open::forget();
    forget_other_threads();
}

fn make() -> remotemedia::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let heard = Heard::here();
    let threads = deaf(|| TokioDriver::with_thread_start(cores, move || heard.only_in_python()))?;
    let driver = CallerDriver::over(Arc::new(threads)).with_deaf_threads();
    let builder = Runtime::builder().driver(Arc::new(driver));
    match telemetry() {
        Some(telemetry) => builder.telemetry(telemetry).build(),
        None => builder.build(),
    }
}
