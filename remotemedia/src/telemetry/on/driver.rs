//! The observing driver: another driver, whose sessions are counted.

use std::fmt;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use remotemedia_core::driver::{Assist, Driver, Waited};
use remotemedia_core::metrics::Measured;
use remotemedia_core::time::Timestamp;

use super::sessions::Sessions;

/// Passes everything on, and remembers the sessions.
pub(super) struct Observing {
    pub(super) driver: Arc<dyn Driver>,
    pub(super) sessions: Arc<Sessions>,
}

impl Driver for Observing {
    fn now(&self) -> Timestamp {
        self.driver.now()
    }

    fn wake_at(&self, at: Timestamp, waker: Waker) {
        self.driver.wake_at(at, waker);
    }

    fn assist(&self, job: Arc<dyn Assist>) {
        self.driver.assist(job);
    }

    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited {
        self.driver.wait(deadline, ready)
    }

    fn is_threaded(&self) -> bool {
        self.driver.is_threaded()
    }

    fn session_began(&self, session: Weak<dyn Measured>) {
        self.sessions.began(Weak::clone(&session));
        self.driver.session_began(session);
    }

    fn session_over(&self, session: &dyn Measured) {
        self.sessions.over(session);
        self.driver.session_over(session);
    }
}

impl fmt::Debug for Observing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.driver.fmt(f)
    }
}
