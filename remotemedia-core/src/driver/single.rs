//! The single-threaded driver: virtual time, one thread, the same order every run. For wasm32 and for tests.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::{Assist, Driver, Waited};
use crate::time::Timestamp;

/// Runs everything on the thread that waits, in the order in which it became ready.
///
/// Its clock stands still while there is work and jumps to the next timer when there is none, so waiting takes no time
/// and every run of the same graph on the same input gives the same trace.
#[derive(Default)]
pub struct SingleThreaded {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    now: Timestamp,
    jobs: VecDeque<Arc<dyn Assist>>,
    timers: BinaryHeap<Reverse<Timer>>,
    timers_made: u64,
}

struct Timer {
    at: Timestamp,
    order: u64,
    waker: Waker,
}

impl SingleThreaded {
    /// A driver whose clock stands at zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves the clock to `now` without running anything: for hosts that drive it from a clock of their own.
    pub fn set_now(&self, now: Timestamp) {
        let mut state = self.lock();
        state.now = state.now.max(now);
        let due = state.take_due();
        drop(state);
        due.into_iter().for_each(Waker::wake);
    }

    fn run_one_job(&self) -> bool {
        let job = self.lock().jobs.pop_front();
        job.map(|job| job.assist()).is_some()
    }

    /// Jumps to the next timer, if it lies before `deadline`.
    fn jump_to_next_timer(&self, deadline: Option<Timestamp>) -> Option<Jump> {
        let mut state = self.lock();
        let next = state.timers.peek().map(|Reverse(timer)| timer.at);
        let at = match (next, deadline) {
            (Some(next), Some(deadline)) if next > deadline => {
                state.now = state.now.max(deadline);
                return Some(Jump::Deadline);
            }
            (None, Some(deadline)) => {
                state.now = state.now.max(deadline);
                return Some(Jump::Deadline);
            }
            (None, None) => return None,
            (Some(next), _) => next,
        };
        state.now = state.now.max(at);
        let due = state.take_due();
        drop(state);
        due.into_iter().for_each(Waker::wake);
        Some(Jump::Timer)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while the lock is held, so the data behind it is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Jump {
    Timer,
    Deadline,
}

impl State {
    fn take_due(&mut self) -> Vec<Waker> {
        let mut due = Vec::new();
        while self.timers.peek().is_some_and(|Reverse(timer)| timer.at <= self.now) {
            due.extend(self.timers.pop().map(|Reverse(timer)| timer.waker));
        }
        due
    }
}

impl Driver for SingleThreaded {
    fn now(&self) -> Timestamp {
        self.lock().now
    }

    fn wake_at(&self, at: Timestamp, waker: Waker) {
        let mut state = self.lock();
        if at <= state.now {
            drop(state);
            return waker.wake();
        }
        state.timers_made += 1;
        let order = state.timers_made;
        state.timers.push(Reverse(Timer { at, order, waker }));
    }

    fn assist(&self, job: Arc<dyn Assist>) {
        self.lock().jobs.push_back(job);
    }

    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        loop {
            let was_woken = woken.0.swap(false, Ordering::Relaxed);
            if was_woken && ready(&mut Context::from_waker(&waker)).is_ready() {
                return Waited::Ready;
            }
            if self.run_one_job() || woken.0.load(Ordering::Relaxed) {
                continue;
            }
            match self.jump_to_next_timer(deadline) {
                Some(Jump::Timer) => {}
                Some(Jump::Deadline) => return Waited::TimedOut,
                None => return Waited::Stalled,
            }
        }
    }

    fn is_threaded(&self) -> bool {
        false
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl std::fmt::Debug for SingleThreaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SingleThreaded(at {})", self.now())
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}
