//! What one node counts while it runs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::histogram::Histogram;

/// A node's counters. The thread that runs the node's stage writes, any thread reads.
#[derive(Default)]
pub(crate) struct NodeStats {
    pub(crate) items_in: Counter,
    pub(crate) items_out: Counter,
    pub(crate) dropped: Counter,
    pub(crate) errors: Counter,
    pub(crate) skipped: Counter,
    pub(crate) retries: Counter,
    pub(crate) latency: Histogram,
}

/// A number that one thread at a time counts up.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Adds one and gives the new value. A plain load and store: there is only one writer.
    pub(crate) fn add_one(&self) -> u64 {
        let value = self.0.load(Relaxed) + 1;
        self.0.store(value, Relaxed);
        value
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
