//! The manifest: the JSON that describes a pipeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A pipeline as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// The manifest's version, `v1`.
    pub version: String,
    /// What the pipeline is called.
    pub metadata: Metadata,
    /// The nodes, at least one.
    pub nodes: Vec<NodeEntry>,
    /// Which output feeds which input.
    pub connections: Vec<Connection>,
    /// The target a packaged runtime was built for, such as `wasm32-wasip1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_target: Option<String>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What a pipeline is called and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    /// The pipeline's name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was written, ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// One node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NodeEntry {
    /// The node's id, unique in the manifest.
    pub id: String,
    /// The registered type.
    pub node_type: String,
    /// The type's parameters.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// What the node needs of its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Value>,
    /// Where to run it: `host:port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What to do when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_error: Option<OnError>,
    /// The longest a call may take, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// What to do when a node fails on an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// End the session with the error.
    #[default]
    Fail,
    /// Leave the item out and count it.
    Skip,
    /// Try the item again.
    Retry {
        /// How many further times to try.
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
    pub from: String,
    /// Where they go: `node` or `node.port`.
    pub to: String,
    /// How many packets may wait on the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
