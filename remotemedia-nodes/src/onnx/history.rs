//! The history: the latest audio of a stream, from which stretches are cut.

use std::collections::VecDeque;
use std::ops::Range;

use remotemedia_core::audio::Audio;
use remotemedia_core::error::PayloadError;
use remotemedia_core::time::{Span, Timestamp};

/// The latest blocks of one-channel `f32` audio of one rate, each with its time.
#[derive(Default)]
pub(super) struct History {
    blocks: VecDeque<Block>,
    /// How many samples came in all.
    end: u64,
    /// When the next block is due, if it does not say so itself.
    due: Timestamp,
}

struct Block {
    start: u64,
    pts: Timestamp,
    audio: Audio,
}

impl Block {
    fn end(&self) -> u64 {
        self.start + self.audio.frames() as u64
    }

    fn time_of(&self, sample: u64) -> Timestamp {
        self.pts + Span::of_samples(sample.saturating_sub(self.start), self.audio.rate())
    }
}

/// How far the time of a block may lie from where the one before ends.
const TOLERANCE: Span = Span::from_millis(40);

impl History {
    /// Adds the next block; without a time it follows the one before.
    pub(super) fn push(&mut self, audio: Audio, pts: Option<Timestamp>) {
        let pts = pts.unwrap_or(self.due);
        self.due = pts + audio.duration();
        let block = Block { start: self.end, pts, audio };
        self.end = block.end();
        self.blocks.push_back(block);
    }

    /// How many samples came in all.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Whether a block at `pts` would not follow the one before, by more than [`TOLERANCE`].
    pub(super) fn jumps_to(&self, pts: Timestamp) -> bool {
        self.end > 0 && pts.distance(self.due).as_nanos() > TOLERANCE.as_nanos()
    }

    /// When `sample` is due; after the last block if it is not held.
    pub(super) fn time_of(&self, sample: u64) -> Timestamp {
        let held = self.blocks.partition_point(|block| block.end() <= sample);
        self.blocks.get(held).map_or(self.due, |block| block.time_of(sample))
    }

    /// Lets go of the blocks that end before `sample`.
    pub(super) fn forget_before(&mut self, sample: u64) {
        while self.blocks.front().is_some_and(|block| block.end() <= sample) {
            self.blocks.pop_front();
        }
    }

    /// Lets go of everything but the count of samples and the time.
    pub(super) fn clear(&mut self) {
        self.blocks.clear();
    }

    /// The samples in `range` and when the first of them is due. Shares the memory where they came in one block, copies
    /// them once otherwise. `None` if the range is empty or not held.
    ///
    /// # Errors
    /// Never for blocks of one rate; the error is that of [`Audio::from_f32`].
    pub(super) fn cut(&self, range: Range<u64>) -> Result<Option<(Audio, Timestamp)>, PayloadError> {
        let first = self.blocks.partition_point(|block| block.end() <= range.start);
        let Some(block) = self.blocks.get(first) else { return Ok(None) };
        if range.is_empty() || block.start > range.start {
            return Ok(None);
        }
        let pts = block.time_of(range.start);
        if range.end <= block.end() {
            let offset = (range.start - block.start) as usize;
            let frames = (range.end - range.start) as usize;
            return Ok(Some((block.audio.slice(offset, offset + frames), pts)));
        }
        let mut samples = Vec::with_capacity((range.end - range.start) as usize);
        for block in self.blocks.range(first..).take_while(|block| block.start < range.end) {
            let from = range.start.saturating_sub(block.start) as usize;
            let to = (range.end.min(block.end()) - block.start) as usize;
            samples.extend_from_slice(&block.audio.to_f32()[from..to]);
        }
        Ok(Some((Audio::from_f32(block.audio.rate(), 1, samples)?, pts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(range: Range<u16>) -> Audio {
        Audio::from_f32(1000, 1, range.map(f32::from).collect()).unwrap()
    }

    #[test]
    fn a_stretch_within_one_block_shares_its_memory() {
        let mut history = History::default();
        let block = ramp(0..8);
        history.push(block.clone(), None);
        let (audio, pts) = history.cut(2..5).unwrap().unwrap();
        assert_eq!(audio.as_f32(), Some(&[2.0, 3.0, 4.0][..]));
        assert_eq!(audio.buffer().as_bytes().as_ptr(), block.buffer().as_bytes()[8..].as_ptr());
        assert_eq!(pts, Timestamp::from_nanos(2_000_000));
    }

    #[test]
    fn a_stretch_over_several_blocks_is_whole() {
        let mut history = History::default();
        for start in [0, 4, 8] {
            history.push(ramp(start..start + 4), None);
        }
        let (audio, _) = history.cut(3..10).unwrap().unwrap();
        assert_eq!(audio.as_f32(), Some(&[3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0][..]));
    }

    #[test]
    fn time_is_that_of_the_block_in_which_a_stretch_begins() {
        let mut history = History::default();
        history.push(ramp(0..4), Some(Timestamp::from_nanos(1_000_000_000)));
        history.push(ramp(4..8), Some(Timestamp::from_nanos(5_000_000_000)));
        history.push(ramp(8..12), None);
        let pts = |range| history.cut(range).unwrap().unwrap().1.as_nanos();
        assert_eq!(pts(1..6), 1_001_000_000);
        assert_eq!(pts(5..6), 5_001_000_000);
        assert_eq!(pts(9..10), 5_005_000_000);
    }

    #[test]
    fn forgotten_samples_are_not_given() {
        let mut history = History::default();
        history.push(ramp(0..4), None);
        history.push(ramp(4..8), None);
        history.forget_before(4);
        assert!(history.cut(3..6).unwrap().is_none());
        assert!(history.cut(4..6).unwrap().is_some());
    }
}
