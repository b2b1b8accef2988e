//! A continuous stretch of audio: what its packets have in common, and where in time the node stands in it.

use remotemedia_core::audio::{Layout, SampleFormat};
use remotemedia_core::prelude::*;

use super::timeline::Timeline;

/// What a node that cuts audio anew remembers of the packets it took.
pub(crate) struct Stretch {
    shape: Shape,
    stream: u32,
    envelope: Packet,
    taken: Timeline,
    given: Timeline,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    format: SampleFormat,
    layout: Layout,
    rate: u32,
    channels: u16,
}

impl Stretch {
    /// A stretch that begins with `audio` from `packet` and comes out with `rate_out` frames per second.
    pub(crate) fn new(packet: &Packet, audio: &Audio, rate_out: u32) -> Self {
        Self {
            shape: Shape::of(audio),
            stream: packet.stream,
            envelope: Packet::new(Payload::Null),
            taken: Timeline::new(packet.pts, audio.rate()),
            given: Timeline::new(packet.pts, rate_out),
        }
    }

    /// Whether `audio` from `packet` goes on where the stretch stands: the same stream and shape, and no gap in time.
    pub(crate) fn goes_on(&self, packet: &Packet, audio: &Audio) -> bool {
        self.stream == packet.stream && self.shape == Shape::of(audio) && self.taken.continues_at(packet.pts)
    }

    /// Frames per second that come in.
    pub(crate) fn rate(&self) -> u32 {
        self.shape.rate
    }

    /// Notes that `frames` frames came in `envelope`, which what comes out is given too.
    pub(crate) fn take(&mut self, envelope: Packet, frames: usize) {
        self.envelope = envelope;
        self.taken.advance(frames);
    }

    /// Emits the next frames of the stretch with their time and length.
    pub(crate) fn give(&mut self, audio: Audio, out: &mut Outputs<'_>) -> NodeResult {
        let mut packet = self.envelope.clone();
        packet.pts = self.given.now();
        packet.duration = Some(audio.duration());
        self.given.advance(audio.frames());
        out.emit(packet.with_payload(audio))
    }
}

impl Shape {
    fn of(audio: &Audio) -> Self {
        Self { format: audio.format(), layout: audio.layout(), rate: audio.rate(), channels: audio.channels() }
    }
}
