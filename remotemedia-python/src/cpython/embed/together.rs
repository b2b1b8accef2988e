//! Which nodes share a session: those that are made on one thread while a session is launched.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;

use super::threads::Threads;
use crate::cpython::session::PySession;

/// What the Python nodes of one session share, and the session's number.
#[derive(Clone)]
pub(super) struct Together {
    pub(super) session: Arc<PySession>,
    pub(super) number: u64,
}

/// Launches a session: the Python nodes that are made meanwhile, on the calling thread, share an event loop.
pub fn in_one_session<T>(launch: impl FnOnce() -> T) -> T {
    let _until_then = Launch(LAUNCH.replace(Some(None)));
    launch()
}

/// What the node that is being made shares with those that were made before it. Its event loop runs on one of
/// `threads`.
///
/// # Errors
/// If Python has no memory left.
pub(super) fn current(py: Python<'_>, threads: &Threads) -> PyResult<Together> {
    if let Some(known) = LAUNCH.with_borrow(|launch| launch.clone().flatten()) {
        return Ok(known);
    }
    let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
    let made = Together { session: PySession::on_threads(py, threads.starter(py)?)?, number };
    LAUNCH.with_borrow_mut(|launch| {
        if let Some(launch) = launch {
            *launch = Some(made.clone());
        }
    });
    Ok(made)
}

/// Puts back what was there before.
struct Launch(Option<Option<Together>>);

impl Drop for Launch {
    fn drop(&mut self) {
        LAUNCH.set(self.0.take());
    }
}

static SESSIONS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// Inside a launch: what its nodes share, once one of them was made.
    static LAUNCH: RefCell<Option<Option<Together>>> = const { RefCell::new(None) };
}
