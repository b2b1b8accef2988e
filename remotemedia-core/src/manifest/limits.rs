//! Limits: how large a manifest and the graph made of it may be.

/// How long a manifest's text may be, in bytes.
pub const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// How deep objects and arrays may nest in a manifest.
pub const MAX_JSON_DEPTH: usize = 64;

/// How many values, keys not counted, a manifest's text may hold.
pub const MAX_JSON_VALUES: usize = 2_000_000;

/// How many nodes a manifest may have, and a graph with its sub-pipelines expanded.
pub const MAX_NODES: usize = 10_000;

/// How many connections a manifest may have, and a graph with its sub-pipelines expanded.
pub const MAX_CONNECTIONS: usize = 40_000;

/// How long a node's id, a node type, the pipeline's name or a port's name may be, in bytes.
pub const MAX_ID_BYTES: usize = 256;

/// How long one end of a connection may be, in bytes.
pub const MAX_ENDPOINT_BYTES: usize = 1024;

/// How many inputs, and how many outputs, a node may have.
pub const MAX_PORTS: usize = 1024;

/// How many packets a connection may let wait.
pub const MAX_CAPACITY: usize = 1_000_000;

/// How deep pipelines may nest within pipelines.
pub const MAX_PIPELINE_DEPTH: usize = 16;
