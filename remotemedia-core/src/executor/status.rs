//! The status word of a stage: who may run it, and whether it has to be run again.

use super::Outcome;
use super::sync::atomic::{AtomicU8, Ordering, fence};

/// Where a stage is between two runs. Whoever took it from the ready list owns it until it settles.
pub(super) struct Status(AtomicU8);

/// Nothing to do.
const IDLE: u8 = 0;
/// In the ready list.
const READY: u8 = 1;
/// Claimed by a thread.
const RUNNING: u8 = 2;
/// Claimed by a thread, and something was heard since.
const RERUN: u8 = 3;
/// Over.
const DONE: u8 = 4;

impl Status {
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(IDLE))
    }

    /// Notes that there is something to look at. Gives whether the stage became ready by that, so that it has to be put
    /// on the ready list.
    ///
    /// What there is to look at was changed under a lock that the stage takes as well, or is followed by a fence.
    pub(super) fn notify(&self) -> bool {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            let next = match seen {
                IDLE => READY,
                RUNNING => RERUN,
                _ => return false,
            };
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return next == READY,
                Err(now) => seen = now,
            }
        }
    }

    /// Makes the calling thread, which took the stage from the ready list, its owner.
    pub(super) fn claim(&self) {
        self.0.store(RUNNING, Ordering::Release);
        // Whoever changes what the stage looks at, and then its status, is seen here or sees that the stage runs.
        fence(Ordering::SeqCst);
    }

    /// Ends the ownership after a run. Gives whether the stage has to be put on the ready list again.
    pub(super) fn settle(&self, outcome: Outcome) -> bool {
        let next = match outcome {
            Outcome::Done => DONE,
            Outcome::Again => READY,
            Outcome::Idle => match self.0.compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return false,
                Err(_) => READY,
            },
        };
        // What was notified meanwhile comes before the next run.
        self.0.swap(next, Ordering::AcqRel);
        next == READY
    }
}
