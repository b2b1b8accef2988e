//! What nodes would like better than it is on this machine, told once per process in the log.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use remotemedia::graph::Graph;

/// Tells the shortcomings of a graph that were not told before. Fields that are not known were told when the manifest was
/// read.
pub(crate) fn tell(graph: &Graph) {
    static TOLD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    for warning in &graph.shortcomings {
        let line = format!("{}: {warning}", graph.name);
        let is_new = {
            let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
            told.len() < MOST && told.insert(line.clone())
        };
        if is_new {
            tracing::warn!(target: "remotemedia::manifest", "{line}");
        }
    }
}

/// How many different warnings a process tells.
const MOST: usize = 1_000;
