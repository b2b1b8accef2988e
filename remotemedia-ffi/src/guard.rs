//! The one way through which every call runs: panics are contained, faults become status codes and error objects.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use remotemedia::Error;

use crate::error::rm_error_t;
use crate::handle;
use crate::status::{RM_STATUS_INVALID_ARGUMENT, RM_STATUS_PANIC, rm_status_t};

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) status: rm_status_t,
    pub(crate) message: String,
    /// The runtime's own error, where there is one.
    pub(crate) error: Option<Error>,
}

impl Fault {
    pub(crate) fn new(status: rm_status_t, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), error: None }
    }

    /// An argument that the callee cannot take.
    pub(crate) fn argument(message: impl Into<String>) -> Self {
        Self::new(RM_STATUS_INVALID_ARGUMENT, message)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { status: error.kind().status(), message: error.to_string(), error: Some(error) }
    }
}

/// Makes the call. What it reports goes to `error`, if the caller wants it.
///
/// # Safety
/// `error` is null or may be written.
#[inline]
pub(crate) unsafe fn guard(
    error: *mut *mut rm_error_t,
    call: impl FnOnce() -> Result<rm_status_t, Fault>,
) -> rm_status_t {
    let done = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|payload| Err(panicked(&*payload)));
    let (status, made) = match done {
        Ok(status) => (status, ptr::null_mut()),
        Err(fault) if error.is_null() => (fault.status, ptr::null_mut()),
        Err(fault) => (fault.status, handle::give(rm_error_t::new(fault))),
    };
    if !error.is_null() {
        // SAFETY: as the caller promises.
        unsafe { error.write(made) };
    }
    status
}

/// Makes a call that gives a value and reports nothing.
#[inline]
pub(crate) fn shield<T>(otherwise: T, call: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or(otherwise)
}

fn panicked(payload: &(dyn std::any::Any + Send)) -> Fault {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
    Fault::new(RM_STATUS_PANIC, format!("the library panicked: {}", text.as_deref().unwrap_or("without a message")))
}
