//! Reading manifests: limits, what is kept, and what manifests of the earlier implementation become.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the corpus and the schema are files")]

use std::fs;

use remotemedia_core::ErrorKind;
use remotemedia_core::manifest::{GpuKind, Manifest, OnError, QueuePolicy, limits};
use serde_json::{Value, json};

fn manifest(nodes: usize, connections: usize) -> String {
    let nodes: Vec<Value> = (0..nodes).map(|n| json!({"id": format!("n{n}"), "node_type": "Gain"})).collect();
    let connections: Vec<Value> = (0..connections).map(|_| json!({"from": "n0", "to": "n1"})).collect();
    json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections}).to_string()
}

fn refusal(text: &str) -> String {
    let error = Manifest::parse(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Manifest);
    error.message().to_owned()
}

/// A manifest whose text is `len` bytes long.
fn padded(len: usize) -> String {
    let mut text = manifest(1, 0);
    text.extend(std::iter::repeat_n(' ', len - text.len()));
    text
}

#[test]
fn text_is_read_up_to_its_limit() {
    assert!(Manifest::parse(&padded(limits::MAX_TEXT_BYTES)).is_ok());
    let expected = "the manifest is 16777217 bytes long, at most 16777216 are read";
    assert_eq!(refusal(&padded(limits::MAX_TEXT_BYTES + 1)), expected);
}

#[test]
fn nodes_are_read_up_to_their_limit() {
    assert!(Manifest::parse(&manifest(limits::MAX_NODES, 0)).is_ok());
    assert_eq!(refusal(&manifest(100_000, 0)), "nodes: found 100000 nodes, at most 10000 are allowed");
}

#[test]
fn connections_are_read_up_to_their_limit() {
    assert!(Manifest::parse(&manifest(2, limits::MAX_CONNECTIONS)).is_ok());
    let expected = "connections: found 40001 connections, at most 40000 are allowed";
    assert_eq!(refusal(&manifest(2, limits::MAX_CONNECTIONS + 1)), expected);
}

#[test]
fn values_are_read_up_to_their_limit() {
    let zeros = "0,".repeat(limits::MAX_JSON_VALUES);
    let text = format!("{{\"version\": \"v1\", \"nodes\": [{}]}}", zeros.trim_end_matches(','));
    assert!(refusal(&text).starts_with("the manifest holds more than 2000000 values at line 1"));
}

/// A manifest with a parameter so deep that the whole has `depth` levels.
fn nested(depth: usize) -> String {
    // The manifest, its nodes, the node and its params are the first four levels.
    let (open, close) = ("[".repeat(depth - 4), "]".repeat(depth - 4));
    let node = format!("{{\"id\": \"a\", \"node_type\": \"Gain\", \"params\": {{\"x\": {open}{close}}}}}");
    format!("{{\"version\": \"v1\", \"metadata\": {{\"name\": \"p\"}}, \"connections\": [], \"nodes\": [{node}]}}")
}

#[test]
fn values_nest_up_to_the_limit_and_no_deeper() {
    assert!(Manifest::parse(&nested(limits::MAX_JSON_DEPTH)).is_ok());
    assert!(refusal(&nested(limits::MAX_JSON_DEPTH + 1)).starts_with("objects and arrays nest deeper than 64 levels"));
    assert!(refusal(&"[".repeat(1_000_000)).starts_with("objects and arrays nest deeper than 64 levels at line 1"));
}

#[test]
fn every_cut_of_a_manifest_is_refused() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/elsewhere/earlier_package.json"));
    let text = text.unwrap();
    let text = text.trim_end();
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let message = refusal(&text[..end]);
        assert!(message.contains("cut off") || message.contains("empty"), "{end}: {message}");
    }
}

#[test]
fn fields_become_their_types() {
    let text = json!({
        "version": "v1", "metadata": {"name": "p", "created_at": "2026-01-31T09:30:00Z"},
        "nodes": [{
            "id": "a", "node_type": "Gain", "timeout_ms": 20, "on_error": {"retry": {"attempts": 2}},
            "capabilities": {"gpu": {"type": "rocm", "min_memory_gb": 4.5}, "cpu": {"cores": 2}, "memory_gb": 8},
        }],
        "connections": [{"from": "a", "to": "a", "capacity": 3, "policy": "drop_newest"}],
    });
    let manifest = Manifest::parse(&text.to_string()).unwrap();
    let node = &manifest.nodes[0];
    assert_eq!(node.on_error, Some(OnError::Retry { attempts: 2, backoff_ms: 0 }));
    let needs = node.capabilities.as_ref().unwrap();
    let gpu = needs.gpu.as_ref().unwrap();
    assert_eq!((gpu.kind, gpu.min_memory_gb, gpu.required), (GpuKind::Rocm, Some(4.5), true));
    assert_eq!((needs.cpu.as_ref().unwrap().cores, needs.memory_gb), (Some(2), Some(8.0)));
    assert_eq!(manifest.connections[0].policy, Some(QueuePolicy::DropNewest));
}

#[test]
fn unknown_fields_survive_at_every_level() {
    let before = json!({
        "version": "v1", "colour": "black", "metadata": {"name": "p", "tags": ["x"]},
        "nodes": [{
            "id": "a", "node_type": "Gain", "params": {"deep": {"er": [1, null, 2.5]}}, "runtime_hint": "auto",
            "capabilities": {"gpu": {"type": "any", "required": false, "vendor": "x"}, "npu": {}},
        }],
        "connections": [{"from": "a", "to": "a", "channel_name": "c"}],
    });
    let manifest = Manifest::parse(&before.to_string()).unwrap();
    let after: Value = serde_json::from_str(&manifest.to_json()).unwrap();
    assert_eq!(after, before);
}

#[test]
fn numbers_in_parameters_keep_their_kind() {
    let text = r#"{"version":"v1","metadata":{"name":"p"},"connections":[],"nodes":
        [{"id":"a","node_type":"Gain","params":{"whole":2,"half":2.0,"big":18446744073709551615,"tiny":1e-300}}]}"#;
    let written = Manifest::parse(text).unwrap().to_json();
    assert!(written.contains(r#""half":2.0"#) && written.contains(r#""whole":2"#), "{written}");
    assert!(written.contains("18446744073709551615") && written.contains("1e-300"), "{written}");
}
