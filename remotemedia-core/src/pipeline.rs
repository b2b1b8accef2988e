//! Pipelines: graphs that can be started any number of times.

use std::any::Any;
use std::sync::Arc;

use crate::driver::Driver;
use crate::error::Result;
use crate::executor::{Plan, SessionCore};
use crate::graph::Graph;
use crate::manifest::Manifest;
use crate::packet::Packet;
use crate::registry::Registry;
use crate::session::Session;
use crate::time::Span;

/// A checked graph and the plan of how to run it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pipeline {
    graph: Arc<Graph>,
    plan: Arc<Plan>,
}

/// How a session is set up.
#[derive(Clone, Copy, Debug)]
pub struct SessionConfig {
    /// How many packets may wait on each port that takes packets from the caller.
    pub input_capacity: usize,
    /// How many packets may wait on each port that gives packets to the caller.
    pub output_capacity: usize,
    /// Whether call times are measured.
    pub metrics: bool,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { input_capacity: Graph::DEFAULT_CAPACITY, output_capacity: Graph::DEFAULT_CAPACITY, metrics: true }
    }
}

impl Pipeline {
    /// Reads a manifest and checks it against the node types in `registry`.
    ///
    /// # Errors
    /// Every mistake that can be found before anything runs.
    pub fn from_json(manifest: &str, registry: &Registry) -> Result<Self> {
        Self::from_manifest(&Manifest::parse(manifest)?, registry)
    }

    /// Checks a manifest against the node types in `registry`.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn from_manifest(manifest: &Manifest, registry: &Registry) -> Result<Self> {
        Ok(Self::of(Graph::build(manifest, registry)?))
    }

    /// As [`from_manifest`](Self::from_manifest). What is `held` is dropped only when the pipeline and all of its sessions
    /// are: what their nodes use and somebody would take away otherwise, such as files.
    ///
    /// # Errors
    /// As [`Graph::build`].
    pub fn holding(manifest: &Manifest, registry: &Registry, held: impl Any + Send + Sync) -> Result<Self> {
        let graph = Graph::build(manifest, registry)?;
        Ok(Self::of(Graph { _held: Some(Box::new(held)), ..graph }))
    }

    fn of(graph: Graph) -> Self {
        let plan = Plan::new(&graph);
        Self { graph: Arc::new(graph), plan: Arc::new(plan) }
    }

    /// The checked graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// For each node of the graph: the number of the stage it runs in, and why it runs there.
    pub fn placement(&self) -> impl Iterator<Item = (usize, &str)> {
        self.plan.placement.iter().map(|placement| (placement.stage, placement.why.as_str()))
    }

    /// Starts a session and waits until every node is initialised.
    ///
    /// # Errors
    /// If a node cannot be made or initialised; those that were initialised are cleaned up.
    pub fn start(&self, driver: &Arc<dyn Driver>) -> Result<Session> {
        let session = self.prepare(driver, &SessionConfig::default())?;
        session.wait_ready(None)?;
        Ok(session)
    }

    /// Makes the nodes of a session and begins to initialise them. Packets may be sent at once; they wait.
    ///
    /// # Errors
    /// If a node cannot be made.
    pub fn launch(&self, driver: &Arc<dyn Driver>, config: &SessionConfig) -> Result<Session> {
        let session = self.prepare(driver, config)?;
        session.call_for_help();
        Ok(session)
    }

    /// As [`launch`](Self::launch), for a caller that runs everything itself.
    fn prepare(&self, driver: &Arc<dyn Driver>, config: &SessionConfig) -> Result<Session> {
        let core = SessionCore::create(&self.graph, &self.plan, driver, config)?;
        Ok(Session::launch(core))
    }

    /// Runs the pipeline on a list of inputs and gives the full list of outputs.
    ///
    /// # Errors
    /// The first error, at once; what was done before it is discarded.
    pub fn run(&self, driver: &Arc<dyn Driver>, inputs: impl IntoIterator<Item = Packet>) -> Result<Vec<Packet>> {
        let session = self.prepare(driver, &SessionConfig::default())?;
        let mut outputs = Vec::new();
        let result = session.run_to_end(inputs, &mut outputs);
        if let Err(error) = result {
            session.cancel();
            session.wait_over(Some(driver.now() + CLEANUP_GRACE));
            return Err(error);
        }
        Ok(outputs)
    }
}

/// How long a failed run waits for its nodes to be cleaned up before it reports the error all the same.
pub(crate) const CLEANUP_GRACE: Span = Span::from_millis(2000);
