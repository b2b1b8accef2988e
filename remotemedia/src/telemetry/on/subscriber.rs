//! The subscriber of `tracing`: spans go to the exporter, events to a log.

use std::sync::Arc;

use opentelemetry_sdk::trace::SdkTracer;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

/// A layer that exports the spans of this product, with the events within them.
pub(super) fn spans<S>(tracer: SdkTracer) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let wanted = |metadata: &Metadata<'_>| {
        metadata.target().starts_with("remotemedia") && (metadata.is_span() || *metadata.level() <= Level::INFO)
    };
    tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(wanted))
}

/// A layer that hands events to a subscriber that knows nothing of layers.
pub(super) fn events<S, L>(log: L) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    L: Subscriber + Send + Sync,
{
    let log = Arc::new(log);
    Events(Arc::clone(&log)).with_filter(Wanted(log))
}

struct Events<L>(Arc<L>);

impl<S: Subscriber, L: Subscriber> Layer<S> for Events<L> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.0.event(event);
    }
}

/// What the log wants to hear; that may change at any time.
struct Wanted<L>(Arc<L>);

impl<S, L: Subscriber> Filter<S> for Wanted<L> {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        metadata.is_event() && self.0.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.max_level_hint()
    }
}
