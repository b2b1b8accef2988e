//! The ready list: which stages are to be run, and who was called for them.

use std::collections::VecDeque;

use super::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use super::sync::{Mutex, lock};

/// Stages to run, and whether somebody comes to run them.
pub(super) struct Ready {
    /// First come, first served.
    stages: Mutex<VecDeque<usize>>,
    len: AtomicUsize,
    /// Calls for a worker that no thread has answered yet.
    calls: AtomicUsize,
    /// Whether somebody will look whether ready stages are run.
    on_patrol: AtomicBool,
}

impl Ready {
    pub(super) fn new() -> Self {
        Self {
            stages: Mutex::new(VecDeque::new()),
            len: AtomicUsize::new(0),
            calls: AtomicUsize::new(0),
            on_patrol: AtomicBool::new(false),
        }
    }

    pub(super) fn put(&self, stage: usize) {
        let mut stages = lock(&self.stages);
        stages.push_back(stage);
        self.len.store(stages.len(), Ordering::Release);
    }

    /// Takes the first stage that `may_run` allows.
    pub(super) fn take(&self, may_run: impl Fn(usize) -> bool) -> Option<usize> {
        if self.is_empty() {
            return None;
        }
        let mut stages = lock(&self.stages);
        let at = stages.iter().position(|&stage| may_run(stage))?;
        let stage = stages.remove(at);
        self.len.store(stages.len(), Ordering::Release);
        stage
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }

    /// Whether stages are ready that no worker was called for yet.
    pub(super) fn lacks_workers(&self) -> bool {
        let ready = self.len.load(Ordering::Acquire);
        if ready == 0 {
            return false;
        }
        // A worker that answers a call looks at what is ready after it has counted the call as answered.
        fence(Ordering::SeqCst);
        ready > self.calls.load(Ordering::Acquire)
    }

    /// Counts a call for a worker.
    pub(super) fn call(&self) {
        self.calls.fetch_add(1, Ordering::AcqRel);
    }

    /// Counts a call as answered: the worker looks at what is ready from now on.
    pub(super) fn answer(&self) {
        self.calls.fetch_sub(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
    }

    /// Gives whether the caller has to begin a patrol, because nobody is on one.
    pub(super) fn begin_patrol(&self) -> bool {
        // Whoever ends a patrol looks at what is ready afterwards.
        fence(Ordering::SeqCst);
        !self.on_patrol.load(Ordering::Relaxed) && !self.on_patrol.swap(true, Ordering::AcqRel)
    }

    /// Ends the patrol; who did looks at what is ready afterwards.
    pub(super) fn end_patrol(&self) {
        self.on_patrol.store(false, Ordering::Release);
        fence(Ordering::SeqCst);
    }
}
