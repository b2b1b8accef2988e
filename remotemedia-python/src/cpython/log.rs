//! The log of the runtime and the log of Python: what one reports, the other shows.

use std::ffi::CStr;
use std::fmt::{self, Write as _};
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::threads::attach_unless_closed;

/// Shows what the runtime reports through Python's `logging`, by loggers below `remotemedia`.
///
/// How much is looked up here: the level of the logger `remotemedia`. The first time, `install` makes the log that of
/// the process, unless there is one.
///
/// # Errors
/// If the level cannot be read.
pub fn show_in_python(py: Python<'_>, install: impl FnOnce(PythonLog)) -> PyResult<()> {
    static STARTED: Once = Once::new();
    let level = python_level(py)?;
    let before = LEVEL.swap(level, Ordering::Relaxed);
    STARTED.call_once(|| install(PythonLog));
    if before != level {
        tracing::callsite::rebuild_interest_cache();
    }
    Ok(())
}

/// A `logging.Handler` that hands Python's records to the runtime's log.
///
/// # Errors
/// If Python has no memory left.
pub fn runtime_handler(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || {
        let module = PyModule::from_code(py, HANDLER_PY, c"remotemedia/log_handler.py", c"remotemedia._log_handler")?;
        PyResult::Ok(module.getattr("RuntimeHandler")?.unbind())
    })?;
    class.bind(py).call1((pyo3::wrap_pyfunction!(forward, py)?,))
}

/// Reports a record of Python's `logging` in the runtime's log.
#[pyfunction]
fn forward(level: u8, logger: &str, message: &str) {
    match level {
        40.. => tracing::error!(target: FROM_PYTHON, logger, "{message}"),
        30.. => tracing::warn!(target: FROM_PYTHON, logger, "{message}"),
        20.. => tracing::info!(target: FROM_PYTHON, logger, "{message}"),
        10.. => tracing::debug!(target: FROM_PYTHON, logger, "{message}"),
        _ => tracing::trace!(target: FROM_PYTHON, logger, "{message}"),
    }
}

/// The target of events that came from Python.
const FROM_PYTHON: &str = "remotemedia::python";

/// How much Python shows: 0 for nothing to 5 for everything.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The runtime's events as records of Python's `logging`.
pub struct PythonLog;

impl Subscriber for PythonLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        metadata.is_event()
            && rank(metadata.level()) <= LEVEL.load(Ordering::Relaxed)
            && target.starts_with("remotemedia")
            && target != FROM_PYTHON
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match LEVEL.load(Ordering::Relaxed) {
            0 => LevelFilter::OFF,
            1 => LevelFilter::ERROR,
            2 => LevelFilter::WARN,
            3 => LevelFilter::INFO,
            4 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        })
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let (level, name) = (severity(event.metadata().level()), logger_name(event.metadata().target()));
        attach_unless_closed(|py| {
            let log = || {
                let logger = logger(py, &name)?;
                logger.call_method1("log", (level, "%s", text.whole()))
            };
            if let Err(error) = log() {
                error.write_unraisable(py, None);
            }
        });
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// An event's message, and its fields behind it.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn whole(self) -> String {
        self.message + &self.fields
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
        written.expect("writing to a string does not fail");
    }
}

/// The logger of that name. Programs that set up no logging get to see nothing, as from other libraries.
fn logger<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let logging = py.import("logging")?;
    let package = logging.call_method1("getLogger", ("remotemedia",))?;
    if package.getattr("handlers")?.is_empty()? {
        package.call_method1("addHandler", (logging.call_method0("NullHandler")?,))?;
    }
    logging.call_method1("getLogger", (name,))
}

/// `remotemedia.core.executor` for `remotemedia_core::executor`.
fn logger_name(target: &str) -> String {
    target.replace("::", ".").replacen("remotemedia_", "remotemedia.", 1)
}

fn rank(level: &Level) -> u8 {
    match *level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

fn severity(level: &Level) -> u8 {
    match rank(level) {
        5 => 5,
        rank => 50 - 10 * rank,
    }
}

/// The level of the logger `remotemedia`; warnings where the program has not even imported `logging`.
fn python_level(py: Python<'_>) -> PyResult<u8> {
    let modules = py.import(pyo3::intern!(py, "sys"))?.getattr(pyo3::intern!(py, "modules"))?;
    let Some(logging) = modules.cast::<PyDict>()?.get_item(pyo3::intern!(py, "logging"))? else { return Ok(2) };
    let logger = logging.call_method1("getLogger", ("remotemedia",))?;
    Ok(match logger.call_method0("getEffectiveLevel")?.extract::<u32>()? {
        0..=5 => 5,
        6..=10 => 4,
        11..=20 => 3,
        21..=30 => 2,
        31..=40 => 1,
        _ => 0,
    })
}

const HANDLER_PY: &CStr = match CStr::from_bytes_with_nul(concat!(include_str!("log_handler.py"), "\0").as_bytes()) {
    Ok(source) => source,
    Err(_) => panic!("the source of the log handler holds no zero byte"),
};
