//! Scheduling: which stage runs next, and on whose thread.
//!
//! A stage that hears something becomes ready. Ready stages are run by worker threads that were called for help, and by
//! callers that wait anyway. A worker is called only when nobody who is at work will come to the stage soon, because a
//! wake-up costs more than most nodes do. Should that somebody be held up inside a node, a patrol calls one.

use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Weak};
use std::task::{Wake, Waker};

use super::guard::contain;
use super::{Body, Outcome, SessionCore, lock};
use crate::driver::Assist;
use crate::spec::Lane;
use crate::time::Span;

/// How long a ready stage may be left to a thread that is inside another one.
const PATROL_EVERY: Span = Span::from_millis(2);

/// Which stages a waiting caller runs on its own thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Help {
    /// Only cheap native ones: the caller has a deadline or must not block.
    Cheap,
    /// Also those that need the interpreter. Where there are workers, what may block is theirs.
    All,
}

impl SessionCore {
    /// Lets the stage know that there is something to look at. Gives whether it was put on the ready list.
    pub(super) fn notify(&self, stage: usize) -> bool {
        let became_ready = self.stages[stage].status.notify();
        if became_ready {
            self.ready.put(stage);
        }
        became_ready
    }

    /// Lets every stage look at what was changed without a lock; so do callers that are woken afterwards.
    pub(super) fn notify_all(&self) {
        fence(Ordering::SeqCst);
        for stage in 0..self.stages.len() {
            self.notify(stage);
        }
        self.call_for_help();
    }

    /// As [`notify`](Self::notify), from a thread that is running the stage `from`: calls a worker unless that thread
    /// comes to the stage soon by itself.
    pub(super) fn notify_from(&self, stage: usize, from: usize) {
        if self.notify(stage) {
            let (own, other) = (&self.plan.stages[from].lane, &self.plan.stages[stage].lane);
            if matches!(own, Lane::Native) || own.joins(other) {
                self.begin_patrol();
            } else {
                self.call_for_help();
            }
        }
    }

    /// Looks, a little later, whether the thread that is at work has come to the stages that were left to it.
    fn begin_patrol(&self) {
        if self.driver.is_threaded() && self.ready.begin_patrol() {
            self.patrol(self.runs.load(Ordering::Relaxed));
        }
    }

    fn patrol(&self, runs: u64) {
        let patrol = Patrol { session: Weak::clone(&self.this), runs };
        self.driver.wake_at(self.driver.now() + PATROL_EVERY, Waker::from(Arc::new(patrol)));
    }

    fn end_patrol(&self, runs_before: u64) {
        let runs = self.runs.load(Ordering::Relaxed);
        if runs != runs_before && !self.ready.is_empty() {
            return self.patrol(runs);
        }
        self.ready.end_patrol();
        self.call_for_help();
    }

    /// Asks for a worker if stages are ready that nobody was called for yet.
    pub(crate) fn call_for_help(&self) {
        if self.ready.lacks_workers()
            && let Some(this) = self.this.upgrade()
        {
            self.ready.call();
            self.driver.assist(this);
        }
    }

    /// Runs ready stages on the calling thread until none is left that `help` allows. Gives whether any ran.
    pub(crate) fn help(&self, help: Help) -> bool {
        let mut ran = false;
        while self.help_once(help) {
            ran = true;
        }
        ran
    }

    /// Runs one ready stage that `help` allows.
    pub(crate) fn help_once(&self, help: Help) -> bool {
        let Some(stage) = self.ready.take(|stage| self.may_help(stage, help)) else { return false };
        self.run(stage);
        true
    }

    fn may_help(&self, stage: usize, help: Help) -> bool {
        let plan = &self.plan.stages[stage];
        // A blocking node may wait for what the caller does next, a watched call may never return, and an asynchronous
        // node may need the driver's own context.
        // A source would keep a caller that cannot wait for as long as somebody takes what it makes.
        let endless = help == Help::Cheap && self.graph.nodes[plan.nodes[0]].spec.source;
        let needs_worker = plan.watched || endless || matches!(plan.lane, Lane::Blocking | Lane::Async);
        !(needs_worker && self.driver.is_threaded()) && (help == Help::All || matches!(plan.lane, Lane::Native))
    }

    fn run(&self, stage: usize) {
        self.stages[stage].status.claim();
        self.runs.fetch_add(1, Ordering::Relaxed);
        let lane = &self.plan.stages[stage].lane;
        if !matches!(lane, Lane::Native) {
            self.call_for_help();
        }
        let mut outcome = Outcome::Done;
        let mut work = || outcome = self.run_body(stage);
        match lane {
            Lane::Scoped(scope) => scope.enter(&mut work),
            _ => work(),
        }
        if self.stages[stage].status.settle(outcome) {
            self.ready.put(stage);
        }
    }

    fn run_body(&self, stage: usize) -> Outcome {
        let mut body = lock(&self.stages[stage].body);
        let outcome = match body.as_mut() {
            Some((Body::Chain(chain), span)) => span.in_scope(|| chain.run(self, stage)),
            Some((Body::Task(task), span)) => span.in_scope(|| task.run(self, stage)),
            None => return Outcome::Done,
        };
        if outcome == Outcome::Done {
            // What the nodes hold is gone before anybody hears that the session is over.
            if let Err(error) = contain(|| *body = None) {
                self.report_cleanup(error);
            }
            drop(body);
            self.stage_over(stage);
        }
        outcome
    }
}

impl Assist for SessionCore {
    fn assist(&self) {
        self.ready.answer();
        while let Some(stage) = self.ready.take(|_| true) {
            self.run(stage);
        }
    }
}

/// A look at the ready stages. If no stage was run since the last one, whoever they were left to is held up.
struct Patrol {
    session: Weak<SessionCore>,
    runs: u64,
}

impl Wake for Patrol {
    fn wake(self: Arc<Self>) {
        if let Some(session) = self.session.upgrade() {
            session.end_patrol(self.runs);
        }
    }
}

impl Drop for SessionCore {
    fn drop(&mut self) {
        if !self.is_over() {
            self.driver.session_over(self);
        }
        // The last owner is gone, so no thread runs a stage: what the nodes hold is released here.
        let stages = std::mem::take(&mut self.stages);
        for (cell, plan) in stages.into_iter().zip(&Arc::clone(&self.plan).stages) {
            let body = cell.body.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            let Some((mut body, _span)) = body else { continue };
            let mut release = || match &mut body {
                Body::Chain(chain) => {
                    if let Some(error) = chain.release() {
                        tracing::warn!(session = self.id, %error, "cleanup failed");
                    }
                }
                Body::Task(task) => task.release(),
            };
            match &plan.lane {
                Lane::Scoped(scope) => scope.enter(&mut release),
                _ => release(),
            }
        }
    }
}
