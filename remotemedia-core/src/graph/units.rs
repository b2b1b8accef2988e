//! Units: the nodes of one manifest as its connections see them, single nodes and whole pipelines alike.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::{GraphNode, PortRef};
use crate::manifest::limits::{MAX_ID_BYTES, MAX_PORTS};
use crate::manifest::{hint_before_list, is_id_char};
use crate::payload::PayloadKind;
use crate::spec::PortSpec;

/// A node of a manifest: its id there, and its ports.
pub(super) struct Unit<'a> {
    /// The id in the manifest.
    pub(super) id: &'a str,
    /// The index among the graph's nodes, unless the unit is a pipeline.
    pub(super) node: Option<usize>,
    /// What it takes.
    pub(super) inputs: Vec<UnitPort>,
    /// What it gives.
    pub(super) outputs: Vec<UnitPort>,
}

/// A port of a unit.
#[derive(Clone)]
pub(super) struct UnitPort {
    pub(super) name: String,
    pub(super) kind: PayloadKind,
    /// The port of the node behind it.
    pub(super) at: PortRef,
    /// Whether it is dropped rather than given to the caller when nothing is connected to it.
    pub(super) optional: bool,
    pub(super) connected: bool,
}

/// On which side of a unit a port is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Input,
    Output,
}

impl<'a> Unit<'a> {
    /// The unit of the single node that stands at `index` among the graph's nodes.
    pub(super) fn of_node(id: &'a str, index: usize, node: &GraphNode) -> Self {
        Self {
            id,
            node: Some(index),
            inputs: fixed_ports(index, &node.spec.inputs),
            outputs: fixed_ports(index, &node.spec.outputs),
        }
    }

    /// The ports on one side.
    pub(super) fn ports(&mut self, side: Side) -> &mut Vec<UnitPort> {
        match side {
            Side::Input => &mut self.inputs,
            Side::Output => &mut self.outputs,
        }
    }

    /// The index of the port that a connection means: the port `name`, or the default one. Ports that the node's type
    /// lets connections name freely come to be here.
    pub(super) fn port(&mut self, side: Side, name: Option<&str>, nodes: &mut [GraphNode]) -> Result<usize, String> {
        let has_fixed = self.node.is_none_or(|index| !side.fixed(&nodes[index]).is_empty());
        let ports = self.ports(side);
        let first = (name.is_none() && has_fixed && !ports.is_empty()).then_some(0);
        let name = name.unwrap_or(side.default_name());
        if let Some(index) = ports.iter().position(|port| port.name == name).or(first) {
            return Ok(index);
        }
        match self.node {
            Some(index) => match side.extra(&nodes[index]) {
                Some(kind) => self.add(side, name, kind, index, &mut nodes[index]),
                None => Err(self.no_port(side, name, Some(&nodes[index]))),
            },
            None => Err(self.no_port(side, name, None)),
        }
    }

    /// Adds a port that a connection names freely, to this unit and to `node`, which stands at `index`.
    fn add(
        &mut self,
        side: Side,
        name: &str,
        kind: PayloadKind,
        index: usize,
        node: &mut GraphNode,
    ) -> Result<usize, String> {
        let id = self.id;
        let ports = self.ports(side);
        if ports.len() == MAX_PORTS {
            return Err(format!("node \"{id}\" has {MAX_PORTS} {} already, the most allowed", side.plural()));
        }
        if name.len() > MAX_ID_BYTES {
            return Err(format!("the port's name is {} bytes long, at most {MAX_ID_BYTES} are allowed", name.len()));
        }
        if name.is_empty() || !name.chars().all(is_id_char) {
            return Err(format!("port names consist of letters, digits, '_' and '-', found {name:?}"));
        }
        let port = PortRef { node: index, port: ports.len() };
        ports.push(UnitPort { name: name.to_owned(), kind, at: port, optional: false, connected: false });
        side.names(node).push(name.to_owned());
        Ok(port.port)
    }

    fn no_port(&mut self, side: Side, name: &str, node: Option<&GraphNode>) -> String {
        let id = self.id;
        let what = match node {
            Some(node) if node.spec.source => format!("source \"{id}\" ({})", node.spec.node_type),
            Some(node) => format!("node \"{id}\" ({})", node.spec.node_type),
            None => format!("pipeline \"{id}\""),
        };
        let names: Vec<&str> = self.ports(side).iter().map(|port| port.name.as_str()).collect();
        if names.is_empty() {
            return format!("{what} has no {}", side.plural());
        }
        let hint = hint_before_list(name, names.iter().copied());
        format!("{what} has no {} \"{name}\"{hint}it has: {}", side.singular(), names.join(", "))
    }
}

impl Side {
    /// The name of the port that a connection means when it names none.
    pub(super) fn default_name(self) -> &'static str {
        match self {
            Self::Input => "in",
            Self::Output => "out",
        }
    }

    fn singular(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Input => "inputs",
            Self::Output => "outputs",
        }
    }

    fn fixed(self, node: &GraphNode) -> &[PortSpec] {
        match self {
            Self::Input => &node.spec.inputs,
            Self::Output => &node.spec.outputs,
        }
    }

    fn extra(self, node: &GraphNode) -> Option<PayloadKind> {
        match self {
            Self::Input => node.spec.extra_inputs,
            Self::Output => node.spec.extra_outputs,
        }
    }

    fn names(self, node: &mut GraphNode) -> &mut Vec<String> {
        match self {
            Self::Input => &mut node.inputs,
            Self::Output => &mut node.outputs,
        }
    }
}

fn fixed_ports(node: usize, specs: &[PortSpec]) -> Vec<UnitPort> {
    let port = |(port, spec): (usize, &PortSpec)| UnitPort {
        name: spec.name.clone(),
        kind: spec.kind,
        at: PortRef { node, port },
        optional: spec.optional,
        connected: false,
    };
    specs.iter().enumerate().map(port).collect()
}

/// An error of the graph at a place in the manifest.
pub(super) fn fault(at: impl std::fmt::Display, message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Graph, format!("{at}: {message}"))
}
