//! Telemetry in a build with the feature `otel`.

mod client;
mod collector;
mod driver;
mod instruments;
mod sessions;
mod settings;
mod spans;
mod subscriber;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use remotemedia_core::driver::Driver;
use remotemedia_core::{Error, ErrorKind, Result};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

use crate::build::VERSION;

use client::Client;
use collector::{Collector, Told};
use driver::Observing;
use sessions::Sessions;
use settings::Settings;
use spans::Finish;

/// The way to an OpenTelemetry collector. Cheap to clone; a program needs one.
///
/// Metrics are those of the runtimes made with [`RuntimeBuilder::telemetry`](crate::RuntimeBuilder::telemetry), spans
/// come from the subscriber that [`install`](Self::install), [`subscriber`](Self::subscriber) or
/// [`layer`](Self::layer) gives.
#[derive(Clone)]
pub struct Telemetry(Arc<Inner>);

struct Inner {
    sessions: Arc<Sessions>,
    collector: Arc<Collector>,
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    is_shut_down: AtomicBool,
}

impl Telemetry {
    /// What the standard environment variables ask for: nothing, unless one of `OTEL_EXPORTER_OTLP_ENDPOINT`,
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` is set.
    ///
    /// # Errors
    /// If a variable asks for what this build cannot do, such as another protocol than `http/protobuf`.
    pub fn from_env() -> Result<Option<Self>> {
        Settings::from_env(variable)?.map(|settings| Self::new(&settings)).transpose()
    }

    /// Telemetry to the collector at `endpoint`, a URL such as `http://localhost:4318`; without one to where the
    /// environment variables say, else to that one.
    ///
    /// # Errors
    /// If the endpoint is no such URL, or as [`from_env`](Self::from_env).
    pub fn to(endpoint: Option<&str>) -> Result<Self> {
        Self::new(&Settings::to(endpoint, variable)?)
    }

    fn new(settings: &Settings) -> Result<Self> {
        let (sessions, collector) = (Arc::<Sessions>::default(), Arc::<Collector>::default());
        let client = Client::new(settings, Arc::clone(&collector))?;
        let traces = settings.traces.as_ref().map(|url| traces(url, &client, settings, &collector)).transpose();
        let metrics = settings.metrics.as_ref().map(|url| metrics(url, &client, settings, &collector)).transpose();
        let (traces, metrics) = (traces.map_err(unusable)?, metrics.map_err(unusable)?);
        if let Some(metrics) = &metrics {
            instruments::make(&metrics.meter_with_scope(scope()), &sessions);
        }
        Ok(Self(Arc::new(Inner { sessions, collector, traces, metrics, is_shut_down: AtomicBool::new(false) })))
    }

    /// A driver on top of `driver` that counts what its sessions do.
    pub fn observe(&self, driver: Arc<dyn Driver>) -> Arc<dyn Driver> {
        Arc::new(Observing { driver, sessions: Arc::clone(&self.0.sessions) })
    }

    /// A layer that exports spans, for programs that build a subscriber of their own; nothing if spans are not to be
    /// exported.
    pub fn layer<S>(&self) -> Option<impl Layer<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let traces = self.0.traces.as_ref()?;
        Some(subscriber::spans(traces.tracer_with_scope(scope())))
    }

    /// A subscriber that exports spans and hands events to `log`.
    pub fn subscriber(&self, log: impl Subscriber + Send + Sync) -> Box<dyn Subscriber + Send + Sync> {
        Box::new(tracing_subscriber::registry().with(self.layer()).with(subscriber::events(log)))
    }

    /// Exports the spans of a program that has no log of its own. Gives whether there was none.
    pub fn install(&self) -> bool {
        tracing::subscriber::set_global_default(tracing_subscriber::registry().with(self.layer())).is_ok()
    }

    /// Exports what is not yet exported, and nothing more after that. Gives whether that was done within `limit`; a
    /// collector that does not answer is given up on then. Called again it does nothing.
    pub fn shut_down(&self, limit: Duration) -> bool {
        if self.0.is_shut_down.swap(true, Ordering::Relaxed) {
            return true;
        }
        let end = Instant::now() + limit;
        let (done, all_done) = mpsc::channel();
        if let Some(traces) = self.0.traces.clone() {
            beside(&done, move || traces.shutdown_with_timeout(limit));
        }
        if let Some(metrics) = self.0.metrics.clone() {
            beside(&done, move || metrics.shutdown_with_timeout(limit));
        }
        drop(done);
        let in_time = loop {
            match all_done.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Ok(())) => {}
                Ok(Err(_)) => break false,
                Err(RecvTimeoutError::Disconnected) => break true,
                Err(RecvTimeoutError::Timeout) => break false,
            }
        };
        if in_time {
            self.0.collector.tell_of_overflow();
        } else {
            self.0.collector.tell(&format!("the collector took not all of it within {limit:?}"));
        }
        in_time
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Telemetry({:?})", self.0.collector)
    }
}

/// Does `work` on a thread of its own; where there is none, it is left undone.
fn beside(done: &mpsc::Sender<OTelSdkResult>, work: impl FnOnce() -> OTelSdkResult + Send + 'static) {
    let done = done.clone();
    let thread = thread::Builder::new().name("telemetry".to_owned());
    let _ = thread.spawn(move || {
        // Nobody listens any more once the time is over.
        let _ = done.send(work());
    });
}

fn traces(
    url: &str,
    client: &Client,
    settings: &Settings,
    collector: &Arc<Collector>,
) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_http().with_http_client(client.clone());
    let exporter = exporter.with_endpoint(url).with_timeout(settings.timeout).build()?;
    let mut queue = BatchConfigBuilder::default();
    if variable("OTEL_BSP_MAX_QUEUE_SIZE").is_none() {
        queue = queue.with_max_queue_size(QUEUED_SPANS);
    }
    let exporter = Told(exporter, Arc::clone(collector));
    let queue = BatchSpanProcessor::builder(exporter).with_batch_config(queue.build()).build();
    let finish = Finish { queue, collector: Arc::clone(collector) };
    Ok(SdkTracerProvider::builder().with_span_processor(finish).with_resource(resource()).build())
}

fn metrics(
    url: &str,
    client: &Client,
    settings: &Settings,
    collector: &Arc<Collector>,
) -> Result<SdkMeterProvider, ExporterBuildError> {
    let exporter = MetricExporter::builder().with_http().with_http_client(client.clone());
    let exporter = exporter.with_endpoint(url).with_timeout(settings.timeout).build()?;
    let reader = PeriodicReader::builder(Told(exporter, Arc::clone(collector))).build();
    Ok(SdkMeterProvider::builder().with_reader(reader).with_resource(resource()).build())
}

/// What is exported of the process: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`, with a name in any case.
fn resource() -> Resource {
    let builder = Resource::builder();
    let is_named = variable("OTEL_SERVICE_NAME").is_some()
        || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|attributes| attributes.contains("service.name="));
    if is_named { builder.build() } else { builder.with_service_name("remotemedia").build() }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("remotemedia").with_version(VERSION).build()
}

/// An environment variable; by the specification an empty one is none.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn unusable(error: ExporterBuildError) -> Error {
    Error::new(ErrorKind::Usage, format!("telemetry cannot be exported: {error}"))
}

/// How many spans may wait to be exported, unless `OTEL_BSP_MAX_QUEUE_SIZE` says otherwise.
const QUEUED_SPANS: usize = 16_384;
