//! Python objects as nodes: from an object to the node that runs it.

mod body;
mod generator;
mod kind;
mod plain;
mod stream;
mod task;

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use remotemedia_core::PayloadKind;
use remotemedia_core::error::NodeError;
use remotemedia_core::node::AnyNode;
use remotemedia_core::registry::Registry;
use remotemedia_core::spec::{Lane, NodeSpec, PortSpec};
use serde_json::{Map, Value, json};

use super::error::{aside, node_error};
use super::scope::scope;
use super::session::PySession;
use body::Body;
use kind::Kind;

/// A Python object that takes part in a session as the node `id`.
pub struct Member {
    /// The node's id in the manifest.
    pub id: String,
    /// The object: an instance of a node class, any object with `process()`, or a function.
    pub object: Py<PyAny>,
    /// Whether it makes items by itself: `process()` is called once, without an argument.
    pub source: bool,
    /// Whether a native node follows, so that results are made neutral where that loses nothing.
    pub to_native: bool,
    /// Called without arguments, at least once, when the session has let go of the object.
    pub release: Option<Py<PyAny>>,
}

impl Member {
    /// Binds the object to its id in `registry`, for one session.
    ///
    /// # Errors
    /// If the object is no node.
    pub fn bind(self, py: Python<'_>, registry: &mut Registry, session: &Arc<PySession>) -> PyResult<()> {
        let (kind, process) = kind::kind_of(self.object.bind(py), self.source)?;
        let spec = spec_of(self.object.bind(py), kind)?;
        // The session keeps the running graph, and with it this factory; the object is the node's alone.
        let (id, session) = (self.id.clone(), Arc::downgrade(session));
        let member = Mutex::new(Some((self, process)));
        let factory = move |_: &Map<String, Value>| {
            let member = member.lock().unwrap_or_else(PoisonError::into_inner).take();
            let (member, process) = member.ok_or_else(|| NodeError::new("its graph was started before"))?;
            let session = session.upgrade().ok_or_else(|| NodeError::new("its session is gone"))?;
            Python::attach(|py| {
                let body = Body::new(py, member, process, &session).map_err(|error| node_error(py, error))?;
                Ok(make(kind, body))
            })
        };
        registry.bind(id, spec, Arc::new(factory));
        Ok(())
    }

    /// What the object is as a node.
    ///
    /// # Errors
    /// If the object is no node.
    #[cfg(feature = "embed")]
    pub(super) fn spec(&self, py: Python<'_>) -> PyResult<NodeSpec> {
        let (kind, _) = kind::kind_of(self.object.bind(py), self.source)?;
        spec_of(self.object.bind(py), kind)
    }

    /// The node that runs the object in `session`.
    ///
    /// # Errors
    /// If the object is no node.
    #[cfg(feature = "embed")]
    pub(super) fn into_node(self, py: Python<'_>, session: &Arc<PySession>) -> PyResult<AnyNode> {
        let (kind, process) = kind::kind_of(self.object.bind(py), self.source)?;
        Ok(make(kind, Body::new(py, self, process, session)?))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            release_object(release);
        }
    }
}

/// Tells the owner of an object that its session has let go of it.
fn release_object(release: &Py<PyAny>) {
    aside(|py| release.call0(py).map(drop));
}

fn make(kind: Kind, body: Body) -> AnyNode {
    match kind {
        Kind::Plain => plain::Plain::new(body).into(),
        Kind::Generator => generator::Generator::new(body).into(),
        Kind::Source => generator::Source::new(body).into(),
        Kind::Async | Kind::AsyncSource => AnyNode::from_async(task::Task::new(body, kind == Kind::AsyncSource)),
        Kind::Stream => AnyNode::from_async(stream::Stream::new(body)),
    }
}

fn spec_of(object: &Bound<'_, PyAny>, kind: Kind) -> PyResult<NodeSpec> {
    let lane = match kind {
        Kind::Plain | Kind::Generator | Kind::Source => Lane::Scoped(scope()),
        Kind::Async | Kind::AsyncSource | Kind::Stream => Lane::Async,
    };
    let mut spec = NodeSpec::new(object.get_type().name()?.to_string()).backend("cpython").lane(lane);
    match names_of(object, "inputs")? {
        Some(names) => spec.inputs = ports(names),
        None => spec = spec.extra_inputs(PayloadKind::Any),
    }
    match names_of(object, "outputs")? {
        Some(names) => spec.outputs = ports(names),
        None => spec = spec.extra_outputs(PayloadKind::Any),
    }
    if let Some(names) = names_of(object, "file_parameters")? {
        spec.params = json!({"properties": names.iter().map(|name| file_parameter(name)).collect::<Map<_, _>>()});
    }
    Ok(match kind {
        Kind::Generator => spec.resumable(),
        Kind::Source | Kind::AsyncSource => spec.source(),
        _ => spec,
    })
}

/// A parameter that names a file, for those who pack it: a module of WebAssembly or a model.
fn file_parameter(name: &str) -> (String, Value) {
    (name.to_owned(), json!({"type": "string", "format": "file"}))
}

fn ports(names: Vec<String>) -> Vec<PortSpec> {
    names.into_iter().map(|name| PortSpec::new(name, PayloadKind::Any)).collect()
}

/// Port names from a class attribute: a list or tuple of texts. Anything else of that name is the node's own business.
fn names_of(object: &Bound<'_, PyAny>, attribute: &str) -> PyResult<Option<Vec<String>>> {
    let Some(names) = object.get_type().getattr_opt(attribute)? else { return Ok(None) };
    let is_list = names.is_instance_of::<PyTuple>() || names.is_instance_of::<PyList>();
    Ok(names.extract().ok().filter(|names: &Vec<String>| is_list && !names.is_empty()))
}
