//! The driver under sessions whose caller is Python: a waiting caller hears signals such as Ctrl-C.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use pyo3::prelude::*;
use remotemedia_core::driver::{Assist, Driver, Waited};
use remotemedia_core::time::{Span, Timestamp};

use super::pending::SIGNALS_EVERY;
use super::signals::deaf;
use super::threads::Entered;

/// Passes everything on to another driver. What is called through a [`Caller`] behaves as that says.
pub struct CallerDriver {
    inner: Arc<dyn Driver>,
    has_deaf_threads: bool,
}

impl CallerDriver {
    /// A driver on top of `driver`.
    pub fn over(driver: Arc<dyn Driver>) -> Self {
        Self { inner: driver, has_deaf_threads: false }
    }

    /// Lets threads that the driver begins when it is called for help hear no signal from their first moment on.
    #[must_use]
    pub fn with_deaf_threads(mut self) -> Self {
        self.has_deaf_threads = true;
        self
    }

    fn call(&self, job: Arc<dyn Assist>) {
        if self.has_deaf_threads { deaf(|| self.inner.assist(job)) } else { self.inner.assist(job) }
    }

    /// Waits in slices, and looks at signals between them.
    fn wait_in_slices(
        &self,
        deadline: Option<Timestamp>,
        ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>,
    ) -> Waited {
        loop {
            let slice = self.inner.now() + Span::from_nanos(SIGNALS_EVERY.as_nanos() as u64);
            let last = deadline.filter(|deadline| *deadline <= slice);
            let mut stopped = false;
            let mut look = |cx: &mut Context<'_>| {
                note_progress();
                stopped = self.inner.now() > slice && signalled();
                let polled = if stopped { Poll::Ready(()) } else { ready(cx) };
                if polled.is_pending() {
                    self.call_deferred();
                }
                polled
            };
            match self.inner.wait(Some(last.unwrap_or(slice)), &mut look) {
                Waited::TimedOut if last.is_none() => stopped = signalled(),
                waited if !stopped => return waited,
                _ => {}
            }
            if stopped {
                return Waited::TimedOut;
            }
        }
    }

    /// Calls the workers that the caller's own work would have spared: it is going to sleep.
    fn call_deferred(&self) {
        let deferred = CALL.with_borrow_mut(|call| call.deferred.as_ref().map(|deferred| deferred.take()));
        deferred.into_iter().flatten().for_each(|job| self.call(job));
    }
}

impl Driver for CallerDriver {
    fn now(&self) -> Timestamp {
        self.inner.now()
    }

    fn wake_at(&self, at: Timestamp, waker: Waker) {
        self.inner.wake_at(at, waker);
    }

    fn assist(&self, job: Arc<dyn Assist>) {
        let job: Arc<dyn Assist> = Arc::new(Inside(job));
        let deferred = CALL.with_borrow(|call| call.deferred.clone());
        let Some(deferred) = deferred else { return self.call(job) };
        if deferred.push(job) {
            Overdue::look_later(deferred, &self.inner);
        }
    }

    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited {
        match CALL.with_borrow(|call| call.mode) {
            Mode::Blocks => self.inner.wait(deadline, ready),
            Mode::Hears => self.wait_in_slices(deadline, ready),
            Mode::Helps => match ready(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(()) => Waited::Ready,
                Poll::Pending => Waited::TimedOut,
            },
        }
    }

    fn is_threaded(&self) -> bool {
        self.inner.is_threaded()
    }
}

impl fmt::Debug for CallerDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A job on a worker, which may come to the interpreter at any time until it is done, even after its session is over.
struct Inside(Arc<dyn Assist>);

impl Assist for Inside {
    fn assist(&self) {
        if let Some(_entered) = Entered::unless_closed() {
            self.0.assist();
        }
    }
}

/// How Python code calls one session.
///
/// A session whose nodes could not run side by side anyway, because all of them need the interpreter or are cheap, is
/// best run on the calling thread: while its caller feeds it, no worker is called, unless the caller goes to sleep or is
/// held up, inside a node or on the way to its next call.
#[derive(Default)]
pub struct Caller {
    deferred: Option<Arc<Deferred>>,
}

