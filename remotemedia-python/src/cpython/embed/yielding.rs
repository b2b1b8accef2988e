//! The driver under sessions of a host that may have the interpreter while it waits for them.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pyo3::ffi;
use pyo3::prelude::*;
use remotemedia_core::driver::{Assist, Driver, Waited};
use remotemedia_core::time::Timestamp;

/// Passes everything on to another driver. A thread that has the interpreter lets go of it while it waits: the nodes
/// that it waits for need it.
pub struct Yielding(Arc<dyn Driver>);

impl Yielding {
    /// A driver on top of `driver`.
    pub fn over(driver: Arc<dyn Driver>) -> Self {
        Self(driver)
    }
}

impl Driver for Yielding {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn wake_at(&self, at: Timestamp, waker: Waker) {
        self.0.wake_at(at, waker);
    }

    fn assist(&self, job: Arc<dyn Assist>) {
        self.0.assist(job);
    }

    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited {
        apart(|| self.0.wait(deadline, ready))
    }

    fn is_threaded(&self) -> bool {
        self.0.is_threaded()
    }
}

impl fmt::Debug for Yielding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Does work of the runtime that may wait for other threads. A thread that has the interpreter lets go of it meanwhile.
pub fn apart<T>(work: impl FnOnce() -> T) -> T {
    if !has_interpreter() {
        return work();
    }
    let work = Here(work);
    Python::attach(|py| py.detach(|| Here(work.into_inner()())).into_inner())
}

/// Whether the calling thread has the interpreter.
fn has_interpreter() -> bool {
    // SAFETY: both only look; the second one says yes where there is no interpreter at all, which is why it comes second.
    unsafe { ffi::Py_IsInitialized() != 0 && ffi::PyGILState_Check() != 0 }
}

/// What stays on its thread.
struct Here<T>(T);

// SAFETY: detaching from the interpreter changes no thread; it asks for `Send` only to keep Python objects out, and the
// executor has none.
unsafe impl<T> Send for Here<T> {}

impl<T> Here<T> {
    fn into_inner(self) -> T {
        self.0
    }
}
