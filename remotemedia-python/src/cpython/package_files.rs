//! What packages bring for their Python nodes, as the loader in the Python package takes it.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

/// Two dicts: the Python modules of packages, documents as JSON, and the large parameters of their nodes, as bytes;
/// both by the package's digest and the path.
///
/// # Errors
/// If a document is no UTF-8 text.
pub fn package_files<'py>(
    py: Python<'py>,
    modules: impl IntoIterator<Item = (impl AsRef<str>, Vec<u8>)>,
    data: &[(String, &[u8])],
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    let (texts, parameters) = (PyDict::new(py), PyDict::new(py));
    for (path, document) in modules {
        texts.set_item(path.as_ref(), PyString::from_bytes(py, &document)?)?;
    }
    for (path, bytes) in data {
        parameters.set_item(path, PyBytes::new(py, bytes))?;
    }
    Ok((texts, parameters))
}
