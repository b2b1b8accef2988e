//! Fallback nodes: embedded in the policy of the node they stand in for.

use std::collections::HashMap;

use crate::error::Result;
use crate::graph::units::fault;
use crate::graph::{FailurePolicy, GraphNode};
use crate::manifest::limits::MAX_FALLBACKS;
use crate::manifest::{Manifest, OnError, Path};
use crate::payload::PayloadKind;

/// The nodes of one manifest that stand in for others.
#[derive(Default)]
pub(super) struct Fallbacks<'a> {
    /// From a fallback's id to the id of the node it stands in for.
    owners: HashMap<&'a str, &'a str>,
    /// From a fallback's id to the node, with its own fallback's id, until it is embedded.
    nodes: HashMap<&'a str, (GraphNode, Option<&'a str>)>,
}

impl<'a> Fallbacks<'a> {
    /// Finds which nodes of `manifest` are fallbacks.
    pub(super) fn of(manifest: &'a Manifest, at: Path<'_>) -> Result<Self> {
        let mut owners = HashMap::new();
        let ids: std::collections::HashSet<&str> = manifest.nodes.iter().map(|entry| entry.id.as_str()).collect();
        for (index, entry) in manifest.nodes.iter().enumerate() {
            let Some(fallback) = fallback_of(entry.on_error.as_ref()) else { continue };
            let at = format!("{}.on_error.fallback", at.element("nodes", index));
            if !ids.contains(fallback) {
                return Err(fault(at, format_args!("there is no node \"{fallback}\"")));
            }
            if fallback == entry.id {
                return Err(fault(at, format_args!("node \"{fallback}\" cannot stand in for itself")));
            }
            if let Some(other) = owners.insert(fallback, entry.id.as_str()) {
                let message = format_args!("node \"{fallback}\" stands in for \"{other}\" already");
                return Err(fault(at, message));
            }
        }
        Ok(Self { owners, nodes: HashMap::new() })
    }

    /// The id of the node that `id` stands in for.
    pub(super) fn owner(&self, id: &str) -> Option<&'a str> {
        self.owners.get(id).copied()
    }

    /// Keeps a fallback node until it is embedded.
    pub(super) fn keep(&mut self, id: &'a str, node: GraphNode, on_error: Option<&'a OnError>) {
        self.nodes.insert(id, (node, fallback_of(on_error)));
    }

    /// Embeds the node `id` in the policy of `owner`, and that node's own fallback in it.
    pub(super) fn embed(&mut self, owner: &mut GraphNode, id: &str, depth: usize) -> Result<()> {
        let Some((mut node, next)) = self.nodes.remove(id) else { return Ok(()) };
        if depth == MAX_FALLBACKS {
            let message = format_args!("more than {MAX_FALLBACKS} fallbacks stand one behind the other");
            return Err(fault(format_args!("node \"{}\"", owner.id), message));
        }
        fit(owner, &mut node).map_err(|reason| {
            fault(format_args!("node \"{}\"", owner.id), format_args!("\"{id}\" cannot stand in for it: {reason}"))
        })?;
        if let Some(next) = next {
            self.embed(&mut node, next, depth + 1)?;
        }
        owner.failure = FailurePolicy::Fallback(Box::new(node));
        Ok(())
    }

    /// Refuses fallbacks that no other node leads to: they stand in for each other.
    pub(super) fn finish(self, at: Path<'_>) -> Result<()> {
        match self.nodes.keys().min() {
            Some(id) => Err(fault(at, format_args!("fallbacks go round: {}", self.round(id)))),
            None => Ok(()),
        }
    }

    fn round(&self, start: &str) -> String {
        let mut path = vec![start];
        let mut next = self.nodes.get(start).and_then(|(_, next)| *next);
        while let Some(id) = next.filter(|id| *id != start && path.len() < MAX_FALLBACKS) {
            path.push(id);
            next = self.nodes.get(id).and_then(|(_, next)| *next);
        }
        path.push(start);
        path.join(" -> ")
    }
}

/// The id of the fallback that a policy names.
pub(super) fn fallback_of(on_error: Option<&OnError>) -> Option<&str> {
    match on_error {
        Some(OnError::Fallback(id)) => Some(id),
        _ => None,
    }
}

/// Gives `node` the ports of `owner`, if it can take and give what they carry.
fn fit(owner: &GraphNode, node: &mut GraphNode) -> Result<(), String> {
    if owner.spec.source || node.spec.source {
        return Err("sources have no items to hand over".to_owned());
    }
    for (index, name) in owner.inputs.iter().enumerate() {
        let takes = input_kind(node, index).ok_or_else(|| format!("it has no input for \"{name}\""))?;
        let given = input_kind(owner, index).unwrap_or(PayloadKind::Any);
        if !takes.accepts(given) {
            return Err(format!("its input takes {takes}, \"{name}\" takes {given}"));
        }
    }
    for index in 0..output_count(node) {
        let name = owner.outputs.get(index);
        let name = name.ok_or_else(|| format!("it has {} outputs, not {}", output_count(node), owner.outputs.len()))?;
        let gives = output_kind(node, index).unwrap_or(PayloadKind::Any);
        let wanted = output_kind(owner, index).unwrap_or(PayloadKind::Any);
        if !wanted.accepts(gives) {
            return Err(format!("its output gives {gives}, \"{name}\" gives {wanted}"));
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

fn output_count(node: &GraphNode) -> usize {
    node.spec.outputs.len()
}
