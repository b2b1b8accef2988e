//! Batch: gathers packets into bundles.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bundle::Bundle;
use super::clock::Clock;

/// What [`Batch`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchParams {
    /// How many packets make a batch.
    #[schemars(range(min = 1))]
    size: usize,
    /// A batch that is not full is given before a packet that comes later than this after its first, in milliseconds.
    #[serde(default)]
    max_wait_ms: Option<u64>,
}

/// Gathers packets into bundles of `size`; what is left at the end makes a smaller one.
///
/// `max_wait_ms` goes by the packets' times, by the session's clock for those that have none.
pub struct Batch {
    params: BatchParams,
    clock: Clock,
    gathered: Vec<Packet>,
    began: Timestamp,
}

impl Batch {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Batch").summary("Gathers packets into batches")
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the size is zero.
    pub fn new(params: BatchParams) -> NodeResult<Self> {
        check_size("size", params.size)?;
        Ok(Self { params, clock: Clock::default(), gathered: Vec::new(), began: Timestamp::ZERO })
    }

    fn give(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        if self.gathered.is_empty() { Ok(()) } else { out.emit(bundle(std::mem::take(&mut self.gathered))) }
    }

    fn waited_too_long(&self, now: Timestamp) -> bool {
        let most = self.params.max_wait_ms.map(Span::from_millis);
        !self.gathered.is_empty() && most.is_some_and(|most| now.since(self.began) > most)
    }
}

impl Node for Batch {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.clock = Clock::new(cx.driver.clone());
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let now = self.clock.time_of(&packet);
        if self.waited_too_long(now) {
            self.give(out)?;
        }
        if self.gathered.is_empty() {
            self.began = now;
        }
        self.gathered.push(packet);
        if self.gathered.len() < self.params.size { Ok(()) } else { self.give(out) }
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.give(out)
    }

    fn interrupt(&mut self) {
        self.gathered.clear();
    }
}

/// The packets as one, which begins with the first and ends with the last.
pub(super) fn bundle(packets: Vec<Packet>) -> Packet {
    let first = packets.first().cloned().unwrap_or_else(|| Packet::new(Payload::Null));
    let end = packets.last().and_then(Packet::end);
    let duration = end.zip(first.pts).map(|(end, start)| end.since(start)).or(first.duration);
    let uninterruptible = packets.iter().any(|packet| packet.uninterruptible);
    let mut bundled = first.with_payload(Bundle::list(packets));
    bundled.duration = duration;
    bundled.uninterruptible = uninterruptible;
    bundled
}

pub(super) fn check_size(name: &str, size: usize) -> NodeResult {
    if size > 0 { Ok(()) } else { Err(NodeError::new(format!("params: {name} is 0, expected at least 1"))) }
}
