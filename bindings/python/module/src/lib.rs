//! What the native module of the Python package holds: the boundary between Python and the runtime, and nothing but the
//! boundary.
//!
//! The wheel has it as a library that the interpreter loads. A program that runs an interpreter of its own has it in
//! itself, so that the Python files of the package find the runtime that is there and load no second one.

#[cfg(feature = "command")]
mod command;
mod errors;
mod graph;
#[cfg(feature = "command")]
mod hearing;
mod open;
#[cfg(feature = "command")]
mod package;
mod runtime;
mod session;
mod specs;
mod telemetry;
mod waits;
mod warnings;

use pyo3::prelude::*;
use remotemedia_python::cpython;

/// Puts everything into the empty module `remotemedia._native`.
///
/// # Errors
/// If a part of the standard library cannot be imported.
pub fn fill(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("__version__", remotemedia::VERSION)?;
    module.add("Audio", cpython::audio_class(py)?)?;
    module.add_class::<cpython::Packet>()?;
    module.add_class::<cpython::Video>()?;
    module.add_class::<cpython::Encoded>()?;
    module.add_class::<cpython::Pending>()?;
    module.add_class::<graph::Graph>()?;
    module.add_class::<session::Session>()?;
    module.add_function(wrap_pyfunction!(graph::check_manifest, module)?)?;
    module.add_function(wrap_pyfunction!(specs::node_specs, module)?)?;
    module.add_function(wrap_pyfunction!(waits::settle, module)?)?;
    #[cfg(feature = "command")]
    fill_command(module)?;
    runtime::renew_in_children(py)
}

#[cfg(feature = "command")]
fn fill_command(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<package::OpenedPackage>()?;
    module.add_function(wrap_pyfunction!(command::cli_main, module)?)?;
    module.add_function(wrap_pyfunction!(package::export_package, module)?)?;
    module.add_function(wrap_pyfunction!(package::push_package, module)?)
}
