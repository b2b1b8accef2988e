//! The node types and pipelines that the corpus of manifests uses.

use std::sync::Arc;

use remotemedia_core::prelude::*;
use serde_json::{Map, Value, json};

/// A registry with a type of every shape: source, sink, fixed, optional and free ports, bound nodes and pipelines.
pub(crate) fn registry() -> Registry {
    use PayloadKind::{Any, Audio, Json, Text, Video};
    let mut nodes = Registry::new();
    let specs = [
        NodeSpec::new("AudioSource").ports(Any, Audio).source(),
        NodeSpec::new("VideoSource").ports(Any, Video).source(),
        NodeSpec::new("AudioSink").ports(Audio, Any).sink(),
        NodeSpec::new("Gain").ports(Audio, Audio).alias("GainNode"),
        NodeSpec::new("PassThroughNode"),
        NodeSpec::new("VoiceActivity").ports(Audio, Audio).optional_output("events", Json).lane(Lane::Blocking),
        NodeSpec::new("Transcribe").ports(Audio, Text).backend("cpython").lane(Lane::Async),
        NodeSpec::new("TextProcessor").ports(Text, Text),
        NodeSpec::new("Mixer").inputs(&[]).extra_inputs(Audio).outputs(&[("out", Audio)]),
        NodeSpec::new("Router").ports(Audio, Audio).extra_outputs(Audio),
        NodeSpec::new("Join").inputs(&[("left", Any), ("right", Any)]),
        NodeSpec::new("Split").outputs(&[("left", Audio), ("right", Audio)]),
    ];
    for spec in specs {
        nodes.insert(spec, Arc::new(create)).unwrap();
    }
    nodes.bind("bound_0", NodeSpec::new("Class").ports(Audio, Text), Arc::new(create));
    nodes.bind("outer/inner", NodeSpec::new("Class").ports(Audio, Text), Arc::new(create));
    nodes.declare_missing("Whisper", "onnx");
    for (name, manifest) in pipelines() {
        nodes.register_pipeline(name, manifest.to_string()).unwrap();
    }
    nodes.register_pipeline("NotJson", "{\"version\": ").unwrap();
    nodes
}

/// Registered pipelines: a good one, two that contain each other, one with a mistake.
fn pipelines() -> [(&'static str, Value); 4] {
    [
        ("Clean", chain(&[("quiet", "Gain"), ("loud", "Gain")])),
        ("Ping", chain(&[("a", "Gain"), ("pong", "Pong")])),
        ("Pong", chain(&[("ping", "Ping")])),
        ("Broken", chain(&[("a", "Gian")])),
    ]
}

/// A manifest of nodes that follow each other, given by id and type.
pub(crate) fn chain(nodes: &[(&str, &str)]) -> Value {
    let entries: Vec<Value> = nodes.iter().map(|(id, kind)| json!({"id": id, "node_type": kind})).collect();
    let connections: Vec<Value> = nodes.windows(2).map(|pair| json!({"from": pair[0].0, "to": pair[1].0})).collect();
    json!({"version": "v1", "metadata": {"name": "chain"}, "nodes": entries, "connections": connections})
}

fn create(_params: &Map<String, Value>) -> NodeResult<AnyNode> {
    Ok(map(|value: Payload| value))
}
