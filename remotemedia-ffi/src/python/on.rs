//! Python in builds with it: the interpreter, and the classes of one runtime.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "pkg")]
use remotemedia::Resolved;
use remotemedia::driver::Driver;
use remotemedia::manifest::Manifest;
use remotemedia::python::cpython::{Cause, embed};
use remotemedia::{Pipeline, PythonClasses, Registry};
use serde_json::Value;

#[cfg(feature = "pkg")]
use super::packaged_without_python;
use super::{Settings, without_python};
use crate::guard::Fault;

/// What a host has set up.
#[derive(Default)]
pub(crate) struct Python {
    /// `None` before the host has asked for it.
    classes: Mutex<Option<PythonClasses>>,
}

impl Python {
    /// A driver whose callers may have the interpreter.
    pub(crate) fn driver(driver: Arc<dyn Driver>) -> Arc<dyn Driver> {
        Arc::new(embed::Yielding::over(driver))
    }

    pub(crate) fn launch<T>(launch: impl FnOnce() -> T) -> T {
        embed::in_one_session(launch)
    }

    /// Does work that may wait for threads that need the interpreter, which the calling thread may have.
    pub(crate) fn apart<T>(work: impl FnOnce() -> T) -> T {
        embed::apart(work)
    }

    pub(crate) fn set(&self, settings: Settings) -> Result<(), Fault> {
        let Settings { venv, home, path, environment } = settings;
        embed::open(&embed::Settings { venv, home, path, environment }, remotemedia_py_module::fill)?;
        self.lock().get_or_insert_default();
        Ok(())
    }

    pub(crate) fn name(&self, name: &str, reference: &str) -> Result<(), Fault> {
        if self.classes().is_none() {
            return Err(not_set(reference));
        }
        // Runs code that may use this runtime: the lock is not held meanwhile.
        PythonClasses::import(reference)?;
        Ok(self.lock().get_or_insert_default().insert(name, reference)?)
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.lock().as_ref().is_some_and(|classes| classes.knows(name))
    }

    /// The classes that have names, in words for programs.
    pub(crate) fn describe(&self) -> Vec<Value> {
        self.classes().map(|classes| classes.describe()).unwrap_or_default()
    }

    /// Checks a manifest against the node types, and the classes that it names.
    pub(crate) fn pipeline(&self, manifest: &Manifest, registry: &Registry) -> Result<Pipeline, Fault> {
        match self.classes() {
            Some(classes) => Ok(classes.pipeline(manifest, registry)?),
            None => without_python(manifest, registry, not_set),
        }
    }

    /// As [`pipeline`](Self::pipeline), for a manifest in which the pipelines of packages stand.
    #[cfg(feature = "pkg")]
    pub(crate) fn packaged(&self, resolved: Resolved, registry: &Registry) -> Result<Pipeline, Fault> {
        match self.classes() {
            Some(classes) => Ok(classes.packaged(resolved, registry)?),
            None => packaged_without_python(resolved, registry, not_set),
        }
    }

    /// Waits until the threads of asynchronous nodes have come to their end, for `patience` at most.
    pub(crate) fn join_threads(&self, patience: Duration) {
        if let Some(classes) = self.classes() {
            embed::apart(|| classes.join_threads(patience));
        }
    }

    fn classes(&self) -> Option<PythonClasses> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<PythonClasses>> {
        self.classes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        if self.classes().is_some() {
            embed::release();
        }
    }
}

/// The traceback of a cause that is an exception of Python.
pub(crate) fn traceback(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<String> {
    Cause::of(Some(cause))?.traceback()
}

fn not_set(what: &str) -> Fault {
    Fault::argument(format!("{what} is in Python, which is not set up: call rm_runtime_set_python first"))
}
