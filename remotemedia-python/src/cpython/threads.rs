//! Which threads are inside the runtime or inside a node, so that an endless call can be ended and the interpreter does
//! not end under a thread that still needs it.

use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use pyo3::ffi;
use pyo3::prelude::*;

/// The calls into the nodes of one session that run now.
#[derive(Default)]
pub(super) struct Calls {
    /// For each node: the thread that a call into it runs on, zero for none. Written only by attached threads.
    places: Mutex<Vec<Weak<AtomicU64>>>,
    interrupted: Arc<AtomicBool>,
}

/// Where the calls into one node are noted.
pub(super) struct Place {
    thread: Arc<AtomicU64>,
    interrupted: Arc<AtomicBool>,
}

impl Calls {
    /// A place for one more node.
    pub(super) fn place(&self) -> Place {
        let thread = Arc::new(AtomicU64::new(0));
        self.places.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&thread));
        Place { thread, interrupted: Arc::clone(&self.interrupted) }
    }

    /// Whether calls were interrupted.
    pub(super) fn are_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Raises `KeyboardInterrupt` in the calls that run on other threads. One that waits outside the interpreter hears
    /// of it when it comes back.
    pub(super) fn interrupt(&self, _py: Python<'_>) {
        self.interrupted.store(true, Ordering::Relaxed);
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in places.iter().filter_map(Weak::upgrade).map(|place| place.load(Ordering::Relaxed)) {
            if thread != 0 && thread != this_thread() {
                // SAFETY: the interpreter is attached, and a thread that has ended is ignored.
                unsafe { raise_in(thread, ffi::PyExc_KeyboardInterrupt) };
            }
        }
    }
}

impl Place {
    /// Makes a call into the node.
    pub(super) fn call<T>(&self, _py: Python<'_>, call: impl FnOnce() -> T) -> T {
        let thread = this_thread();
        let before = self.thread.load(Ordering::Relaxed);
        self.thread.store(thread, Ordering::Relaxed);
        let result = call();
        self.thread.store(before, Ordering::Relaxed);
        if self.interrupted.load(Ordering::Relaxed) {
            // SAFETY: the interpreter is attached. What was raised too late for this call must not hit another.
            unsafe { raise_in(thread, std::ptr::null_mut()) };
        }
        result
    }
}

/// The calling thread as Python's `threading.get_ident()` names it.
#[allow(clippy::useless_conversion, reason = "identities are shorter on some systems")]
pub(super) fn this_thread() -> u64 {
    // SAFETY: the function only reads which thread it is on.
    let thread = unsafe { ffi::PyThread_get_thread_ident() };
    thread.into()
}

/// Raises `exception` in a thread at its next step, or takes back what was to be raised if it is null.
///
/// # Safety
/// The interpreter must be attached.
unsafe fn raise_in(thread: u64, exception: *mut ffi::PyObject) {
    // SAFETY: as the caller promises. Identities are unsigned where they are made and signed here, in the same bits.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread as std::ffi::c_long, exception) };
}

/// A thread inside the runtime that comes back to the interpreter.
///
/// An interpreter that ends unwinds every other thread when it next wants the interpreter, and native frames on the stack
/// of such a thread make that the end of the process, by an abort. So a thread is counted for as long as it has any, and
/// the interpreter [waits](any_inside) for those that are counted before it ends.
pub struct Entered(());

/// Below zero in the child of a process that was forked inside.
static INSIDE: AtomicIsize = AtomicIsize::new(0);
/// The thread that closed the interpreter, zero for none.
static CLOSED_BY: AtomicU64 = AtomicU64::new(0);

impl Entered {
    /// For a call from Python. Once the interpreter is about to end, only the thread that ends it comes in: on any other
    /// this never returns, and the process ends without it.
    #[must_use]
    pub fn from_python(py: Python<'_>) -> Self {
        let entered = Self::now();
        if [0, this_thread()].contains(&CLOSED_BY.load(Ordering::SeqCst)) {
            return entered;
        }
        drop(entered);
        py.detach(|| {
            loop {
                thread::park();
            }
        })
    }

    pub(super) fn now() -> Self {
        INSIDE.fetch_add(1, Ordering::SeqCst);
        Self(())
    }

    /// As [`now`](Self::now), for a thread that could as well stay outside: `None` once the interpreter is about to end.
    pub(super) fn unless_closed() -> Option<Self> {
        let entered = Self::now();
        (CLOSED_BY.load(Ordering::SeqCst) == 0).then_some(entered)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Calls `work` attached to the interpreter, on whatever thread. `None` without one, or with one that is about to end: a
/// thread that came to it then would be ended in the middle of its work.
pub(super) fn attach_unless_closed<T>(work: impl FnOnce(Python<'_>) -> T) -> Option<T> {
    let _entered = Entered::unless_closed()?;
    Python::try_attach(work)
}

/// Counts no thread as inside, for the child of `fork`, which has none of its parent's other threads.
pub fn forget_other_threads() {
    INSIDE.store(0, Ordering::SeqCst);
}

/// Keeps threads that are not [inside](any_inside) away from the interpreter from now on, but for the calling thread,
/// which ends it.
pub fn close_interpreter() {
    CLOSED_BY.store(this_thread(), Ordering::SeqCst);
}

/// Takes [`close_interpreter`] back, for a function that runs later at the end of the program and uses the runtime.
pub fn open_interpreter() {
    CLOSED_BY.store(0, Ordering::SeqCst);
}

/// Whether any thread is inside the runtime and will come back to the interpreter.
pub fn any_inside() -> bool {
    INSIDE.load(Ordering::SeqCst) > 0
}
