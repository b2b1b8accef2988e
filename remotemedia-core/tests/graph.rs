//! What a graph is made of: nodes in order, edges, and the ports of a session.

use remotemedia_core::graph::Graph;
use remotemedia_core::manifest::Manifest;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn registry() -> Registry {
    let mut nodes = Registry::new();
    nodes.register("Pass", |_params| Ok(map(|value: Payload| value))).unwrap();
    nodes
}

fn build(nodes: Value, connections: Value) -> Graph {
    let manifest = json!({"version": "v1", "metadata": {"name": "p"}, "nodes": nodes, "connections": connections});
    Graph::build(&Manifest::parse(&manifest.to_string()).unwrap(), &registry()).unwrap()
}

#[test]
fn chain_keeps_its_order_and_has_one_input_and_one_output() {
    let nodes = json!([{"id": "a", "node_type": "Pass"}, {"id": "b", "node_type": "Pass"}]);
    let graph = build(nodes, json!([{"from": "a", "to": "b"}]));
    assert_eq!(graph.nodes.iter().map(|node| &*node.id).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(&*graph.inputs[0].name, "in");
    assert_eq!(&*graph.outputs[0].name, "out");
    assert_eq!((graph.edges[0].from.node, graph.edges[0].to.node), (0, 1));
}
