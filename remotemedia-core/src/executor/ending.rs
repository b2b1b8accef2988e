//! The one path on which every session ends, whatever ended it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::plan::Link;
use super::{SessionCore, lock};
use crate::error::{Error, ErrorKind};

/// What is known about a session's end.
pub(super) struct Ending {
    /// The first cause.
    error: Option<Error>,
    /// Stages that are not over.
    remaining: usize,
    /// Whether everybody may hear that there are none.
    over: bool,
    /// The session itself until it is over: nodes are cleaned up whether or not anybody still holds it.
    kept: Option<Arc<SessionCore>>,
    /// Covers the session until it is over.
    span: tracing::Span,
}

impl Ending {
    pub(super) fn new(stages: usize, span: tracing::Span) -> Self {
        Self { error: None, remaining: stages, over: stages == 0, kept: None, span }
    }
}

impl SessionCore {
    /// Lets every stage run for the first time, which initialises its nodes. Independent stages do so in parallel.
    pub(crate) fn begin(&self) {
        if self.driver.is_threaded() && !self.stages.is_empty() {
            lock(&self.ending).kept = self.this.upgrade();
        }
        self.driver.session_began(self.this.clone());
        for stage in 0..self.stages.len() {
            self.notify(stage);
        }
    }

    /// Ends the session with an error: input and sources stop, what is under way behind the failed stage is delivered.
    pub(super) fn fail(&self, error: Error) {
        tracing::debug!(session = self.id, %error, "session failed");
        let span = lock(&self.ending).span.clone();
        span.record("error", tracing::field::display(&error));
        lock(&self.ending).error.get_or_insert(error);
        self.failed.store(true, Ordering::Release);
        self.close_session_inputs();
        self.notify_all();
        self.callers.wake();
    }

    /// Ends the session at once: nothing more is delivered.
    pub(crate) fn cancel(&self) {
        {
            let mut ending = lock(&self.ending);
            if ending.remaining > 0 {
                ending.error.get_or_insert(Error::new(ErrorKind::Cancelled, "the session was cancelled"));
            }
        }
        self.cancelled.store(true, Ordering::Release);
        self.close_session_inputs();
        self.clear_outlet();
        self.notify_all();
        self.callers.wake();
    }

    pub(crate) fn error(&self) -> Option<Error> {
        lock(&self.ending).error.clone()
    }

    /// Whether every stage is over and every node cleaned up.
    pub(crate) fn is_over(&self) -> bool {
        lock(&self.ending).over
    }

    /// An error from cleaning up is the session's only if it has none but its caller's own wish to cancel.
    pub(super) fn report_cleanup(&self, error: Error) {
        tracing::warn!(session = self.id, %error, "cleanup failed");
        let mut ending = lock(&self.ending);
        if ending.error.as_ref().is_none_or(|known| known.kind() == ErrorKind::Cancelled) {
            ending.error = Some(error);
        }
    }

    /// Ends what leads into and out of a stage.
    pub(super) fn detach_stage(&self, stage: usize) {
        self.close_inbox(stage);
        let links = self.plan.stages[stage].links.iter().flatten().flatten();
        for link in links {
            if let Link::Exit(target) = link {
                self.close_target(*target);
            }
        }
    }

    /// Counts a stage as over although a call in it still runs: its thread ends when the call returns.
    pub(super) fn abandon_stage(&self, stage: usize) {
        self.detach_stage(stage);
        let kept = self.count_over();
        self.callers.wake();
        drop(kept);
    }

    /// Counts a stage as over.
    pub(super) fn stage_over(&self, stage: usize) {
        let kept = if self.stages[stage].watch.was_given_up() { None } else { self.count_over() };
        self.callers.wake();
        drop(kept);
    }

    /// Counts one stage less; gives what kept the session, after the last one. Callers hear that the session is over
    /// when its span is closed and its driver knows, so that what they end next has heard of everything.
    fn count_over(&self) -> Option<Arc<SessionCore>> {
        let span = {
            let mut ending = lock(&self.ending);
            ending.remaining -= 1;
            if ending.remaining > 0 {
                return None;
            }
            std::mem::replace(&mut ending.span, tracing::Span::none())
        };
        tracing::debug!(session = self.id, "session over");
        drop(span);
        self.driver.session_over(self);
        let mut ending = lock(&self.ending);
        ending.over = true;
        ending.kept.take()
    }
}
