//! Sessions that are open, so that none outlives the interpreter.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use remotemedia::session::Session as Running;
use remotemedia::time::Timestamp;
use remotemedia_python::cpython::{Caller, PySession, any_inside, close_interpreter};

use crate::runtime::runtime;
use crate::telemetry;
use crate::waits::deadline;

/// A session and what is needed to end it.
pub(crate) struct Open {
    running: Weak<Running>,
    python: Weak<PySession>,
    feeder: Arc<Caller>,
}

impl Open {
    pub(crate) fn new(running: &Arc<Running>, python: &Arc<PySession>, feeder: &Arc<Caller>) -> Self {
        Self { running: Arc::downgrade(running), python: Arc::downgrade(python), feeder: Arc::clone(feeder) }
    }
}

static OPEN: Mutex<Vec<Open>> = Mutex::new(Vec::new());

/// Remembers a session until it is gone, and ends it with the interpreter.
pub(crate) fn remember(py: Python<'_>, session: Open) -> PyResult<()> {
    static REGISTERED: PyOnceLock<()> = PyOnceLock::new();
    REGISTERED.get_or_try_init(py, || {
        let end = wrap_pyfunction!(shut_down, py)?;
        py.import("atexit")?.call_method1("register", (end,)).map(drop)
    })?;
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|session| session.running.strong_count() > 0);
    open.push(session);
    Ok(())
}

/// Forgets the sessions of a parent process, whose threads are not in this one.
pub(crate) fn forget() {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Cancels every session and waits for its nodes; ends calls that go on all the same. For the end of the interpreter.
#[pyfunction]
fn shut_down(py: Python<'_>) -> PyResult<()> {
    let open = std::mem::take(&mut *OPEN.lock().unwrap_or_else(PoisonError::into_inner));
    let python = || open.iter().filter_map(|session| session.python.upgrade());
    python().for_each(|python| python.end_with_the_interpreter());
    let running: Vec<Arc<Running>> = open.iter().filter_map(|session| session.running.upgrade()).collect();
    py.detach(|| {
        open.iter().for_each(|session| call_deferred(&session.feeder));
        running.iter().for_each(|session| session.cancel());
    });
    let mut over = wait_for_all(py, &running)?;
    if !over {
        python().for_each(|python| python.interrupt_calls(py));
        over = wait_for_all(py, &running)?;
        tracing::debug!(over, "sessions ended with the interpreter");
    }
    // Its log may want the interpreter.
    py.detach(telemetry::shut_down);
    close_interpreter();
    if over { wait_for_all(py, &[]).map(drop) } else { Ok(()) }
}

/// Lets workers do what a caller has put off to do itself.
pub(crate) fn call_deferred(feeder: &Caller) {
    if let Ok(runtime) = runtime() {
        feeder.take_deferred().into_iter().for_each(|job| runtime.driver().assist(job));
    }
}

/// Waits until every session is over and no thread is on its way back to the interpreter; gives whether that came soon.
fn wait_for_all(py: Python<'_>, running: &[Arc<Running>]) -> PyResult<bool> {
    let deadline = deadline(Some(PATIENCE))?;
    py.detach(|| Ok(running.iter().all(|session| session.wait_over(deadline)) && all_are_back(deadline)?))
}

fn all_are_back(deadline: Option<Timestamp>) -> PyResult<bool> {
    let driver = runtime()?.driver();
    while any_inside() {
        if deadline.is_some_and(|deadline| driver.now() >= deadline) {
            return Ok(false);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(true)
}

/// How long the end of the interpreter waits for nodes, in seconds; and as long again for those whose calls it ended.
const PATIENCE: f64 = 1.0;
const LOOK_EVERY: Duration = Duration::from_millis(1);
