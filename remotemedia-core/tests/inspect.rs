//! What `inspect` shows of a graph: as text, JSON, DOT, Mermaid and SVG.
//!
//! The expected texts are in `tests/snapshots`; `UPDATE_SNAPSHOTS=1` writes them anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the snapshots are files")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use remotemedia_core::inspect::Inspection;
use remotemedia_core::prelude::*;
use remotemedia_core::{Pipeline, spec::Scope};
use serde_json::{Map, Value, json};

struct Python;

impl Scope for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn enter(&self, run: &mut dyn FnMut()) {
        run();
    }
}

fn registry() -> Registry {
    use PayloadKind::{Any, Audio, Json, Text};
    let python = Lane::Scoped(Arc::new(Python));
    let mut nodes = Registry::new();
    let specs = [
        NodeSpec::new("AudioSource").ports(Any, Audio).source().lane(Lane::Blocking),
        NodeSpec::new("ChannelMix").ports(Audio, Audio),
        NodeSpec::new("Resample").ports(Audio, Audio),
        NodeSpec::new("Gain").ports(Audio, Audio),
        NodeSpec::new("Split").outputs(&[("left", Audio), ("right", Audio)]),
        NodeSpec::new("Align").inputs(&[("a", Any), ("b", Any)]),
        NodeSpec::new("VoiceActivity").ports(Audio, Audio).optional_output("events", Json).lane(Lane::Blocking),
        NodeSpec::new("Transcribe").ports(Audio, Text).backend("cpython").lane(python.clone()),
        NodeSpec::new("Summarise").ports(Text, Text).backend("cpython").lane(python),
        NodeSpec::new("Blur").ports(Any, Any).backend("wasm"),
        NodeSpec::new("Log").sink(),
    ];
    for spec in specs {
        nodes.insert(spec, Arc::new(create)).unwrap();
    }
    nodes
}

fn create(_params: &Map<String, Value>) -> NodeResult<AnyNode> {
    Ok(map(|value: Payload| value))
}

fn node(id: &str, node_type: &str) -> Value {
    json!({"id": id, "node_type": node_type})
}

fn edge(from: &str, to: &str) -> Value {
    json!({"from": from, "to": to})
}

fn inspect(name: &str, nodes: Value, connections: Value) -> Inspection {
    let manifest = json!({"version": "v1", "metadata": {"name": name}, "nodes": nodes, "connections": connections});
    Pipeline::from_json(&manifest.to_string(), &registry()).unwrap().inspect()
}

fn voice_notes() -> Inspection {
    let ids = ["AudioSource_0", "ChannelMix_1", "Resample_2", "VoiceActivity_3", "Transcribe_4", "Summarise_5"];
    let nodes: Vec<Value> = ids.iter().map(|id| node(id, id.split('_').next().unwrap())).collect();
    let connections: Vec<Value> = ids.windows(2).map(|pair| edge(pair[0], pair[1])).collect();
    inspect("voice_notes", json!(nodes), json!(connections))
}

/// Branches, joins, queues, policies, a pipeline within, several session ports, and something the manifest says in
/// vain.
fn studio() -> Inspection {
    let clean = json!({
        "version": "v1", "metadata": {"name": "clean"},
        "nodes": [node("mix", "ChannelMix"), node("resample", "Resample"), node("level", "Gain")],
        "connections": [edge("mix", "resample"), edge("resample", "level")],
    });
    let nodes = json!([
        node("microphone", "AudioSource"),
        node("split", "Split"),
        {"id": "left", "node_type": "Gain", "on_error": "skip"},
        {"id": "right", "node_type": "Gain", "on_error": {"retry": {"attempts": 3, "backoff_ms": 10}}},
        node("join", "Align"),
        {"id": "clean", "node_type": "Pipeline", "params": {"manifest": clean}},
        node("speech", "VoiceActivity"),
        {"id": "transcribe", "node_type": "Transcribe", "timeout_ms": 2000, "on_error": {"fallback": "spare"}},
        node("spare", "Transcribe"),
        node("captions", "Align"),
        {"id": "log", "node_type": "Log", "colour": "red"},
        node("blur", "Blur"),
    ]);
    let connections = json!([
        edge("microphone", "split"),
        edge("split.left", "left"),
        edge("split.right", "right"),
        edge("left", "join.a"),
        edge("right", "join.b"),
        edge("microphone", "clean"),
        edge("clean", "speech"),
        edge("speech", "transcribe"),
        {"from": "speech.events", "to": "log", "capacity": 16, "policy": "drop_oldest"},
        edge("transcribe", "captions.a"),
        {"from": "blur", "to": "captions.b", "policy": "latest"},
    ]);
    inspect("studio", nodes, connections)
}

