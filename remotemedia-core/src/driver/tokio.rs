//! The tokio driver: real time, worker threads that may block, timers on a tokio runtime.
#![allow(clippy::disallowed_methods, reason = "a driver is what reads the clock so that nothing else has to")]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

use super::{Assist, Driver, Waited};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// Runs sessions beside each other on a tokio runtime: its own, or the host's.
pub struct TokioDriver {
    handle: Handle,
    owned: Mutex<Option<Runtime>>,
    started: Instant,
}

impl TokioDriver {
    /// A driver with a runtime of its own: `workers` threads for timers and input or output, more for work that blocks.
    ///
    /// # Errors
    /// If the operating system gives no threads.
    pub fn new(workers: usize) -> Result<Self> {
        Self::with_thread_start(workers, || ())
    }

    /// As [`new`](Self::new); `on_start` is called on each thread before it does anything else, such as to say which
    /// signals it hears.
    ///
    /// # Errors
    /// If the operating system gives no threads.
    pub fn with_thread_start(workers: usize, on_start: impl Fn() + Send + Sync + 'static) -> Result<Self> {
        let workers = workers.max(1);
        expect_threads(workers)
            .map_err(|error| Error::new(ErrorKind::Usage, format!("cannot start {workers} worker threads: {error}")))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .max_blocking_threads(MAX_BLOCKED)
            .thread_name("remotemedia")
            .thread_stack_size(STACK)
            .on_thread_start(on_start)
            .enable_all()
            .build()
            .map_err(|error| Error::new(ErrorKind::Usage, format!("cannot start worker threads: {error}")))?;
        Ok(Self { handle: runtime.handle().clone(), owned: Mutex::new(Some(runtime)), started: Instant::now() })
    }

    /// A driver on the host's runtime, whose timers must be enabled.
    pub fn on(handle: Handle) -> Self {
        Self { handle, owned: Mutex::new(None), started: Instant::now() }
    }

    /// Ends the threads of a runtime of its own, waiting for work that is under way, for `limit` at most. Sessions that
    /// are still open do nothing from then on. Not to be called on one of these threads.
    pub fn shut_down(&self, limit: Duration) {
        if let Some(runtime) = self.take_owned() {
            runtime.shutdown_timeout(limit);
        }
    }

    fn take_owned(&self) -> Option<Runtime> {
        // Nothing panics while the lock is held.
        self.owned.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The runtime that timers and asynchronous nodes run on.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }
}

/// Starts as many threads as will be needed, and lets them go again: tokio does not return where one of its own cannot
/// be started.
fn expect_threads(count: usize) -> io::Result<()> {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap_or_else(PoisonError::into_inner);
    let start = |_| {
        let gate = Arc::clone(&gate);
        thread::Builder::new().stack_size(STACK).spawn(move || drop(gate.lock()))
    };
    let (started, refused): (Vec<_>, Vec<_>) = (0..count).map(start).partition(Result::is_ok);
    drop(closed);
    started.into_iter().flatten().for_each(|thread| drop(thread.join()));
    refused.into_iter().next().map_or(Ok(()), |refused| refused.map(drop))
}

/// The stack of a thread in bytes, as much as the standard library gives; that would read the environment for it.
const STACK: usize = 2 << 20;
/// How many threads may be inside nodes that block: sources that wait, heavy calls. A node beyond waits for one of
/// them.
const MAX_BLOCKED: usize = 2048;
/// How long work may wait for a thread before the log says so.
const LONG_WAIT: Duration = Duration::from_secs(1);

impl Driver for TokioDriver {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    fn wake_at(&self, at: Timestamp, waker: Waker) {
        let at = self.started + Duration::from_nanos(at.as_nanos());
        self.handle.spawn(async move {
            tokio::time::sleep_until(at.into()).await;
            waker.wake();
        });
    }

    fn assist(&self, job: Arc<dyn Assist>) {
        let handle = self.handle.clone();
        let called = Instant::now();
        self.handle.spawn_blocking(move || {
            let waited = called.elapsed();
            if waited > LONG_WAIT {
                tracing::warn!(?waited, "work had to wait for a thread: all of them are inside nodes that block");
            }
            let _entered = handle.enter();
            job.assist();
        });
    }

    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited {
        let parker = Arc::new(Parker { thread: thread::current(), woken: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&parker));
        loop {
            if ready(&mut Context::from_waker(&waker)).is_ready() {
                return Waited::Ready;
            }
            loop {
                let left = deadline.map(|deadline| deadline.since(self.now()).as_nanos());
                if left == Some(0) {
                    return Waited::TimedOut;
                }
                if parker.woken.swap(false, Ordering::Acquire) {
                    break;
                }
                match left {
                    Some(left) => thread::park_timeout(Duration::from_nanos(left)),
                    None => thread::park(),
                }
            }
        }
    }

    fn is_threaded(&self) -> bool {
        true
    }
}

impl Drop for TokioDriver {
    fn drop(&mut self) {
        // Waiting here could wait for a node that never returns; its thread ends by itself when the node does.
        if let Some(runtime) = self.take_owned() {
            runtime.shutdown_background();
        }
    }
}

impl std::fmt::Debug for TokioDriver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokioDriver(at {})", self.now())
    }
}

struct Parker {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}
