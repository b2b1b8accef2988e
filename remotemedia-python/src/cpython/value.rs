//! Any Python object as a payload: carried by reference, turned into a neutral payload only when a native node asks.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use pyo3::prelude::*;
use remotemedia_core::Payload;
use remotemedia_core::error::PayloadError;
use remotemedia_core::host::HostObject;

use super::held::Held;
use super::to_payload::neutral;

/// A Python object on its way through a graph.
pub struct PyValue(Held<PyAny>);

impl PyValue {
    /// The host's name of Python values.
    pub const HOST: &'static str = "python";

    /// Takes a reference to `object`.
    pub fn new(object: Bound<'_, PyAny>) -> Self {
        Self(Held::new(object.unbind()))
    }

    /// The object.
    pub fn object(&self) -> &Py<PyAny> {
        self.0.get()
    }

    /// Gives the reference back.
    pub fn into_object(self) -> Py<PyAny> {
        self.0.into_inner()
    }
}

impl HostObject for PyValue {
    fn host(&self) -> &'static str {
        Self::HOST
    }

    fn type_name(&self) -> String {
        let name = Python::try_attach(|py| self.object().bind(py).get_type().name().map(|name| name.to_string()));
        name.and_then(Result::ok).unwrap_or_else(|| "object".to_owned())
    }

    fn to_payload(&self) -> Result<Payload, PayloadError> {
        Python::try_attach(|py| neutral(self.object().bind(py)))
            .unwrap_or_else(|| Err(PayloadError::new("python value outlived the interpreter")))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

impl fmt::Debug for PyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PyValue({})", self.type_name())
    }
}
