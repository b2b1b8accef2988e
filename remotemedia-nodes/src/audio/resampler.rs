//! Changes the rate of a stream of samples: any block sizes in, every frame aligned with the input.
//!
//! A polyphase filter: the position of each output frame is an exact fraction of input frames, so nothing drifts, the
//! delay is half the filter and no more, and how the input is cut into blocks shows nowhere in the output.

use remotemedia_core::error::{NodeError, NodeResult};

use super::sinc::{FilterBank, Quality};

/// Changes the rate of interleaved samples.
pub(crate) struct Resampler {
    filters: FilterBank,
    up: u64,
    down: u64,
    /// Per channel, the input frames that filters may still reach, with zeros before the first.
    history: Vec<Vec<f32>>,
    /// The position of the next output frame: whole frames into `history`, and a fraction over `up`.
    frame: usize,
    phase: u64,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A resampler from `rate_in` to `rate_out` frames per second.
    ///
    /// # Errors
    /// If the rates are further apart than [`MAX_FACTOR`].
    pub(crate) fn new(rate_in: u32, rate_out: u32, channels: u16, quality: Quality) -> NodeResult<Self> {
        let (low, high) = (rate_in.min(rate_out), rate_in.max(rate_out));
        if u64::from(high) > u64::from(low) * MAX_FACTOR {
            return Err(NodeError::new(format!(
                "cannot resample from {rate_in} Hz to {rate_out} Hz: the rates differ by more than a factor of {MAX_FACTOR}"
            )));
        }
        let divisor = gcd(rate_in.into(), rate_out.into());
        let (up, down) = (u64::from(rate_out) / divisor, u64::from(rate_in) / divisor);
        let filters = FilterBank::new(up, down, quality);
        let mut resampler = Self {
            filters,
            up,
            down,
            history: vec![Vec::new(); channels.into()],
            frame: 0,
            phase: 0,
            taken: 0,
            given: 0,
        };
        resampler.reset();
        Ok(resampler)
    }

    /// Takes interleaved samples and gives the interleaved samples that are complete by now.
    pub(crate) fn push(&mut self, samples: &[f32]) -> Vec<f32> {
        let channels = self.history.len();
        for (channel, history) in self.history.iter_mut().enumerate() {
            history.extend(samples.iter().skip(channel).step_by(channels));
        }
        self.taken += (samples.len() / channels) as u64;
        self.give(u64::MAX)
    }

    /// Gives what is left at the end of the stream, so that the output lasts as long as the input to the nearest frame,
    /// and starts anew.
    pub(crate) fn finish(&mut self) -> Vec<f32> {
        self.finish_at(|exact, down| (2 * exact + down) / (2 * down))
    }

    /// As [`finish`](Self::finish), with the length rounded up to a whole frame.
    pub(crate) fn finish_rounded_up(&mut self) -> Vec<f32> {
        self.finish_at(u128::div_ceil)
    }

    /// `round` divides the exact length, given in parts, by the number of parts in a frame.
    fn finish_at(&mut self, round: fn(u128, u128) -> u128) -> Vec<f32> {
        let padded = self.history[0].len() + self.filters.half() + 1;
        self.history.iter_mut().for_each(|history| history.resize(padded, 0.0));
        let total = round(u128::from(self.taken) * u128::from(self.up), self.down.into()) as u64;
        let tail = self.give(total - self.given);
        self.reset();
        tail
    }

    /// Forgets everything taken so far.
    pub(crate) fn reset(&mut self) {
        let before = self.filters.half() - 1;
        for history in &mut self.history {
            history.clear();
            history.resize(before, 0.0);
        }
        (self.frame, self.phase, self.taken, self.given) = (0, 0, 0, 0);
    }

    /// Computes output frames while their filters find input, at most `limit`.
    fn give(&mut self, limit: u64) -> Vec<f32> {
        let window = 2 * self.filters.half();
        let mut output = Vec::with_capacity(self.history.len() * self.ready(window).min(limit as usize));
        let mut count = 0;
        while count < limit && self.frame + window <= self.history[0].len() {
            let frame = self.frame;
            let (filters, phase, up) = (&self.filters, self.phase, self.up);
            output.extend(self.history.iter().map(|h| filters.apply(&h[frame..frame + window], phase, up)));
            self.phase += self.down;
            self.frame += (self.phase / self.up) as usize;
            self.phase %= self.up;
            count += 1;
        }
        self.given += count;
        self.forget();
        output
    }

    /// How many output frames can be computed now, give or take one.
    fn ready(&self, window: usize) -> usize {
        let frames = (self.history[0].len() + 1).saturating_sub(self.frame + window) as u64;
        (frames * self.up / self.down + 1) as usize
    }

    /// Drops the input frames that no filter will reach again.
    fn forget(&mut self) {
        let gone = self.frame.min(self.history[0].len());
        self.history.iter_mut().for_each(|history| drop(history.drain(..gone)));
        self.frame -= gone;
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// By how much the two rates may differ: beyond it the filters would take seconds to fill.
const MAX_FACTOR: u64 = 256;
