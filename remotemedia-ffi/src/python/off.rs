//! Python in builds without it: what would need it is refused.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "pkg")]
use remotemedia::Resolved;
use remotemedia::driver::Driver;
use remotemedia::manifest::Manifest;
use remotemedia::{Pipeline, Registry};
use serde_json::Value;

#[cfg(feature = "pkg")]
use super::packaged_without_python;
use super::{Settings, without_python};
use crate::guard::Fault;
use crate::status::RM_STATUS_UNSUPPORTED;

/// What a host has set up: nothing.
#[derive(Default)]
pub(crate) struct Python(());

impl Python {
    pub(crate) fn driver(driver: Arc<dyn Driver>) -> Arc<dyn Driver> {
        driver
    }

    pub(crate) fn launch<T>(launch: impl FnOnce() -> T) -> T {
        launch()
    }

    pub(crate) fn apart<T>(work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(crate) fn set(&self, _settings: Settings) -> Result<(), Fault> {
        Err(unsupported("Python"))
    }

    pub(crate) fn name(&self, _name: &str, reference: &str) -> Result<(), Fault> {
        Err(unsupported(reference))
    }

    pub(crate) fn knows(&self, _name: &str) -> bool {
        false
    }

    pub(crate) fn describe(&self) -> Vec<Value> {
        Vec::new()
    }

    pub(crate) fn pipeline(&self, manifest: &Manifest, registry: &Registry) -> Result<Pipeline, Fault> {
        without_python(manifest, registry, unsupported)
    }

    #[cfg(feature = "pkg")]
    pub(crate) fn packaged(&self, resolved: Resolved, registry: &Registry) -> Result<Pipeline, Fault> {
        packaged_without_python(resolved, registry, unsupported)
    }

    pub(crate) fn join_threads(&self, _patience: Duration) {}
}

/// No cause is an exception of Python.
pub(crate) fn traceback(_cause: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<String> {
    None
}

fn unsupported(what: &str) -> Fault {
    let message = format!(
        "{what} needs the library's feature \"cpython\", which is not part of this build: build remotemedia-ffi with \
         --features cpython"
    );
    Fault::new(RM_STATUS_UNSUPPORTED, message)
}
