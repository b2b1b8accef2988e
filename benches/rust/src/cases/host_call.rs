//! What hosts in other languages are measured beside: a packet sent and received through one node by direct calls.

use remotemedia::Runtime;
use remotemedia::prelude::*;

use crate::chain;
use crate::measure::{Finding, Outcome, duration_ns, median};

const MANIFEST: &str = r#"{"version": "v1", "metadata": {"name": "bench"}, "connections": [],
    "nodes": [{"id": "node", "node_type": "PassThrough"}]}"#;
const TRIPS: usize = 20_000;
const ROUNDS: usize = 11;

/// A packet makes the round trip through one standard node.
pub(crate) fn measure() -> Outcome {
    let runtime = Runtime::new()?;
    let session = runtime.pipeline(MANIFEST)?.start(runtime.driver())?;
    let packet = Packet::from(1);
    let trips = || (0..TRIPS).try_for_each(|_| chain::round_trip(&session, &packet));
    trips()?;
    let times = (0..ROUNDS).map(|_| duration_ns(trips)).collect::<Outcome<Vec<f64>>>()?;
    let value = median(times) / TRIPS as f64;
    Ok(vec![Finding { who: "rust", ..Finding::ours(value, "ns", TRIPS * ROUNDS) }])
}
