//! Structs that C fills in: they begin with their size, which tells how old the caller's header is.

use std::any::type_name;

use crate::guard::Fault;

/// The struct behind the argument called `name`.
///
/// # Safety
/// `table` is null or points to as many bytes as its first four say.
pub(crate) unsafe fn read<'a, T>(table: *const T, name: &str) -> Result<&'a T, Fault> {
    // SAFETY: as the caller promises.
    unsafe { maybe(table)? }.ok_or_else(|| Fault::argument(format!("{name} is null")))
}

/// As [`read`], for a struct that may be left out.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn maybe<'a, T>(table: *const T) -> Result<Option<&'a T>, Fault> {
    // SAFETY: as the caller promises.
    let Some(found) = (unsafe { table.cast::<u32>().as_ref() }) else { return Ok(None) };
    if (*found as usize) < size_of::<T>() {
        let name = type_name::<T>().rsplit("::").next().unwrap_or_default();
        let expected = size_of::<T>();
        let message = format!("struct_size of {name} is {found}, expected {expected}: begin with its INIT macro");
        return Err(Fault::argument(message));
    }
    // SAFETY: the caller's struct is at least as long as ours.
    Ok(unsafe { table.as_ref() })
}

/// A struct for the callee to fill in, all of it zero but for its size.
///
/// # Safety
/// `out` is null or points to as many bytes as its first four say, which may be written. Zero is valid for every field.
pub(crate) unsafe fn place<'a, T>(out: *mut T) -> Result<&'a mut T, Fault> {
    // SAFETY: as the caller promises.
    let size = size_of_val(unsafe { read(out.cast_const(), "the place for the output")? });
    // SAFETY: the caller's struct is at least as long as ours.
    unsafe {
        out.cast::<u8>().add(size_of::<u32>()).write_bytes(0, size - size_of::<u32>());
        Ok(&mut *out)
    }
}