impl Caller {
    /// A caller that does the work itself as long as it can, if `alone`.
    pub fn new(alone: bool) -> Self {
        Self { deferred: alone.then(Arc::default) }
    }

    /// Calls `work` detached from the interpreter. Waits in it end early when a signal handler raises.
    ///
    /// # Errors
    /// What the signal handler raised.
    pub fn waits<T: Send>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
        self.call(py, Mode::Hears, work)
    }

    /// Calls `work` detached from the interpreter. Waits in it run what is ready on the calling thread and then end.
    ///
    /// # Errors
    /// What a signal handler raised.
    pub fn helps<T: Send>(&self, py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
        self.call(py, Mode::Helps, work)
    }

    /// The workers that were not called yet. Whoever stops to work on the session calls them.
    pub fn take_deferred(&self) -> Vec<Arc<dyn Assist>> {
        self.deferred.as_ref().map(|deferred| deferred.take()).unwrap_or_default()
    }

    fn call<T: Send>(&self, py: Python<'_>, mode: Mode, work: impl FnOnce() -> T + Send) -> PyResult<T> {
        let before = CALL.replace(Call { mode, deferred: self.deferred.clone() });
        note_progress();
        let result = py.detach(work);
        note_progress();
        CALL.set(before);
        match RAISED.take() {
            Some(raised) => Err(raised),
            None => Ok(result),
        }
    }
}

/// Calls for workers that wait for the caller to go to sleep.
#[derive(Default)]
struct Deferred {
    jobs: Mutex<Vec<Arc<dyn Assist>>>,
    /// Grows whenever the caller begins, goes on with, or ends a call.
    progress: AtomicU64,
    /// Whether somebody will look whether the caller came to the jobs.
    watched: AtomicBool,
}

impl Deferred {
    /// Puts a job off; gives whether nobody watches over it yet.
    fn push(&self, job: Arc<dyn Assist>) -> bool {
        self.lock().push(job);
        !self.watched.swap(true, Ordering::AcqRel)
    }

    fn take(&self) -> Vec<Arc<dyn Assist>> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<dyn Assist>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look at deferred jobs. If the caller did nothing since the last one, it is held up, and workers do the jobs.
struct Overdue {
    deferred: Arc<Deferred>,
    driver: Arc<dyn Driver>,
    progress: u64,
}

impl Overdue {
    fn look_later(deferred: Arc<Deferred>, driver: &Arc<dyn Driver>) {
        let progress = deferred.progress.load(Ordering::Relaxed);
        let overdue = Self { deferred, driver: Arc::clone(driver), progress };
        driver.wake_at(driver.now() + LOOK_AFTER, Waker::from(Arc::new(overdue)));
    }
}

impl Wake for Overdue {
    fn wake(self: Arc<Self>) {
        let progress = self.deferred.progress.load(Ordering::Relaxed);
        if progress != self.progress && !self.deferred.lock().is_empty() {
            return Self::look_later(Arc::clone(&self.deferred), &self.driver);
        }
        self.deferred.watched.store(false, Ordering::Release);
        self.deferred.take().into_iter().for_each(|job| self.driver.assist(job));
    }
}

/// How long a caller may do nothing before workers do what it has put off.
const LOOK_AFTER: Span = Span::from_millis(2);

/// Notes that the caller is at work.
fn note_progress() {
    CALL.with_borrow(|call| {
        if let Some(deferred) = &call.deferred {
            deferred.progress.fetch_add(1, Ordering::Relaxed);
        }
    });
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Blocks,
    Hears,
    Helps,
}

/// The call that the thread is in.
#[derive(Default)]
struct Call {
    mode: Mode,
    deferred: Option<Arc<Deferred>>,
}

thread_local! {
    static CALL: RefCell<Call> = RefCell::default();
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
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
