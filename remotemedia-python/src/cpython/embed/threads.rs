//! The threads of one runtime's asynchronous nodes: their event loops', and those of their generators. They are joined
//! when the runtime ends.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use pyo3::prelude::*;

/// Threads that run Python code. Cheap to clone.
#[derive(Clone, Default)]
pub struct Threads(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Guards which threads there are. Nothing waits while it is held.
    state: Mutex<State>,
    /// Told when the last one that was at work comes to its end.
    over: Condvar,
}

#[derive(Default)]
struct State {
    started: Vec<JoinHandle<()>>,
    at_work: usize,
}

/// Starts a thread: called as `start(run, name)`.
#[pyclass(frozen)]
struct Starter(Threads);

/// A thread at work; dropped at its end, which comes after `start` has counted it.
struct AtWork(Threads);

impl Threads {
    /// Waits until every thread has come to its end, for `patience` at most, and joins those that have. The calling
    /// thread does not have the interpreter.
    pub fn join(&self, patience: Duration) {
        let state = self.lock();
        let waited = self.0.over.wait_timeout_while(state, patience, |state| state.at_work > 0);
        let (mut state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        let started = std::mem::take(&mut state.started);
        drop(state);
        // One that is not over stays behind.
        join(started.into_iter().filter(|thread| !waited.timed_out() || thread.is_finished()));
    }

    /// What starts a thread, for Python.
    ///
    /// # Errors
    /// If Python has no memory left.
    pub(super) fn starter<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(Bound::new(py, Starter(self.clone()))?.into_any())
    }

    fn start(&self, name: String, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let mut state = self.lock();
        let threads = self.clone();
        let started = Builder::new().name(name).stack_size(STACK_BYTES).spawn(move || {
            let _until_then = AtWork(threads);
            work();
        })?;
        state.at_work += 1;
        let (over, mut rest): (Vec<_>, Vec<_>) = state.started.drain(..).partition(JoinHandle::is_finished);
        rest.push(started);
        state.started = rest;
        drop(state);
        join(over);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Threads({})", self.lock().started.len())
    }
}

#[pymethods]
impl Starter {
    fn __call__(&self, run: Py<PyAny>, name: String) -> PyResult<()> {
        let work = move || {
            Python::attach(|py| {
                let run = run.into_bound(py);
                if let Err(error) = run.call0() {
                    error.write_unraisable(py, Some(&run));
                }
            });
        };
        Ok(self.0.start(name, work)?)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.lock().at_work -= 1;
        self.0.0.over.notify_all();
    }
}

/// What Python's own threads have on most systems, whatever the environment says of Rust's.
const STACK_BYTES: usize = 8 << 20;

/// Joins threads that are over, or as good as that.
fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    for thread in threads {
        // A panic in it was told when it happened.
        let _ = thread.join();
    }
}
