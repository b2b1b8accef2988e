//! Assembly: nodes and edges of a manifest and of the pipelines within it, gathered into one flat list.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::error::Result;
use crate::graph::fallback::{Fallbacks, fallback_of};
use crate::graph::lookup::{Meaning, meaning};
use crate::graph::ports::open_ports;
use crate::graph::shortcomings::Shortcomings;
use crate::graph::units::{Side, Unit, UnitPort, fault};
use crate::graph::{Edge, FailurePolicy, Graph, GraphNode};
use crate::manifest::limits::{MAX_CONNECTIONS, MAX_NODES, MAX_PIPELINE_DEPTH};
use crate::manifest::{Connection, Manifest, NodeEntry, Path, QueuePolicy, UnknownFields, hint};
use crate::registry::{NodeType, Registry};
use crate::time::Span;

/// What has been gathered so far.
pub(super) struct Assembly<'r> {
    registry: &'r Registry,
    nodes: Vec<GraphNode>,
    edges: Vec<Edge>,
    unknown: UnknownFields,
    /// What nodes would like better than it is on this machine.
    shortcomings: Shortcomings,
    /// The manifests of registered pipelines, each read once.
    read: HashMap<String, Arc<Manifest>>,
    /// The registered pipelines that the manifest at hand stands in, outermost first.
    within: Vec<String>,
}

/// The unconnected ports of a manifest's nodes.
pub(super) struct OpenPorts {
    pub(super) inputs: Vec<UnitPort>,
    pub(super) outputs: Vec<UnitPort>,
}

/// Where a manifest stands.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// What the ids of its nodes begin with: empty, or `outer/`.
    pub(super) prefix: &'a str,
    /// Its place, for messages.
    pub(super) at: Path<'a>,
    /// In how many pipelines it stands.
    pub(super) depth: usize,
}

impl<'r> Assembly<'r> {
    pub(super) fn new(registry: &'r Registry) -> Self {
        Self {
            registry,
            nodes: Vec::new(),
            edges: Vec::new(),
            unknown: UnknownFields::default(),
            shortcomings: Shortcomings::default(),
            read: HashMap::new(),
            within: Vec::new(),
        }
    }

    /// The nodes, the edges, and what the user should know, one line each: unknown fields, and shortcomings.
    pub(super) fn into_parts(self) -> (Vec<GraphNode>, Vec<Edge>, Vec<String>, Vec<String>) {
        (self.nodes, self.edges, self.unknown.into_warnings(), self.shortcomings.into_warnings().collect())
    }

    /// Adds a manifest's nodes and edges.
    pub(super) fn add(&mut self, manifest: &Manifest, scope: Scope<'_>) -> Result<OpenPorts> {
        self.unknown.add(manifest, scope.at);
        let fallbacks = Fallbacks::of(manifest, scope.at)?;
        let mut level = Level { fallbacks, units: Vec::new(), by_id: HashMap::new() };
        for (index, entry) in manifest.nodes.iter().enumerate() {
            self.add_entry(entry, scope, index, &mut level)?;
        }
        let mut seen = HashSet::with_capacity(manifest.connections.len());
        for (index, connection) in manifest.connections.iter().enumerate() {
            let edge = self.connect(connection, scope.at.element("connections", index), &mut level)?;
            if !seen.insert((edge.from, edge.to)) {
                let at = scope.at.element("connections", index);
                return Err(fault(at, format_args!("repeats an earlier connection, {}", arrow(connection))));
            }
            self.edges.push(edge);
        }
        let open = OpenPorts {
            inputs: open_ports(&mut level.units, Side::Input),
            outputs: open_ports(&mut level.units, Side::Output),
        };
        self.embed_fallbacks(manifest, level)?;
        Ok(open)
    }

