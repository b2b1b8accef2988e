//! Inspection: a graph with the place and backend of each node and why, as data for people and programs.
//!
//! Written as text, JSON, DOT, Mermaid or SVG.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use crate::graph::{Edge, FailurePolicy, Graph, GraphNode, PortRef, SessionPort};
use crate::manifest::QueuePolicy;
use crate::payload::PayloadKind;
use crate::pipeline::Pipeline;
use crate::spec::PortSpec;

/// A graph as `inspect` shows it.
///
/// [`Display`](fmt::Display) writes it as text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// The pipeline's name.
    pub pipeline: String,
    /// The nodes in topological order.
    pub nodes: Vec<NodeView>,
    /// The connections.
    pub edges: Vec<EdgeView>,
    /// The ports that take packets from the caller.
    pub inputs: Vec<SessionPortView>,
    /// The ports that give packets to the caller.
    pub outputs: Vec<SessionPortView>,
    /// What the manifest holds that is not used, one line each.
    pub warnings: Vec<String>,
}

/// A node, where it runs, and why there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeView {
    /// The node's id.
    pub id: String,
    /// Its type.
    pub node_type: String,
    /// The number of the stage it runs in; nodes of one stage run together without a queue between them.
    pub stage: usize,
    /// Where it runs: `here`, in this process.
    pub place: String,
    /// What makes nodes of its type.
    pub backend: String,
    /// On what kind of thread it runs.
    pub lane: String,
    /// Why it runs in its stage and place.
    pub why: String,
    /// What happens when it fails, unless that ends the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_error: Option<String>,
    /// The longest one call may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<f64>,
    /// What it takes.
    pub inputs: Vec<PortView>,
    /// What it gives.
    pub outputs: Vec<PortView>,
}

/// A port of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortView {
    /// Its name.
    pub name: String,
    /// What it carries.
    pub kind: PayloadKind,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeView {
    /// Where packets come from.
    pub from: EndView,
    /// Where they go.
    pub to: EndView,
    /// How many packets may wait on it.
    pub capacity: usize,
    /// What happens when it is full.
    pub policy: QueuePolicy,
    /// Whether the manifest declares queue settings.
    pub declared: bool,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndView {
    /// The node's id.
    pub node: String,
    /// The port's name.
    pub port: String,
    /// The node's index in [`Inspection::nodes`].
    #[serde(skip)]
    pub index: usize,
    /// Whether the port's name tells something: another port of the node's same side is in use, or this is not the
    /// first.
    #[serde(skip)]
    pub named: bool,
}

/// A port between the pipeline and its caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionPortView {
    /// The name that callers use.
    pub name: String,
    /// The port of the node behind it.
    #[serde(flatten)]
    pub end: EndView,
    /// What it carries.
    pub kind: PayloadKind,
}

/// In which stage a node runs, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFact {
    /// The stage's number.
    pub stage: usize,
    /// Why the node runs there.
    pub why: String,
}

impl Pipeline {
    /// The pipeline's graph with the place and backend of each node and why.
    pub fn inspect(&self) -> Inspection {
        let fact = |(stage, why): (usize, &str)| StageFact { stage, why: why.to_owned() };
        let facts: Vec<StageFact> = self.placement().map(fact).collect();
        Inspection::new(self.graph(), &facts)
    }
}

impl Inspection {
    /// Describes `graph`, whose nodes run in the stages that `facts` tell, one for each node.
    ///
    /// # Panics
    /// If there are fewer facts than nodes.
    pub fn new(graph: &Graph, facts: &[StageFact]) -> Self {
        let ends = Ends::of(graph);
        let mut edges: Vec<&Edge> = graph.edges.iter().collect();
        edges.sort_by_key(|edge| (edge.from.node, edge.from.port, edge.to.node, edge.to.port));
        let edge = |edge: &&Edge| EdgeView {
            from: ends.output(edge.from),
            to: ends.input(edge.to),
            capacity: edge.capacity,
            policy: edge.policy,
            declared: edge.declared,
        };
        let port = |port: &SessionPort, end, kind| SessionPortView { name: port.name.to_string(), end, kind };
        Self {
            pipeline: graph.name.to_string(),
            nodes: graph.nodes.iter().enumerate().map(|(index, node)| NodeView::new(node, &facts[index])).collect(),
            edges: edges.iter().map(edge).collect(),
            inputs: graph.inputs.iter().map(|p| port(p, ends.input(p.at), input_kind(graph, p.at))).collect(),
            outputs: graph.outputs.iter().map(|p| port(p, ends.output(p.at), output_kind(graph, p.at))).collect(),
            warnings: graph.warnings.clone(),
        }
    }

