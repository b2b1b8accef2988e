//! References to Python objects that may be dropped anywhere, also where Python code must not run.
//!
//! The executor drops packets wherever they end. Giving up the last reference to an object can run any Python code, so
//! references that end there are collected and given up at the next moment that is safe. No lock guards them: a child of
//! `fork` could inherit that locked, by a thread that it does not have.

use std::sync::atomic::{AtomicPtr, Ordering};
use std::{iter, ptr};

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
            Ended::add(object.into_any());
        }
    }
}

/// Gives up the references that ended since the last time. Objects that nobody else holds are freed here.
pub fn release_ended(_py: Python<'_>) {
    if !ENDED.load(Ordering::Relaxed).is_null() {
        Ended::take_all().for_each(drop);
    }
}

/// The reference that ended last, or null.
static ENDED: AtomicPtr<Ended> = AtomicPtr::new(ptr::null_mut());

/// A reference that ended.
struct Ended {
    object: Py<PyAny>,
    /// The one that ended before it, or null.
    earlier: *mut Ended,
}

impl Ended {
    fn add(object: Py<PyAny>) {
        let mut last = ENDED.load(Ordering::Relaxed);
        let added = Box::into_raw(Box::new(Self { object, earlier: last }));
        while let Err(now) = ENDED.compare_exchange_weak(last, added, Ordering::Release, Ordering::Relaxed) {
            last = now;
            // SAFETY: it was allocated just now, and nobody else knows of it.
            unsafe { (*added).earlier = last };
        }
    }

    fn take_all() -> impl Iterator<Item = Py<PyAny>> {
        let mut next = ENDED.swap(ptr::null_mut(), Ordering::Acquire);
        iter::from_fn(move || {
            // SAFETY: what was added comes from a box, and is in nobody else's list any more.
            let ended = (!next.is_null()).then(|| unsafe { Box::from_raw(next) })?;
            next = ended.earlier;
            Some(ended.object)
        })
    }
}
