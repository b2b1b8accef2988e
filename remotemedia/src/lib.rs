//! An embeddable runtime for real-time AI media pipelines: the one crate that a program needs.
//!
//! It puts the parts together and offers all of [`remotemedia_core`] under its own name. A [`Runtime`] knows the node
//! types and runs the sessions; a pipeline is JSON, checked as a whole before anything runs.
//!
//! ```
//! use remotemedia::prelude::*;
//!
//! # fn main() -> NodeResult {
//! let mut nodes = remotemedia::standard_nodes();
//! nodes.register("Shout", |_params| Ok(map(|text: String| text.to_uppercase())))?;
//! let runtime = Runtime::builder().registry(nodes).build()?;
//!
//! let pipeline = runtime.pipeline(
//!     r#"{"version": "v1", "metadata": {"name": "greeting"},
//!         "nodes": [{"id": "shout", "node_type": "Shout"}], "connections": []}"#,
//! )?;
//! let session = pipeline.start(runtime.driver())?;
//! session.send(None, "hello", None)?;
//! session.finish();
//! let Received::Packet(_port, packet) = session.recv(None, None)? else { panic!("one item in, one item out") };
//! assert_eq!(packet.to_string(), "HELLO");
//! # Ok(())
//! # }
//! ```
//!
//! Cargo features switch the families of standard nodes (`math`, `text`, `flow`, `audio`, `file`, `device`, `onnx`),
//! the `tokio` driver, packages (`pkg`), in registries too (`registry`), Python nodes (`cpython`, with an
//! interpreter for hosts that are no Python programs `embed`) and export to OpenTelemetry (`otel`, with https
//! `otel-tls`). All but the last four are on unless `default-features = false`.
#![forbid(unsafe_code)]

mod build;
mod builder;
#[cfg(feature = "pkg")]
mod described;
#[cfg(feature = "embed")]
mod embedded;
mod families;
#[cfg(feature = "pkg")]
mod fetched;
#[cfg(feature = "pkg")]
mod foreign;
#[cfg(feature = "pkg")]
mod nested;
mod node_list;
#[cfg(feature = "pkg")]
mod open_error;
#[cfg(feature = "pkg")]
mod open_package;
#[cfg(feature = "pkg")]
mod pinned;
mod python_entries;
mod runtime;
#[cfg(feature = "pkg")]
mod stand_in;
pub mod telemetry;
mod this_machine;
#[cfg(feature = "pkg")]
mod user_packages;

pub use build::{FEATURES, VERSION};
pub use builder::RuntimeBuilder;
#[cfg(feature = "pkg")]
pub use described::{Listing, PythonNeeds, describe_signer};
#[cfg(feature = "embed")]
pub use embedded::PythonClasses;
pub use families::standard_nodes;
#[cfg(feature = "pkg")]
pub use foreign::{ForeignNode, foreign_nodes};
#[cfg(feature = "pkg")]
pub use nested::{Resolved, names_packages};
pub use node_list::{describe_node, describe_nodes};
#[cfg(feature = "pkg")]
pub use open_error::OpenError;
#[cfg(feature = "pkg")]
pub use open_package::{OpenPackage, UnpackedPackage};
pub use python_entries::{PythonEntry, python_entries};
pub use remotemedia_core::*;
pub use remotemedia_nodes as nodes;
#[cfg(feature = "pkg")]
pub use remotemedia_pkg as pkg;
#[cfg(feature = "cpython")]
pub use remotemedia_python as python;
pub use runtime::Runtime;
#[cfg(feature = "pkg")]
pub use stand_in::stand_in_for_python;
pub use telemetry::Telemetry;
pub use this_machine::this_machine;
#[cfg(feature = "pkg")]
pub use user_packages::{DEFAULT_KEY, UserPackages};

/// What most programs that write nodes or run pipelines need.
pub mod prelude {
    pub use crate::runtime::Runtime;
    pub use remotemedia_core::prelude::*;
}

// The documents' Rust snippets run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
#[cfg(doctest)]
#[doc = include_str!("../../docs/observability.md")]
struct Observability;
#[cfg(doctest)]
#[doc = include_str!("../../docs/write-a-node.md")]
struct WriteANode;
