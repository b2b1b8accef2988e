//! Sessions: what all of a runtime's sessions counted since its start, those that are over included.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError, Weak};

use remotemedia_core::ErrorKind;
use remotemedia_core::metrics::{Measured, NodeMetrics, SessionMetrics};

/// Every session that runs, and the sum of those that ran.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Known>);

#[derive(Default)]
struct Known {
    running: HashMap<u64, Weak<dyn Measured>>,
    past: Totals,
}

/// What sessions counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) started: u64,
    pub(super) failed: u64,
    pub(super) running: u64,
    pub(super) nodes: BTreeMap<NodeKey, NodeTotals>,
}

/// A node of a pipeline, in whichever session.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeKey {
    pub(super) pipeline: String,
    pub(super) node: String,
    pub(super) node_type: String,
    pub(super) backend: String,
}

/// What a node counted, in all its sessions.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeTotals {
    pub(super) items_in: u64,
    pub(super) items_out: u64,
    pub(super) dropped: u64,
    pub(super) errors: u64,
    pub(super) skipped: u64,
    pub(super) retries: u64,
    pub(super) queue_depth: u64,
    pub(super) queue_capacity: u64,
    /// Measured calls, by the longest time of their bucket in nanoseconds.
    pub(super) calls: BTreeMap<u64, u64>,
}

impl Sessions {
    pub(super) fn began(&self, session: Weak<dyn Measured>) {
        let Some(id) = session.upgrade().map(|session| session.id()) else { return };
        let mut known = self.lock();
        known.past.started += 1;
        known.running.insert(id, session);
    }

    pub(super) fn over(&self, session: &dyn Measured) {
        // Read before the lock is taken: it takes the session's own locks.
        let (metrics, error) = (session.metrics(), session.error());
        let mut known = self.lock();
        if known.running.remove(&session.id()).is_some() {
            known.past.failed += u64::from(error.is_some_and(|error| error.kind() != ErrorKind::Cancelled));
            known.past.add(&metrics, false);
        }
    }

    /// What all sessions counted up to now.
    pub(super) fn totals(&self) -> Totals {
        let known = self.lock();
        let mut totals = known.past.clone();
        for session in known.running.values().filter_map(Weak::upgrade) {
            totals.add(&session.metrics(), true);
        }
        totals.running = known.running.len() as u64;
        totals
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Totals {
    fn add(&mut self, session: &SessionMetrics, runs: bool) {
        for node in &session.nodes {
            let mut key = NodeKey::of(&session.pipeline, node);
            if self.nodes.len() >= MAX_NODES && !self.nodes.contains_key(&key) {
                key = NodeKey::overflow();
            }
            self.nodes.entry(key).or_default().add(node, runs);
        }
    }
}

impl NodeKey {
    fn of(pipeline: &str, node: &NodeMetrics) -> Self {
        Self {
            pipeline: pipeline.to_owned(),
            node: node.id.clone(),
            node_type: node.node_type.clone(),
            backend: node.backend.clone(),
        }
    }

    fn overflow() -> Self {
        let other = || OTHER.to_owned();
        Self { pipeline: other(), node: other(), node_type: other(), backend: other() }
    }
}

impl NodeTotals {
    /// Adds what a node of one session counted; queues count only while the session runs.
    fn add(&mut self, node: &NodeMetrics, runs: bool) {
        self.items_in += node.items_in;
        self.items_out += node.items_out;
        self.dropped += node.dropped;
        self.errors += node.errors;
        self.skipped += node.skipped;
        self.retries += node.retries;
        if runs {
            self.queue_depth += node.queue_depth as u64;
            self.queue_capacity += node.queue_capacity as u64;
        }
        for (upper_ns, count) in &node.latency.buckets {
            *self.calls.entry(*upper_ns).or_default() += u64::from(*count);
        }
    }
}

/// How many nodes are told apart, so that pipelines with ever new names cannot fill the memory.
const MAX_NODES: usize = 2_000;
/// The name under which all further nodes are counted.
const OTHER: &str = "other";

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use remotemedia_core::Error;
    use remotemedia_core::metrics::LatencyMetrics;

    struct Finished(u64, String, Option<Error>);

    impl Measured for Finished {
        fn id(&self) -> u64 {
            self.0
        }

        fn metrics(&self) -> SessionMetrics {
            let buckets = vec![(1_023, 2), (2_047, 1)];
            let latency = LatencyMetrics {
                count: 3,
                min_ns: 1,
                mean_ns: 1.0,
                p50_ns: 1,
                p90_ns: 1,
                p99_ns: 1,
                max_ns: 1,
                buckets,
            };
            let node = NodeMetrics {
                id: "a".to_owned(),
                node_type: "Add".to_owned(),
                backend: "native".to_owned(),
                stage: 0,
                items_in: 5,
                items_out: 4,
                dropped: 1,
                errors: 0,
                skipped: 0,
                retries: 0,
                queue_depth: 3,
                queue_capacity: 64,
                busy_ns: 3,
                latency,
            };
            let pipeline = self.1.clone();
            SessionMetrics { pipeline, session: self.0, elapsed_ns: 1, nodes: vec![node], edges: Vec::new() }
        }

        fn error(&self) -> Option<Error> {
            self.2.clone()
        }
    }

    fn begin(sessions: &Sessions, id: u64, pipeline: &str, error: Option<Error>) -> Arc<Finished> {
        let session = Arc::new(Finished(id, pipeline.to_owned(), error));
        let weak: Weak<dyn Measured> = Arc::downgrade(&session) as Weak<dyn Measured>;
        sessions.began(weak);
        session
    }

    #[test]
    fn sessions_that_are_over_still_count_and_their_queues_do_not() {
        let sessions = Sessions::default();
        let (first, second) = (begin(&sessions, 1, "p", None), begin(&sessions, 2, "p", None));
        sessions.over(&*first);
        let totals = sessions.totals();
        assert_eq!((totals.started, totals.running, totals.failed), (2, 1, 0));
        let node = totals.nodes.values().next().unwrap();
        assert_eq!((node.items_in, node.items_out, node.dropped), (10, 8, 2));
        assert_eq!((node.queue_depth, node.queue_capacity), (3, 64));
        assert_eq!(node.calls, BTreeMap::from([(1_023, 4), (2_047, 2)]));
        sessions.over(&*second);
        assert_eq!(sessions.totals().nodes.values().next().unwrap().queue_depth, 0);
    }

    #[test]
    fn the_end_of_a_session_is_counted_once() {
        let sessions = Sessions::default();
        let session = begin(&sessions, 1, "p", None);
        sessions.over(&*session);
        sessions.over(&*session);
        assert_eq!(sessions.totals().nodes.values().next().unwrap().items_in, 5);
    }

    #[test]
    fn a_session_that_was_cancelled_has_not_failed() {
        let sessions = Sessions::default();
        for (id, kind) in [(1, ErrorKind::Cancelled), (2, ErrorKind::Node)] {
            let session = begin(&sessions, id, "p", Some(Error::new(kind, "ended")));
            sessions.over(&*session);
        }
        assert_eq!(sessions.totals().failed, 1);
    }

    #[test]
    fn pipelines_without_end_of_names_are_counted_together() {
        let sessions = Sessions::default();
        for id in 0..3_000 {
            let session = begin(&sessions, id, &format!("call-{id}"), None);
            sessions.over(&*session);
        }
        let totals = sessions.totals();
        assert_eq!(totals.nodes.len(), MAX_NODES + 1);
        assert_eq!(totals.nodes[&NodeKey::overflow()].items_in, 5 * 1_000);
    }
}
