//! The one runtime of the process: made when the first pipeline is checked, never by importing the package.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use remotemedia::Runtime;
use remotemedia::driver::TokioDriver;
use remotemedia_python::cpython::CallerDriver;

use crate::telemetry::telemetry;

/// The runtime.
///
/// # Errors
/// If the operating system gives no threads.
pub(crate) fn runtime() -> PyResult<&'static Runtime> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = make().map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    Ok(RUNTIME.get_or_init(|| made))
}

fn make() -> remotemedia::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let driver = CallerDriver::over(Arc::new(TokioDriver::new(cores)?));
    let builder = Runtime::builder().driver(Arc::new(driver));
    match telemetry() {
        Some(telemetry) => builder.telemetry(telemetry).build(),
        None => builder.build(),
    }
}
