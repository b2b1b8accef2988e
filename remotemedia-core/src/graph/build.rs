//! From manifest to graph.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::assembly::{Assembly, Scope};
use crate::graph::order::order;
use crate::graph::units::UnitPort;
use crate::graph::{Edge, Graph, GraphNode, PortRef, SessionPort};
use crate::manifest::{Manifest, Path};
use crate::registry::Registry;

/// Builds the graph of `manifest` with the node types of `registry`.
pub(super) fn build(manifest: &Manifest, registry: &Registry) -> Result<Graph> {
    let at = Path::Root("");
    manifest.check(at)?;
    let mut assembly = Assembly::new(registry);
    let open = assembly.add(manifest, Scope { prefix: "", at, depth: 0 })?;
    let (nodes, edges, unknown, shortcomings) = assembly.into_parts();
    let order = order(nodes.len(), &edges).map_err(|cycle| cyclic(&nodes, &cycle))?;
    let places = Places::of(&order);
    Ok(Graph {
        name: manifest.metadata.name.as_str().into(),
        nodes: places.arrange(nodes, &order),
        edges: edges.into_iter().map(|edge| places.edge(edge)).collect(),
        inputs: places.session_ports(open.inputs),
        outputs: places.session_ports(open.outputs),
        warnings: unknown.into_iter().chain(shortcomings.iter().cloned()).collect(),
        shortcomings,
        _held: None,
    })
}

/// Where each gathered node comes to stand in the graph.
struct Places(Vec<usize>);

impl Places {
    fn of(order: &[usize]) -> Self {
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, node)| places[*node] = place);
        Self(places)
    }

    fn arrange(&self, nodes: Vec<GraphNode>, order: &[usize]) -> Vec<GraphNode> {
        let mut nodes: Vec<Option<GraphNode>> = nodes.into_iter().map(Some).collect();
        order.iter().filter_map(|node| nodes[*node].take()).collect()
    }

    fn port(&self, at: PortRef) -> PortRef {
        PortRef { node: self.0[at.node], port: at.port }
    }

    fn edge(&self, edge: Edge) -> Edge {
        Edge { from: self.port(edge.from), to: self.port(edge.to), ..edge }
    }

    fn session_ports(&self, ports: Vec<UnitPort>) -> Vec<SessionPort> {
        let given = ports.into_iter().filter(|port| !port.optional);
        given.map(|port| SessionPort { name: port.name.into(), at: self.port(port.at) }).collect()
    }
}

fn cyclic(nodes: &[GraphNode], cycle: &[usize]) -> Error {
    let mut ids: Vec<&str> = cycle.iter().map(|node| &*nodes[*node].id).collect();
    ids.push(ids[0]);
    let left_out = ids.len().saturating_sub(SHOWN);
    let path = if left_out > 1 {
        let (head, tail) = (ids[..SHOWN / 2].join(" -> "), ids[ids.len() - SHOWN / 2..].join(" -> "));
        format!("{head} -> … {left_out} more … -> {tail}")
    } else {
        ids.join(" -> ")
    };
    Error::new(ErrorKind::Graph, format!("the connections go round: {path}"))
}

/// How many nodes of a cycle a message shows.
const SHOWN: usize = 24;
