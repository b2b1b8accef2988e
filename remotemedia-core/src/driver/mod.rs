//! Drivers: what tells time, wakes sleepers, lends threads and blocks callers. The executor itself does none of these.

use std::fmt;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use crate::metrics::Measured;
use crate::node::BoxFuture;
use crate::time::Timestamp;

mod single;
#[cfg(feature = "tokio")]
mod tokio;

pub use single::SingleThreaded;
#[cfg(feature = "tokio")]
pub use tokio::TokioDriver;

/// Work that a driver runs on a thread where blocking is allowed.
pub trait Assist: Send + Sync {
    /// Runs what is ready, then returns.
    fn assist(&self);
}

/// How a blocking wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// The condition came true.
    Ready,
    /// The deadline passed first.
    TimedOut,
    /// Nothing that could make the condition true is left to run (single-threaded drivers only).
    Stalled,
}

/// What runs sessions. Handed to the executor, so that hosts, tests and wasm32 each bring their own.
pub trait Driver: Send + Sync + fmt::Debug + 'static {
    /// Time since the driver was made.
    fn now(&self) -> Timestamp;

    /// Wakes `waker` at `at`, or at once if that is past.
    fn wake_at(&self, at: Timestamp, waker: Waker);

    /// Calls `job.assist()` soon, on a thread where blocking is allowed.
    fn assist(&self, job: Arc<dyn Assist>);

    /// Blocks the calling thread until `ready` says so or `deadline` passes.
    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited;

    /// Whether work handed to [`assist`](Self::assist) runs beside the caller.
    fn is_threaded(&self) -> bool;

    /// Hears of every session that begins on this driver, for drivers that watch what runs.
    fn session_began(&self, session: Weak<dyn Measured>) {
        drop(session);
    }

    /// Hears of a session's end, once, when every node is cleaned up.
    fn session_over(&self, session: &dyn Measured) {
        let _ = session;
    }
}

/// A future that is ready at `at` on the driver's clock.
pub fn sleep_until(driver: Arc<dyn Driver>, at: Timestamp) -> BoxFuture<'static, ()> {
    let mut armed: Option<Waker> = None;
    Box::pin(std::future::poll_fn(move |cx| {
        if driver.now() >= at {
            return Poll::Ready(());
        }
        if !armed.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            driver.wake_at(at, cx.waker().clone());
            armed = Some(cx.waker().clone());
        }
        Poll::Pending
    }))
}
