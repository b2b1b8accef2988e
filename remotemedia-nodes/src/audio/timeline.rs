//! Follows the presentation times of a stream of audio that a node cuts anew.

use remotemedia_core::time::{Span, Timestamp};

/// Where the frames of a continuous stretch of audio lie in time: the time of its first frame, counted on from there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timeline {
    origin: Option<Timestamp>,
    rate: u32,
    frames: u64,
}

impl Timeline {
    /// A stretch that begins at `origin`, if that is known, with `rate` frames per second.
    pub(crate) fn new(origin: Option<Timestamp>, rate: u32) -> Self {
        Self { origin, rate, frames: 0 }
    }

    /// Whether a packet at `pts` goes on where the frames counted so far end.
    ///
    /// Capture clocks jitter, so only a jump of more than [`TOLERANCE`] counts as a gap.
    pub(crate) fn continues_at(&self, pts: Option<Timestamp>) -> bool {
        match (pts, self.at(self.frames)) {
            (Some(pts), Some(expected)) => pts.distance(expected) <= TOLERANCE,
            _ => true,
        }
    }

    /// Counts `frames` more.
    pub(crate) fn advance(&mut self, frames: usize) {
        self.frames += frames as u64;
    }

    /// When the next frame begins.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.at(self.frames)
    }

    fn at(&self, frame: u64) -> Option<Timestamp> {
        Some(self.origin? + Span::of_samples(frame, self.rate))
    }
}

/// By how much a packet's time may differ from the time that counting frames gives before it counts as a gap.
pub(crate) const TOLERANCE: Span = Span::from_millis(40);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_on_from_the_first_time() {
        let mut timeline = Timeline::new(Some(Timestamp::from_nanos(5)), 8000);
        timeline.advance(8000);
        assert_eq!(timeline.now(), Some(Timestamp::from_nanos(1_000_000_005)));
    }

    #[test]
    fn jitter_continues_and_a_gap_does_not() {
        let timeline = Timeline::new(Some(Timestamp::ZERO), 8000);
        assert!(timeline.continues_at(Some(Timestamp::from_nanos(40_000_000))));
        assert!(!timeline.continues_at(Some(Timestamp::from_nanos(40_000_001))));
        assert!(timeline.continues_at(None));
    }
}
