//! Fallback nodes: embedded in the policy of the node they stand in for.

use std::collections::{HashMap, HashSet};

use crate::error::{Error, Result};
use crate::graph::units::fault;
use crate::graph::{FailurePolicy, GraphNode};
use crate::manifest::{Manifest, NodeEntry, OnError, Path, hint};
use crate::payload::PayloadKind;
use crate::spec::Lane;

/// The nodes of one manifest that stand in for others.
pub(super) struct Fallbacks<'a> {
    /// By a fallback's id, who named it.
    owners: HashMap<&'a str, Owner<'a>>,
    /// By a fallback's id, its node, until it is embedded.
    nodes: HashMap<&'a str, GraphNode>,
}

struct Owner<'a> {
    id: &'a str,
    /// Where it names its fallback.
    at: String,
}

impl<'a> Fallbacks<'a> {
    /// Finds which nodes of `manifest` are fallbacks.
    pub(super) fn of(manifest: &'a Manifest, at: Path<'_>) -> Result<Self> {
        let ids: HashSet<&str> = manifest.nodes.iter().map(|entry| entry.id.as_str()).collect();
        let mut owners: HashMap<&str, Owner<'_>> = HashMap::new();
        for (index, entry) in manifest.nodes.iter().enumerate() {
            let Some(fallback) = fallback_of(entry) else { continue };
            let at = format!("{}.on_error.fallback {fallback:?}", at.element("nodes", index));
            if !ids.contains(fallback) {
                let hint = hint(fallback, manifest.nodes.iter().map(|entry| entry.id.as_str()));
                return Err(fault(at, format_args!("there is no such node{hint}")));
            }
            if fallback == entry.id {
                return Err(fault(at, "a node cannot stand in for itself"));
            }
            if let Some(other) = owners.get(fallback) {
                return Err(fault(at, format_args!("it stands in for \"{}\" already", other.id)));
            }
            owners.insert(fallback, Owner { id: &entry.id, at });
        }
        Ok(Self { owners, nodes: HashMap::new() })
    }

    /// The id of the node that `id` stands in for.
    pub(super) fn owner(&self, id: &str) -> Option<&'a str> {
        self.owners.get(id).map(|owner| owner.id)
    }

    /// Keeps a fallback's node until it is embedded.
    pub(super) fn keep(&mut self, entry: &'a NodeEntry, node: GraphNode) -> Result<()> {
        let own = match (&entry.on_error, entry.timeout_ms) {
            (Some(OnError::Skip | OnError::Retry { .. } | OnError::Fallback(_)), _) => "on_error",
            (_, Some(_)) => "timeout_ms",
            _ => {
                self.nodes.insert(&entry.id, node);
                return Ok(());
            }
        };
        Err(self.fault(&entry.id, format_args!("a node that stands in for another has no {own} of its own")))
    }

    /// Embeds the node `id` in the policy of `owner`.
    pub(super) fn embed(&mut self, owner: &mut GraphNode, id: &str) -> Result<()> {
        let Some(mut node) = self.nodes.remove(id) else { return Ok(()) };
        stand_in(&mut node, owner).map_err(|reason| self.fault(id, reason))?;
        owner.failure = FailurePolicy::Fallback(Box::new(node));
        Ok(())
    }

    fn fault(&self, id: &str, message: impl std::fmt::Display) -> Error {
        fault(&self.owners[id].at, message)
    }
}

/// The id of the fallback that an entry names.
pub(super) fn fallback_of(entry: &NodeEntry) -> Option<&str> {
    match &entry.on_error {
        Some(OnError::Fallback(id)) => Some(id),
        _ => None,
    }
}

/// Gives `node` the ports of `owner`, if it can take and give what they carry.
fn stand_in(node: &mut GraphNode, owner: &GraphNode) -> Result<(), String> {
    if owner.spec.source || node.spec.source {
        return Err("sources have no items to hand over".to_owned());
    }
    if matches!(node.spec.lane, Lane::Async) != matches!(owner.spec.lane, Lane::Async) {
        let (found, wanted) = (node.spec.lane.name(), owner.spec.lane.name());
        return Err(format!("it runs {found}, \"{}\" runs {wanted}; both must be async or neither", owner.id));
    }
    for (index, name) in owner.inputs.iter().enumerate() {
        let given = input_kind(owner, index).unwrap_or(PayloadKind::Any);
        match input_kind(node, index) {
            Some(takes) if takes.accepts(given) => {}
            Some(takes) => return Err(format!("it takes {takes}, {}.{name} takes {given}", owner.id)),
            None => return Err(format!("it has no input for {}.{name}", owner.id)),
        }
    }
    for (index, port) in node.spec.outputs.iter().enumerate() {
        let Some(name) = owner.outputs.get(index) else {
            return Err(format!("\"{}\" has no output for its \"{}\"", owner.id, port.name));
        };
        let wanted = output_kind(owner, index).unwrap_or(PayloadKind::Any);
        if !wanted.accepts(port.kind) {
            return Err(format!("it gives {}, {}.{name} gives {wanted}", port.kind, owner.id));
        }
    }
    node.inputs.clone_from(&owner.inputs);
    node.outputs.clone_from(&owner.outputs);
    Ok(())
}

fn input_kind(node: &GraphNode, index: usize) -> Option<PayloadKind> {
    node.spec.inputs.get(index).map(|port| port.kind).or(node.spec.extra_inputs)
}

fn output_kind(node: &GraphNode, index: usize) -> Option<PayloadKind> {
    node.spec.outputs.get(index).map(|port| port.kind).or(node.spec.extra_outputs)
}
