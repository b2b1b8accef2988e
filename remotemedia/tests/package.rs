//! Packages from elsewhere: which nodes may run without the user's trust.

use remotemedia::manifest::Manifest;
use remotemedia::{ForeignNode, Registry, foreign_nodes, standard_nodes};
use serde_json::{Value, json};

fn foreign_in(registry: &Registry, nodes: Value) -> Vec<ForeignNode> {
    let manifest = json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": []});
    foreign_nodes(&Manifest::from_value(manifest).unwrap(), registry)
}

fn foreign(nodes: Value) -> Vec<(String, &'static str)> {
    foreign_in(&standard_nodes(), nodes).into_iter().map(|node| (node.id, node.reason)).collect()
}

#[test]
fn nodes_that_compute_may_run() {
    let nodes = json!([
        {"id": "a", "node_type": "Multiply"},
        {"id": "b", "node_type": "AddNode"},
        {"id": "c", "node_type": "Resample"},
        {"id": "d", "node_type": "Onnx", "params": {"model": {"$file": "models/m.onnx"}}},
    ]);
    assert_eq!(foreign(nodes), []);
}

#[test]
fn nodes_that_reach_beyond_the_pipeline_may_not() {
    let inner = json!({"version": "v1", "metadata": {"name": "inner"}, "connections": [],
        "nodes": [{"id": "write", "node_type": "WavSink", "params": {"output_path": "/home/me/.profile"}}]});
    let nodes = json!([
        {"id": "read", "node_type": "AudioSource", "params": {"path": "/etc/passwd"}},
        {"id": "play", "node_type": "AudioSink"},
        {"id": "sub", "node_type": "Pipeline", "params": {"manifest": inner}},
        {"id": "model", "node_type": "Onnx", "params": {"model": "/home/me/secret.onnx"}},
        {"id": "voice", "node_type": "VoiceActivity"},
        {"id": "other", "node_type": "Mine"},
        {"id": "remote", "node_type": "Add", "host": "gpu-1:9000"},
        {"id": "named", "node_type": "Pipeline", "params": {"name": "of the user"}},
    ]);
    let expected = [
        ("read", "reads or writes files"),
        ("play", "uses devices"),
        ("sub/write", "reads or writes files"),
        ("model", "reads a model from outside the package"),
        ("voice", "reads a model from outside the package"),
        ("other", "is no standard native node"),
        ("remote", "runs on another machine"),
        ("named", "is no standard native node"),
    ];
    assert_eq!(foreign(nodes), expected.map(|(id, reason)| (id.to_owned(), reason)));
}

#[test]
fn what_stands_beside_something_that_names_no_package_is_judged_as_ever() {
    let inner = json!({"version": "v1", "metadata": {"name": "inner"}, "connections": [],
        "nodes": [{"id": "read", "node_type": "AudioSource", "params": {"path": "/etc/passwd"}}]});
    let nodes = json!([
        {"id": "package", "node_type": "Pipeline", "params": {"package": "beside.rmpkg"}},
        {"id": "none", "node_type": "Pipeline", "params": {"package": null}},
        {"id": "number", "node_type": "Pipeline", "params": {"package": 1, "manifest": inner}},
    ]);
    let expected = [("none", "is no standard native node"), ("number/read", "reads or writes files")];
    assert_eq!(foreign(nodes), expected.map(|(id, reason)| (id.to_owned(), reason)));
}

#[test]
fn a_host_s_node_under_the_name_of_a_standard_one_is_not_taken_for_it() {
    let mut registry = Registry::new();
    let spec = remotemedia::spec::NodeSpec::new("Add").backend("cpython");
    let create = |_: &serde_json::Map<String, Value>| Ok(remotemedia::registry::map(|x: f64| x));
    registry.insert(spec, std::sync::Arc::new(create)).unwrap();
    assert_eq!(foreign_in(&registry, json!([{"id": "a", "node_type": "Add"}])).len(), 1);
}
