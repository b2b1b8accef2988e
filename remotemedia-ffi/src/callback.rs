//! Callbacks of the host: whose data they get, and what they may not do.

use std::cell::Cell;
use std::ffi::c_void;

use crate::guard::Fault;
use crate::status::RM_STATUS_REENTRANT;

/// Lets go of what a callback or a packet was given. Called exactly once, from any thread, when nothing uses it any
/// more; also when the call that it was passed to fails, before that returns.
pub type rm_destroy_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Data of the host. Dropping it lets go of it.
pub(crate) struct HostData {
    pub(crate) data: *mut c_void,
    pub(crate) destroy: rm_destroy_fn,
}

// SAFETY: the host promises that what it passes along with a callback may be used on any thread.
unsafe impl Send for HostData {}
// SAFETY: as above.
unsafe impl Sync for HostData {}

impl Drop for HostData {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: called once, when nothing uses the data any more.
            inside(|| unsafe { destroy(self.data) });
        }
    }
}

thread_local! {
    /// How many callbacks the thread is inside of.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Makes a call into the host.
pub(crate) fn inside<T>(call: impl FnOnce() -> T) -> T {
    DEPTH.set(DEPTH.get() + 1);
    let result = call();
    DEPTH.set(DEPTH.get() - 1);
    result
}

/// Whether the calling thread is inside a callback.
#[inline]
pub(crate) fn is_inside() -> bool {
    DEPTH.get() > 0
}

/// Refuses a call that would wait inside a callback: what it waits for may be waiting for the callback.
#[inline]
pub(crate) fn may_wait(call: &str) -> Result<(), Fault> {
    if is_inside() { Err(would_wait(call)) } else { Ok(()) }
}

#[cold]
fn would_wait(call: &str) -> Fault {
    Fault::new(RM_STATUS_REENTRANT, format!("{call} would wait inside a callback, expected a time limit of 0"))
}
