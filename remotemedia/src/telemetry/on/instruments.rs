//! Instruments: the sessions' counts as OpenTelemetry metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Histogram, Meter};

use super::sessions::{NodeKey, NodeTotals, Sessions, Totals};

/// What is shown by all instruments: they are read one after the other, and shall say the same.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<Totals>>);

/// Makes the instruments. They are read whenever `meter` exports.
pub(super) fn make(meter: &Meter, sessions: &Arc<Sessions>) {
    let shown = Shown::default();
    refresh(meter, sessions, &shown);
    for (name, what, read) in SESSION_COUNTS {
        let shown = shown.clone();
        let instrument = meter.u64_observable_counter(format!("remotemedia.session.{name}")).with_description(*what);
        instrument.with_callback(move |observer| observer.observe(read(&shown.lock()), &[])).build();
    }
    for (name, what, read) in NODE_COUNTS {
        let instrument = meter.u64_observable_counter(format!("remotemedia.node.{name}")).with_description(*what);
        instrument.with_unit("{packet}").with_callback(each_node(&shown, *read)).build();
    }
    for (name, what, read) in NODE_GAUGES {
        let instrument = meter.u64_observable_gauge(format!("remotemedia.node.{name}")).with_description(*what);
        instrument.with_unit("{packet}").with_callback(each_node(&shown, *read)).build();
    }
}

/// A metric's name, what it tells, and how it is read.
type Count<T> = (&'static str, &'static str, fn(&T) -> u64);

const SESSION_COUNTS: &[Count<Totals>] = &[
    ("started", "Sessions that were started", |totals| totals.started),
    ("failed", "Sessions that ended with an error", |totals| totals.failed),
];

const NODE_COUNTS: &[Count<NodeTotals>] = &[
    ("items_in", "Packets taken", |node| node.items_in),
    ("items_out", "Packets emitted", |node| node.items_out),
    ("dropped", "Packets lost to queue policies, to interrupts, or by the node itself", |node| node.dropped),
    ("errors", "Errors, whatever became of them", |node| node.errors),
    ("skipped", "Packets left out by the failure policy", |node| node.skipped),
    ("retries", "Further tries by the failure policy", |node| node.retries),
];

const NODE_GAUGES: &[Count<NodeTotals>] = &[
    ("queue.depth", "Packets waiting on the node's inputs", |node| node.queue_depth),
    ("queue.capacity", "How many packets may wait there", |node| node.queue_capacity),
];

/// The first instrument to be read: it looks at the sessions for all of them, and records the calls since last time.
fn refresh(meter: &Meter, sessions: &Arc<Sessions>, shown: &Shown) {
    let duration = meter
        .f64_histogram("remotemedia.node.duration")
        .with_description("How long calls of the node took, without the nodes behind it; fast calls are sampled")
        .with_unit("s")
        .with_boundaries(boundaries())
        .build();
    let (sessions, shown) = (Arc::clone(sessions), shown.clone());
    meter
        .u64_observable_gauge("remotemedia.session.running")
        .with_description("Sessions that run")
        .with_callback(move |observer| {
            let totals = sessions.totals();
            let mut before = shown.lock();
            record_calls(&duration, &before, &totals);
            observer.observe(totals.running, &[]);
            *before = totals;
        })
        .build();
}

fn record_calls(duration: &Histogram<f64>, before: &Totals, now: &Totals) {
    let none = BTreeMap::new();
    for (key, node) in &now.nodes {
        let known = before.nodes.get(key).map_or(&none, |node| &node.calls);
        let attributes = attributes(key);
        for (upper_ns, count) in &node.calls {
            let new = count.saturating_sub(known.get(upper_ns).copied().unwrap_or(0));
            (0..new).for_each(|_| duration.record(*upper_ns as f64 / 1e9, &attributes));
        }
    }
}

fn each_node(shown: &Shown, read: fn(&NodeTotals) -> u64) -> impl Fn(&dyn AsyncInstrument<u64>) + use<> {
    let shown = shown.clone();
    move |observer| {
        for (key, node) in &shown.lock().nodes {
            observer.observe(read(node), &attributes(key));
        }
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Totals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn attributes(key: &NodeKey) -> [KeyValue; 4] {
    [
        KeyValue::new("remotemedia.pipeline", key.pipeline.clone()),
        KeyValue::new("remotemedia.node", key.node.clone()),
        KeyValue::new("remotemedia.node.type", key.node_type.clone()),
        KeyValue::new("remotemedia.backend", key.backend.clone()),
    ]
}

/// Powers of two from a microsecond to 17 seconds, in seconds: edges of the runtime's own buckets, so that nothing is
/// rounded from one bucket into the next.
fn boundaries() -> Vec<f64> {
    (10..=34).map(|power| (1_u64 << power) as f64 / 1e9).collect()
}
