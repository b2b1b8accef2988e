//! What a graph is made of: nodes in order, edges, policies, and the ports through which a session talks to its caller.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use remotemedia_core::graph::{FailurePolicy, Graph};
use remotemedia_core::manifest::{Manifest, QueuePolicy, limits};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

#[path = "corpus/registry.rs"]
mod registry;

use registry::chain;

fn try_build(nodes: Value, connections: Value) -> remotemedia_core::Result<Graph> {
    let manifest = json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections});
    Graph::build(&Manifest::parse(&manifest.to_string())?, &registry::registry())
}

fn build(nodes: Value, connections: Value) -> Graph {
    try_build(nodes, connections).unwrap()
}

fn ids(graph: &Graph) -> Vec<&str> {
    graph.nodes.iter().map(|node| &*node.id).collect()
}

/// Each edge as `node.port -> node.port`.
fn edges(graph: &Graph) -> Vec<String> {
    let name = |node: usize, port: &String| format!("{}.{port}", graph.nodes[node].id);
    let edge = |edge: &remotemedia_core::graph::Edge| {
        let from = name(edge.from.node, &graph.nodes[edge.from.node].outputs[edge.from.port]);
        let to = name(edge.to.node, &graph.nodes[edge.to.node].inputs[edge.to.port]);
        format!("{from} -> {to}")
    };
    graph.edges.iter().map(edge).collect()
}

fn input_names(graph: &Graph) -> Vec<&str> {
    graph.inputs.iter().map(|port| &*port.name).collect()
}

fn output_names(graph: &Graph) -> Vec<&str> {
    graph.outputs.iter().map(|port| &*port.name).collect()
}

fn node(id: &str, node_type: &str) -> Value {
    json!({"id": id, "node_type": node_type})
}

fn edge(from: &str, to: &str) -> Value {
    json!({"from": from, "to": to})
}

/// A manifest of one node of type `Pipeline` with `inner` written in it.
fn inline(id: &str, inner: Value) -> Value {
    json!({"id": id, "node_type": "Pipeline", "params": {"manifest": inner}})
}

#[test]
fn chain_has_one_input_and_one_output() {
    let graph = build(json!([node("a", "Gain"), node("b", "Gain")]), json!([edge("a", "b")]));
    assert_eq!(ids(&graph), ["a", "b"]);
    assert_eq!(edges(&graph), ["a.out -> b.in"]);
    assert_eq!((input_names(&graph), output_names(&graph)), (vec!["in"], vec!["out"]));
    assert_eq!((&*graph.name, graph.warnings.len()), ("p", 0));
}

#[test]
fn nodes_stand_in_topological_order_and_else_in_the_order_of_the_manifest() {
    let nodes = json!([node("z", "Gain"), node("c", "Gain"), node("b", "Gain"), node("a", "Gain"), node("y", "Gain")]);
    let graph = build(nodes, json!([edge("a", "b"), edge("b", "c")]));
    assert_eq!(ids(&graph), ["z", "a", "b", "c", "y"]);
}

#[test]
fn free_ports_are_numbered_in_order_of_appearance() {
    let nodes = json!([node("router", "Router"), node("mixer", "Mixer")]);
    let connections =
        json!([edge("router.second", "mixer.b"), edge("router.third", "mixer.a"), edge("router", "mixer")]);
    let graph = build(nodes, connections);
    assert_eq!(graph.nodes[0].outputs, ["out", "second", "third"]);
    assert_eq!(graph.nodes[1].inputs, ["b", "a", "in"]);
    let expected = ["router.second -> mixer.b", "router.third -> mixer.a", "router.out -> mixer.in"];
    assert_eq!(edges(&graph), expected);
}

#[test]
fn a_connection_without_a_port_name_means_the_default_port_or_else_the_first_fixed_one() {
    let nodes = json!([node("split", "Split"), node("join", "Join")]);
    assert_eq!(edges(&build(nodes, json!([edge("split", "join")]))), ["split.left -> join.left"]);
}

