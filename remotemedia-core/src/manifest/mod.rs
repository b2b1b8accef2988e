//! The manifest: the JSON that describes a pipeline.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

pub use capabilities::{Capabilities, Cpu, Gpu, GpuKind};

/// A pipeline as JSON.
///
/// [`parse`](Self::parse) reads and checks one. A manifest made in another way is checked when its graph is built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The manifest's version, `v1`.
    #[schemars(regex(pattern = r"^v?1(\.[0-9]{1,9}){0,2}$"))]
    pub version: String,
    /// What the pipeline is called.
    pub metadata: Metadata,
    /// The nodes, at least one.
    #[schemars(length(min = 1, max = limits::MAX_NODES))]
    pub nodes: Vec<NodeEntry>,
    /// Which output feeds which input.
    #[schemars(length(max = limits::MAX_CONNECTIONS))]
    pub connections: Vec<Connection>,
    /// The target a packaged runtime was built for, such as `wasm32-wasip1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = limits::MAX_ID_BYTES))]
    pub runtime_target: Option<String>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What a pipeline is called and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// The pipeline's name.
    #[schemars(length(min = 1, max = limits::MAX_ID_BYTES))]
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was written, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"))]
    pub created_at: Option<String>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeEntry {
    /// The node's id, unique in the manifest: ASCII letters, digits, `_` and `-`.
    #[schemars(length(min = 1, max = limits::MAX_ID_BYTES), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    pub id: String,
    /// The registered type, or `Pipeline` for a pipeline within the pipeline.
    #[schemars(length(min = 1, max = limits::MAX_ID_BYTES))]
    pub node_type: String,
    /// The type's parameters.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schemars(with = "Option<Map<String, Value>>")]
    pub params: Map<String, Value>,
    /// What the node needs of its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
    /// Where to run it: `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^(\[[0-9A-Fa-f:.]+\]|[^:/\s\[\]]+):[0-9]{1,5}$"))]
    pub host: Option<String>,
    /// What to do when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// The longest a call that takes or makes items may take, in milliseconds; initialising takes as long as it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub timeout_ms: Option<u64>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What to do when a node fails on an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OnError {
    /// End the session with the error.
    #[default]
    Fail,
    /// Leave the item out and count it.
    Skip,
    /// Try the item again.
    Retry {
        /// How many further times to try.
        #[schemars(range(max = u32::MAX))]
        attempts: u32,
        /// How long to wait before the first further try, in milliseconds; doubled each time.
        #[serde(default)]
        backoff_ms: u64,
    },
    /// Give the item, and all that follow, to the node with this id.
    Fallback(String),
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connection {
    /// Where packets come from: `node` or `node.port`.
    #[schemars(length(min = 1, max = limits::MAX_ENDPOINT_BYTES))]
    pub from: String,
    /// Where they go: `node` or `node.port`.
    #[schemars(length(min = 1, max = limits::MAX_ENDPOINT_BYTES))]
    pub to: String,
    /// The output, where `from` names only the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = limits::MAX_ID_BYTES))]
    pub from_port: Option<String>,
    /// The input, where `to` names only the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = limits::MAX_ID_BYTES))]
    pub to_port: Option<String>,
    /// How many packets may wait on the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = limits::MAX_CAPACITY))]
    pub capacity: Option<usize>,
    /// What happens when it is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<QueuePolicy>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What happens to a packet that finds its queue full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueuePolicy {
    /// The producer waits.
    #[default]
    Block,
    /// The oldest waiting packet makes room.
    DropOldest,
    /// The new packet is dropped.
    DropNewest,
    /// Only the newest packet waits.
    Latest,
}

fn null_is_empty<'de, D: Deserializer<'de>>(reader: D) -> Result<Map<String, Value>, D::Error> {
    Ok(Option::deserialize(reader)?.unwrap_or_default())
}

mod capabilities;
mod check;
mod closest;
mod iso8601;
mod json;
pub mod limits;
mod parse;
mod path;
mod schema;
mod shape;
mod unknown;

pub(crate) use check::{is_id_char, wrong_name};
pub(crate) use closest::{hint, hint_before_list};
pub(crate) use path::Path;
pub(crate) use unknown::UnknownFields;
