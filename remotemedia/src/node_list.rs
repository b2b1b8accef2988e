//! Node types in words for programs: what `remotemedia nodes --json` writes.

use remotemedia_core::manifest::Manifest;
use remotemedia_core::payload::PayloadKind;
use remotemedia_core::spec::{NodeSpec, PortSpec};
use remotemedia_core::{Pipeline, Registry};
use serde_json::{Value, json};

/// What `registry` has that manifests may name: its node types in alphabetical order, then its pipelines, each as
/// [`describe_node`] or with null where nothing is known. A pipeline has the backend `pipeline`, its description as its
/// summary, and ports if it passes the checks.
pub fn describe_nodes(registry: &Registry) -> Vec<Value> {
    let types = registry.specs().into_iter().map(|spec| describe_node(&spec));
    let pipelines = registry.names().into_iter().filter_map(|name| describe_pipeline(name, registry));
    types.chain(pipelines).collect()
}

/// A node type for programs: its names, what it is for, where it runs, its ports, and its parameters' JSON Schema.
pub fn describe_node(spec: &NodeSpec) -> Value {
    json!({
        "node_type": spec.node_type,
        "aliases": spec.aliases,
        "summary": spec.summary,
        "backend": spec.backend,
        "lane": spec.lane.name(),
        "source": spec.source,
        "inputs": spec.inputs.iter().map(fixed_port).collect::<Vec<_>>(),
        "extra_inputs": spec.extra_inputs,
        "outputs": spec.outputs.iter().map(fixed_port).collect::<Vec<_>>(),
        "extra_outputs": spec.extra_outputs,
        "params": spec.params,
    })
}

/// As [`describe_node`], for what has no specification before a manifest names it.
pub(crate) fn describe_unspecified(name: &str, summary: &str, backend: &str) -> Value {
    json!({
        "node_type": name,
        "aliases": [],
        "summary": summary,
        "backend": backend,
        "lane": null,
        "source": false,
        "inputs": null,
        "extra_inputs": null,
        "outputs": null,
        "extra_outputs": null,
        "params": true,
    })
}

/// The pipeline that is registered as `name`, if one is.
fn describe_pipeline(name: &str, registry: &Registry) -> Option<Value> {
    let text = registry.pipeline(name)?;
    let manifest = Manifest::parse(text).ok();
    let summary = manifest.as_ref().and_then(|manifest| manifest.metadata.description.as_deref());
    let mut described = describe_unspecified(name, summary.unwrap_or_default(), "pipeline");
    described["params"] = false.into();
    let pipeline = manifest.and_then(|manifest| Pipeline::from_manifest(&manifest, registry).ok());
    if let Some(inspection) = pipeline.map(|pipeline| pipeline.inspect()) {
        described["inputs"] = inspection.inputs.iter().map(|port| port_of(&port.name, port.kind, false)).collect();
        described["outputs"] = inspection.outputs.iter().map(|port| port_of(&port.name, port.kind, false)).collect();
    }
    Some(described)
}

fn fixed_port(port: &PortSpec) -> Value {
    port_of(&port.name, port.kind, port.optional)
}

fn port_of(name: &str, kind: PayloadKind, optional: bool) -> Value {
    json!({"name": name, "kind": kind, "optional": optional})
}
