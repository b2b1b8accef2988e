//! Stand-ins: Python nodes of a package that are looked at, not run, so that none of their code is executed.

use std::sync::Arc;

use remotemedia_core::error::NodeError;
use remotemedia_core::manifest::Manifest;
use remotemedia_core::node::AnyNode;
use remotemedia_core::spec::{Lane, NodeSpec};
use remotemedia_core::{PayloadKind, Registry};
use serde_json::{Map, Value};

/// Lets `registry` know the Python nodes of a package's manifest, for graphs that are shown or checked. They take and
/// give anything on any port, and a session of them cannot be started. Nodes that are bound already stay as they are.
pub fn stand_in_for_python(manifest: &Manifest, registry: &mut Registry) {
    visit(manifest, "", registry);
}

fn visit(manifest: &Manifest, outer: &str, registry: &mut Registry) {
    for entry in &manifest.nodes {
        let id = format!("{outer}{}", entry.id);
        if registry.bound(&id).is_some() {
            continue;
        }
        if entry.unknown.contains_key("python") {
            registry.bind(id, spec(&entry.node_type), Arc::new(refuse));
        } else if let Some(Ok(inner)) = entry.params.get("manifest").map(|inner| Manifest::from_value(inner.clone())) {
            visit(&inner, &format!("{id}/"), registry);
        }
    }
}

fn spec(node_type: &str) -> NodeSpec {
    let spec = NodeSpec::new(node_type).backend("cpython").lane(Lane::Async);
    spec.extra_inputs(PayloadKind::Any).extra_outputs(PayloadKind::Any)
}

fn refuse(_params: &Map<String, Value>) -> Result<AnyNode, NodeError> {
    Err(NodeError::new("it is in Python, and was opened only to be looked at"))
}
