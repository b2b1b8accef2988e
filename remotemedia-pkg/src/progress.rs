//! Progress: how a caller hears of long work.

/// Hears how many further bytes are done.
pub type Progress<'a> = &'a mut dyn FnMut(u64);
