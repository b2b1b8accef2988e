//! How sharp the resampling filter is, and which filter of the library that is.

use rubato::{SincInterpolationParameters, SincInterpolationType, WindowFunction, calculate_cutoff};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sharp the resampling filter is. What passes unchanged is given relative to the lower of the two Nyquist
/// frequencies, the delay in frames at the lower of the two rates; up to 16 frames more wait to be filtered together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Passes 77 %, images and aliases at -60 dB, delay 24 frames.
    Low,
    /// Passes 84 %, images and aliases at -75 dB, delay 36 frames.
    Medium,
    /// Passes 90 %, images and aliases at -108 dB, delay 68 frames.
    #[default]
    High,
}

impl Quality {
    /// The filter for a rate change by `up / down`, a fraction in lowest terms.
    ///
    /// Where a table with a row for each of the `up` positions between two input frames stays small, each position has
    /// its own row and nothing is interpolated. Otherwise four rows are, with an error below what `f32` can tell.
    pub(crate) fn filter(self, up: u64, down: u64) -> SincInterpolationParameters {
        let stretch = (down as f64 / up as f64).max(1.0);
        let (taps, window) = self.prototype();
        let sinc_len = ((taps as f64 * stretch).ceil() as usize).next_multiple_of(8);
        let filter = SincInterpolationParameters::new(sinc_len, window).f_cutoff(calculate_cutoff(taps, window));
        if up <= MAX_ROWS && up * sinc_len as u64 <= MAX_TABLE {
            return filter.oversampling_factor(up as usize).interpolation(SincInterpolationType::Nearest);
        }
        // A power of two, because the library computes row and rest of a position apart, which must round alike.
        let rows = ((INTERPOLATED_ROWS / stretch).ceil() as usize).next_power_of_two().max(MIN_ROWS);
        filter.oversampling_factor(rows).interpolation(SincInterpolationType::Cubic)
    }

    /// The length in frames at the lower rate, and the window.
    fn prototype(self) -> (usize, WindowFunction) {
        match self {
            Self::Low => (48, WindowFunction::Hann2),
            Self::Medium => (72, WindowFunction::Blackman),
            Self::High => (136, WindowFunction::BlackmanHarris),
        }
    }
}

/// Up to how many positions between two input frames have a row of their own.
const MAX_ROWS: u64 = 512;

/// Up to how many taps a table has that needs no interpolation: 1 MiB of them.
const MAX_TABLE: u64 = 1 << 18;

/// How many rows there are between two frames at the lower rate where positions between them are interpolated.
const INTERPOLATED_ROWS: f64 = 128.0;

/// How many rows the library interpolates between.
const MIN_ROWS: usize = 4;
