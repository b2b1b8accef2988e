//! What a manifest's `node_type` means: a node type, or a pipeline within the pipeline.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{NodeEntry, Path, hint_before_list};
use crate::registry::{NodeType, Registry};

/// The node type that stands for a pipeline within the pipeline.
pub(super) const PIPELINE: &str = "Pipeline";

/// What a node is made of.
pub(super) enum Meaning<'a> {
    /// One node.
    Node(NodeType),
    /// A pipeline written in the node's parameters.
    Inline(&'a Value),
    /// A registered pipeline: its name and its manifest's text.
    Named(&'a str, Arc<str>),
}

/// What `entry`, whose full id is `id`, is made of.
pub(super) fn meaning<'a>(registry: &Registry, entry: &'a NodeEntry, id: &str, at: Path<'_>) -> Result<Meaning<'a>> {
    let name = entry.node_type.as_str();
    if let Some(node_type) = registry.bound(id).or_else(|| registry.node_type(name)) {
        return Ok(Meaning::Node(node_type.clone()));
    }
    if let Some(text) = registry.pipeline(name) {
        no_params(&entry.params, name, at)?;
        return Ok(Meaning::Named(name, Arc::clone(text)));
    }
    if name == PIPELINE {
        return sub_pipeline(registry, &entry.params, at);
    }
    Err(fault(unknown_type(registry, name, at.field("node_type"))))
}

fn sub_pipeline<'a>(registry: &Registry, params: &'a Map<String, Value>, at: Path<'_>) -> Result<Meaning<'a>> {
    let at = at.field("params");
    if params.contains_key("package") {
        return Err(fault(format!(
            "{at}.package: a manifest alone opens no packages; the command and the Python package put their pipelines in \
             their place, in Rust `remotemedia::UserPackages::pipeline` does, in C `rm_pipeline_open_in`"
        )));
    }
    if let Some(extra) = params.keys().find(|key| *key != "manifest" && *key != "name") {
        return Err(fault(format!("{at}.{extra} is not known; a Pipeline takes \"manifest\" or \"name\"")));
    }
    match (params.get("manifest"), params.get("name")) {
        (Some(manifest), None) => Ok(Meaning::Inline(manifest)),
        (None, Some(Value::String(name))) => match registry.pipeline(name) {
            Some(text) => Ok(Meaning::Named(name, Arc::clone(text))),
            None => Err(fault(unknown_pipeline(registry, name, at.field("name")))),
        },
        (None, Some(_)) => Err(fault(format!("{at}.name: expected the name of a registered pipeline"))),
        _ => Err(fault(format!("{at}: a Pipeline takes either \"manifest\" or \"name\""))),
    }
}

fn no_params(params: &Map<String, Value>, name: &str, at: Path<'_>) -> Result<()> {
    match params.keys().next() {
        Some(key) => Err(fault(format!("{at}.params: pipeline \"{name}\" takes no parameters, found {key:?}"))),
        None => Ok(()),
    }
}

fn unknown_type(registry: &Registry, name: &str, at: Path<'_>) -> String {
    if let Some(feature) = registry.missing_feature(name) {
        return format!("{at} \"{name}\" is not part of this build; switch on the cargo feature \"{feature}\"");
    }
    let is_main = |known: &&str| registry.node_type(known).is_none_or(|t| t.spec.node_type == **known);
    let mut supported: Vec<&str> = registry.names().into_iter().filter(is_main).collect();
    supported.push(PIPELINE);
    let mut candidates = registry.names();
    candidates.push(PIPELINE);
    format!("{at} {name:?} is not known{}supported: {}", hint_before_list(name, candidates), supported.join(", "))
}

fn unknown_pipeline(registry: &Registry, name: &str, at: Path<'_>) -> String {
    let names: Vec<&str> = registry.names().into_iter().filter(|known| registry.pipeline(known).is_some()).collect();
    if names.is_empty() {
        return format!("{at} {name:?} is not known; no pipeline is registered");
    }
    format!(
        "{at} {name:?} is not known{}registered pipelines: {}",
        hint_before_list(name, names.iter().copied()),
        names.join(", ")
    )
}

fn fault(message: String) -> Error {
    Error::new(ErrorKind::Graph, message)
}
