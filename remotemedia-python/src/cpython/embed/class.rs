//! A Python class that a manifest names, or that a package brings: an instance of it for every session.

use std::ffi::CStr;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use remotemedia_core::error::NodeResult;
use remotemedia_core::node::AnyNode;
use remotemedia_core::registry::Registry;
use remotemedia_core::spec::NodeSpec;
use serde_json::{Map, Value};

use super::packaged::PackagedNodes;
use super::threads::Threads;
use super::together::current;
use crate::cpython::error::node_error;
use crate::cpython::json::json_to_python;
use crate::cpython::node::Member;

/// A class, and what its instances are made with.
#[derive(Clone, Debug)]
pub struct Class {
    /// Where the class is: `module:Class`.
    pub reference: String,
    /// The package that brings it; `None` for one that the interpreter finds.
    pub package: Option<PackagedClass>,
    /// The name that instances get, if they have an attribute for it.
    pub name: String,
    /// The constructor's arguments by name, as a manifest holds them.
    pub params: Map<String, Value>,
    /// What instances are given back by `set_state()`.
    pub state: Option<Value>,
    /// Whether anything but a Python node may follow, so that results are made neutral where that loses nothing.
    pub to_native: bool,
    /// What event loops of its sessions run on.
    pub threads: Threads,
}

/// Where a class of a package is.
#[derive(Clone, Debug)]
pub struct PackagedClass {
    /// The packages that are open.
    pub nodes: PackagedNodes,
    /// The class's module, by its package's digest and the path.
    pub module: String,
}

/// An instance that no session has yet.
struct Instance {
    node: Py<PyAny>,
    member: Member,
}

impl Class {
    /// Looks whether there is such a class.
    ///
    /// # Errors
    /// The exception with which its module cannot be imported, or has no such class.
    pub fn look(reference: &str) -> NodeResult {
        Python::attach(|py| {
            let found = nodes(py).and_then(|nodes| nodes.getattr("class_named")?.call1((reference,)));
            found.map(drop).map_err(|error| node_error(py, error))
        })
    }

    /// Binds the class to the node `id` in `registry`. The first instance is made at once, which tells whether it can be
    /// made, and how it wants to be called.
    ///
    /// # Errors
    /// The exception with which the class cannot be imported, or an instance not be made.
    pub fn bind(self, id: &str, registry: &mut Registry) -> NodeResult {
        let (first, spec) = self.instance_and_spec()?;
        let first = Mutex::new(Some(first));
        let factory = move |_: &Map<String, Value>| {
            let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.node(first)
        };
        registry.bind(id, spec, Arc::new(factory));
        Ok(())
    }

    fn instance_and_spec(&self) -> NodeResult<(Instance, NodeSpec)> {
        Python::attach(|py| {
            let make = || {
                let instance = self.instance(py)?;
                let spec = instance.member.spec(py)?;
                PyResult::Ok((instance, spec))
            };
            make().map_err(|error| node_error(py, error))
        })
    }

    /// The node of one session.
    fn node(&self, first: Option<Instance>) -> NodeResult<AnyNode> {
        Python::attach(|py| {
            let make = || {
                let instance = first.map_or_else(|| self.instance(py), Ok)?;
                let together = current(py, &self.threads)?;
                nodes(py)?.getattr("enter")?.call1((instance.node, together.number))?;
                instance.member.into_node(py, &together.session)
            };
            make().map_err(|error| node_error(py, error))
        })
    }

    fn instance(&self, py: Python<'_>) -> PyResult<Instance> {
        let params = json_to_python(py, &Value::Object(self.params.clone()))?;
        let state = self.state.as_ref().map(|state| json_to_python(py, state)).transpose()?;
        let (reference, name) = (&self.reference, &self.name);
        let made = match &self.package {
            None => nodes(py)?.getattr("make")?.call1((reference, name, params, state))?,
            Some(PackagedClass { nodes: packaged, module }) => {
                let given = (packaged.get(), module, reference, name, params, state);
                nodes(py)?.getattr("make_packaged")?.call1(given)?
            }
        };
        let (node, object, source) = made.extract()?;
        let member = Member { id: String::new(), object, source, to_native: self.to_native, release: None };
        Ok(Instance { node, member })
    }
}

/// The module with the Python part.
pub(super) fn nodes(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static NODES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let nodes = NODES.get_or_try_init(py, || {
        let module = PyModule::from_code(py, NODES_PY, c"remotemedia/nodes.py", c"remotemedia._embedded_nodes")?;
        PyResult::Ok(module.unbind())
    })?;
    Ok(nodes.bind(py))
}

const NODES_PY: &CStr = match CStr::from_bytes_with_nul(concat!(include_str!("nodes.py"), "\0").as_bytes()) {
    Ok(source) => source,
    Err(_) => panic!("the source of the Python part holds no zero byte"),
};