    fn add_entry<'m>(
        &mut self,
        entry: &'m NodeEntry,
        scope: Scope<'_>,
        index: usize,
        level: &mut Level<'m>,
    ) -> Result<()> {
        let nodes = scope.at.field("nodes");
        let at = nodes.index(index);
        let id = format!("{}{}", scope.prefix, entry.id);
        self.place(entry, at)?;
        let unit = match meaning(self.registry, entry, &id, at)? {
            Meaning::Node(node_type) => match self.add_node(entry, id, node_type, at, level)? {
                Some(unit) => unit,
                None => return Ok(()),
            },
            Meaning::Inline(value) => {
                pipeline_allows(entry, at, level)?;
                self.inline(value, &entry.id, Scope { prefix: &id, at, ..scope })?
            }
            Meaning::Named(name, text) => {
                pipeline_allows(entry, at, level)?;
                self.named(name, &text, &entry.id, Scope { prefix: &id, at, ..scope })?
            }
        };
        level.by_id.insert(&entry.id, level.units.len());
        level.units.push(unit);
        Ok(())
    }

    /// Refuses a node that cannot run in this process on this machine.
    fn place(&mut self, entry: &NodeEntry, at: Path<'_>) -> Result<()> {
        if let Some(host) = &entry.host {
            let message = "remote execution is not part of this build; without \"host\" the node runs here";
            return Err(fault(format_args!("{} {host:?}", at.field("host")), message));
        }
        let Some(needs) = &entry.capabilities else { return Ok(()) };
        let at = at.field("capabilities");
        let Some(machine) = self.registry.machine() else {
            if needs.gpu.as_ref().is_some_and(|gpu| gpu.required) {
                self.shortcomings.add(at, "gpu is not checked: this runtime does not know its machine".to_owned());
            }
            return Ok(());
        };
        if let Some(refusal) = machine.refusal(needs) {
            return Err(fault(at.field("gpu"), refusal));
        }
        machine.shortcomings(needs).into_iter().for_each(|what| self.shortcomings.add(at, what));
        Ok(())
    }

    /// Adds a single node; a fallback is only kept, and is no unit.
    fn add_node<'m>(
        &mut self,
        entry: &'m NodeEntry,
        id: String,
        node_type: NodeType,
        at: Path<'_>,
        level: &mut Level<'m>,
    ) -> Result<Option<Unit<'m>>> {
        node_type.factory.check(&entry.params).map_err(|error| fault(at, error.message()))?;
        let node = graph_node(entry, id, node_type);
        if level.fallbacks.owner(&entry.id).is_some() {
            level.fallbacks.keep(entry, node)?;
            return Ok(None);
        }
        if self.nodes.len() == MAX_NODES {
            let message = format_args!("with the pipelines within it the graph has more than {MAX_NODES} nodes");
            return Err(fault(at, message));
        }
        let unit = Unit::of_node(&entry.id, self.nodes.len(), &node);
        self.nodes.push(node);
        Ok(Some(unit))
    }

    /// Adds the pipeline written in a node's parameters; `scope` is that node.
    fn inline<'m>(&mut self, value: &Value, id: &'m str, scope: Scope<'_>) -> Result<Unit<'m>> {
        let place = scope.at.field("params").field("manifest").to_string();
        let at = Path::Root(&place);
        let manifest = Manifest::read(value.clone(), at)?;
        self.nested(&manifest, id, Scope { at, ..scope })
    }

    /// Adds a registered pipeline; `scope` is the node that names it.
    fn named<'m>(&mut self, name: &str, text: &str, id: &'m str, scope: Scope<'_>) -> Result<Unit<'m>> {
        if let Some(start) = self.within.iter().position(|outer| outer == name) {
            let round = self.within[start..].join(" -> ");
            return Err(fault(scope.at, format_args!("pipeline \"{name}\" contains itself: {round} -> {name}")));
        }
        let place = format!("pipeline \"{name}\"");
        let at = Path::Root(&place);
        let manifest = match self.read.get(name) {
            Some(manifest) => Arc::clone(manifest),
            None => {
                let manifest = Arc::new(Manifest::parse_at(text, at)?);
                self.read.insert(name.to_owned(), Arc::clone(&manifest));
                manifest
            }
        };
        self.within.push(name.to_owned());
        let unit = self.nested(&manifest, id, Scope { at, ..scope });
        self.within.pop();
        unit
    }

    fn nested<'m>(&mut self, manifest: &Manifest, id: &'m str, scope: Scope<'_>) -> Result<Unit<'m>> {
        if scope.depth == MAX_PIPELINE_DEPTH {
            let message = format_args!("pipelines nest deeper than {MAX_PIPELINE_DEPTH} levels");
            return Err(fault(scope.at, message));
        }
        let prefix = format!("{}/", scope.prefix);
        let open = self.add(manifest, Scope { prefix: &prefix, at: scope.at, depth: scope.depth + 1 })?;
        Ok(Unit { id, node: None, inputs: open.inputs, outputs: open.outputs })
    }

    fn connect(&mut self, entry: &Connection, at: String, level: &mut Level<'_>) -> Result<Edge> {
        if self.edges.len() == MAX_CONNECTIONS {
            let message = format_args!("with the pipelines within it the graph has more than {MAX_CONNECTIONS} edges");
            return Err(fault(at, message));
        }
        let from = level.end(&entry.from, entry.from_port.as_deref(), Side::Output, &mut self.nodes);
        let from = from.map_err(|reason| fault(format_args!("{at}.from {:?}", entry.from), reason))?;
        let to = level.end(&entry.to, entry.to_port.as_deref(), Side::Input, &mut self.nodes);
        let to = to.map_err(|reason| fault(format_args!("{at}.to {:?}", entry.to), reason))?;
        if !to.kind.accepts(from.kind) {
            let message = format_args!("{} gives {}, {} takes {}", from.name, from.kind, to.name, to.kind);
            return Err(fault(format_args!("{at} {}", arrow(entry)), message));
        }
        let policy = entry.policy.unwrap_or_default();
        let room = if policy == QueuePolicy::Latest { 1 } else { Graph::DEFAULT_CAPACITY };
        Ok(Edge {
            from: from.at,
            to: to.at,
            capacity: entry.capacity.unwrap_or(room),
            policy,
            declared: entry.capacity.is_some() || entry.policy.is_some(),
        })
    }

    fn embed_fallbacks(&mut self, manifest: &Manifest, mut level: Level<'_>) -> Result<()> {
        for entry in &manifest.nodes {
            let owner = level.by_id.get(entry.id.as_str()).and_then(|unit| level.units[*unit].node);
            if let (Some(owner), Some(id)) = (owner, fallback_of(entry)) {
                level.fallbacks.embed(&mut self.nodes[owner], id)?;
            }
        }
        Ok(())
    }
}

