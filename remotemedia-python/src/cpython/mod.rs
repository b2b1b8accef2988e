//! The `cpython` backend: nodes that run in the host's CPython interpreter, or in an embedded one.
//!
//! Values cross between Python nodes by reference. NumPy arrays cross to and from native nodes without a copy. Nothing
//! here holds the interpreter while it waits for the executor.

mod array;
mod audio;
mod call;
mod driver;
#[cfg(feature = "embed")]
pub mod embed;
mod emission;
mod error;
mod held;
mod inbox;
mod isolate;
mod json;
mod log;
mod media;
mod node;
mod package_files;
mod packet;
mod pending;
mod scope;
mod session;
mod signals;
mod threads;
mod to_payload;
mod to_python;
mod types;
mod value;

pub use audio::audio_class;
pub use driver::{Caller, CallerDriver};
pub use error::{Cause, aside, describe, exception_of};
pub use held::release_ended;
pub use json::json_to_python;
pub use log::{PythonLog, runtime_handler, show_in_python};
pub use media::{Encoded, Video};
pub use node::Member;
pub use package_files::package_files;
pub use packet::Packet;
pub use pending::Pending;
pub use scope::scope;
pub use session::{PySession, settle};
pub use signals::{Heard, deaf};
pub use threads::{Entered, any_inside, close_interpreter, forget_other_threads, open_interpreter};
pub use to_payload::{by_reference, neutral, packet_from};
pub use to_python::packet_to_python;
pub use value::PyValue;
