//! The driver under sessions whose caller is Python: a waiting caller hears signals such as Ctrl-C.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;
use remotemedia_core::driver::{Assist, Driver, Waited};
use remotemedia_core::time::{Span, Timestamp};

use super::pending::SIGNALS_EVERY;

/// Passes everything on to another driver. Waits inside [`waiting`] and [`helping`] behave as these say.
pub struct CallerDriver(Arc<dyn Driver>);

impl CallerDriver {
    /// A driver on top of `driver`.
    pub fn over(driver: Arc<dyn Driver>) -> Self {
        Self(driver)
    }

    /// Waits in slices, and looks at signals between them.
    fn wait_in_slices(
        &self,
        deadline: Option<Timestamp>,
        ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Waited {
        loop {
            let slice = self.0.now() + Span::from_nanos(SIGNALS_EVERY.as_nanos() as u64);
            let last = deadline.filter(|deadline| *deadline <= slice);
            let mut stopped = false;
            let mut look = |cx: &mut Context<'_>| {
                stopped = self.0.now() > slice && signalled();
                if stopped { Poll::Ready(()) } else { ready(cx) }
            };
            match self.0.wait(Some(last.unwrap_or(slice)), &mut look) {
                Waited::TimedOut if last.is_none() => stopped = signalled(),
                waited if !stopped => return waited,
                _ => {}
            }
            if stopped {
                return Waited::TimedOut;
            }
        }
    }
}

impl Driver for CallerDriver {
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
        match MODE.get() {
            Mode::Blocks => self.0.wait(deadline, ready),
            Mode::Hears => self.wait_in_slices(deadline, ready),
            Mode::Helps => match ready(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(()) => Waited::Ready,
                Poll::Pending => Waited::TimedOut,
            },
        }
    }

    fn is_threaded(&self) -> bool {
        self.0.is_threaded()
    }
}

impl fmt::Debug for CallerDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Calls `work` detached from the interpreter. Waits in it end early when a signal handler raises.
///
/// # Errors
/// What the signal handler raised.
pub fn waiting<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    in_mode(py, Mode::Hears, work)
}

/// Calls `work` detached from the interpreter. Waits in it run what is ready on the calling thread and then end.
///
/// # Errors
/// What a signal handler raised before.
pub fn helping<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    in_mode(py, Mode::Helps, work)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Blocks,
    Hears,
    Helps,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Blocks) };
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

fn in_mode<T: Send>(py: Python<'_>, mode: Mode, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    let before = MODE.replace(mode);
    let result = py.detach(work);
    MODE.set(before);
    match RAISED.take() {
        Some(raised) => Err(raised),
        None => Ok(result),
    }
}

/// Lets signal handlers run; gives whether one raised.
fn signalled() -> bool {
    let raised = Python::attach(|py| py.check_signals()).err();
    let any = raised.is_some();
    if any {
        RAISED.set(raised);
    }
    any
}
