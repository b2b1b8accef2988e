//! Sets a runtime up: threads, clock and node types.

use std::sync::Arc;

use remotemedia_core::driver::Driver;
use remotemedia_core::{Registry, Result};

use crate::families::standard_nodes;
use crate::runtime::Runtime;
use crate::telemetry::Telemetry;

/// What a [`Runtime`] is to be made of.
///
/// ```
/// use remotemedia::Runtime;
/// # fn main() -> remotemedia::Result<()> {
/// let runtime = Runtime::builder().workers(2).build()?;
/// assert!(runtime.driver().is_threaded());
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use = "call build() to get the runtime"]
pub struct RuntimeBuilder {
    workers: Option<usize>,
    driver: Option<Arc<dyn Driver>>,
    registry: Option<Registry>,
    telemetry: Option<Telemetry>,
}

impl RuntimeBuilder {
    /// How many threads carry timers and asynchronous nodes; one per processor core unless set. Nodes that block get
    /// further threads while they do. Without the feature `tokio`, or with a driver handed in, this changes nothing.
    pub fn workers(mut self, count: usize) -> Self {
        self.workers = Some(count);
        self
    }

    /// Runs everything on the host's tokio runtime, whose timers must be enabled, instead of one of its own.
    ///
    /// ```
    /// use remotemedia::Runtime;
    /// # #[tokio::main]
    /// # async fn main() -> remotemedia::Result<()> {
    /// let runtime = Runtime::builder().on(tokio::runtime::Handle::current()).build()?;
    /// # assert!(runtime.driver().is_threaded());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tokio")]
    pub fn on(self, handle: tokio::runtime::Handle) -> Self {
        self.driver(Arc::new(remotemedia_core::driver::TokioDriver::on(handle)))
    }

    /// Runs everything on a driver of the host's choice, such as
    /// [`SingleThreaded`](remotemedia_core::driver::SingleThreaded) for tests on virtual time.
    pub fn driver(mut self, driver: Arc<dyn Driver>) -> Self {
        self.driver = Some(driver);
        self
    }

    /// The node types that manifests can name; [`standard_nodes`] unless set. To add to the standard nodes, begin with
    /// them.
    pub fn registry(mut self, registry: Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Exports the metrics of every session; see [`telemetry`](crate::telemetry) for spans.
    pub fn telemetry(mut self, telemetry: &Telemetry) -> Self {
        self.telemetry = Some(telemetry.clone());
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// If the operating system gives no threads.
    pub fn build(self) -> Result<Runtime> {
        let driver = match self.driver {
            Some(driver) => driver,
            None => own_driver(self.workers)?,
        };
        let driver = match &self.telemetry {
            Some(telemetry) => telemetry.observe(driver),
            None => driver,
        };
        Ok(Runtime::of(driver, Arc::new(self.registry.unwrap_or_else(standard_nodes))))
    }
}

#[cfg(feature = "tokio")]
fn own_driver(workers: Option<usize>) -> Result<Arc<dyn Driver>> {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Arc::new(remotemedia_core::driver::TokioDriver::new(workers.unwrap_or_else(cores))?))
}

#[cfg(not(feature = "tokio"))]
fn own_driver(_workers: Option<usize>) -> Result<Arc<dyn Driver>> {
    Ok(Arc::new(remotemedia_core::driver::SingleThreaded::new()))
}