#[test]
fn queue_settings_mark_an_edge_as_declared() {
    let nodes = json!([node("a", "Gain"), node("b", "Gain"), node("c", "Gain"), node("d", "Gain")]);
    let connections = json!([
        edge("a", "b"),
        {"from": "b", "to": "c", "capacity": 4, "policy": "drop_oldest"},
        {"from": "c", "to": "d", "policy": "latest"},
    ]);
    let graph = build(nodes, connections);
    let settings: Vec<_> = graph.edges.iter().map(|edge| (edge.capacity, edge.policy, edge.declared)).collect();
    let expected = [
        (Graph::DEFAULT_CAPACITY, QueuePolicy::Block, false),
        (4, QueuePolicy::DropOldest, true),
        (1, QueuePolicy::Latest, true),
    ];
    assert_eq!(settings, expected);
}

#[test]
fn ports_of_several_nodes_are_named_after_the_port_where_that_is_clear_else_after_node_and_port() {
    let graph = build(json!([node("one", "Join"), node("two", "Join"), node("text", "TextProcessor")]), json!([]));
    assert_eq!(input_names(&graph), ["one.left", "one.right", "two.left", "two.right", "in"]);
    assert_eq!(output_names(&graph), ["one.out", "two.out", "text.out"]);
}

#[test]
fn ports_of_a_pipeline_within_are_not_taken_for_those_of_a_node_of_the_same_name() {
    let joins = json!([node("one", "Join"), node("two", "Join")]);
    let inner = json!({"version": "v1", "metadata": {"name": "inner"}, "nodes": joins, "connections": []});
    let graph = build(json!([inline("outer", inner), node("one", "Join"), node("two", "Join")]), json!([]));
    assert_eq!(input_names(&graph)[..2], ["outer.one.left", "outer.one.right"]);
    assert_eq!(input_names(&graph)[4..6], ["one.left", "one.right"]);
    assert_eq!(graph.input("outer/two.right"), Some(3));
}

#[test]
fn session_ports_are_found_by_name_by_node_and_by_node_and_port() {
    let graph = build(json!([node("one", "Join"), node("two", "Gain")]), json!([]));
    assert_eq!(input_names(&graph), ["left", "right", "in"]);
    assert_eq!(graph.input("right"), Some(1));
    assert_eq!(graph.input("one"), Some(0));
    assert_eq!(graph.input("one.right"), Some(1));
    assert_eq!(graph.input("two.in"), Some(2));
    assert_eq!(graph.output("two"), Some(1));
    assert_eq!(graph.input("three"), None);
    assert_eq!(graph.input("one.middle"), None);
    assert_eq!(graph.output("on"), None);
}

#[test]
fn optional_outputs_that_nothing_is_connected_to_are_not_session_ports() {
    let graph = build(json!([node("vad", "VoiceActivity")]), json!([]));
    assert_eq!(output_names(&graph), ["out"]);
    let connected =
        build(json!([node("vad", "VoiceActivity"), node("sink", "AudioSink")]), json!([edge("vad", "sink")]));
    assert_eq!(output_names(&connected), [""; 0]);
}

#[test]
fn sources_have_no_session_inputs() {
    let graph = build(json!([node("source", "AudioSource"), node("gain", "Gain")]), json!([]));
    assert_eq!(input_names(&graph), ["in"]);
    assert_eq!(graph.input("source"), None);
}

#[test]
fn pipelines_are_expanded_and_their_free_ports_are_ports_of_their_node() {
    let inner = json!({
        "version": "v1", "metadata": {"name": "inner"},
        "nodes": [node("join", "Join"), node("vad", "VoiceActivity")],
        "connections": [edge("join", "vad")],
    });
    let nodes = json!([node("source", "AudioSource"), inline("outer", inner), node("log", "PassThroughNode")]);
    let graph = build(nodes, json!([edge("source", "outer.right"), edge("outer.events", "log")]));
    assert_eq!(ids(&graph), ["source", "outer/join", "outer/vad", "log"]);
    let expected = ["outer/join.out -> outer/vad.in", "source.out -> outer/join.right", "outer/vad.events -> log.in"];
    assert_eq!(edges(&graph), expected);
    assert_eq!(input_names(&graph), ["in"]);
    assert_eq!((graph.input("outer"), graph.input("outer.left"), graph.input("outer.right")), (Some(0), Some(0), None));
    assert_eq!(output_names(&graph), ["outer.out", "log.out"]);
}

