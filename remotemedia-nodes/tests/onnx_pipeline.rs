//! The ONNX nodes in whole pipelines: named ports, branches and joins, sessions that share a network.
#![cfg(all(feature = "onnx", feature = "audio", feature = "flow"))]
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use remotemedia_core::buffer::Buffer;
use remotemedia_core::driver::{Driver, SingleThreaded};
use remotemedia_core::pipeline::Pipeline;
use remotemedia_core::prelude::*;
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::{Value, json};

fn run(nodes: Value, connections: &[(&str, &str)], inputs: Vec<Packet>) -> Result<Vec<Packet>, Error> {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).unwrap();
    let connections: Vec<Value> = connections.iter().map(|(from, to)| json!({"from": from, "to": to})).collect();
    let manifest = json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections});
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    Pipeline::from_json(&manifest.to_string(), &registry)?.run(&driver, inputs)
}

fn model(name: &str) -> Value {
    json!(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name))
}

fn row(values: [f32; 2]) -> Packet {
    Packet::new(Tensor::new(DType::F32, vec![2], Buffer::from(values.to_vec())).unwrap())
}

fn floats(packet: &Packet) -> Vec<f32> {
    packet.clone().into_tensor().unwrap().to_contiguous().to_vec()
}

#[test]
fn a_model_alone_is_fed_and_read_by_the_caller() {
    let nodes = json!([{"id": "m", "node_type": "Onnx",
        "params": {"model": model("pair.onnx"), "constants": {"b": [10, 20]}, "outputs": ["sum"]}}]);
    let given = run(nodes, &[], vec![row([1.0, 2.0]), row([3.0, 4.0])]).unwrap();
    assert_eq!(given.iter().map(floats).collect::<Vec<_>>(), [[11.0, 22.0], [13.0, 24.0]]);
}

#[test]
fn branches_feed_inputs_by_name_and_outputs_go_their_own_ways() {
    let nodes = json!([
        {"id": "start", "node_type": "PassThrough"},
        {"id": "first", "node_type": "Onnx",
            "params": {"model": model("pair.onnx"), "constants": {"b": [1, 1]}, "outputs": ["sum"]}},
        {"id": "ones", "node_type": "Onnx", "params": {"model": model("pair.onnx"), "constants": {"b": [0, 0]}}},
        {"id": "merge", "node_type": "Merge", "params": {"label": "from"}},
    ]);
    let connections = [("start", "first"), ("first", "ones.a"), ("ones.sum", "merge.sum"), ("ones.more", "merge.more")];
    let given = run(nodes, &connections, vec![row([1.0, -5.0])]).unwrap();
    let mut named: Vec<_> = given.iter().map(|packet| packet.attribute("from").unwrap().to_string()).collect();
    named.sort();
    assert_eq!(named, [r#""more""#, r#""sum""#]);
    let sum = given.iter().find(|packet| packet.attribute("from") == Some(&json!("sum"))).unwrap();
    assert_eq!(floats(sum), [2.0, -4.0]);
}

#[test]
fn two_branches_join_in_a_model_with_two_inputs() {
    let nodes = json!([
        {"id": "start", "node_type": "PassThrough"},
        {"id": "largest", "node_type": "Onnx",
            "params": {"model": model("pair.onnx"), "constants": {"b": [0, 0]}, "outputs": ["sum"]}},
        {"id": "cast", "node_type": "PassThrough"},
        {"id": "joined", "node_type": "Onnx", "params": {"model": model("pair.onnx"), "outputs": ["sum"]}},
    ]);
    let connections = [("start", "largest"), ("start", "cast"), ("largest", "joined.a"), ("cast", "joined.b")];
    let error = run(nodes, &connections, vec![row([1.0, 2.0])]).unwrap_err();
    assert_eq!(error.to_string(), "p/joined: item 1: input \"b\": tensor of F32 [2], expected I64 [2]");
}

#[test]
fn an_input_that_nothing_feeds_ends_the_session_before_the_first_packet() {
    let nodes = json!([{"id": "m", "node_type": "Onnx", "params": {"model": model("pair.onnx")}}]);
    let error = run(nodes, &[], vec![row([1.0, 2.0])]).unwrap_err().to_string();
    assert!(error.starts_with("p/m: model ") && error.contains("has inputs that nothing feeds: a, b"), "{error}");
}

#[test]
fn voice_activity_behind_a_resampler_takes_any_rate_and_channel_count() {
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/silero_vad_openvino_16k.onnx");
    assert!(network.is_file(), "{} is missing: run scripts/setup.sh", network.display());
    let nodes = json!([
        {"id": "resample", "node_type": "Resample", "params": {"rate": 16000, "channels": 1}},
        {"id": "hear", "node_type": "VoiceActivity", "params": {"model": network, "output": "frames"}},
    ]);
    let packets: Vec<Packet> = (0..50u32)
        .map(|n| {
            let samples = (0..882).map(|i| ((n * 882 + i) as f32 * 0.01).sin() * 0.1).collect();
            let audio = Audio::from_f32(44_100, 2, samples).unwrap();
            Packet::new(audio).at(Timestamp::of_sample(u64::from(n) * 441, 44_100))
        })
        .collect();
    let given = run(nodes, &[("resample", "hear")], packets).unwrap();
    let frames: usize = given.iter().map(|packet| packet.clone().into_audio().unwrap().frames()).sum();
    assert_eq!(frames, 8000);
    assert!(given.iter().all(|packet| packet.attribute("probability").and_then(Value::as_f64).unwrap() < 0.5));
}