/// Compares with the snapshot `name`, or writes it.
fn assert_snapshot(name: &str, found: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&file, found).unwrap();
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert!(expected == found, "{name} has changed: run with UPDATE_SNAPSHOTS=1 and review the change\n{found}");
}

#[test]
fn text_of_a_chain_is_a_table() {
    assert_snapshot("voice_notes.txt", &(voice_notes().to_string() + "\n"));
}

#[test]
fn text_of_other_graphs_tells_connections_policies_and_notes() {
    assert_snapshot("studio.txt", &(studio().to_text() + "\n"));
}

#[test]
fn dot_groups_stages_and_names_ports_and_queues() {
    assert_snapshot("voice_notes.dot", &voice_notes().to_dot());
    assert_snapshot("studio.dot", &studio().to_dot());
}

#[test]
fn mermaid_groups_stages_and_names_ports_and_queues() {
    assert_snapshot("voice_notes.mmd", &voice_notes().to_mermaid());
    assert_snapshot("studio.mmd", &studio().to_mermaid());
}

#[test]
fn svg_shows_the_graph() {
    assert_snapshot("voice_notes.svg", &voice_notes().to_svg());
    assert_snapshot("studio.svg", &studio().to_svg());
}

#[test]
fn json_has_every_node_edge_and_session_port() {
    let value: Value = serde_json::from_str(&studio().to_json()).unwrap();
    assert_eq!(value["pipeline"], "studio");
    assert_eq!(value["nodes"].as_array().unwrap().len(), 13);
    let transcribe = value["nodes"].as_array().unwrap().iter().find(|node| node["id"] == "transcribe").unwrap();
    assert_eq!(transcribe["place"], "here");
    assert_eq!(transcribe["backend"], "cpython");
    assert_eq!(transcribe["on_error"], "falls back to spare");
    assert_eq!(transcribe["timeout_ms"], 2000.0);
    assert_eq!(transcribe["outputs"], json!([{"name": "out", "kind": "text"}]));
    let last = &value["edges"].as_array().unwrap().last().unwrap();
    assert_eq!(last["from"], json!({"node": "blur", "port": "out"}));
    assert_eq!((&last["policy"], &last["declared"]), (&json!("latest"), &json!(true)));
    assert_eq!(value["inputs"], json!([{"name": "in", "node": "blur", "port": "in", "kind": "any"}]));
    assert_eq!(value["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn markup_in_names_stays_text() {
    let shown = inspect("<script>\"a\" & 'b'</script>", json!([node("a", "Gain")]), json!([]));
    let svg = shown.to_svg();
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"));
    assert!(shown.to_dot().starts_with(r#"digraph "<script>\"a\" & 'b'</script>" {"#));
}

#[test]
fn svg_has_a_box_for_each_node_and_a_wire_for_each_connection_and_session_port() {
    let (shown, count) = (studio(), |svg: &str, what: &str| svg.matches(what).count());
    let svg = shown.to_svg();
    assert_eq!(count(&svg, "class=\"rm-box\""), shown.nodes.len());
    assert_eq!(count(&svg, "class=\"rm-line\""), shown.edges.len() + shown.inputs.len() + shown.outputs.len());
    assert_eq!((count(&svg, "<g>"), count(&svg, "NaN"), count(&svg, "inf\"")), (count(&svg, "</g>"), 0, 0));
}

/// The left edge and the middle of each box in a picture, by the id written in it.
fn boxes(svg: &str) -> Vec<(String, f64, f64)> {
    let value = |line: &str, name: &str| -> f64 {
        let rest = line.split_once(&format!(" {name}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let mut found = Vec::new();
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        if line.contains("class=\"rm-box\"") {
            let id = lines.find(|line| line.contains("rm-id")).unwrap();
            let id = id.split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned();
            found.push((id, value(line, "x"), value(line, "y") + value(line, "height") / 2.0));
        }
    }
    found
}

#[test]
fn svg_leads_from_left_to_right_and_keeps_a_chain_on_one_line() {
    let places = boxes(&voice_notes().to_svg());
    assert_eq!(places.len(), 6);
    assert!(places.windows(2).all(|pair| pair[0].1 < pair[1].1 && (pair[0].2 - pair[1].2).abs() < 0.2), "{places:?}");
}

#[test]
fn svg_boxes_do_not_overlap() {
    let places = boxes(&studio().to_svg());
    for (index, (id, x, y)) in places.iter().enumerate() {
        for (other, other_x, other_y) in &places[index + 1..] {
            assert!((x - other_x).abs() > 100.0 || (y - other_y).abs() > 60.0, "{id} and {other}");
        }
    }
}
