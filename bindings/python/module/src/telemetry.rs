//! The process's telemetry: what the environment asks for, unless the command line says otherwise.

use std::sync::OnceLock;
use std::time::Duration;

use remotemedia::Telemetry;
use tracing::Subscriber;

static TELEMETRY: OnceLock<Result<Option<Telemetry>, String>> = OnceLock::new();

/// Where spans and metrics go to, if anywhere. Looked up once.
pub(crate) fn telemetry() -> Option<&'static Telemetry> {
    of_process().as_ref().ok()?.as_ref()
}

/// Decides for the process, if that was not done yet.
#[cfg(feature = "command")]
pub(crate) fn decide(telemetry: Option<&Telemetry>) {
    // Whoever came first has made a runtime with it.
    let _ = TELEMETRY.set(Ok(telemetry.cloned()));
}

/// Begins to report: events to `log`, spans to the collector if there is one.
pub(crate) fn install(log: impl Subscriber + Send + Sync) {
    // It fails only where the program around has a log already, which then stays.
    let _ = match telemetry() {
        Some(telemetry) => tracing::subscriber::set_global_default(telemetry.subscriber(log)),
        None => tracing::subscriber::set_global_default(log),
    };
    if let Err(message) = of_process() {
        tracing::warn!(target: "remotemedia::telemetry", "no telemetry is exported: {message}");
    }
}

/// Exports what is left. For the end of the interpreter.
pub(crate) fn shut_down() {
    if let Some(Ok(Some(telemetry))) = TELEMETRY.get() {
        telemetry.shut_down(PATIENCE);
    }
}

fn of_process() -> &'static Result<Option<Telemetry>, String> {
    TELEMETRY.get_or_init(|| Telemetry::from_env().map_err(|error| error.to_string()))
}

/// How long the end of the interpreter waits for the collector.
const PATIENCE: Duration = Duration::from_secs(5);
