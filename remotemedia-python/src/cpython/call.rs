//! A call that runs on the event loop, as a future of the runtime. Dropping it cancels the call.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::error::aside;

/// A call into a node on the event loop.
pub(super) struct LoopCall {
    progress: Arc<Progress>,
    calls: Py<PyAny>,
}

#[derive(Default)]
struct Progress(Mutex<Ending>);

#[derive(Default)]
struct Ending {
    result: Option<PyResult<Py<PyAny>>>,
    over: bool,
    waker: Option<Waker>,
}

/// Hears how a call ended: called as `done(result, exception)`.
#[pyclass(frozen)]
struct Done(Arc<Progress>);

impl LoopCall {
    /// Lets the coroutine `function(*arguments)` run on the event loop, after the calls that were made before through
    /// `calls`.
    ///
    /// # Errors
    /// If the event loop is closed.
    pub(super) fn start(
        py: Python<'_>,
        calls: &Py<PyAny>,
        function: Bound<'_, PyAny>,
        arguments: Bound<'_, PyTuple>,
    ) -> PyResult<Self> {
        let progress = Arc::new(Progress::default());
        let done = Bound::new(py, Done(Arc::clone(&progress)))?;
        calls.bind(py).call_method1(pyo3::intern!(py, "submit"), (function, arguments, done))?;
        Ok(Self { progress, calls: calls.clone_ref(py) })
    }

    /// Asks the call to end.
    pub(super) fn cancel(&self) {
        aside(|py| self.calls.bind(py).call_method0("cancel").map(drop));
    }

    /// Lets the call run on although nobody waits for it.
    pub(super) fn let_go(self) {
        self.progress.lock().over = true;
    }
}

impl Future for LoopCall {
    type Output = PyResult<Py<PyAny>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut ending = self.progress.lock();
        match ending.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                ending.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for LoopCall {
    fn drop(&mut self) {
        if !self.progress.lock().over {
            self.cancel();
        }
    }
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, Ending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Done {
    fn __call__(&self, py: Python<'_>, result: Py<PyAny>, exception: Option<Bound<'_, PyAny>>) {
        let result = match exception {
            Some(exception) => Err(PyErr::from_value(exception)),
            None => Ok(result),
        };
        let waker = {
            let mut ending = self.0.lock();
            ending.result = Some(result);
            ending.over = true;
            ending.waker.take()
        };
        if let Some(waker) = waker {
            py.detach(|| waker.wake());
        }
    }
}
