//! Callers that wait for a session to change: how they are woken, and what they do before they sleep.

use std::collections::BTreeMap;
use std::task::{Poll, Waker};

use super::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use super::sync::{Mutex, lock};

/// Wakers of the callers that wait, each under a number of its own.
pub(super) struct Callers {
    waiting: AtomicBool,
    wakers: Mutex<BTreeMap<u64, Waker>>,
    numbers: AtomicU64,
}

impl Callers {
    pub(super) fn new() -> Self {
        Self { waiting: AtomicBool::new(false), wakers: Mutex::new(BTreeMap::new()), numbers: AtomicU64::new(0) }
    }

    /// A number for one more caller.
    pub(super) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Registers `waker` for the next change. Whoever registers looks again afterwards.
    pub(super) fn register(&self, number: u64, waker: &Waker) {
        let mut wakers = lock(&self.wakers);
        if !wakers.get(&number).is_some_and(|known| known.will_wake(waker)) {
            wakers.insert(number, waker.clone());
        }
        self.waiting.store(true, Ordering::Release);
        drop(wakers);
        // Whoever changes something, and then looks for callers, is seen from here on or sees this one.
        fence(Ordering::SeqCst);
    }

    pub(super) fn forget(&self, number: u64) {
        let forgotten = lock(&self.wakers).remove(&number);
        drop(forgotten);
    }

    /// Wakes everybody who is registered.
    ///
    /// What changed was changed under a lock that callers take as well, or is followed by a fence.
    pub(super) fn wake(&self) {
        if self.waiting.load(Ordering::Acquire) {
            let wakers = {
                let mut wakers = lock(&self.wakers);
                self.waiting.store(false, Ordering::Release);
                std::mem::take(&mut *wakers)
            };
            wakers.into_values().for_each(Waker::wake);
        }
    }

    /// How many are registered.
    pub(super) fn len(&self) -> usize {
        lock(&self.wakers).len()
    }
}

/// A caller that waits, and what it can do about that.
pub(crate) trait Caller {
    /// Whether what it waits for is there. May take outputs, which makes room for stages.
    fn is_done(&mut self) -> bool;

    /// Runs one ready stage on its own thread. Gives whether there was one that may run there.
    fn help_once(&mut self) -> bool;

    /// Calls a worker for the stages that it does not run itself.
    fn call_for_help(&mut self);

    /// Asks to be woken at the next change.
    fn register(&mut self);

    /// Asks to be called again at once.
    fn look_again(&mut self);
}

/// How many stages a waiting caller runs before its driver looks at deadlines and signals.
const RUNS_PER_LOOK: usize = 32;

/// Looks whether `caller` is done, and helps until there is nothing to help with. When it is pending, it will be woken.
pub(crate) fn look(caller: &mut impl Caller) -> Poll<()> {
    for _ in 0..RUNS_PER_LOOK {
        if caller.is_done() {
            return Poll::Ready(());
        }
        if !caller.help_once() {
            caller.register();
            caller.call_for_help();
            if caller.is_done() {
                return Poll::Ready(());
            }
            // What it took may have made room for a stage, and nobody else would hear of that.
            caller.call_for_help();
            return Poll::Pending;
        }
    }
    caller.look_again();
    Poll::Pending
}
