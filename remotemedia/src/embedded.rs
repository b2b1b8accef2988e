//! Python nodes in hosts that are no Python programs: the interpreter in their process, and the classes that manifests
//! name and packages bring.

use std::collections::BTreeMap;
use std::time::Duration;

use remotemedia_core::manifest::Manifest;
use remotemedia_core::{Error, ErrorKind, Pipeline, Registry, Result};
use remotemedia_python::cpython::embed::{Class, PackagedClass, PackagedNodes, Threads};
use serde_json::Value;

use crate::node_list::describe_unspecified;
use crate::python_entries::{PythonEntry, python_entries};

/// The Python classes of one runtime. The interpreter is the process's. What is cloned shares its threads.
#[derive(Clone, Debug, Default)]
pub struct PythonClasses {
    named: BTreeMap<String, String>,
    threads: Threads,
}

impl PythonClasses {
    /// Imports the class at `reference` (`module:Class`), which runs its module's code.
    ///
    /// # Errors
    /// The exception with which it cannot be imported.
    pub fn import(reference: &str) -> Result<()> {
        Class::look(reference).map_err(Error::from_node)
    }

    /// Lets manifests name the class at `reference` as the node type `name`.
    ///
    /// # Errors
    /// If the name is taken.
    pub fn insert(&mut self, name: &str, reference: &str) -> Result<()> {
        if self.knows(name) {
            return Err(Error::new(ErrorKind::Usage, format!("node type \"{name}\" exists already")));
        }
        self.named.insert(name.to_owned(), reference.to_owned());
        Ok(())
    }

    /// Whether a class has the name.
    pub fn knows(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// The classes that have names, in the form of [`describe_nodes`](crate::describe_nodes): the summary is the
    /// reference, the backend `cpython`, and the rest is known only of a node that is made.
    pub fn describe(&self) -> Vec<Value> {
        let described = |(name, reference): (&String, &String)| describe_unspecified(name, reference, "cpython");
        self.named.iter().map(described).collect()
    }

    /// Checks a manifest against the node types in `registry` and the classes that it names.
    ///
    /// # Errors
    /// Every mistake that can be found before anything runs, and the exception with which a class cannot be imported or
    /// made.
    pub fn pipeline(&self, manifest: &Manifest, registry: &Registry) -> Result<Pipeline> {
        Pipeline::from_manifest(manifest, &self.with_classes(manifest, registry, None)?)
    }

    /// Waits until the threads of asynchronous nodes whose sessions are over have come to their end, for `patience` at
    /// most, and joins them. The calling thread does not have the interpreter.
    pub fn join_threads(&self, patience: Duration) {
        self.threads.join(patience);
    }

    /// The node types with the classes that nodes of a manifest are of, each bound to its node's id.
    fn with_classes(
        &self,
        manifest: &Manifest,
        registry: &Registry,
        packaged: Option<&PackagedNodes>,
    ) -> Result<Registry> {
        let mut registry = registry.clone();
        for entry in python_entries(manifest, &registry, &|name| self.named.get(name).cloned()) {
            let id = entry.id.clone();
            let bound = self.class_of(entry, packaged).bind(&id, &mut registry);
            bound.map_err(|error| Error::from_node(error).in_node(&manifest.metadata.name, &id))?;
        }
        Ok(registry)
    }

    fn class_of(&self, entry: PythonEntry, packaged: Option<&PackagedNodes>) -> Class {
        let PythonEntry { id: _, node_type: _, class, module, name, params, state, python_follows } = entry;
        let package = packaged.zip(module).map(|(nodes, module)| PackagedClass { nodes: nodes.clone(), module });
        let threads = self.threads.clone();
        Class { reference: class, package, name, params, state, to_native: !python_follows, threads }
    }
}

#[cfg(feature = "pkg")]
mod packages {
    use remotemedia_pkg as pkg;
    use remotemedia_python::cpython::embed::NotLoaded;

    use super::*;
    use crate::build::VERSION;
    use crate::nested::Resolved;
    use crate::open_error::OpenError;

    impl PythonClasses {
        /// The pipeline of packages, checked, whose nodes in Python are the packages' own, and which holds what they
        /// hold.
        ///
        /// # Errors
        /// As [`Resolved::pipeline`], but [`Unsupported`](pkg::ErrorKind::Unsupported) only if the Python package
        /// `remotemedia`, or what the nodes need, is not installed; the exception with which a class of a package
        /// cannot be imported or made.
        pub fn packaged(&self, resolved: Resolved, registry: &Registry) -> Result<Pipeline, OpenError> {
            let manifest = Manifest::from_value(resolved.manifest.clone())?;
            let packaged = resolved.python_class().map(|_| load(&resolved)).transpose()?;
            let registry = self.with_classes(&manifest, registry, packaged.as_ref())?;
            resolved.into_pipeline(&manifest, &registry)
        }
    }

    fn load(resolved: &Resolved) -> Result<PackagedNodes, OpenError> {
        let modules = resolved.python_modules().into_iter().map(|(path, module)| (path, module.to_bytes()));
        PackagedNodes::load(modules, &resolved.data(), VERSION).map_err(|error| match error {
            NotLoaded::Lacking(message) => pkg::Error::new(pkg::ErrorKind::Unsupported, message).into(),
            NotLoaded::Failed(error) => Error::from_node(error).into(),
        })
    }
}
