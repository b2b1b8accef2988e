//! Handles: reference-counted objects behind pointers that C holds.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::guard::{Fault, shield};

/// Gives `object` to C as one reference.
pub(crate) fn give<T>(object: T) -> *mut T {
    Arc::into_raw(Arc::new(object)).cast_mut()
}

/// The object behind the argument called `name`.
///
/// # Safety
/// `handle` is null, or came from [`give`] and its reference is held during the call.
pub(crate) unsafe fn borrow<'a, T>(handle: *const T, name: &str) -> Result<&'a T, Fault> {
    // SAFETY: as the caller promises.
    unsafe { handle.as_ref() }.ok_or_else(|| Fault::argument(format!("{name} is null")))
}

/// One more reference to the object, for the library.
///
/// # Safety
/// As [`borrow`].
pub(crate) unsafe fn share<T>(handle: *const T, name: &str) -> Result<Arc<T>, Fault> {
    // SAFETY: as the caller promises.
    unsafe { borrow(handle, name)? };
    // SAFETY: not null, so it came from `give`; the caller's reference is left alone.
    let held = ManuallyDrop::new(unsafe { Arc::from_raw(handle) });
    Ok(Arc::clone(&held))
}

/// One more reference to the object, for C.
///
/// # Safety
/// As [`borrow`].
pub(crate) unsafe fn retain<T>(handle: *const T) -> *mut T {
    if !handle.is_null() {
        // SAFETY: not null, so it came from `give`, and its reference is held.
        unsafe { Arc::increment_strong_count(handle) };
    }
    handle.cast_mut()
}

/// Takes one reference back.
///
/// # Safety
/// `handle` is null, or came from [`give`] or [`retain`] and is not used for this reference again.
pub(crate) unsafe fn release<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: not null, so it stands for a reference, which ends here.
        let object = unsafe { Arc::from_raw(handle.cast_const()) };
        shield((), || drop(object));
    }
}

/// A place for an output, emptied first.
///
/// # Safety
/// `out` is null or may be written.
pub(crate) unsafe fn output<'a, T>(out: *mut *mut T) -> Result<&'a mut *mut T, Fault> {
    // SAFETY: as the caller promises.
    let out = unsafe { out.as_mut() }.ok_or_else(|| Fault::argument("the place for the output is null"))?;
    *out = std::ptr::null_mut();
    Ok(out)
}
