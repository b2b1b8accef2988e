//! Python nodes of packages: what the Python package `remotemedia` makes of the modules that they bring.

use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use remotemedia_core::error::NodeError;

use super::class::nodes;
use crate::cpython::error::node_error;
use crate::cpython::held::Held;
use crate::cpython::package_files::package_files;

/// The modules of packages, ready to be imported, and the large parameters of their nodes. Cheap to clone.
#[derive(Clone)]
pub struct PackagedNodes(Arc<Held<PyAny>>);

/// Why the nodes of packages cannot be made.
#[derive(Debug)]
pub enum NotLoaded {
    /// Something is not installed that they need: what, and what to do.
    Lacking(String),
    /// The Python package failed.
    Failed(NodeError),
}

impl PackagedNodes {
    /// Lets the Python package check that what the modules need is here. Nothing of them is executed. `modules` are
    /// documents as JSON, `data` large parameters, both by the package's digest and the path; `version` is that of the
    /// Python package that fits.
    ///
    /// # Errors
    /// If the Python package, or what the modules need, is not installed.
    pub fn load(
        modules: impl IntoIterator<Item = (impl AsRef<str>, Vec<u8>)>,
        data: &[(String, &[u8])],
        version: &str,
    ) -> Result<Self, NotLoaded> {
        Python::attach(|py| {
            let load = || {
                let (modules, data) = package_files(py, modules, data)?;
                nodes(py)?.getattr("packaged")?.call1((modules, data, version))
            };
            let loaded = load().map_err(|error| not_loaded(py, error))?;
            Ok(Self(Arc::new(Held::new(loaded.unbind()))))
        })
    }

    pub(super) fn get(&self) -> &Py<PyAny> {
        self.0.get()
    }
}

impl fmt::Debug for PackagedNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PackagedNodes")
    }
}

fn not_loaded(py: Python<'_>, error: PyErr) -> NotLoaded {
    let lacking = nodes(py).and_then(|nodes| nodes.getattr("Lacking"));
    if lacking.is_ok_and(|lacking| error.matches(py, lacking).unwrap_or(false)) {
        return NotLoaded::Lacking(error.value(py).to_string());
    }
    NotLoaded::Failed(node_error(py, error))
}
