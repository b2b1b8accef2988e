//! Text and bytes as they cross the boundary: a pointer and a length.

use std::os::raw::c_char;
use std::ptr;
use std::slice;

use crate::guard::Fault;

/// UTF-8 text of `len` bytes. It need not end in a zero byte. `{NULL, 0}` is no text at all.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_str_t {
    /// The first byte; may be null if `len` is 0.
    pub data: *const c_char,
    /// The number of bytes.
    pub len: usize,
}

/// `len` bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_bytes_t {
    /// The first byte; may be null if `len` is 0.
    pub data: *const u8,
    /// The number of bytes.
    pub len: usize,
}

impl rm_str_t {
    /// No text.
    pub(crate) const NONE: Self = Self { data: ptr::null(), len: 0 };

    /// The text, lent for as long as `text` lives.
    pub(crate) fn lend(text: &str) -> Self {
        Self { data: text.as_ptr().cast(), len: text.len() }
    }

    /// The text behind the argument called `name`; `None` for no text.
    ///
    /// # Safety
    /// `data` points to `len` bytes that nobody changes during the call.
    #[inline(always)]
    pub(crate) unsafe fn read<'a>(self, name: &str) -> Result<Option<&'a str>, Fault> {
        if self.data.is_null() && self.len == 0 {
            return Ok(None);
        }
        // SAFETY: as the caller promises.
        unsafe { self.need(name) }.map(Some)
    }

    /// As [`read`](Self::read), for an argument that must be there.
    ///
    /// # Safety
    /// As [`read`](Self::read).
    pub(crate) unsafe fn need<'a>(self, name: &str) -> Result<&'a str, Fault> {
        // SAFETY: as the caller promises.
        let bytes = unsafe { read(self.data.cast(), self.len, name)? };
        let bytes = bytes.ok_or_else(|| Fault::argument(format!("{name} is null, expected text")))?;
        std::str::from_utf8(bytes).map_err(|error| Fault::argument(format!("{name} is not UTF-8: {error}")))
    }
}

impl rm_bytes_t {
    /// No bytes.
    pub(crate) const NONE: Self = Self { data: ptr::null(), len: 0 };

    /// The bytes, lent for as long as `bytes` live.
    pub(crate) fn lend(bytes: &[u8]) -> Self {
        Self { data: bytes.as_ptr(), len: bytes.len() }
    }

    /// The bytes behind the argument called `name`.
    ///
    /// # Safety
    /// `data` points to `len` bytes that nobody changes during the call.
    pub(crate) unsafe fn read<'a>(self, name: &str) -> Result<&'a [u8], Fault> {
        // SAFETY: as the caller promises.
        Ok(unsafe { read(self.data, self.len, name)? }.unwrap_or_default())
    }
}

/// # Safety
/// `data` points to `len` bytes that nobody changes for `'a`.
#[inline]
unsafe fn read<'a>(data: *const u8, len: usize, name: &str) -> Result<Option<&'a [u8]>, Fault> {
    if data.is_null() {
        let fault = || Fault::argument(format!("{name} is null, expected {len} bytes"));
        return if len == 0 { Ok(None) } else { Err(fault()) };
    }
    if len > isize::MAX as usize {
        return Err(Fault::argument(format!("{name} has {len} bytes, expected at most {}", isize::MAX)));
    }
    // SAFETY: not null, short enough, and readable as the caller promises.
    Ok(Some(unsafe { slice::from_raw_parts(data, len) }))
}
