//! The collector, as its exporters know it: what got there, and what is told of it when something did not.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// What is known of the collector.
#[derive(Debug, Default)]
pub(super) struct Collector {
    /// Why the last request failed.
    trouble: Mutex<String>,
    told: AtomicBool,
    /// Spans that ended.
    spans_ended: AtomicU64,
    /// Spans that came out of the queue.
    spans_taken: AtomicU64,
}

impl Collector {
    /// Notes why a request failed; it may be tried again.
    pub(super) fn note(&self, trouble: String) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    pub(super) fn count_ended(&self) {
        self.spans_ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells what is wrong with the collector, once.
    pub(super) fn tell(&self, trouble: &str) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: TARGET,
                "telemetry is lost: {trouble}; the pipeline goes on without it, and this is said only once"
            );
        }
    }

    /// Tells of spans that found no room in the queue; for the end.
    pub(super) fn tell_of_overflow(&self) {
        let ended = self.spans_ended.load(Ordering::Relaxed);
        let lost = ended.saturating_sub(self.spans_taken.load(Ordering::Relaxed));
        if lost > 0 {
            tracing::warn!(
                target: TARGET,
                "telemetry: {lost} of {ended} spans found no room in the queue; OTEL_BSP_MAX_QUEUE_SIZE makes it \
                 larger, OTEL_TRACES_SAMPLER=traceidratio with OTEL_TRACES_SAMPLER_ARG leaves out whole sessions"
            );
        }
    }

    fn heard(&self, result: &OTelSdkResult) {
        if let Err(error) = result {
            let trouble = std::mem::take(&mut *self.trouble.lock().unwrap_or_else(PoisonError::into_inner));
            self.tell(&if trouble.is_empty() { error.to_string() } else { trouble });
        }
    }
}

/// An exporter whose collector is told what became of each export.
#[derive(Debug)]
pub(super) struct Told<E>(pub(super) E, pub(super) Arc<Collector>);

impl<E: SpanExporter> SpanExporter for Told<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.1.spans_taken.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let result = self.0.export(batch).await;
        self.1.heard(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Told<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let result = self.0.export(metrics).await;
        self.1.heard(&result);
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.0.temporality()
    }
}

/// Under which name the log knows telemetry.
const TARGET: &str = "remotemedia::telemetry";