    /// The inspection as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("an inspection has no keys but text")
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl NodeView {
    fn new(node: &GraphNode, fact: &StageFact) -> Self {
        let spec = &node.spec;
        Self {
            id: node.id.to_string(),
            node_type: spec.node_type.clone(),
            stage: fact.stage,
            place: "here".to_owned(),
            backend: spec.backend.clone(),
            lane: spec.lane.name().to_owned(),
            why: fact.why.clone(),
            on_error: policy(&node.failure),
            timeout_ms: node.timeout.map(|limit| limit.as_nanos() as f64 / 1e6),
            inputs: ports(&node.inputs, &spec.inputs, spec.extra_inputs),
            outputs: ports(&node.outputs, &spec.outputs, spec.extra_outputs),
        }
    }

    /// Whether the id begins with the type, as ids made from class names do.
    fn id_tells_type(&self) -> bool {
        self.id.rsplit('/').next().is_some_and(|id| id.starts_with(&self.node_type))
    }

    /// Policy and time limit in a few words.
    fn conditions(&self) -> Option<String> {
        let limit = self.timeout_ms.map(|limit| format!("at most {limit} ms"));
        let parts: Vec<String> = self.on_error.iter().cloned().chain(limit).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl EdgeView {
    /// The queue settings in a few words, where the manifest declares any.
    fn queue(&self) -> Option<String> {
        let policy = match self.policy {
            QueuePolicy::Block => "block",
            QueuePolicy::DropOldest => "drop oldest",
            QueuePolicy::DropNewest => "drop newest",
            QueuePolicy::Latest => return self.declared.then(|| "latest only".to_owned()),
        };
        self.declared.then(|| format!("queue of {}, {policy}", self.capacity))
    }
}

fn policy(failure: &FailurePolicy) -> Option<String> {
    match failure {
        FailurePolicy::Fail => None,
        FailurePolicy::Skip => Some("skips what fails".to_owned()),
        FailurePolicy::Retry { attempts: 1, backoff } => {
            Some(format!("tries once more after {} ms", backoff.as_nanos() as f64 / 1e6))
        }
        FailurePolicy::Retry { attempts, backoff } => {
            Some(format!("tries {attempts} times more, first after {} ms", backoff.as_nanos() as f64 / 1e6))
        }
        FailurePolicy::Fallback(other) => Some(format!("falls back to {}", other.id)),
    }
}

fn ports(names: &[String], fixed: &[PortSpec], extra: Option<PayloadKind>) -> Vec<PortView> {
    let view = |(index, name): (usize, &String)| PortView { name: name.clone(), kind: kind(fixed, extra, index) };
    names.iter().enumerate().map(view).collect()
}

fn kind(fixed: &[PortSpec], extra: Option<PayloadKind>, port: usize) -> PayloadKind {
    fixed.get(port).map(|port| port.kind).or(extra).unwrap_or(PayloadKind::Any)
}

fn input_kind(graph: &Graph, at: PortRef) -> PayloadKind {
    let spec = &graph.nodes[at.node].spec;
    kind(&spec.inputs, spec.extra_inputs, at.port)
}

fn output_kind(graph: &Graph, at: PortRef) -> PayloadKind {
    let spec = &graph.nodes[at.node].spec;
    kind(&spec.outputs, spec.extra_outputs, at.port)
}

/// Where edges and session ports end, to tell which ports are worth naming.
struct Ends<'a> {
    graph: &'a Graph,
    /// How many inputs of each node are in use.
    inputs: Vec<usize>,
    /// How many outputs of each node are in use.
    outputs: Vec<usize>,
}

impl<'a> Ends<'a> {
    fn of(graph: &'a Graph) -> Self {
        let count = |ports: &mut dyn Iterator<Item = PortRef>| {
            let mut counts = vec![0; graph.nodes.len()];
            ports.collect::<HashSet<_>>().into_iter().for_each(|port| counts[port.node] += 1);
            counts
        };
        let inputs = graph.inputs.iter().map(|port| port.at);
        let outputs = graph.outputs.iter().map(|port| port.at);
        Self {
            graph,
            inputs: count(&mut inputs.chain(graph.edges.iter().map(|edge| edge.to))),
            outputs: count(&mut outputs.chain(graph.edges.iter().map(|edge| edge.from))),
        }
    }

    fn input(&self, at: PortRef) -> EndView {
        self.end(at, &self.graph.nodes[at.node].inputs, self.inputs[at.node])
    }

    fn output(&self, at: PortRef) -> EndView {
        self.end(at, &self.graph.nodes[at.node].outputs, self.outputs[at.node])
    }

    fn end(&self, at: PortRef, names: &[String], used: usize) -> EndView {
        EndView {
            node: self.graph.nodes[at.node].id.to_string(),
            port: names[at.port].clone(),
            index: at.node,
            named: used > 1 || at.port > 0,
        }
    }
}

mod dot;
mod mermaid;
mod svg;
mod text;
