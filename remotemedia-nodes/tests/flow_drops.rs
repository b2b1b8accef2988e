//! What flow nodes leave out on purpose is counted, and metrics show it.
#![cfg(feature = "flow")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use remotemedia_core::driver::{Driver, SingleThreaded};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

/// Runs one node on packets for its ports; gives what it took, gave and dropped.
fn counted(
    node_type: &str,
    params: Value,
    connections: Value,
    packets: Vec<(Option<&str>, Packet)>,
) -> (u64, u64, u64) {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).unwrap();
    let nodes = json!([
        {"id": "left", "node_type": "PassThrough"},
        {"id": "right", "node_type": "PassThrough"},
        {"id": "node", "node_type": node_type, "params": params},
    ]);
    let manifest = json!({"version": "v1", "metadata": {"name": "drops"}, "nodes": nodes, "connections": connections});
    let pipeline = Pipeline::from_json(&manifest.to_string(), &registry).unwrap();
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    let session = pipeline.start(&driver).unwrap();
    for (port, packet) in packets {
        session.send(port, packet, None).unwrap();
    }
    session.finish();
    while let Received::Packet(..) = session.recv(None, None).unwrap() {}
    let metrics = session.metrics();
    let node = metrics.nodes.iter().find(|node| node.id == "node").unwrap();
    (node.items_in, node.items_out, node.dropped)
}

fn numbers(port: &str, values: std::ops::Range<i64>) -> Vec<(Option<&str>, Packet)> {
    values.map(|value| (Some(port), Packet::from(value).at(Timestamp::from_nanos(value as u64 * 10_000_000)))).collect()
}

#[test]
fn a_filter_counts_what_it_rejects_unless_somebody_takes_it() {
    let above = json!({"above": 6});
    let alone = json!([{"from": "left", "to": "node"}]);
    assert_eq!(counted("Filter", above.clone(), alone, numbers("left.in", 0..10)), (10, 3, 7));
    let taken = json!([{"from": "left", "to": "node"}, {"from": "node.rejected", "to": "right"}]);
    let packets = numbers("in", 0..10).into_iter().map(|(_, packet)| (None, packet)).collect();
    assert_eq!(counted("Filter", above, taken, packets), (10, 10, 0));
}

#[test]
fn a_throttle_counts_what_comes_too_early() {
    let connections = json!([{"from": "left", "to": "node"}]);
    for keep in ["first", "latest"] {
        let params = json!({"min_interval_ms": 50, "keep": keep});
        assert_eq!(counted("Throttle", params, connections.clone(), numbers("left.in", 0..20)), (20, 4, 16), "{keep}");
    }
}

#[test]
fn an_align_counts_what_belongs_to_none_of_the_others() {
    let connections = json!([{"from": "left", "to": "node.left"}, {"from": "right", "to": "node.right"}]);
    let mut packets = numbers("left.in", 0..10);
    packets.extend(numbers("right.in", 6..12));
    assert_eq!(counted("Align", json!({}), connections, packets), (16, 4, 8));
}
