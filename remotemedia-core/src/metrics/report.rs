//! The report: a session's metrics at one moment, as JSON.

use serde::Serialize;

use crate::manifest::QueuePolicy;

/// A session's metrics at one moment.
#[derive(Clone, Debug, Serialize)]
pub struct SessionMetrics {
    /// The pipeline's name.
    pub pipeline: String,
    /// The session's number, unique within the process.
    pub session: u64,
    /// Time since the session was started, in nanoseconds.
    pub elapsed_ns: u64,
    /// One entry per node, in topological order.
    pub nodes: Vec<NodeMetrics>,
    /// One entry per connection, and per port to the caller (whose `to` is `caller`).
    pub edges: Vec<EdgeMetrics>,
}

/// What one node did.
#[derive(Clone, Debug, Serialize)]
pub struct NodeMetrics {
    /// The node's id.
    pub id: String,
    /// Its registered type.
    pub node_type: String,
    /// What made it: `native`, `cpython`, …
    pub backend: String,
    /// The number of the stage it runs in.
    pub stage: usize,
    /// Packets taken.
    pub items_in: u64,
    /// Packets emitted.
    pub items_out: u64,
    /// Packets lost to queue policies on the way in, or to interrupts.
    pub dropped: u64,
    /// Errors, whatever became of them.
    pub errors: u64,
    /// Items left out by the failure policy.
    pub skipped: u64,
    /// Further tries by the failure policy.
    pub retries: u64,
    /// Packets waiting on the node's inputs.
    pub queue_depth: usize,
    /// How many may wait there.
    pub queue_capacity: usize,
    /// Time spent in the node's own code, in nanoseconds; estimated from the measured calls where calls are sampled.
    pub busy_ns: u64,
    /// How long calls took, without the nodes behind.
    pub latency: LatencyMetrics,
}

/// The distribution of a node's call times.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyMetrics {
    /// Calls measured: the first 256, then one in 16, and all while they take longer than 10 µs.
    pub count: u64,
    /// The shortest.
    pub min_ns: u64,
    /// The mean.
    pub mean_ns: f64,
    /// The median.
    pub p50_ns: u64,
    /// The 90th percentile.
    pub p90_ns: u64,
    /// The 99th percentile.
    pub p99_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// The buckets that hold anything: upper bound in nanoseconds, and count.
    pub buckets: Vec<(u64, u32)>,
}

/// What one connection holds.
#[derive(Clone, Debug, Serialize)]
pub struct EdgeMetrics {
    /// The output it comes from, `node.port`.
    pub from: String,
    /// The input it leads to, `node.port`, or `caller`.
    pub to: String,
    /// Packets waiting; always zero inside a stage.
    pub depth: usize,
    /// How many may wait.
    pub capacity: usize,
    /// What happens when it is full.
    pub policy: QueuePolicy,
    /// Packets lost to the policy or to interrupts.
    pub dropped: u64,
}
