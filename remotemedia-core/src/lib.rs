//! The core of RemoteMedia: packets, manifests, graphs, nodes and the executor that runs them.
//!
//! This crate reads no file, socket, environment or clock. What tells time and lends threads is a
//! [`Driver`](driver::Driver) handed in.
#![forbid(unsafe_code)]

pub mod audio;
pub mod buffer;
pub mod driver;
pub mod error;
pub mod graph;
pub mod host;
pub mod manifest;
pub mod node;
pub mod outputs;
pub mod packet;
pub mod payload;
pub mod registry;
pub mod spec;
pub mod tensor;
pub mod time;
pub mod video;

pub use error::{Error, ErrorKind, NodeError, NodeResult, Result};
pub use packet::Packet;
pub use payload::{Payload, PayloadKind};
pub use registry::Registry;

/// What most programs that write nodes or run pipelines need.
pub mod prelude {
    pub use crate::audio::Audio;
    pub use crate::error::{Error, ErrorKind, NodeError, NodeResult};
    pub use crate::node::{AnyNode, AsyncNode, BoxFuture, Flow, Node, NodeContext};
    pub use crate::outputs::{AsyncOutputs, Outputs};
    pub use crate::packet::Packet;
    pub use crate::payload::{Payload, PayloadKind};
    pub use crate::registry::{Registry, map};
    pub use crate::spec::{Lane, NodeSpec};
    pub use crate::time::{Span, Timestamp};
}
