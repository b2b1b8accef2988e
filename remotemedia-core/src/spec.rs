//! Node specifications: what a node type takes, gives, and where it runs.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde_json::Value;

use crate::payload::PayloadKind;

/// Something that surrounds a run of a stage, such as one attachment to an interpreter for a whole batch.
pub trait Scope: Send + Sync + 'static {
    /// The scope's name, such as `python`.
    fn name(&self) -> &'static str;

    /// Calls `run` exactly once, inside the scope.
    fn enter(&self, run: &mut dyn FnMut());
}

/// On what kind of thread a node's calls may run. Nodes of one lane that follow each other share a stage.
#[derive(Clone)]
pub enum Lane {
    /// Cheap: a few microseconds, never waits. May run on the caller's thread at any moment.
    Native,
    /// Heavy or waiting: inference, files, devices. Each such node is a stage of its own, and never runs on the thread of
    /// a caller where the driver has others.
    Blocking,
    /// Runs inside a scope; nodes of the same scope that follow each other are one stage.
    Scoped(Arc<dyn Scope>),
    /// An [`AsyncNode`](crate::node::AsyncNode). Each such node is a stage of its own.
    Async,
}

impl Lane {
    /// The lane's name, for `inspect`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Blocking => "blocking",
            Self::Scoped(scope) => scope.name(),
            Self::Async => "async",
        }
    }

    /// Whether nodes of the two lanes may share a stage.
    pub fn joins(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Native, Self::Native) => true,
            (Self::Scoped(a), Self::Scoped(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One port of a node type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSpec {
    /// The port's name.
    pub name: String,
    /// What it carries.
    pub kind: PayloadKind,
    /// Whether an output that nothing is connected to is dropped rather than given to the caller.
    pub optional: bool,
}

/// What a node type takes, gives and needs.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// The name that manifests use.
    pub node_type: String,
    /// Other names that manifests may use.
    pub aliases: Vec<String>,
    /// What the node is for, in one line.
    pub summary: String,
    /// What makes nodes of this type: `native`, `cpython`, …
    pub backend: String,
    /// On what kind of thread it runs.
    pub lane: Lane,
    /// The fixed input ports.
    pub inputs: Vec<PortSpec>,
    /// The fixed output ports.
    pub outputs: Vec<PortSpec>,
    /// The kind of input ports that connections may name freely, beside the fixed ones.
    pub extra_inputs: Option<PayloadKind>,
    /// The kind of output ports that connections may name freely, beside the fixed ones.
    pub extra_outputs: Option<PayloadKind>,
    /// Whether the node makes items by itself.
    pub source: bool,
    /// Whether `process` may ask to be resumed; such a node begins a stage.
    pub resumable: bool,
    /// The JSON Schema of the parameters.
    pub params: Value,
}

impl NodeSpec {
    /// A native node type with one input `in` and one output `out` of any kind, and no parameters.
    pub fn new(node_type: impl Into<String>) -> Self {
        Self {
            node_type: node_type.into(),
            aliases: Vec::new(),
            summary: String::new(),
            backend: "native".to_owned(),
            lane: Lane::Native,
            inputs: vec![PortSpec::new("in", PayloadKind::Any)],
            outputs: vec![PortSpec::new("out", PayloadKind::Any)],
            extra_inputs: None,
            extra_outputs: None,
            source: false,
            resumable: false,
            params: Value::Bool(true),
        }
    }

    /// Says what the node is for, in one line.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Adds another name for the type.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.aliases.push(alias.into());
        self
    }

    /// Sets what the one input `in` and the one output `out` carry.
    #[must_use]
    pub fn ports(mut self, input: PayloadKind, output: PayloadKind) -> Self {
        self.inputs = vec![PortSpec::new("in", input)];
        self.outputs = vec![PortSpec::new("out", output)];
        self
    }

    /// Replaces the input ports.
    #[must_use]
    pub fn inputs(mut self, ports: &[(&str, PayloadKind)]) -> Self {
        self.inputs = ports.iter().map(|(name, kind)| PortSpec::new(*name, *kind)).collect();
        self
    }

    /// Replaces the output ports.
    #[must_use]
    pub fn outputs(mut self, ports: &[(&str, PayloadKind)]) -> Self {
        self.outputs = ports.iter().map(|(name, kind)| PortSpec::new(*name, *kind)).collect();
        self
    }

    /// Adds an output port that is dropped where nothing is connected to it.
    #[must_use]
    pub fn optional_output(mut self, name: &str, kind: PayloadKind) -> Self {
        self.outputs.push(PortSpec { optional: true, ..PortSpec::new(name, kind) });
        self
    }

    /// Lets connections name any further input ports, all of `kind`.
    #[must_use]
    pub fn extra_inputs(mut self, kind: PayloadKind) -> Self {
        self.extra_inputs = Some(kind);
        self
    }

    /// Lets connections name any further output ports, all of `kind`.
    #[must_use]
    pub fn extra_outputs(mut self, kind: PayloadKind) -> Self {
        self.extra_outputs = Some(kind);
        self
    }

    /// Sets what makes nodes of this type.
    #[must_use]
    pub fn backend(mut self, backend: impl Into<String>) -> Self {
        self.backend = backend.into();
        self
    }

    /// Sets on what kind of thread the node runs.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// Marks a node that makes items by itself: it has no inputs and [`resume`](crate::node::Node::resume) drives it.
    #[must_use]
    pub fn source(mut self) -> Self {
        self.source = true;
        self.resumable = true;
        self.inputs.clear();
        self
    }

    /// Marks a node that takes packets and gives none.
    #[must_use]
    pub fn sink(mut self) -> Self {
        self.outputs.clear();
        self
    }

    /// Marks a node whose `process` may ask to be resumed.
    #[must_use]
    pub fn resumable(mut self) -> Self {
        self.resumable = true;
        self
    }

    /// Takes the schema of the parameters from their Rust type.
    #[must_use]
    pub fn params<P: JsonSchema>(mut self) -> Self {
        self.params = schemars::SchemaGenerator::default().into_root_schema_for::<P>().to_value();
        self
    }
}

impl PortSpec {
    /// A port that carries `kind`.
    pub fn new(name: impl Into<String>, kind: PayloadKind) -> Self {
        Self { name: name.into(), kind, optional: false }
    }
}
