//! What the protocols between threads are made of: the standard library's, or loom's where these are modelled.

use std::sync::PoisonError;

#[cfg(all(test, models))]
pub(super) use loom::sync::{Mutex, MutexGuard, atomic};
#[cfg(not(all(test, models)))]
pub(super) use std::sync::{Mutex, MutexGuard, atomic};

/// As [`lock`](super::lock), for what is modelled.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
