//! The log: what the runtime reports while a pipeline runs, on standard error, above the live table.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use remotemedia::Telemetry;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::console::{Style, terminal_size};
use crate::paint::{Paint, Tone};
use crate::watch::Screen;

/// Writes events of some level and above.
pub(crate) struct Log {
    /// How much is written.
    pub(crate) level: Level,
    /// Whether it is written as JSON.
    pub(crate) as_json: bool,
    /// What standard error is.
    pub(crate) style: Style,
    /// What stands at the bottom of the terminal.
    pub(crate) screen: Arc<Mutex<Screen>>,
}

impl Log {
    /// Begins to write, and to export spans, unless the program around the command has a log of its own.
    pub(crate) fn start(self, telemetry: Option<&Telemetry>) {
        // It fails only where there is another log.
        let _ = match telemetry {
            Some(telemetry) => tracing::subscriber::set_global_default(telemetry.subscriber(self)),
            None => tracing::subscriber::set_global_default(self),
        };
    }

    fn line(&self, event: &Event<'_>) -> String {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = *event.metadata().level();
        if self.as_json {
            let level = level.as_str().to_lowercase();
            return json!({"log": {"level": level, "message": fields.message, "fields": fields.others}}).to_string();
        }
        fields.in_words(level, self.style.paint)
    }
}

/// The level for a number of `-v` options.
pub(crate) fn level(verbosity: u8) -> Level {
    match verbosity {
        0 => Level::WARN,
        1 => Level::INFO,
        2 => Level::DEBUG,
        _ => Level::TRACE,
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.level && metadata.target().starts_with("remotemedia")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::from_level(self.level))
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let line = self.line(event);
        // Nothing panics while the lock is held, so what is behind it is whole.
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written has nobody to tell.
        let _ = screen.print(&line, terminal_size().0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn in_words(&self, level: Level, paint: Paint) -> String {
        let (name, tone) = match level {
            Level::ERROR => ("error:", Tone::Bad),
            Level::WARN => ("warning:", Tone::Warning),
            Level::INFO => ("info:", Tone::Strong),
            Level::DEBUG => ("debug:", Tone::Faint),
            Level::TRACE => ("trace:", Tone::Faint),
        };
        let mut line = format!("{} {}", paint.tone(tone, name), self.message);
        for (index, (name, value)) in self.others.iter().enumerate() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let separator = if index == 0 { ":" } else { "," };
            write!(line, "{separator} {name} {value}").expect("text takes every write");
        }
        line.replace('\n', "\n  ")
    }

    fn set(&mut self, field: &Field, value: Value) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            _ => self.set(field, format!("{value:?}").into()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = value.to_owned(),
            _ => self.set(field, value.into()),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }
}
