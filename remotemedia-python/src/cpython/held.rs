//! References to Python objects that may be dropped anywhere, also where Python code must not run.
//!
//! The executor drops packets wherever they end. Giving up the last reference to an object can run any Python code, so
//! references that end there are collected and given up at the next moment that is safe.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

/// A reference to a Python object. Dropping it runs no Python code.
pub(super) struct Held<T>(Option<Py<T>>);

impl<T> Held<T> {
    pub(super) fn new(object: Py<T>) -> Self {
        Self(Some(object))
    }

    pub(super) fn get(&self) -> &Py<T> {
        self.0.as_ref().expect("the reference is there until it is taken or dropped")
    }

    pub(super) fn into_inner(mut self) -> Py<T> {
        self.0.take().expect("the reference is there until it is taken or dropped")
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
            ended.push(object.into_any());
            SOME_ENDED.store(true, Ordering::Release);
        }
    }
}

/// Gives up the references that ended since the last time. Objects that nobody else holds are freed here.
pub fn release_ended(_py: Python<'_>) {
    if SOME_ENDED.load(Ordering::Acquire) {
        let ended = {
            let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
            SOME_ENDED.store(false, Ordering::Release);
            std::mem::take(&mut *ended)
        };
        drop(ended);
    }
}

static ENDED: Mutex<Vec<Py<PyAny>>> = Mutex::new(Vec::new());
static SOME_ENDED: AtomicBool = AtomicBool::new(false);
