//! Manifests that are always well formed, made of the bytes: their graphs build or are refused, and can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use remotemedia_core::Pipeline;
use remotemedia_core::manifest::Manifest;
use serde_json::{Value, json};

#[path = "../../remotemedia-core/tests/corpus/registry.rs"]
mod registry;

const TYPES: [&str; 12] = [
    "PassThroughNode",
    "Gain",
    "AudioSource",
    "AudioSink",
    "VoiceActivity",
    "Mixer",
    "Router",
    "Join",
    "Split",
    "Clean",
    "Ping",
    "Nothing",
];
const PORTS: [&str; 8] = ["", "", "", ".in", ".out", ".left", ".right", ".x"];

/// The first byte says how many nodes there are; then a byte for each node and two for each connection.
fn manifest(data: &[u8]) -> Value {
    let Some((count, rest)) = data.split_first() else { return json!({}) };
    let count = usize::from(*count % 32) + 1;
    let (types, ends) = rest.split_at(count.min(rest.len()));
    let node = |(index, byte): (usize, &u8)| {
        let mut node = json!({"id": format!("n{index}"), "node_type": TYPES[usize::from(*byte) % TYPES.len()]});
        if *byte >= 0xe0 {
            node["on_error"] = json!({"fallback": format!("n{}", usize::from(*byte) % count)});
        }
        node
    };
    let end = |byte: u8| format!("n{}{}", usize::from(byte) % count, PORTS[usize::from(byte >> 5)]);
    let nodes: Vec<Value> = types.iter().enumerate().map(node).collect();
    let connections: Vec<Value> =
        ends.chunks_exact(2).map(|pair| json!({"from": end(pair[0]), "to": end(pair[1])})).collect();
    json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections})
}

fuzz_target!(|data: &[u8]| {
    let Ok(manifest) = Manifest::from_value(manifest(data)) else { return };
    let Ok(pipeline) = Pipeline::from_manifest(&manifest, &registry::registry()) else { return };
    let graph = pipeline.graph();
    assert!(graph.edges.iter().all(|edge| edge.from.node < edge.to.node), "an edge leads back");
    for (index, port) in graph.inputs.iter().enumerate() {
        assert_eq!(graph.input(&port.name), Some(index), "an input is not found by its name");
    }
    let shown = pipeline.inspect();
    assert!(!shown.to_svg().contains("NaN"), "a coordinate is not a number");
    let _ = (shown.to_text(), shown.to_dot(), shown.to_mermaid());
});
