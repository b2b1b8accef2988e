//! Signals as POSIX gives them to threads.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr;

use libc::{c_int, sigset_t};
use pyo3::Python;

/// The signals that a thread hears.
#[derive(Clone, Copy)]
pub struct Heard(sigset_t);

thread_local! {
    /// What the thread hears in Python code, while it does not hear it.
    static IN_PYTHON: Cell<Option<Heard>> = const { Cell::new(None) };
}

impl Heard {
    /// What the calling thread hears.
    #[must_use]
    pub fn here() -> Self {
        // SAFETY: without a set there is none to read, and `now` may be written. It fails for no other reason.
        Self(set(|now| unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), now) }))
    }

    /// Lets the calling thread, which the runtime began, hear these in Python code, and nothing outside.
    pub fn only_in_python(self) {
        IN_PYTHON.set(Some(self));
        Self::nothing().replace();
    }

    /// None but those that a thread brings upon itself.
    fn nothing() -> Self {
        // SAFETY: the set may be written, and these are signals.
        Self(set(|blocked| unsafe {
            OWN_FAULTS.iter().fold(libc::sigfillset(blocked), |_, fault| libc::sigdelset(blocked, *fault))
        }))
    }

    /// Makes it what the calling thread hears; gives what it heard before.
    fn replace(self) -> Self {
        // SAFETY: the one set may be read, the other written. It fails for no other reason.
        Self(set(|before| unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, before) }))
    }
}

/// Does what may begin a thread, so that the thread hears nothing from its first moment on.
pub fn deaf<T>(work: impl FnOnce() -> T) -> T {
    let _hears_again = HearsAgain(Heard::nothing().replace());
    work()
}

/// What a thread hears from when this is dropped on, also by a panic.
struct HearsAgain(Heard);

impl Drop for HearsAgain {
    fn drop(&mut self) {
        self.0.replace();
    }
}

/// A call of Python code on a thread of the runtime.
pub(in super::super) struct Hearing<'py>(Option<Heard>, PhantomData<Python<'py>>);

impl<'py> Hearing<'py> {
    /// While the thread has the interpreter.
    pub(in super::super) fn now(_py: Python<'py>) -> Self {
        let heard = IN_PYTHON.take();
        if let Some(heard) = heard {
            heard.replace();
        }
        Self(heard, PhantomData)
    }
}

impl Drop for Hearing<'_> {
    fn drop(&mut self) {
        if let Some(heard) = self.0 {
            heard.only_in_python();
        }
    }
}

fn set(fill: impl FnOnce(*mut sigset_t) -> c_int) -> sigset_t {
    let mut set = MaybeUninit::<sigset_t>::zeroed();
    fill(set.as_mut_ptr());
    // SAFETY: a set is a number of bits, and all of them were written.
    unsafe { set.assume_init() }
}

/// The signals that a thread gets for what it did itself.
const OWN_FAULTS: [c_int; 7] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS, libc::SIGABRT];
