//! Progress: how a caller hears of long work.

/// Hears how many further bytes are done.
pub type Progress<'a> = &'a mut dyn FnMut(u64);

/// Hears of transfers, from several threads at once.
pub trait Meter: Sync {
    /// So many further bytes are to be transferred, or compared with their digest where they are here.
    fn expect(&self, len_bytes: u64);

    /// So many further bytes are.
    fn advance(&self, len_bytes: u64);
}

/// Nobody who listens.
impl Meter for () {
    fn expect(&self, _: u64) {}

    fn advance(&self, _: u64) {}
}
