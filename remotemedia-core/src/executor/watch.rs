//! Time limits for calls that nothing can stop: a watch beside the call, which reports when the limit passes.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Wake, Waker};

use super::SessionCore;
use crate::error::{Error, ErrorKind};
use crate::time::{Span, Timestamp};

/// When the call that a stage is in began.
#[derive(Default)]
pub(super) struct CallWatch {
    /// Nanoseconds on the driver's clock plus one; zero outside of calls, [`GIVEN_UP`] once the limit has passed.
    began: AtomicU64,
    item: AtomicU64,
    port: AtomicUsize,
    armed: AtomicBool,
    given_up: AtomicBool,
}

const GIVEN_UP: u64 = u64::MAX;

/// An item that a call is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// Counted from 1.
    pub(super) number: u64,
    /// The index of the input port that it came on.
    pub(super) port: usize,
}

impl CallWatch {
    fn set_item(&self, item: Option<Item>) {
        self.item.store(item.map_or(0, |item| item.number), Ordering::Relaxed);
        self.port.store(item.map_or(0, |item| item.port), Ordering::Relaxed);
    }

    fn item(&self) -> Option<Item> {
        let (number, port) = (self.item.load(Ordering::Relaxed), self.port.load(Ordering::Relaxed));
        (number > 0).then_some(Item { number, port })
    }

    /// Whether the stage was counted as over while a call in it still ran.
    pub(super) fn was_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }
}

impl SessionCore {
    /// Notes that the stage's node begins a call that may take at most `limit`.
    pub(super) fn begin_call(&self, stage: usize, item: Option<Item>, limit: Span) {
        let watch = &self.stages[stage].watch;
        let now = self.driver.now();
        watch.set_item(item);
        watch.began.store(now.as_nanos().saturating_add(1), Ordering::Release);
        if !watch.armed.swap(true, Ordering::AcqRel) {
            self.arm(stage, now + limit, limit);
        }
    }

    /// Notes that the call is over; gives whether it took longer than `limit`.
    pub(super) fn end_call(&self, stage: usize, limit: Span) -> bool {
        let watch = &self.stages[stage].watch;
        let began = watch.began.swap(0, Ordering::AcqRel);
        if began == GIVEN_UP {
            watch.given_up.store(true, Ordering::Release);
            return true;
        }
        began > 0 && self.driver.now().since(Timestamp::from_nanos(began - 1)) > limit
    }

    pub(super) fn over_limit(&self, stage: usize, limit: Span, item: Option<Item>) -> Error {
        let node = &self.graph.nodes[self.plan.stages[stage].nodes[0]];
        let message = format!("the call took longer than its limit of {} ms", limit.as_nanos() / 1_000_000);
        let port = item.and_then(|item| node.inputs.get(item.port)).map(String::as_str);
        let error = Error::new(ErrorKind::Timeout, message).in_node(&self.graph.name, &node.id);
        error.at_port(port).at_item(item.map(|item| item.number))
    }

    fn arm(&self, stage: usize, at: Timestamp, limit: Span) {
        let watchdog = Watchdog { session: Weak::clone(&self.this), stage, limit };
        self.driver.wake_at(at, Waker::from(Arc::new(watchdog)));
    }

    fn check_call(&self, stage: usize, limit: Span) {
        let watch = &self.stages[stage].watch;
        let began = watch.began.load(Ordering::Acquire);
        if began == 0 || began == GIVEN_UP || self.is_cancelled() {
            watch.armed.store(false, Ordering::Release);
            return;
        }
        let ends = Timestamp::from_nanos(began - 1) + limit;
        if self.driver.now() < ends {
            return self.arm(stage, ends, limit);
        }
        if watch.began.compare_exchange(began, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return self.check_call(stage, limit);
        }
        self.fail(self.over_limit(stage, limit, watch.item()));
        self.abandon_stage(stage);
    }
}

struct Watchdog {
    session: Weak<SessionCore>,
    stage: usize,
    limit: Span,
}

impl Wake for Watchdog {
    fn wake(self: Arc<Self>) {
        if let Some(session) = self.session.upgrade() {
            session.check_call(self.stage, self.limit);
        }
    }
}
