//! Flow nodes in whole pipelines: optional ports, branches and joins, and the same trace on every run.
#![cfg(all(feature = "flow", feature = "math"))]
#![allow(clippy::unwrap_used)]

mod node_common;

use std::sync::Arc;

use node_common::at_ms;
use remotemedia_core::driver::{Driver, SingleThreaded};
use remotemedia_core::pipeline::Pipeline;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn run(nodes: Value, connections: &[(&str, &str)], inputs: impl IntoIterator<Item = Packet>) -> Vec<Packet> {
    try_run(nodes, connections, inputs).unwrap()
}

fn try_run(
    nodes: Value,
    connections: &[(&str, &str)],
    inputs: impl IntoIterator<Item = Packet>,
) -> Result<Vec<Packet>, Error> {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).unwrap();
    let connections: Vec<Value> = connections.iter().map(|(from, to)| json!({"from": from, "to": to})).collect();
    let manifest = json!({"version": "v1", "metadata": {"name": "flow"}, "nodes": nodes, "connections": connections});
    let pipeline = Pipeline::from_json(&manifest.to_string(), &registry)?;
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    pipeline.run(&driver, inputs)
}

fn printed(packets: &[Packet]) -> Vec<String> {
    packets.iter().map(|packet| packet.payload.clone().neutral().unwrap().to_string()).collect()
}

#[test]
fn a_branch_by_tee_and_a_join_by_merge_keep_every_packet() {
    let nodes = json!([
        {"id": "tee", "node_type": "Tee"},
        {"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
        {"id": "negate", "node_type": "Multiply", "params": {"factor": -1}},
        {"id": "merge", "node_type": "Merge"},
    ]);
    let connections = [("tee.a", "double"), ("tee.b", "negate"), ("double", "merge.x"), ("negate", "merge.y")];
    let mut given = printed(&run(nodes, &connections, [1i64, 2, 3].map(Packet::from)));
    given.sort();
    assert_eq!(given, ["-1", "-2", "-3", "2", "4", "6"]);
}

#[test]
fn what_a_filter_rejects_is_dropped_unless_its_port_is_connected() {
    let filter = json!([{"id": "f", "node_type": "Filter", "params": {"above": 2}}]);
    assert_eq!(printed(&run(filter, &[], [1i64, 2, 3].map(Packet::from))), ["3"]);
    let both = json!([
        {"id": "f", "node_type": "Filter", "params": {"above": 2}},
        {"id": "low", "node_type": "Multiply", "params": {"factor": 100}},
        {"id": "all", "node_type": "Merge"},
    ]);
    let connections = [("f", "all.high"), ("f.rejected", "low"), ("low", "all.low")];
    let mut given = printed(&run(both, &connections, [1i64, 2, 3].map(Packet::from)));
    given.sort();
    assert_eq!(given, ["100", "200", "3"]);
}

#[test]
fn branches_of_one_stream_align_and_the_trace_is_the_same_in_a_thousand_runs() {
    let trace = || {
        let nodes = json!([
            {"id": "start", "node_type": "PassThrough"},
            {"id": "slow", "node_type": "Throttle", "params": {"rate_hz": 25}},
            {"id": "ten", "node_type": "Multiply", "params": {"factor": 10}},
            {"id": "align", "node_type": "Align"},
        ]);
        let connections = [("start", "slow"), ("start", "ten"), ("slow", "align.kept"), ("ten", "align.tenfold")];
        let inputs = (0..12i64).map(|n| Packet::from(n).at(at_ms(20 * n as u64)));
        let given = run(nodes, &connections, inputs);
        given.iter().map(|packet| format!("{:?} {packet} {:?}", packet.seq, packet.attributes)).collect::<Vec<_>>()
    };
    let expected = trace();
    assert_eq!(expected.len(), 6, "{expected:?}");
    for _ in 0..1000 {
        assert_eq!(trace(), expected);
    }
}

#[test]
fn a_set_reaches_the_caller_as_json() {
    let nodes = json!([
        {"id": "start", "node_type": "PassThrough"},
        {"id": "ten", "node_type": "Multiply", "params": {"factor": 10}},
        {"id": "align", "node_type": "Align"},
    ]);
    let connections = [("start", "align.one"), ("start", "ten"), ("ten", "align.tenfold")];
    let given = run(nodes, &connections, (1..3i64).map(|n| Packet::from(n).at(at_ms(n as u64))));
    assert_eq!(printed(&given), [r#"{"one":1,"tenfold":10}"#, r#"{"one":2,"tenfold":20}"#]);
}

#[test]
fn batches_pass_through_other_nodes_and_come_apart() {
    let nodes = json!([
        {"id": "batch", "node_type": "Batch", "params": {"size": 2}},
        {"id": "pass", "node_type": "PassThrough"},
        {"id": "apart", "node_type": "Unbatch"},
        {"id": "count", "node_type": "Counter"},
    ]);
    let connections = [("batch", "pass"), ("pass", "apart"), ("apart", "count")];
    assert_eq!(printed(&run(nodes, &connections, ["a", "b", "c"].map(Packet::from))), ["0", "1", "2"]);
}

#[test]
fn arithmetic_sees_a_batch_as_a_list() {
    let nodes = json!([
        {"id": "batch", "node_type": "Batch", "params": {"size": 2}},
        {"id": "double", "node_type": "Multiply", "params": {"factor": 2}},
    ]);
    assert_eq!(printed(&run(nodes, &[("batch", "double")], [1i64, 2, 3].map(Packet::from))), ["[2,4]", "[6]"]);
}

#[test]
fn an_error_names_the_pipeline_the_node_and_the_item() {
    let nodes = json!([{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}]);
    let error = try_run(nodes, &[], [Packet::from(1i64), Packet::from("two")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "flow/double: item 2: expected a number, a list of numbers, audio or a tensor, found text"
    );
}
