//! Stopping transfers from another thread.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Tells what is transferred to stop. Clones tell the same transfers.
///
/// No further request is made, and none is waited for; one that waits for a registry ends with what comes next, or with
/// the [`Patience`](crate::Patience) for it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_told: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    /// Tells them.
    pub fn tell(&self) {
        *self.0.is_told.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.told.notify_all();
    }

    /// Whether they were told.
    pub(super) fn is_told(&self) -> bool {
        *self.0.is_told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for `wait`, or until they are told.
    pub(super) fn sleep(&self, wait: Duration) {
        let is_told = self.0.is_told.lock().unwrap_or_else(PoisonError::into_inner);
        // What woke it, the next request finds out.
        drop(self.0.told.wait_timeout_while(is_told, wait, |is_told| !*is_told));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_sleeps_is_woken_and_does_not_sleep_again() {
        let stop = Stop::default();
        std::thread::scope(|scope| {
            scope.spawn(|| stop.sleep(Duration::MAX));
            stop.tell();
        });
        stop.sleep(Duration::MAX);
        assert!(stop.is_told());
    }
}
