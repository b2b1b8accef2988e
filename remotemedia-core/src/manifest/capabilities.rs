//! Capabilities: what a node needs of the machine that runs it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a node needs of its host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// The graphics processor it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Gpu>,
    /// The processor it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cpu>,
    /// How much main memory it needs, in gigabytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub memory_gb: Option<f64>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// A graphics processor that a node needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gpu {
    /// Through which interface the node uses it.
    #[serde(rename = "type")]
    pub kind: GpuKind,
    /// How much memory of its own it must have, in gigabytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub min_memory_gb: Option<f64>,
    /// Whether the node cannot do without it.
    #[serde(default = "yes")]
    pub required: bool,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

/// An interface to a graphics processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GpuKind {
    /// NVIDIA's.
    Cuda,
    /// AMD's.
    Rocm,
    /// Apple's.
    Metal,
    /// The one of many vendors.
    Vulkan,
    /// Whichever there is.
    Any,
}

/// A processor that a node needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Cpu {
    /// How many cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = u32::MAX))]
    pub cores: Option<u32>,
    /// The instruction set, such as `x86_64` or `aarch64`; `any` is the same as none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Fields this version does not know, kept as they are.
    #[serde(flatten)]
    pub unknown: Map<String, Value>,
}

fn yes() -> bool {
    true
}
