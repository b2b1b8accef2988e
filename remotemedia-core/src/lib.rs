//! The core of RemoteMedia: packets, manifests, graphs, nodes and the executor that runs them.
//!
//! This crate reads no file, socket, environment or clock. What tells time and lends threads is a
//! [`Driver`](driver::Driver) handed in.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::unwrap_used))]

pub mod audio;
pub mod buffer;
pub mod driver;
pub mod error;
mod executor;
pub mod graph;
pub mod host;
pub mod inspect;
pub mod machine;
pub mod manifest;
pub mod metrics;
pub mod node;
pub mod outputs;
pub mod packet;
pub mod payload;
pub mod pipeline;
pub mod registry;
pub mod session;
pub mod spec;
pub mod tensor;
pub mod time;
pub mod video;

pub use error::{Error, ErrorKind, NodeError, NodeResult, Result};
pub use machine::Machine;
pub use packet::Packet;
pub use payload::{Payload, PayloadKind};
pub use pipeline::Pipeline;
pub use registry::Registry;
pub use session::Session;

/// What most programs that write nodes or run pipelines need.
pub mod prelude {
    pub use crate::audio::Audio;
    pub use crate::error::{Error, ErrorKind, NodeError, NodeResult};
    pub use crate::node::{AnyNode, AsyncNode, BoxFuture, Flow, Node, NodeContext};
    pub use crate::outputs::{AsyncOutputs, Outputs};
    pub use crate::packet::Packet;
    pub use crate::payload::{Payload, PayloadKind};
    pub use crate::pipeline::{Pipeline, SessionConfig};
    pub use crate::registry::{Registry, map};
    pub use crate::session::{Received, Session};
    pub use crate::spec::{Lane, NodeSpec};
    pub use crate::time::{Span, Timestamp};
}
