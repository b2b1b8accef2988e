//! The native module of the Python package as a library that the interpreter loads.

use pyo3::prelude::*;

/// The native part of the package `remotemedia`. Its parts are reached through that package.
#[pymodule(gil_used = true)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    remotemedia_py_module::fill(module)
}
