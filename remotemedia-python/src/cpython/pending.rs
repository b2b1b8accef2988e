//! Futures of the runtime as Python waits for them: on an event loop by polling, on a thread by blocking.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use remotemedia_core::node::BoxFuture;

use super::error::aside;
use super::threads::Entered;

/// A future of the runtime.
#[pyclass(frozen, module = "remotemedia._native")]
pub struct Pending(Mutex<State>);

enum State {
    Waiting(BoxFuture<'static, PyResult<Py<PyAny>>>),
    Done(PyResult<Py<PyAny>>),
    /// Being polled, or the result was taken.
    Empty,
}

impl Pending {
    /// Wraps a future.
    pub fn new(future: impl Future<Output = PyResult<Py<PyAny>>> + Send + 'static) -> Self {
        Self(Mutex::new(State::Waiting(Box::pin(future))))
    }

    fn replace(&self, state: State) -> State {
        std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), state)
    }
}

#[pymethods]
impl Pending {
    /// Whether it is done. If not, `wake()` is called, from any thread, when it is worth asking again.
    fn poll(&self, py: Python<'_>, wake: Py<PyAny>) -> bool {
        let _entered = Entered::from_python(py);
        let waker = Waker::from(Arc::new(Callback(wake)));
        let state = match self.replace(State::Empty) {
            State::Waiting(mut future) => match py.detach(|| future.as_mut().poll(&mut Context::from_waker(&waker))) {
                Poll::Ready(result) => State::Done(result),
                Poll::Pending => State::Waiting(future),
            },
            state => state,
        };
        let done = !matches!(state, State::Waiting(_));
        self.replace(state);
        done
    }

    /// The result, once.
    fn result(&self) -> PyResult<Py<PyAny>> {
        match self.replace(State::Empty) {
            State::Done(result) => result,
            _ => Err(PyRuntimeError::new_err("the result is not there, or was taken")),
        }
    }

    /// Blocks until it is done and gives the result.
    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let _entered = Entered::from_python(py);
        match self.replace(State::Empty) {
            State::Waiting(future) => block_on(py, future)?,
            State::Done(result) => result,
            State::Empty => Err(PyRuntimeError::new_err("the result was taken")),
        }
    }
}

/// Blocks the calling thread, detached from the interpreter, until the future is done.
///
/// # Errors
/// What a signal handler raised meanwhile.
pub(super) fn block_on<T: Send>(py: Python<'_>, future: impl Future<Output = T> + Send) -> PyResult<T> {
    let mut future = pin!(future);
    loop {
        if let Some(value) = block_for(py, future.as_mut(), SIGNALS_EVERY) {
            return Ok(value);
        }
        py.check_signals()?;
    }
}

/// As [`block_on`], for as long as `limit` at most, and deaf to signals.
pub(super) fn block_for<T: Send>(
    py: Python<'_>,
    mut future: Pin<&mut (impl Future<Output = T> + Send)>,
    limit: Duration,
) -> Option<T> {
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    py.detach(|| {
        let ends = Instant::now() + limit;
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(value);
            }
            let left = ends.checked_duration_since(Instant::now())?;
            thread::park_timeout(left);
        }
    })
}

/// How long a wait lasts before signals such as Ctrl-C are looked at.
pub(super) const SIGNALS_EVERY: Duration = Duration::from_millis(20);

struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

struct Callback(Py<PyAny>);

impl Wake for Callback {
    fn wake(self: Arc<Self>) {
        aside(|py| self.0.call0(py).map(drop));
    }
}
