//! Python as part of a graph: Python nodes, Python values and NumPy arrays, a cargo feature per backend.

#[cfg(feature = "cpython")]
pub mod cpython;
