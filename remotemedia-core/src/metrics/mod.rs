//! Metrics: what each node counts, and the report made of it.

mod collect;
mod histogram;
mod measured;
mod report;
mod stats;

pub use measured::Measured;
pub use report::{EdgeMetrics, LatencyMetrics, NodeMetrics, SessionMetrics};
pub(crate) use stats::NodeStats;
