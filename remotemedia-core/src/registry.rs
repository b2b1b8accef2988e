//! The registry: which node types there are and what makes them.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, NodeError, NodeResult, PayloadError, Result};
use crate::machine::Machine;
use crate::manifest::wrong_name;
use crate::node::{AnyNode, Node};
use crate::outputs::Outputs;
use crate::packet::Packet;
use crate::payload::Payload;
use crate::spec::NodeSpec;

/// Makes a node from its parameters, once per session.
pub trait Factory: Send + Sync + 'static {
    /// A fresh node.
    ///
    /// # Errors
    /// If the parameters are not what the type takes.
    fn create(&self, params: &Map<String, Value>) -> NodeResult<AnyNode>;

    /// Looks whether the parameters can be read, before anything runs.
    ///
    /// # Errors
    /// If they are not what the type takes; the message says which one.
    fn check(&self, params: &Map<String, Value>) -> NodeResult {
        let _ = params;
        Ok(())
    }
}

impl<F> Factory for F
where
    F: Fn(&Map<String, Value>) -> NodeResult<AnyNode> + Send + Sync + 'static,
{
    fn create(&self, params: &Map<String, Value>) -> NodeResult<AnyNode> {
        self(params)
    }
}

/// A node type: its specification and its factory.
#[derive(Clone)]
pub struct NodeType {
    /// What the type takes, gives and needs.
    pub spec: Arc<NodeSpec>,
    /// What makes its nodes.
    pub factory: Arc<dyn Factory>,
}

/// The node type that stands for a pipeline within the pipeline.
pub(crate) const PIPELINE: &str = "Pipeline";

/// The node types, named pipelines and bound nodes that manifests can refer to.
#[derive(Clone, Default)]
pub struct Registry {
    parent: Option<Arc<Registry>>,
    types: BTreeMap<String, NodeType>,
    bound: BTreeMap<String, NodeType>,
    pipelines: BTreeMap<String, Arc<str>>,
    missing: BTreeMap<String, String>,
    machine: Option<Machine>,
}

impl Registry {
    /// A registry that knows nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty registry on top of `parent`: what it does not know is looked up there.
    pub fn over(parent: Arc<Registry>) -> Self {
        Self { parent: Some(parent), ..Self::default() }
    }

    /// Adds a node type without declared ports or parameters.
    ///
    /// ```
    /// use remotemedia_core::prelude::*;
    /// let mut nodes = Registry::new();
    /// nodes.register("Double", |_params| Ok(map(|x: f64| x * 2.0))).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn register<N: Into<AnyNode>>(
        &mut self,
        node_type: &str,
        create: impl Fn(&Map<String, Value>) -> NodeResult<N> + Send + Sync + 'static,
    ) -> Result<()> {
        let factory = move |params: &Map<String, Value>| create(params).map(Into::into);
        self.insert(NodeSpec::new(node_type), Arc::new(factory))
    }

    /// Adds a node type whose parameters are read into `P`, which also gives their schema.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn add<P, N>(
        &mut self,
        spec: NodeSpec,
        create: impl Fn(P) -> NodeResult<N> + Send + Sync + 'static,
    ) -> Result<()>
    where
        P: DeserializeOwned + JsonSchema + 'static,
        N: Into<AnyNode> + 'static,
    {
        let create = move |params: P| create(params).map(Into::into);
        self.insert(spec.params::<P>(), Arc::new(Typed { create, params: PhantomData }))
    }

    /// Adds a node type.
    ///
    /// # Errors
    /// If the name or an alias is none that a manifest may hold, or means a node type or a pipeline already, here or in
    /// the registry below.
    pub fn insert(&mut self, spec: NodeSpec, factory: Arc<dyn Factory>) -> Result<()> {
        let names: Vec<String> = std::iter::once(&spec.node_type).chain(&spec.aliases).cloned().collect();
        names.iter().try_for_each(|name| self.admit("node type", name))?;
        let node_type = NodeType { spec: Arc::new(spec), factory };
        self.types.extend(names.into_iter().map(|name| (name, node_type.clone())));
        Ok(())
    }

    /// Binds the node `id` of a manifest to a factory of its own, whatever its type says: how bindings bring in nodes
    /// that live in the host, such as instances of Python classes.
    pub fn bind(&mut self, id: impl Into<String>, spec: NodeSpec, factory: Arc<dyn Factory>) {
        self.bound.insert(id.into(), NodeType { spec: Arc::new(spec), factory });
    }

    /// Registers a manifest as a node type of its own.
    ///
    /// # Errors
    /// If the name is none that a manifest may hold, or means a node type or a pipeline already, here or in the
    /// registry below.
    pub fn register_pipeline(&mut self, name: impl Into<String>, manifest: impl Into<Arc<str>>) -> Result<()> {
        let name = name.into();
        self.admit("pipeline", &name)?;
        self.pipelines.insert(name, manifest.into());
        Ok(())
    }

    /// Notes that `node_type` exists but this build lacks the cargo feature that brings it.
    pub fn declare_missing(&mut self, node_type: impl Into<String>, feature: impl Into<String>) {
        self.missing.insert(node_type.into(), feature.into());
    }

    /// Tells what the machine has, so that nodes that need more are found before anything runs.
    pub fn set_machine(&mut self, machine: Machine) {
        self.machine = Some(machine);
    }

    /// What the machine has, if that was told.
    pub fn machine(&self) -> Option<&Machine> {
        self.machine.as_ref().or_else(|| self.parent.as_ref()?.machine())
    }

    /// The node type that `name` or alias means.
    pub fn node_type(&self, name: &str) -> Option<&NodeType> {
        self.types.get(name).or_else(|| self.parent.as_ref()?.node_type(name))
    }

    /// What is bound to the node `id`.
    pub fn bound(&self, id: &str) -> Option<&NodeType> {
        self.bound.get(id).or_else(|| self.parent.as_ref()?.bound(id))
    }

    /// The manifest registered as `name`.
    pub fn pipeline(&self, name: &str) -> Option<&Arc<str>> {
        self.pipelines.get(name).or_else(|| self.parent.as_ref()?.pipeline(name))
    }

    /// The cargo feature that would bring `node_type`.
    pub fn missing_feature(&self, node_type: &str) -> Option<&str> {
        let own = self.missing.get(node_type).map(String::as_str);
        own.or_else(|| self.parent.as_ref()?.missing_feature(node_type))
    }

    /// Every node type once, by its main name, in alphabetical order.
    pub fn specs(&self) -> Vec<Arc<NodeSpec>> {
        let mut specs = self.parent.as_ref().map(|parent| parent.specs()).unwrap_or_default();
        specs
            .extend(self.types.iter().filter(|(name, t)| **name == t.spec.node_type).map(|(_, t)| Arc::clone(&t.spec)));
        specs.sort_by(|a, b| a.node_type.cmp(&b.node_type));
        specs.dedup_by(|a, b| a.node_type == b.node_type);
        specs
    }

    /// Every name a manifest can use: types, aliases and pipelines, in alphabetical order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.parent.as_ref().map(|parent| parent.names()).unwrap_or_default();
        names.extend(self.types.keys().map(String::as_str));
        names.extend(self.pipelines.keys().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Checks that `name` can be given to something new, which is a `what`.
    ///
    /// # Errors
    /// If the name is none that a manifest may hold, or means a node type or a pipeline already.
    pub fn admit(&self, what: &str, name: &str) -> Result<()> {
        if let Some(wrong) = wrong_name(name) {
            return Err(Error::new(ErrorKind::Usage, format!("name of a {what}: {wrong}")));
        }
        let taken = match name {
            PIPELINE => "node type",
            _ if self.node_type(name).is_some() => "node type",
            _ if self.pipeline(name).is_some() => "pipeline",
            _ => return Ok(()),
        };
        Err(Error::new(ErrorKind::Usage, format!("{taken} \"{name}\" exists already")))
    }
}