/// The units of one manifest.
struct Level<'m> {
    fallbacks: Fallbacks<'m>,
    units: Vec<Unit<'m>>,
    by_id: HashMap<&'m str, usize>,
}

impl Level<'_> {
    /// The port that one end of a connection means, marked as connected; its name is written out for messages.
    fn end(&mut self, end: &str, port: Option<&str>, side: Side, nodes: &mut [GraphNode]) -> Result<UnitPort, String> {
        let (id, port) = end.split_once('.').map_or((end, port), |(id, port)| (id, Some(port)));
        let Some(unit) = self.by_id.get(id) else {
            return Err(match self.fallbacks.owner(id) {
                Some(owner) => format!("node \"{id}\" stands in for \"{owner}\" and takes no connections of its own"),
                None => format!("there is no node \"{id}\"{}", hint(id, self.units.iter().map(|unit| unit.id))),
            });
        };
        let unit = &mut self.units[*unit];
        let index = unit.port(side, port, nodes)?;
        let port = &mut unit.ports(side)[index];
        port.connected = true;
        Ok(UnitPort { name: format!("{id}.{}", port.name), ..port.clone() })
    }
}

fn graph_node(entry: &NodeEntry, id: String, node_type: NodeType) -> GraphNode {
    let names = |ports: &[crate::spec::PortSpec]| ports.iter().map(|port| port.name.clone()).collect();
    GraphNode {
        id: id.into(),
        inputs: names(&node_type.spec.inputs),
        outputs: names(&node_type.spec.outputs),
        spec: node_type.spec,
        factory: node_type.factory,
        params: entry.params.clone(),
        failure: entry.on_error.as_ref().map(FailurePolicy::from).unwrap_or_default(),
        timeout: entry.timeout_ms.map(Span::from_millis),
    }
}

/// Refuses what cannot be said of a whole pipeline.
fn pipeline_allows(entry: &NodeEntry, at: Path<'_>, level: &Level<'_>) -> Result<()> {
    if let Some(owner) = level.fallbacks.owner(&entry.id) {
        return Err(fault(at, format_args!("a pipeline cannot stand in for node \"{owner}\"; name a single node")));
    }
    let field = match (&entry.on_error, entry.timeout_ms) {
        (Some(_), _) => "on_error",
        (_, Some(_)) => "timeout_ms",
        _ => return Ok(()),
    };
    Err(fault(at.field(field), "cannot be set for a pipeline; set it for the nodes in it"))
}

fn arrow(connection: &Connection) -> String {
    format!("\"{}\" -> \"{}\"", connection.from, connection.to)
}
