//! Structs that C passes: they begin with their size, which tells how old the caller's header is.
//!
//! A struct grows at its end, and 0 in a new field means what was before. So what the caller's struct lacks is zero
//! here, and what it has beyond ours is left alone. Nothing works on the caller's own memory, which may be shorter.

use std::any::type_name;
use std::mem::MaybeUninit;
use std::ptr;

use crate::guard::Fault;

/// A struct that grows at its end.
///
/// # Safety
/// It is `repr(C)` and begins with its size as a `u32`; zero is valid for every field, and so is what a caller that
/// knows the struct puts there.
pub(crate) unsafe trait Table: Copy {
    /// How long it was in each release that made it longer, the first one first. These never change.
    const SIZES: &'static [usize];

    /// How much of a struct both sides know that measures `found` bytes; `None` if it is shorter than it ever was. A
    /// length that no release had counts as the one below, so that no field is taken in half.
    fn known(found: u32) -> Option<usize> {
        Self::SIZES.iter().copied().take_while(|size| *size <= found as usize).last()
    }
}

/// Makes structs tables; tells the last field that each of them had in each release that made it longer.
macro_rules! tables {
    ($($table:ty: $first:ident $(, $last:ident)*;)*) => {$(
        // SAFETY: the struct begins with its size, and its other fields are numbers, pointers and texts.
        unsafe impl $crate::table::Table for $table {
            const SIZES: &'static [usize] = {
                use $crate::table::size_up_to;
                const SIZES: &[usize] = &[
                    size_up_to::<$table, _>(std::mem::offset_of!($table, $first), |table| &table.$first),
                    $(size_up_to::<$table, _>(std::mem::offset_of!($table, $last), |table| &table.$last),)*
                ];
                assert!(std::mem::offset_of!($table, struct_size) == 0);
                assert!($crate::table::grows(SIZES, size_of::<$table>()));
                SIZES
            };
        }
    )*};
}
pub(crate) use tables;

/// The size of a struct that ends with the given field, which begins at `offset`.
pub(crate) const fn size_up_to<T, F>(offset: usize, _field: fn(&T) -> &F) -> usize {
    (offset + size_of::<F>()).next_multiple_of(align_of::<T>())
}

/// Whether each size is larger than the one before, up to the one of today: a field that lies where there was padding
/// cannot be told from that.
pub(crate) const fn grows(sizes: &[usize], today: usize) -> bool {
    let mut index = 1;
    while index < sizes.len() {
        if sizes[index - 1] >= sizes[index] {
            return false;
        }
        index += 1;
    }
    sizes[sizes.len() - 1] == today
}

/// What the struct behind the argument called `name` says.
///
/// # Safety
/// `table` is null or points to as many bytes as its first four say.
pub(crate) unsafe fn read<T: Table>(table: *const T, name: &str) -> Result<T, Fault> {
    // SAFETY: as the caller promises.
    unsafe { maybe(table)? }.ok_or_else(|| Fault::argument(format!("{name} is null")))
}

/// As [`read`], for a struct that may be left out.
///
/// # Safety
/// As [`read`].
pub(crate) unsafe fn maybe<T: Table>(table: *const T) -> Result<Option<T>, Fault> {
    // SAFETY: as the caller promises.
    let Some(known) = (unsafe { known(table)? }) else { return Ok(None) };
    let mut copy = MaybeUninit::<T>::zeroed();
    // SAFETY: the caller's struct has that many bytes, and ours has no fewer.
    unsafe { ptr::copy_nonoverlapping(table.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), known) };
    // SAFETY: every field is zero or what the caller put there.
    Ok(Some(unsafe { copy.assume_init() }))
}

/// Lets `work` fill in a struct of the caller, which is zero but for its size if that fails.
///
/// # Safety
/// `out` is null or points to as many bytes as its first four say, which may be written.
pub(crate) unsafe fn fill<T: Table>(out: *mut T, work: impl FnOnce(&mut T) -> Result<(), Fault>) -> Result<(), Fault> {
    // SAFETY: as the caller promises.
    let known = unsafe { known(out)? }.ok_or_else(|| Fault::argument("the place for the output is null"))?;
    let put = |filled: *const T| {
        let behind_size = |table: *const u8| table.wrapping_add(size_of::<u32>());
        let (from, to) = (behind_size(filled.cast()), behind_size(out.cast()).cast_mut());
        // SAFETY: the caller's struct has that many bytes, and ours has no fewer.
        unsafe { ptr::copy_nonoverlapping(from, to, known - size_of::<u32>()) };
    };
    // SAFETY: zero is valid for every field.
    let mut filled: T = unsafe { MaybeUninit::zeroed().assume_init() };
    put(&raw const filled);
    work(&mut filled)?;
    put(&raw const filled);
    Ok(())
}

