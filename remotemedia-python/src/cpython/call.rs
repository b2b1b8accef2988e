//! A call that runs on the event loop, as a future of the runtime. Dropping it cancels the call.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;

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
    /// Lets `coroutine` run on the event loop, after the calls that were made before through `calls`.
    ///
    /// # Errors
    /// If the event loop is closed.
    pub(super) fn start(py: Python<'_>, calls: &Py<PyAny>, coroutine: Bound<'_, PyAny>) -> PyResult<Self> {
        let progress = Arc::new(Progress::default());
        let done = Bound::new(py, Done(Arc::clone(&progress)))?;
        calls.bind(py).call_method1(pyo3::intern!(py, "submit"), (coroutine, done))?;
        Ok(Self { progress, calls: calls.clone_ref(py) })
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
            Python::try_attach(|py| {
                if let Err(error) = self.calls.bind(py).call_method0("cancel") {
                    error.write_unraisable(py, None);
                }
            });
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
