//! The graph: a manifest whose every mistake has been found.

use std::any::Any;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::manifest::{Manifest, OnError, QueuePolicy};
use crate::registry::{Factory, Registry};
use crate::spec::NodeSpec;
use crate::time::Span;

/// A checked pipeline: nodes in topological order, edges, and the ports through which a session talks to its caller.
#[derive(Debug)]
pub struct Graph {
    /// The pipeline's name.
    pub name: Arc<str>,
    /// The nodes; an edge always leads from a lower index to a higher one.
    pub nodes: Vec<GraphNode>,
    /// The connections.
    pub edges: Vec<Edge>,
    /// The ports that take packets from the caller.
    pub inputs: Vec<SessionPort>,
    /// The ports that give packets to the caller.
    pub outputs: Vec<SessionPort>,
    /// What the user should know, one line each: fields that this version does not know, and what nodes would like
    /// better than it is on this machine.
    pub warnings: Vec<String>,
    /// Those of the warnings that are about this machine.
    pub shortcomings: Vec<String>,
    /// What the nodes use and somebody would take away otherwise.
    pub(crate) _held: Option<Box<dyn Any + Send + Sync>>,
}

/// A node of a graph.
#[derive(Clone)]
pub struct GraphNode {
    /// The node's id; nodes of sub-pipelines are named `outer/inner`.
    pub id: Arc<str>,
    /// What the type takes and gives.
    pub spec: Arc<NodeSpec>,
    /// What makes the node.
    pub factory: Arc<dyn Factory>,
    /// The parameters.
    pub params: Map<String, Value>,
    /// What to do when it fails.
    pub failure: FailurePolicy,
    /// The longest one call may take.
    pub timeout: Option<Span>,
    /// The names of the input ports, in index order.
    pub inputs: Vec<String>,
    /// The names of the output ports, in index order.
    pub outputs: Vec<String>,
}

/// What to do when a node fails on an item.
#[derive(Clone, Debug, Default)]
pub enum FailurePolicy {
    /// End the session with the error.
    #[default]
    Fail,
    /// Leave the item out and count it.
    Skip,
    /// Try the item again, waiting `backoff` first and twice as long each time after.
    Retry {
        /// How many further times.
        attempts: u32,
        /// The first wait.
        backoff: Span,
    },
    /// Hand this and all further items to another node.
    Fallback(Box<GraphNode>),
}

/// One end of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRef {
    /// The node's index in [`Graph::nodes`].
    pub node: usize,
    /// The port's index in the node's `inputs` or `outputs`.
    pub port: usize,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The output it comes from.
    pub from: PortRef,
    /// The input it leads to.
    pub to: PortRef,
    /// How many packets may wait on it.
    pub capacity: usize,
    /// What happens when it is full.
    pub policy: QueuePolicy,
    /// Whether the manifest declares queue settings, so that a queue must stand here.
    pub declared: bool,
}

/// A port between a session and its caller.
#[derive(Clone, Debug)]
pub struct SessionPort {
    /// The name callers use: `in` or `out` when there is one, else the port's name, else `node.port`.
    pub name: Arc<str>,
    /// The port of the node behind it.
    pub at: PortRef,
}

impl Graph {
    /// How many packets may wait on an edge that does not say.
    pub const DEFAULT_CAPACITY: usize = 64;

    /// Checks a manifest against the node types in `registry`.
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Graph`](crate::ErrorKind::Graph): unknown node type, unknown node or port in a connection,
    /// ports that do not fit, a cycle, a pipeline within itself, a fallback that cannot stand in for its node, too many
    /// nodes, a node that is to run on another host or requires a graphics processor that the machine lacks. Of kind
    /// [`ErrorKind::Manifest`](crate::ErrorKind::Manifest) where the manifest itself, or that of a pipeline within it,
    /// is not valid.
    pub fn build(manifest: &Manifest, registry: &Registry) -> Result<Self> {
        build::build(manifest, registry)
    }
}

impl std::fmt::Debug for GraphNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.id, self.spec.node_type)
    }
}

mod assembly;
mod build;
mod fallback;
mod lookup;
mod order;
mod ports;
mod shortcomings;
mod units;

impl From<&OnError> for FailurePolicy {
    /// Everything but the fallback, whose node the graph has to look up.
    fn from(on_error: &OnError) -> Self {
        match on_error {
            OnError::Fail | OnError::Fallback(_) => Self::Fail,
            OnError::Skip => Self::Skip,
            OnError::Retry { attempts, backoff_ms } => {
                Self::Retry { attempts: *attempts, backoff: Span::from_millis(*backoff_ms) }
            }
        }
    }
}
