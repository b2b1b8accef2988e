//! Pipelines from elsewhere: which of their nodes would reach beyond the pipeline, and so need the user's trust.

use remotemedia_core::Registry;
use remotemedia_core::manifest::{Manifest, NodeEntry};
use serde_json::Value;

use crate::families::family;

/// A node that a pipeline from elsewhere may not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignNode {
    /// Its id, with those of the pipelines around it.
    pub id: String,
    /// Its type.
    pub node_type: String,
    /// What it could do that the user has not agreed to.
    pub reason: &'static str,
}

/// The nodes of `manifest`, as it stands in a package, that may not run when the package came from elsewhere.
///
/// Standard nodes that compute on what they are fed may run, with models of the package. Nodes that read or write files
/// and devices, read models from elsewhere, run elsewhere or are not standard may not: they could do whatever the user
/// may.
pub fn foreign_nodes(manifest: &Manifest, registry: &Registry) -> Vec<ForeignNode> {
    let mut found = Vec::new();
    visit(manifest, registry, "", &mut found);
    found
}

fn visit(manifest: &Manifest, registry: &Registry, outer: &str, found: &mut Vec<ForeignNode>) {
    for entry in &manifest.nodes {
        let id = if outer.is_empty() { entry.id.clone() } else { format!("{outer}/{}", entry.id) };
        if named_package(entry).is_some() {
            continue;
        }
        if entry.unknown.contains_key("python") {
            let reason = "runs Python code of the package";
            found.push(ForeignNode { id, node_type: entry.node_type.clone(), reason });
        } else if let Some(inner) = inner(entry, registry) {
            visit(&inner, registry, &id, found);
        } else if let Some(reason) = reason(entry, &id, registry) {
            found.push(ForeignNode { id, node_type: entry.node_type.clone(), reason });
        }
    }
}

/// The package that a node is, which is judged by itself when it is opened.
pub(crate) fn named_package(entry: &NodeEntry) -> Option<&str> {
    let is_pipeline = entry.node_type == "Pipeline" && !entry.unknown.contains_key("python");
    is_pipeline.then(|| entry.params.get("package")?.as_str()).flatten()
}

/// The pipeline that stands in the place of a node.
fn inner(entry: &NodeEntry, registry: &Registry) -> Option<Manifest> {
    let is_node = registry.node_type(&entry.node_type).is_some();
    (!is_node).then(|| Manifest::from_value(entry.params.get("manifest")?.clone()).ok()).flatten()
}

/// Why a node may not run, if it may not.
fn reason(entry: &NodeEntry, id: &str, registry: &Registry) -> Option<&'static str> {
    if entry.host.is_some() {
        return Some("runs on another machine");
    }
    let spec = registry.node_type(&entry.node_type).map(|node_type| &node_type.spec);
    let is_native = spec.is_some_and(|spec| spec.backend == "native") && registry.bound(id).is_none();
    match family(&entry.node_type).filter(|_| is_native) {
        None => Some("is no standard native node"),
        Some("file") => Some("reads or writes files"),
        Some("device") => Some("uses devices"),
        Some(_) if reads_outside(entry, &spec?.params) => Some("reads a model from outside the package"),
        Some(_) => None,
    }
}

/// Whether a parameter that names a model names one that is not in the package.
fn reads_outside(entry: &NodeEntry, schema: &Value) -> bool {
    let params = schema["properties"].as_object().into_iter().flatten();
    let mut models = params.filter(|(_, schema)| schema["format"] == "model-file");
    models.any(|(name, _)| entry.params.get(name).is_none_or(|value| value.get("$file").is_none()))
}
