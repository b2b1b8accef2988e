//! Spans on their way to the queue: named and marked as OpenTelemetry has it.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry::{Context, Key, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};

use super::collector::Collector;

/// Gives finished spans their final form before they wait to be exported.
#[derive(Debug)]
pub(super) struct Finish {
    pub(super) queue: BatchSpanProcessor,
    pub(super) collector: Arc<Collector>,
}

impl SpanProcessor for Finish {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.queue.on_start(span, cx);
    }

    fn on_end(&self, mut span: SpanData) {
        finish(&mut span);
        self.collector.count_ended();
        self.queue.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.queue.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.queue.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.queue.set_resource(resource);
    }
}

/// Adds what the span is about to its name, the product to the names of its attributes, and an error to its status.
fn finish(span: &mut SpanData) {
    for KeyValue { key, value, .. } in &mut span.attributes {
        match key.as_str() {
            "error" => {
                span.status = Status::error(value.to_string());
                *key = Key::new("exception.message");
            }
            "node" | "pipeline" => {
                span.name = format!("{} {value}", span.name).into();
                *key = Key::new(format!("remotemedia.{key}"));
            }
            "item" | "session" => {
                *key = Key::new(format!("remotemedia.{key}"));
                // The bridge from `tracing` writes such numbers as text.
                if let Ok(number) = value.as_str().parse::<i64>() {
                    *value = number.into();
                }
            }
            _ => {}
        }
    }
}