/// How many bytes of the caller's struct we know; `None` for null.
///
/// # Safety
/// As [`read`].
unsafe fn known<T: Table>(table: *const T) -> Result<Option<usize>, Fault> {
    // SAFETY: as the caller promises.
    let Some(&found) = (unsafe { table.cast::<u32>().as_ref() }) else { return Ok(None) };
    let too_short = || {
        let name = type_name::<T>().rsplit("::").next().unwrap_or_default();
        let first = T::SIZES[0];
        Fault::argument(format!(
            "struct_size of {name} is {found}, expected {first} or more: begin with its INIT macro"
        ))
    };
    T::known(found).ok_or_else(too_short).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A struct as it was first released.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct First {
        struct_size: u32,
        level: i32,
        data: *const u8,
    }

    /// The struct two releases later.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Third {
        struct_size: u32,
        level: i32,
        data: *const u8,
        mode: u64,
        limit: u64,
    }

    tables! {
        First: data;
        Third: data, mode, limit;
    }

    fn third(struct_size: usize) -> Third {
        Third { struct_size: struct_size as u32, level: 1, data: ptr::dangling(), mode: 2, limit: 3 }
    }

    #[test]
    fn a_struct_of_an_older_header_is_read_as_far_as_it_goes() {
        let old = First { struct_size: size_of::<First>() as u32, level: 7, data: ptr::dangling() };
        // SAFETY: the struct has as many bytes as it says.
        let found = unsafe { read((&raw const old).cast::<Third>(), "it") }.expect("it was long enough once");
        assert_eq!((found.level, found.data, found.mode, found.limit), (7, old.data, 0, 0));
    }

    #[test]
    fn a_length_between_two_releases_counts_as_the_one_below() {
        for (found, mode, limit) in [(16, 0, 0), (23, 0, 0), (24, 2, 0), (31, 2, 0), (32, 2, 3), (40, 2, 3)] {
            let table = third(found);
            // SAFETY: what is read has no more bytes than the struct.
            let read = unsafe { read(&raw const table, "it") }.expect("it is long enough");
            assert_eq!((read.mode, read.limit), (mode, limit), "{found}");
        }
    }

    #[test]
    fn what_is_shorter_than_it_ever_was_is_refused() {
        for found in [0, 4, 15] {
            let table = third(found);
            // SAFETY: nothing is read but the size.
            let refused = unsafe { read(&raw const table, "it") }.err().expect("it is too short");
            let message = format!("struct_size of Third is {found}, expected 16 or more: begin with its INIT macro");
            assert_eq!(refused.message, message);
        }
    }

    #[test]
    fn an_output_is_written_no_further_than_the_caller_has_room() {
        let all = |filled: &mut Third| {
            (filled.level, filled.data, filled.mode, filled.limit) = (4, ptr::null(), 5, 6);
            Ok(())
        };
        for (size, mode, limit) in [(16, 2, 3), (24, 5, 3), (32, 5, 6)] {
            let mut out = third(size);
            // SAFETY: the struct has as many bytes as it says, or more.
            unsafe { fill(&raw mut out, all) }.expect("it is long enough");
            assert_eq!((out.struct_size as usize, out.level, out.mode, out.limit), (size, 4, mode, limit));
        }
    }

    #[test]
    fn an_output_that_is_not_filled_is_emptied_as_far_as_both_know_it() {
        #[repr(C)]
        struct Newer(Third, u64);
        let mut out = Newer(third(size_of::<Newer>()), 9);
        // SAFETY: the struct has as many bytes as it says.
        let failed = unsafe { fill((&raw mut out).cast::<Third>(), |_| Err(Fault::argument("no"))) };
        assert!(failed.is_err());
        assert_eq!((out.0.struct_size, out.0.level, out.0.mode, out.0.limit, out.1), (40, 0, 0, 0, 9));
        assert!(out.0.data.is_null());
    }
}
