//! Cuts a stream of audio into blocks of other sizes, copying nothing where a block lies within one that came.

use std::collections::VecDeque;

use bytemuck::Pod;
use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::PayloadError;

/// Frames that wait to be taken in blocks of another size. All of one format, rate and channel count.
#[derive(Default)]
pub(crate) struct Reblock {
    blocks: VecDeque<Audio>,
    frames: usize,
}

impl Reblock {
    /// Adds a block that goes on where the last one ended.
    pub(crate) fn push(&mut self, block: Audio) {
        self.frames += block.frames();
        // Planar blocks become interleaved ones here, once, rather than at every cut.
        let block = if block.is_interleaved() { block } else { block.slice(0, block.frames()) };
        self.blocks.push_back(block);
    }

    /// How many frames wait.
    pub(crate) fn frames(&self) -> usize {
        self.frames
    }

    /// Takes the first `frames` frames, or all if fewer wait; `None` if none do.
    ///
    /// # Errors
    /// If the blocks that were pushed differ in channel count.
    pub(crate) fn take(&mut self, frames: usize) -> Result<Option<Audio>, PayloadError> {
        let mut wanted = frames.min(self.frames);
        let mut parts = Vec::new();
        while wanted > 0 {
            let Some(block) = self.blocks.pop_front() else { break };
            let count = block.frames().min(wanted);
            if count < block.frames() {
                self.blocks.push_front(block.slice(count, block.frames()));
            }
            parts.push(if count < block.frames() { block.slice(0, count) } else { block });
            wanted -= count;
            self.frames -= count;
        }
        join(parts)
    }

    /// Drops all frames that wait.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.frames = 0;
    }
}

fn join(mut parts: Vec<Audio>) -> Result<Option<Audio>, PayloadError> {
    if parts.len() < 2 {
        return Ok(parts.pop());
    }
    let first = &parts[0];
    let data = match first.format() {
        SampleFormat::U8 => concat::<u8>(&parts),
        SampleFormat::S16 => concat::<i16>(&parts),
        SampleFormat::S32 => concat::<i32>(&parts),
        SampleFormat::F64 => concat::<f64>(&parts),
        _ => concat::<f32>(&parts),
    };
    Audio::new(first.format(), Layout::Interleaved, first.rate(), first.channels(), data).map(Some)
}

/// The bytes of all parts in memory that is aligned for `T`.
fn concat<T: Pod + Send + Sync>(parts: &[Audio]) -> Buffer {
    let len: usize = parts.iter().map(|part| part.buffer().len()).sum();
    let mut samples = vec![T::zeroed(); len / size_of::<T>()];
    let mut rest: &mut [u8] = bytemuck::cast_slice_mut(&mut samples);
    for part in parts {
        let (here, after) = rest.split_at_mut(part.buffer().len());
        here.copy_from_slice(part.buffer().as_bytes());
        rest = after;
    }
    Buffer::from(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(samples: Vec<f32>) -> Audio {
        Audio::from_f32(8000, 1, samples).unwrap()
    }

    #[test]
    fn a_cut_within_a_block_shares_its_memory() {
        let source = block(vec![1.0, 2.0, 3.0, 4.0]);
        let mut queue = Reblock::default();
        queue.push(source.clone());
        assert_eq!(queue.take(1).unwrap().unwrap().as_f32(), Some(&[1.0][..]));
        let cut = queue.take(2).unwrap().unwrap();
        assert_eq!(cut.as_f32().unwrap().as_ptr(), source.as_f32().unwrap()[1..].as_ptr());
        assert_eq!(queue.frames(), 1);
    }

    #[test]
    fn a_cut_across_blocks_joins_them_and_the_rest_is_shorter() {
        let mut queue = Reblock::default();
        queue.push(block(vec![1.0, 2.0]));
        queue.push(block(vec![3.0, 4.0]));
        assert_eq!(queue.take(3).unwrap().unwrap().as_f32(), Some(&[1.0, 2.0, 3.0][..]));
        assert_eq!(queue.take(3).unwrap().unwrap().as_f32(), Some(&[4.0][..]));
        assert!(queue.take(3).unwrap().is_none());
    }

    #[test]
    fn every_format_joins() {
        for (format, bytes) in [
            (SampleFormat::U8, 1),
            (SampleFormat::S16, 2),
            (SampleFormat::S32, 4),
            (SampleFormat::F32, 4),
            (SampleFormat::F64, 8),
        ] {
            let block = |byte: u8| {
                Audio::new(format, Layout::Interleaved, 8000, 1, Buffer::from(vec![byte; bytes * 2])).unwrap()
            };
            let mut queue = Reblock::default();
            queue.push(block(1));
            queue.push(block(2));
            let joined = queue.take(4).unwrap().unwrap();
            assert_eq!(joined.format(), format);
            assert_eq!(joined.buffer().as_bytes(), [vec![1; bytes * 2], vec![2; bytes * 2]].concat());
        }
    }
}
