//! Test signals: sine, silence and noise, the same every time, as fast as they are taken.

use std::f64::consts::TAU;
use std::str::FromStr;

use remotemedia_core::audio::Audio;
use remotemedia_core::error::{NodeError, NodeResult};

use crate::audio::{check_channels, check_rate};
use crate::file::input::Input;

/// A signal that stands at some frame.
pub(crate) struct TestSignal {
    shape: Shape,
    rate: u32,
    channels: u16,
    level: f64,
    frame: u64,
    /// After how many frames it ends.
    frames: u64,
}

enum Shape {
    Sine { hz: f64 },
    Silence,
    Noise { state: u64 },
}

impl TestSignal {
    /// The signal of this name. The settings `freq`, `level`, `rate`, `channels`, `seconds` and `seed` override what is
    /// given or usual.
    ///
    /// # Errors
    /// If there is no such signal or setting, or a value is no number or out of range.
    pub(crate) fn new(
        signal: &str,
        settings: &[(String, String)],
        mut rate: u32,
        mut channels: u16,
    ) -> NodeResult<Self> {
        let (mut hz, mut level, mut seed, mut seconds) = (440.0, 0.5, 0, f64::INFINITY);
        for (key, value) in settings {
            match key.as_str() {
                "freq" => hz = number(key, value)?,
                "level" => level = number(key, value)?,
                "seed" => seed = number(key, value)?,
                "seconds" => seconds = number(key, value)?,
                "rate" => rate = number(key, value)?,
                "channels" => channels = number(key, value)?,
                _ => {
                    return Err(NodeError::new(format!(
                        "params: device setting \"{key}\" is not known, expected freq, level, rate, channels, seconds \
                         or seed"
                    )));
                }
            }
        }
        let shape = match signal {
            "sine" => Shape::Sine { hz },
            "silence" => Shape::Silence,
            "noise" => Shape::Noise { state: seed },
            _ => {
                return Err(NodeError::new(format!(
                    "params: device \"test:{signal}\" is not known, expected test:sine, test:silence or test:noise"
                )));
            }
        };
        check_rate(rate)?;
        check_channels(channels)?;
        // A cast from float to integer saturates, so that an endless signal has the most frames there are.
        let frames = (seconds * f64::from(rate)).round() as u64;
        Ok(Self { shape, rate, channels, level, frame: 0, frames })
    }

    fn sample(&mut self) -> f32 {
        let unit = match &mut self.shape {
            // Seconds are split off before the phase is taken, so that it stays exact in a signal of any length.
            Shape::Sine { hz } => {
                let (second, frame) = (self.frame / u64::from(self.rate), self.frame % u64::from(self.rate));
                let turns = (second as f64 * *hz).fract() + frame as f64 * *hz / f64::from(self.rate);
                (TAU * turns.fract()).sin()
            }
            Shape::Silence => 0.0,
            Shape::Noise { state } => noise(state),
        };
        (unit * self.level) as f32
    }
}

impl Input for TestSignal {
    fn next_block(&mut self) -> NodeResult<Option<Audio>> {
        let count = (self.frames - self.frame).min(BLOCK_FRAMES);
        if count == 0 {
            return Ok(None);
        }
        let mut samples = Vec::with_capacity(count as usize * usize::from(self.channels));
        for _ in 0..count {
            let sample = self.sample();
            samples.extend(std::iter::repeat_n(sample, self.channels.into()));
            self.frame += 1;
        }
        Ok(Some(Audio::from_f32(self.rate, self.channels, samples)?))
    }
}

fn number<T: FromStr>(key: &str, value: &str) -> NodeResult<T> {
    value.parse().map_err(|_| NodeError::new(format!("params: device setting {key} is \"{value}\", expected a number")))
}

/// White noise between -1 and 1 by the splitmix64 sequence.
fn noise(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// How many frames are made at a time.
const BLOCK_FRAMES: u64 = 4096;