#[test]
fn a_package_that_nobody_put_its_pipeline_in_the_place_of_is_told_as_such() {
    let voice = json!({"id": "voice", "node_type": "Pipeline", "params": {"package": "voice.rmpkg"}});
    let error = try_build(json!([voice]), json!([])).unwrap_err().to_string();
    assert!(error.contains("nodes[0].params.package: a manifest alone opens no packages; the command"), "{error}");
}

#[test]
fn registered_pipelines_can_be_used_more_than_once() {
    let nodes = json!([node("a", "Clean"), {"id": "b", "node_type": "Pipeline", "params": {"name": "Clean"}}]);
    let graph = build(nodes, json!([edge("a", "b")]));
    assert_eq!(ids(&graph), ["a/quiet", "a/loud", "b/quiet", "b/loud"]);
    assert!(edges(&graph).contains(&"a/loud.out -> b/quiet.in".to_owned()));
}

#[test]
fn bound_nodes_come_before_types_of_the_same_name_also_within_pipelines() {
    let nodes = json!([node("bound_0", "Gain"), inline("outer", chain(&[("inner", "Gain"), ("text", "Class")]))]);
    let refused = try_build(nodes, json!([])).unwrap_err();
    assert!(refused.message().starts_with("nodes[1].params.manifest.nodes[1].node_type \"Class\" is not known"));

    let nodes =
        json!([node("bound_0", "Gain"), inline("outer", chain(&[("inner", "Gain"), ("text", "TextProcessor")]))]);
    let graph = build(nodes, json!([]));
    let types: Vec<&str> = graph.nodes.iter().map(|node| node.spec.node_type.as_str()).collect();
    assert_eq!(types, ["Class", "Class", "TextProcessor"]);
}

#[test]
fn fallback_is_embedded_and_takes_over_the_ports_of_its_node() {
    let nodes = json!([
        {"id": "backup", "node_type": "Mixer"},
        {"id": "main", "node_type": "Gain", "on_error": {"fallback": "backup"}},
    ]);
    let graph = build(nodes, json!([]));
    assert_eq!(ids(&graph), ["main"]);
    let FailurePolicy::Fallback(backup) = &graph.nodes[0].failure else { panic!("{:?}", graph.nodes[0].failure) };
    assert_eq!(
        (&*backup.id, &backup.inputs[..], &backup.outputs[..]),
        ("backup", &["in".to_owned()][..], &["out".to_owned()][..])
    );
}

#[test]
fn time_limits_and_retries_become_spans() {
    let policy = json!({"retry": {"attempts": 3, "backoff_ms": 10}});
    let graph = build(json!([{"id": "a", "node_type": "Gain", "timeout_ms": 5, "on_error": policy}]), json!([]));
    assert_eq!(graph.nodes[0].timeout.unwrap().as_nanos(), 5_000_000);
    let FailurePolicy::Retry { attempts, backoff } = graph.nodes[0].failure else { panic!("no retry") };
    assert_eq!((attempts, backoff.as_nanos()), (3, 10_000_000));
}

#[test]
fn fields_that_are_not_used_are_reported_once_each_with_a_guess() {
    let nodes = json!([
        {"id": "a", "node_type": "Gain", "is_streaming": true, "python": {"class": "gain:Gain"}},
        {"id": "b", "node_type": "Gain", "is_streaming": false, "parms": {"factor": 2}},
    ]);
    let expected = [
        "nodes[0].is_streaming is not known to this version, kept but not used, on 2 nodes",
        "nodes[1].parms is not known to this version, kept but not used; did you mean \"params\"?",
    ];
    assert_eq!(build(nodes, json!([])).warnings, expected);
}

#[test]
fn reports_of_unknown_fields_are_bounded() {
    let nodes: Vec<Value> =
        (0..300).map(|n| json!({"id": format!("n{n}"), "node_type": "Gain", format!("field{n}"): n})).collect();
    let warnings = build(json!(nodes), json!([])).warnings;
    assert_eq!(warnings.len(), 101);
    assert_eq!(warnings[100], "200 more fields are not known to this version");
}

#[test]
fn a_manifest_made_by_hand_is_checked_when_its_graph_is_built() {
    let mut manifest = Manifest::from_value(chain(&[("a", "Gain"), ("b", "Gain")])).unwrap();
    manifest.nodes[1].id = "a".to_owned();
    let error = Graph::build(&manifest, &registry::registry()).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Manifest, "nodes[1]: id \"a\" is used twice, first by nodes[0]")
    );
}

