//! Rates: how many items per second each node handles, from one look at the metrics to the next.

use remotemedia::metrics::{NodeMetrics, SessionMetrics};

/// The rates of a session's nodes, smoothed over about a second.
#[derive(Debug, Default)]
pub(super) struct Rates {
    at_ns: u64,
    counts: Vec<u64>,
    per_second: Vec<f64>,
}

impl Rates {
    /// Takes a look at the metrics and gives each node's items per second now.
    pub(super) fn update(&mut self, metrics: &SessionMetrics) -> &[f64] {
        let counts: Vec<u64> = metrics.nodes.iter().map(handled).collect();
        let passed = metrics.elapsed_ns.saturating_sub(self.at_ns) as f64 / 1e9;
        if self.counts.is_empty() {
            self.per_second = overall(metrics);
        } else if passed > 0.0 {
            // The share of the newest rate grows with the time it was measured over.
            let share = passed / (passed + SMOOTHED_OVER);
            for ((rate, now), before) in self.per_second.iter_mut().zip(&counts).zip(&self.counts) {
                *rate += share * (now.saturating_sub(*before) as f64 / passed - *rate);
            }
        }
        (self.at_ns, self.counts) = (metrics.elapsed_ns, counts);
        &self.per_second
    }
}

/// Each node's items per second since the session began.
pub(super) fn overall(metrics: &SessionMetrics) -> Vec<f64> {
    let seconds = metrics.elapsed_ns as f64 / 1e9;
    metrics.nodes.iter().map(|node| if seconds > 0.0 { handled(node) as f64 / seconds } else { 0.0 }).collect()
}

/// The items that a node took; those that it gave if it is a source.
pub(super) fn handled(node: &NodeMetrics) -> u64 {
    if node.items_in == 0 { node.items_out } else { node.items_in }
}

/// How many seconds back a rate reaches.
const SMOOTHED_OVER: f64 = 0.5;
