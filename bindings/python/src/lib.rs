//! The native module of the Python package: the boundary between Python and the runtime, and nothing but the boundary.

mod command;
mod errors;
mod graph;
mod open;
mod package;
mod runtime;
mod session;
mod specs;
mod telemetry;
mod waits;
mod warnings;

use pyo3::prelude::*;
use remotemedia_python::cpython;

/// The native part of the package `remotemedia`. Its parts are reached through that package.
#[pymodule(gil_used = true)]
fn _native(py: Python<'_>, module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", remotemedia::VERSION)?;
    module.add("Audio", cpython::audio_class(py)?)?;
    module.add_class::<cpython::Packet>()?;
    module.add_class::<cpython::Video>()?;
    module.add_class::<cpython::Encoded>()?;
    module.add_class::<cpython::Pending>()?;
    module.add_class::<graph::Graph>()?;
    module.add_class::<package::OpenedPackage>()?;
    module.add_class::<session::Session>()?;
    module.add_function(wrap_pyfunction!(command::cli_main, module)?)?;
    module.add_function(wrap_pyfunction!(package::export_package, module)?)?;
    module.add_function(wrap_pyfunction!(package::push_package, module)?)?;
    module.add_function(wrap_pyfunction!(graph::check_manifest, module)?)?;
    module.add_function(wrap_pyfunction!(specs::node_specs, module)?)?;
    module.add_function(wrap_pyfunction!(waits::settle, module)?)?;
    runtime::renew_in_children(module.py())?;
    Ok(())
}