/// Registers `levels` pipelines, each with `width` nodes of the one before it.
fn towers(levels: usize, width: usize) -> Registry {
    let mut nodes = registry::registry();
    for level in 0..levels {
        let inner = if level == 0 { "Gain".to_owned() } else { format!("Level{}", level - 1) };
        let ids: Vec<String> = (0..width).map(|n| format!("n{n}")).collect();
        let entries: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), inner.as_str())).collect();
        nodes.register_pipeline(format!("Level{level}"), chain(&entries).to_string());
    }
    nodes
}

#[test]
fn pipelines_nest_to_the_limit_and_no_deeper() {
    let nodes = towers(limits::MAX_PIPELINE_DEPTH + 1, 1);
    let at = |level: usize| Manifest::from_value(chain(&[("top", &format!("Level{level}"))])).unwrap();
    let graph = Graph::build(&at(limits::MAX_PIPELINE_DEPTH - 1), &nodes).unwrap();
    assert_eq!(graph.nodes[0].id.matches('/').count(), limits::MAX_PIPELINE_DEPTH);
    let error = Graph::build(&at(limits::MAX_PIPELINE_DEPTH), &nodes).unwrap_err();
    assert_eq!(error.message(), "pipeline \"Level0\": pipelines nest deeper than 16 levels");
}

#[test]
fn pipelines_that_multiply_each_other_meet_the_limit_of_nodes() {
    let manifest = Manifest::from_value(chain(&[("bomb", "Level12")])).unwrap();
    let error = Graph::build(&manifest, &towers(13, 10)).unwrap_err();
    let expected = "pipeline \"Level0\": nodes[0]: with the pipelines within it the graph has more than 10000 nodes";
    assert_eq!(error.message(), expected);
}

#[test]
fn a_node_has_a_bounded_number_of_ports() {
    let connections: Vec<Value> =
        (0..=limits::MAX_PORTS).map(|port| edge("source", &format!("mixer.p{port}"))).collect();
    let error =
        try_build(json!([node("source", "AudioSource"), node("mixer", "Mixer")]), json!(connections)).unwrap_err();
    let expected = "connections[1024].to \"mixer.p1024\": node \"mixer\" has 1024 inputs already, the most allowed";
    assert_eq!(error.message(), expected);
}

#[test]
fn ten_thousand_nodes_in_a_chain_are_built() {
    let nodes: Vec<Value> = (0..limits::MAX_NODES).map(|n| node(&format!("n{n}"), "Gain")).collect();
    let connections: Vec<Value> =
        (1..limits::MAX_NODES).map(|n| edge(&format!("n{}", n - 1), &format!("n{n}"))).collect();
    let graph = build(json!(nodes), json!(connections));
    assert_eq!((graph.nodes.len(), graph.edges.len()), (10_000, 9_999));
}

/// Parameters of a test node.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Amount {
    /// How much.
    amount: u32,
    /// Where.
    #[serde(default)]
    places: Vec<String>,
}

#[test]
fn parameters_are_read_when_the_graph_is_built() {
    let mut registry = Registry::new();
    let create = |params: Amount| Ok(map(move |x: f64| x * f64::from(params.amount) + params.places.len() as f64));
    registry.add(NodeSpec::new("Amount"), create).unwrap();
    let refused = |params: serde_json::Value| {
        let manifest = serde_json::json!({
            "version": "v1",
            "metadata": {"name": "test"},
            "nodes": [{"id": "a", "node_type": "Amount", "params": params}],
            "connections": [],
        });
        Pipeline::from_json(&manifest.to_string(), &registry).unwrap_err().to_string()
    };
    for (params, expected) in [
        (serde_json::json!({"amount": "two"}), "params.amount: expected a whole number from 0, found string \"two\""),
        (serde_json::json!({"amount": 2, "places": [1]}), "params.places[0]: expected a string, found integer `1`"),
        (
            serde_json::json!({"amount": 2, "plaecs": []}),
            "params.plaecs: unknown field `plaecs`, expected `amount` or `places`",
        ),
        (serde_json::json!({}), "params: missing field `amount`"),
    ] {
        let error = refused(params);
        assert!(error.contains("nodes[0]") && error.ends_with(expected), "{error}");
    }
}