/// A factory whose parameters have a type.
struct Typed<P, F> {
    create: F,
    params: PhantomData<fn(P)>,
}

impl<P, F> Factory for Typed<P, F>
where
    P: DeserializeOwned + 'static,
    F: Fn(P) -> NodeResult<AnyNode> + Send + Sync + 'static,
{
    fn create(&self, params: &Map<String, Value>) -> NodeResult<AnyNode> {
        (self.create)(read_params(params)?)
    }

    fn check(&self, params: &Map<String, Value>) -> NodeResult {
        read_params::<P>(params).map(drop)
    }
}

/// Reads a node's parameters into their type.
///
/// # Errors
/// If a parameter is unknown, missing or of the wrong type; the message says which.
pub fn read_params<P: DeserializeOwned>(params: &Map<String, Value>) -> NodeResult<P> {
    serde_path_to_error::deserialize(Value::Object(params.clone())).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { "params".to_owned() } else { format!("params.{path}") };
        NodeError::new(format!("{place}: {}", in_words(&error.into_inner().to_string())))
    })
}

/// What serde says of a wrong value, without the names of Rust types: `expected a whole number, found string "two"`.
fn in_words(message: &str) -> String {
    let wrong = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let Some((found, expected)) = wrong.and_then(|wrong| wrong.split_once(", expected ")) else {
        return message.to_owned();
    };
    let expected = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        other => other,
    };
    format!("expected {expected}, found {found}")
}

/// A node that applies a function to each packet's value and emits the result.
pub fn map<T, R>(apply: impl FnMut(T) -> R + Send + 'static) -> AnyNode
where
    T: FromPayload + 'static,
    R: Into<Payload> + 'static,
{
    struct Map<F, T>(F, std::marker::PhantomData<fn(T)>);
    impl<T: FromPayload, R: Into<Payload>, F: FnMut(T) -> R + Send> Node for Map<F, T> {
        fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
            let value = (self.0)(T::from_payload(packet.payload)?);
            out.emit(value.into())
        }
    }
    AnyNode::Sync(Box::new(Map(apply, std::marker::PhantomData)))
}

/// A type that a payload can be read as.
pub trait FromPayload: Sized {
    /// Reads the payload.
    ///
    /// # Errors
    /// If it is of another kind.
    fn from_payload(payload: Payload) -> Result<Self, PayloadError>;
}

macro_rules! from_payload {
    ($($target:ty => $read:expr;)*) => {
        $(impl FromPayload for $target {
            fn from_payload(payload: Payload) -> Result<Self, PayloadError> {
                $read(payload)
            }
        })*
    };
}

from_payload! {
    f64 => |payload: Payload| payload.as_f64();
    Arc<str> => Payload::into_text;
    String => |payload: Payload| payload.into_text().map(|text| text.as_ref().to_owned());
    Value => Payload::into_json;
    crate::audio::Audio => Payload::into_audio;
    crate::video::Video => Payload::into_video;
    crate::tensor::Tensor => Payload::into_tensor;
    crate::buffer::Buffer => Payload::into_bytes;
    Payload => |payload: Payload| Ok(payload);
}
