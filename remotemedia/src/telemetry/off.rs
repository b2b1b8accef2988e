//! Telemetry in a build without the feature `otel`: there is none.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use remotemedia_core::driver::Driver;
use remotemedia_core::{Error, ErrorKind, Result};
use tracing::Subscriber;

/// The way to an OpenTelemetry collector; this build has none, so that there is no such value.
#[derive(Clone, Debug)]
pub struct Telemetry(Infallible);

impl Telemetry {
    /// Nothing: the variables are for builds that have telemetry.
    ///
    /// # Errors
    /// None.
    pub fn from_env() -> Result<Option<Self>> {
        Ok(None)
    }

    /// Refuses.
    ///
    /// # Errors
    /// Always, naming the feature that is missing.
    pub fn to(_endpoint: Option<&str>) -> Result<Self> {
        let message = "OpenTelemetry is not part of this build; switch on the cargo feature \"otel\"";
        Err(Error::new(ErrorKind::Usage, message))
    }

    /// A driver on top of `driver` that counts what its sessions do.
    pub fn observe(&self, _driver: Arc<dyn Driver>) -> Arc<dyn Driver> {
        match self.0 {}
    }

    /// A subscriber that exports spans and hands events to `log`.
    pub fn subscriber(&self, _log: impl Subscriber + Send + Sync) -> Box<dyn Subscriber + Send + Sync> {
        match self.0 {}
    }

    /// Exports the spans of a program that has no log of its own.
    pub fn install(&self) -> bool {
        match self.0 {}
    }

    /// Exports what is not yet exported.
    pub fn shut_down(&self, _limit: Duration) -> bool {
        match self.0 {}
    }
}
