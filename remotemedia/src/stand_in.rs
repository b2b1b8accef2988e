//! Stand-ins: Python nodes of a package that are looked at, not run, so that none of their code is executed.

use std::sync::Arc;

use remotemedia_core::error::NodeError;
use remotemedia_core::manifest::Manifest;
use remotemedia_core::node::AnyNode;
use remotemedia_core::spec::{Lane, NodeSpec, Scope};
use remotemedia_core::{PayloadKind, Registry};
use serde_json::{Map, Value};

/// Lets `registry` know the Python nodes of a package's manifest, for graphs that are shown or checked. They take and
/// give anything on any port, and a session of them cannot be started. Nodes that are bound already stay as they are.
pub fn stand_in_for_python(manifest: &Manifest, registry: &mut Registry) {
    let scope: Arc<dyn Scope> = Arc::new(Interpreter);
    visit(manifest, "", &scope, registry);
}

fn visit(manifest: &Manifest, outer: &str, scope: &Arc<dyn Scope>, registry: &mut Registry) {
    for entry in &manifest.nodes {
        let id = format!("{outer}{}", entry.id);
        if registry.bound(&id).is_some() {
            continue;
        }
        if entry.unknown.contains_key("python") {
            registry.bind(id, spec(&entry.node_type, scope), Arc::new(refuse));
        } else if let Some(Ok(inner)) = entry.params.get("manifest").map(|inner| Manifest::from_value(inner.clone())) {
            visit(&inner, &format!("{id}/"), scope, registry);
        }
    }
}

/// Most Python nodes are plain; whether one is asynchronous would be known only after its code was executed.
fn spec(node_type: &str, scope: &Arc<dyn Scope>) -> NodeSpec {
    let spec = NodeSpec::new(node_type).backend("cpython").lane(Lane::Scoped(Arc::clone(scope)));
    spec.extra_inputs(PayloadKind::Any).extra_outputs(PayloadKind::Any)
}

/// Where the nodes would run.
struct Interpreter;

impl Scope for Interpreter {
    fn name(&self) -> &'static str {
        "python"
    }

    fn enter(&self, run: &mut dyn FnMut()) {
        run();
    }
}

fn refuse(_params: &Map<String, Value>) -> Result<AnyNode, NodeError> {
    Err(NodeError::new("it is in Python, and was opened only to be looked at"))
}
