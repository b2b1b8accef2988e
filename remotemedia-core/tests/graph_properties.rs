//! Properties of graphs: whatever the manifest, building one ends with a graph whose order holds, or with an error.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;
use remotemedia_core::graph::Graph;
use remotemedia_core::manifest::Manifest;
use serde_json::{Value, json};

#[path = "corpus/registry.rs"]
mod registry;

const TYPES: [&str; 10] = [
    "PassThroughNode",
    "Gain",
    "AudioSource",
    "AudioSink",
    "VoiceActivity",
    "Mixer",
    "Router",
    "Join",
    "Clean",
    "Ping",
];
const PORTS: [&str; 6] = ["", ".in", ".out", ".left", ".events", ".x"];

/// A manifest of a few nodes and of connections that often fit and sometimes do not.
fn any_manifest() -> impl Strategy<Value = Value> {
    let node = (0..TYPES.len(), prop::option::weighted(0.1, 0_usize..8));
    let end = || (0_usize..9, prop::option::weighted(0.2, 0..PORTS.len()));
    let connection = (end(), end());
    (prop::collection::vec(node, 1..9), prop::collection::vec(connection, 0..12)).prop_map(|(nodes, connections)| {
        let name = |(node, port): (usize, Option<usize>)| format!("n{node}{}", port.map_or("", |port| PORTS[port]));
        let entry = |(index, (kind, fallback)): (usize, (usize, Option<usize>))| match fallback {
            Some(other) => {
                let fallback = format!("n{other}");
                json!({"id": format!("n{index}"), "node_type": TYPES[kind], "on_error": {"fallback": fallback}})
            }
            None => json!({"id": format!("n{index}"), "node_type": TYPES[kind]}),
        };
        let nodes: Vec<Value> = nodes.into_iter().enumerate().map(entry).collect();
        let connections: Vec<Value> =
            connections.into_iter().map(|(from, to)| json!({"from": name(from), "to": name(to)})).collect();
        json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections})
    })
}

/// Connections among pass-through nodes, as pairs of indices.
fn pairs(nodes: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::hash_set((0..nodes, 0..nodes), 0..40).prop_map(|pairs| pairs.into_iter().collect())
}

fn of_pairs(nodes: usize, pairs: &[(usize, usize)]) -> Value {
    let nodes: Vec<Value> =
        (0..nodes).map(|node| json!({"id": format!("n{node}"), "node_type": "PassThroughNode"})).collect();
    let connections: Vec<Value> =
        pairs.iter().map(|(from, to)| json!({"from": format!("n{from}"), "to": format!("n{to}")})).collect();
    json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections})
}

fn load(manifest: &Value) -> remotemedia_core::Result<Graph> {
    Graph::build(&Manifest::parse(&manifest.to_string())?, &registry::registry())
}

/// Whether each step of a cycle, as an error prints it, is a connection.
fn is_cycle(message: &str, pairs: &[(usize, usize)]) -> bool {
    let Some(path) = message.strip_prefix("the connections go round: ") else { return false };
    let nodes: Vec<usize> = path.split(" -> ").map(|id| id[1..].parse().unwrap()).collect();
    nodes.len() > 1 && nodes.first() == nodes.last() && nodes.windows(2).all(|step| pairs.contains(&(step[0], step[1])))
}

proptest! {
    #[test]
    fn graphs_refer_to_nodes_and_ports_that_exist_and_their_edges_lead_forward(manifest in any_manifest()) {
        if let Ok(graph) = load(&manifest) {
            for edge in &graph.edges {
                prop_assert!(edge.from.node < edge.to.node);
                prop_assert!(edge.from.port < graph.nodes[edge.from.node].outputs.len());
                prop_assert!(edge.to.port < graph.nodes[edge.to.node].inputs.len());
            }
            for port in &graph.inputs {
                prop_assert!(graph.edges.iter().all(|edge| edge.to != port.at));
            }
            for port in &graph.outputs {
                prop_assert!(graph.edges.iter().all(|edge| edge.from != port.at));
            }
        }
    }

    #[test]
    fn session_ports_are_found_by_their_own_names(manifest in any_manifest()) {
        if let Ok(graph) = load(&manifest) {
            for (index, port) in graph.inputs.iter().enumerate() {
                prop_assert_eq!(graph.input(&port.name), Some(index));
            }
            for (index, port) in graph.outputs.iter().enumerate() {
                prop_assert_eq!(graph.output(&port.name), Some(index));
            }
        }
    }

    #[test]
    fn a_graph_is_either_ordered_or_refused_with_a_cycle_that_is_one(pairs in pairs(12)) {
        match load(&of_pairs(12, &pairs)) {
            Ok(graph) => {
                let places: HashMap<&str, usize> =
                    graph.nodes.iter().enumerate().map(|(place, node)| (&*node.id, place)).collect();
                for (from, to) in &pairs {
                    let place = |node: &usize| places[format!("n{node}").as_str()];
                    prop_assert!(place(from) < place(to));
                }
            }
            Err(error) => prop_assert!(is_cycle(error.message(), &pairs), "{}", error),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        prop_assert!(Manifest::parse(&text).is_err());
    }

    #[test]
    fn a_changed_byte_of_a_good_manifest_does_no_harm(at in 0_usize..400, byte in 0_u8..128) {
        let mut text = of_pairs(4, &[(0, 1), (1, 2)]).to_string().into_bytes();
        let len = text.len();
        text[at % len] = byte;
        let text = String::from_utf8(text).unwrap();
        if let Ok(manifest) = Manifest::parse(&text) {
            prop_assert_eq!(&Manifest::parse(&manifest.to_json()).unwrap(), &manifest);
            let _ = Graph::build(&manifest, &registry::registry());
        }
    }
}
