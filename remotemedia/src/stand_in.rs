//! Stand-ins: nodes of a package that are looked at, not run, so that nothing of theirs is executed or fetched.

use std::sync::Arc;

use remotemedia_core::error::NodeError;
use remotemedia_core::manifest::{Manifest, NodeEntry};
use remotemedia_core::node::AnyNode;
use remotemedia_core::spec::{Lane, NodeSpec, Scope};
use remotemedia_core::{PayloadKind, Registry};
use serde_json::{Map, Value};

use crate::foreign::named_package;

/// Lets `registry` know the Python nodes of a package's manifest, for graphs that are shown or checked. They take and
/// give anything on any port, and a session of them cannot be started. Nodes that are bound already stay as they are.
pub fn stand_in_for_python(manifest: &Manifest, registry: &mut Registry) {
    let scope: Arc<dyn Scope> = Arc::new(Interpreter);
    let python =
        |entry: &NodeEntry| entry.unknown.contains_key("python").then(|| python_spec(&entry.node_type, &scope));
    bind(manifest, "", &python, "it is in Python, and was opened only to be looked at", registry);
}

/// The same for nodes that are packages which were [not fetched](crate::UserPackages::fetch_nested). Their type is the
/// reference, their backend `package`.
pub(crate) fn stand_in_for_packages(manifest: &Manifest, registry: &mut Registry) {
    let package = |entry: &NodeEntry| Some(open_spec(named_package(entry)?, "package"));
    bind(manifest, "", &package, "it is a package that was not fetched", registry);
}

/// Binds the nodes that `of` gives a specification.
fn bind(
    manifest: &Manifest,
    outer: &str,
    of: &dyn Fn(&NodeEntry) -> Option<NodeSpec>,
    refusal: &'static str,
    registry: &mut Registry,
) {
    for entry in &manifest.nodes {
        let id = format!("{outer}{}", entry.id);
        if registry.bound(&id).is_some() {
            continue;
        }
        if let Some(spec) = of(entry) {
            let refuse = move |_: &Map<String, Value>| -> Result<AnyNode, NodeError> { Err(NodeError::new(refusal)) };
            registry.bind(id, spec, Arc::new(refuse));
        } else if let Some(Ok(inner)) = entry.params.get("manifest").map(|inner| Manifest::from_value(inner.clone())) {
            bind(&inner, &format!("{id}/"), of, refusal, registry);
        }
    }
}

/// Most Python nodes are plain; whether one is asynchronous would be known only after its code was executed.
fn python_spec(node_type: &str, scope: &Arc<dyn Scope>) -> NodeSpec {
    open_spec(node_type, "cpython").lane(Lane::Scoped(Arc::clone(scope)))
}

fn open_spec(node_type: &str, backend: &str) -> NodeSpec {
    NodeSpec::new(node_type).backend(backend).extra_inputs(PayloadKind::Any).extra_outputs(PayloadKind::Any)
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
