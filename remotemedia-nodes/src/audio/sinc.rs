//! Designs the filters of the resampler: windowed sincs, one row of taps per position between two input frames.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sharp the resampling filter is. What passes unchanged is given relative to the lower of the two Nyquist
/// frequencies, the delay in frames at the lower of the two rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Passes 77 %, images and aliases at -60 dB, delay 16 frames.
    Low,
    /// Passes 84 %, images and aliases at -80 dB, delay 32 frames.
    Medium,
    /// Passes 90 %, images and aliases at -100 dB, delay 64 frames.
    #[default]
    High,
}

impl Quality {
    /// Zero crossings of the sinc on either side of its middle.
    fn crossings(self) -> usize {
        match self {
            Self::Low => 16,
            Self::Medium => 32,
            Self::High => 64,
        }
    }

    /// How far images and aliases are pushed down, in decibels.
    fn attenuation_db(self) -> f64 {
        match self {
            Self::Low => 60.0,
            Self::Medium => 80.0,
            Self::High => 100.0,
        }
    }
}

/// The taps for every position between two input frames.
pub(crate) struct FilterBank {
    taps: Vec<f32>,
    half: usize,
    rows: usize,
    exact: bool,
}

impl FilterBank {
    /// Filters for a rate change by `up / down`, a fraction in lowest terms.
    pub(crate) fn new(up: u64, down: u64, quality: Quality) -> Self {
        let scale = (up as f64 / down as f64).min(1.0);
        let half = ((quality.crossings() as f64 / scale).ceil() as usize).next_multiple_of(UNROLL / 2);
        let exact = up <= MAX_EXACT_ROWS;
        let rows = if exact { up as usize } else { (INTERPOLATED_ROWS * scale).ceil() as usize };
        let sinc = Sinc::new(quality, scale, half);
        // One row more than there are positions, so that interpolation always finds a right neighbour.
        let taps = (0..=rows).flat_map(|row| sinc.taps(row as f64 / rows as f64)).collect();
        Self { taps, half, rows, exact }
    }

    /// How many input frames a filter needs on either side of its position.
    pub(crate) fn half(&self) -> usize {
        self.half
    }

    /// The weighted sum of `window`, twice [`half`](Self::half) frames, at the position `phase / up` after its middle.
    pub(crate) fn apply(&self, window: &[f32], phase: u64, up: u64) -> f32 {
        if self.exact {
            return dot(self.row(phase as usize), window);
        }
        let position = phase as f64 * self.rows as f64 / up as f64;
        let (row, between) = (position as usize, position.fract() as f32);
        let (left, right) = (dot(self.row(row), window), dot(self.row(row + 1), window));
        left + (right - left) * between
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.taps[row * 2 * self.half..][..2 * self.half]
    }
}

/// A sinc under a Kaiser window.
struct Sinc {
    cutoff: f64,
    half: usize,
    beta: f64,
    peak: f64,
}

impl Sinc {
    /// The low-pass for rates in the proportion `scale` (at most 1), with its stop band from Nyquist on.
    fn new(quality: Quality, scale: f64, half: usize) -> Self {
        let attenuation = quality.attenuation_db();
        // Kaiser's formulas for the width of the transition band and the shape of the window.
        let transition = (attenuation - 7.95) / (14.36 * half as f64 * scale);
        let beta = 0.1102 * (attenuation - 8.7);
        Self { cutoff: scale * (1.0 - transition / 2.0), half, beta, peak: bessel_i0(beta) }
    }

    /// The taps at the position `between` two frames, 0 to 1, with a sum of 1.
    fn taps(&self, between: f64) -> Vec<f32> {
        let first = 1.0 - self.half as f64 - between;
        let taps: Vec<f64> = (0..2 * self.half).map(|tap| self.at(first + tap as f64)).collect();
        let sum: f64 = taps.iter().sum();
        taps.into_iter().map(|tap| (tap / sum) as f32).collect()
    }

    fn at(&self, t: f64) -> f64 {
        let edge = t / self.half as f64;
        if edge.abs() >= 1.0 {
            return 0.0;
        }
        let x = std::f64::consts::PI * self.cutoff * t;
        let sinc = if x == 0.0 { 1.0 } else { x.sin() / x };
        sinc * bessel_i0(self.beta * (1.0 - edge * edge).sqrt()) / self.peak
    }
}

/// The modified Bessel function of the first kind and order zero.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    let mut k = 1.0;
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

/// The dot product of two slices of equal length, a multiple of [`UNROLL`], in sums that run side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; UNROLL];
    for (a, b) in a.chunks_exact(UNROLL).zip(b.chunks_exact(UNROLL)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// How many sums of a dot product run side by side: enough to keep the vector units busy.
const UNROLL: usize = 16;

/// Up to how many positions between two input frames have a row of taps of their own.
const MAX_EXACT_ROWS: u64 = 1024;

/// How many rows there are where positions between them are interpolated: the error stays below -100 dB.
const INTERPOLATED_ROWS: f64 = 1024.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_unit_gain_and_the_first_is_centred() {
        let bank = FilterBank::new(160, 441, Quality::High);
        let ones = vec![1.0; 2 * bank.half()];
        for phase in 0..160 {
            assert!((bank.apply(&ones, phase, 160) - 1.0).abs() < 1e-5);
        }
        let row = bank.row(0);
        let centre = bank.half() - 1;
        for offset in 1..centre {
            assert_eq!(row[centre - offset], row[centre + offset]);
        }
    }

    #[test]
    fn bessel_matches_known_values() {
        assert!((bessel_i0(1.0) - 1.266_065_877_752_008_4).abs() < 1e-14);
        assert!((bessel_i0(10.0) / 2_815.716_628_466_254 - 1.0).abs() < 1e-14);
    }
}
