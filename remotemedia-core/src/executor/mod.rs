//! The executor: one running graph, cut into stages that whoever has a thread to spare runs.

mod call;
mod callers;
mod chain;
mod create;
mod ending;
mod guard;
mod inbox;
mod life;
#[cfg(all(test, models))]
mod model;
mod outlet;
mod plan;
mod ready;
mod schedule;
mod status;
mod sync;
mod task;
mod watch;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;

use crate::driver::Driver;
use crate::graph::Graph;
use crate::metrics::NodeStats;
use crate::time::Timestamp;

use callers::Callers;
use chain::Chain;
use ending::Ending;
use inbox::Inbox;
use ready::Ready;
use status::Status;
use task::Task;
use watch::CallWatch;

pub(crate) use callers::{Caller, look};
pub(crate) use guard::lock;
pub(crate) use inbox::Pushed;
pub(crate) use outlet::Taken;
pub(crate) use plan::Plan;
pub(crate) use schedule::Help;

/// Everything a running graph consists of, shared by its caller and the threads that run it.
pub(crate) struct SessionCore {
    pub(crate) id: u64,
    pub(crate) graph: Arc<Graph>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) driver: Arc<dyn Driver>,
    pub(crate) started: Timestamp,
    /// By graph index.
    pub(crate) stats: Vec<NodeStats>,
    measure: bool,
    stages: Vec<StageCell>,
    /// What waits for the caller: a queue for each session output.
    outlet: Mutex<Inbox>,
    /// Packets of an older epoch are worthless.
    epoch: AtomicU64,
    failed: AtomicBool,
    cancelled: AtomicBool,
    stopped: AtomicBool,
    /// Stages whose nodes are not all initialised.
    uninitialized: AtomicUsize,
    ready: Ready,
    /// How many times a stage was run.
    runs: AtomicU64,
    ending: Mutex<Ending>,
    /// Callers that wait for anything to change.
    callers: Callers,
    this: Weak<SessionCore>,
}

struct StageCell {
    status: Status,
    /// Held only by the thread that claimed the stage through `status`, so nobody ever waits for it.
    body: Mutex<Option<(Body, tracing::Span)>>,
    inbox: Mutex<Inbox>,
    watch: CallWatch,
    waker: Waker,
}

/// What a stage runs.
enum Body {
    Chain(Chain),
    Task(Task),
}

/// How a run of a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// There is more to do, but others should have their turn.
    Again,
    /// There is nothing to do until something is heard.
    Idle,
    /// Nothing will ever be to do.
    Done,
}

impl SessionCore {
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// Makes everything sent before this moment worthless, and lets the nodes hear of it.
    pub(crate) fn interrupt(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.notify_all();
        self.callers.wake();
    }

    /// Ends the sources; what they made so far goes its way.
    pub(crate) fn stop_sources(&self) {
        self.stopped.store(true, Ordering::Release);
        self.close_session_inputs();
        self.notify_all();
    }

    pub(crate) fn is_initialized(&self) -> bool {
        self.uninitialized.load(Ordering::Acquire) == 0
    }

    /// A number for a caller that waits.
    pub(crate) fn number_caller(&self) -> u64 {
        self.callers.number()
    }

    pub(crate) fn register_caller(&self, number: u64, waker: &Waker) {
        self.callers.register(number, waker);
    }

    pub(crate) fn forget_caller(&self, number: u64) {
        self.callers.forget(number);
    }

    /// How many callers wait for a change.
    pub(crate) fn waiting_callers(&self) -> usize {
        self.callers.len()
    }

    fn is_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    /// Whether sources and nodes that make many items of one should make no more.
    fn is_stopping(&self) -> bool {
        self.stopped.load(Ordering::Acquire) || self.is_failed() || self.is_cancelled()
    }

    fn stage_initialized(&self) {
        if self.uninitialized.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.notify_all();
            self.callers.wake();
        }
    }
}
