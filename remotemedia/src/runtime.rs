//! The runtime: the node types that pipelines are made of, and the driver that runs their sessions.

use std::sync::Arc;

use remotemedia_core::driver::Driver;
use remotemedia_core::{Packet, Pipeline, Registry, Result};

use crate::builder::RuntimeBuilder;

/// Node types and a driver, shared by all that is made with it. Cheap to clone.
///
/// A program needs one. Sessions keep what they use alive, so a runtime may be dropped before them.
#[derive(Clone)]
pub struct Runtime {
    driver: Arc<dyn Driver>,
    registry: Arc<Registry>,
}

impl Runtime {
    /// A runtime with the standard nodes and a worker thread per processor core.
    ///
    /// # Errors
    /// If the operating system gives no threads.
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// A runtime that is set up step by step.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    pub(crate) fn of(driver: Arc<dyn Driver>, registry: Arc<Registry>) -> Self {
        Self { driver, registry }
    }

    /// Reads a manifest and checks it against the node types of this runtime. What the user should know, such as fields
    /// that are not known, is logged and stands in [`Graph::warnings`](remotemedia_core::graph::Graph::warnings).
    ///
    /// For node types that only one pipeline knows, put a [`Registry::over`] on top of [`registry`](Self::registry)
    /// and hand it to [`Pipeline::from_json`].
    ///
    /// # Errors
    /// Every mistake that can be found before anything runs.
    pub fn pipeline(&self, manifest: &str) -> Result<Pipeline> {
        let pipeline = Pipeline::from_json(manifest, &self.registry)?;
        for warning in &pipeline.graph().warnings {
            tracing::warn!(pipeline = %pipeline.graph().name, "{warning}");
        }
        Ok(pipeline)
    }

    /// Opens the pipeline of a package, a file or a reference to a registry (`oci://…`), with the user's keys, trust and
    /// cache: verified before anything of it is used, and held for as long as the pipeline and its sessions. For
    /// settings of your own see [`UserPackages::open`](crate::UserPackages::open).
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let runtime = remotemedia::Runtime::new()?;
    /// let pipeline = runtime.open_package("voice.rmpkg")?;
    /// let session = pipeline.start(runtime.driver())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`UserPackages::open`](crate::UserPackages::open) and [`OpenPackage::pipeline`](crate::OpenPackage::pipeline).
    #[cfg(feature = "pkg")]
    pub fn open_package(
        &self,
        package: impl AsRef<std::path::Path>,
    ) -> std::result::Result<Pipeline, crate::OpenError> {
        crate::UserPackages::of_user()?.open(package, &())?.pipeline(&self.registry)
    }

    /// Runs a manifest on a list of inputs and gives the full list of outputs.
    ///
    /// ```
    /// # fn main() -> remotemedia::Result<()> {
    /// let runtime = remotemedia::Runtime::new()?;
    /// let manifest = r#"{"version": "v1", "metadata": {"name": "tripled"}, "connections": [],
    ///     "nodes": [{"id": "triple", "node_type": "MultiplyNode", "params": {"factor": 3}}]}"#;
    /// let outputs = runtime.run(manifest, [1.into(), 2.into()])?;
    /// assert_eq!(outputs.len(), 2);
    /// assert_eq!(outputs[1].payload.as_f64().ok(), Some(6.0));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Every mistake in the manifest, or the first error of the run.
    pub fn run(&self, manifest: &str, inputs: impl IntoIterator<Item = Packet>) -> Result<Vec<Packet>> {
        self.pipeline(manifest)?.run(&self.driver, inputs)
    }

    /// What runs the sessions: for [`Pipeline::start`].
    pub fn driver(&self) -> &Arc<dyn Driver> {
        &self.driver
    }

    /// The node types that manifests can name.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime({:?}, {} node types)", self.driver, self.registry.specs().len())
    }
}
