//! Telemetry: spans and metrics to an OpenTelemetry collector, as OTLP over HTTP (feature `otel`).
//!
//! Nothing is exported unless a program asks for it, and then a pipeline never waits for the collector: what finds no
//! room in a bounded queue is counted, dropped and reported once.
//!
//! ```no_run
//! use std::time::Duration;
//! use remotemedia::{Runtime, Telemetry};
//!
//! # fn main() -> remotemedia::Result<()> {
//! let telemetry = Telemetry::from_env()?;                    // OTEL_EXPORTER_OTLP_ENDPOINT and its like
//! let mut builder = Runtime::builder();
//! if let Some(telemetry) = &telemetry {
//!     telemetry.install();                                   // spans
//!     builder = builder.telemetry(telemetry);                // metrics
//! }
//! let runtime = builder.build()?;
//! // …
//! if let Some(telemetry) = &telemetry {
//!     telemetry.shut_down(Duration::from_secs(5));           // what is not yet sent
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(not(feature = "otel"))]
mod off;
#[cfg(feature = "otel")]
mod on;

#[cfg(not(feature = "otel"))]
pub use off::Telemetry;
#[cfg(feature = "otel")]
pub use on::Telemetry;
