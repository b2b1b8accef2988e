//! Host objects: values of a host language that pass between its own nodes untouched.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::error::PayloadError;
use crate::packet::Packet;
use crate::payload::Payload;

/// A value that only its host language understands, such as a Python object.
///
/// It crosses the graph by reference. [`to_payload`](Self::to_payload) is called only when a node of another kind, a
/// process or a network needs a neutral form.
pub trait HostObject: Any + Send + Sync + fmt::Debug {
    /// The language or backend that owns the value, such as `python`.
    fn host(&self) -> &'static str;

    /// The value's type in its own language, for messages.
    fn type_name(&self) -> String;

    /// The neutral form of the value.
    ///
    /// # Errors
    /// If the value has no neutral form.
    fn to_payload(&self) -> Result<Payload, PayloadError>;

    /// The packets that the value is made of, and their names if they have any; `None` for values that are one whole.
    fn parts(&self) -> Option<(&[Packet], Option<&[String]>)> {
        None
    }

    /// The object itself, for its own backend to downcast.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}
