//! The time of a packet: its own, or that of the session's clock.

use std::sync::Arc;

use remotemedia_core::driver::Driver;
use remotemedia_core::packet::Packet;
use remotemedia_core::time::Timestamp;

/// Tells when packets are.
#[derive(Debug, Default)]
pub(super) struct Clock(Option<Arc<dyn Driver>>);

impl Clock {
    /// A clock for packets without a time of their own.
    pub(super) fn new(driver: Arc<dyn Driver>) -> Self {
        Self(Some(driver))
    }

    /// When `packet` is: its presentation time, else now.
    pub(super) fn time_of(&self, packet: &Packet) -> Timestamp {
        let now = || self.0.as_ref().map_or(Timestamp::ZERO, |driver| driver.now());
        packet.pts.unwrap_or_else(now)
    }
}
