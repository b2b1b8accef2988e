//! LevelMeter: measures how loud audio is.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::take_audio;

/// What LevelMeter is told: nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelMeterParams {}

/// Measures each packet and passes it on untouched.
///
/// The packet is given the attributes `rms_dbfs` and `peak_dbfs`, over all its channels. The port `levels`, where it is
/// connected, gives the same as JSON, with a list `channels` of each channel's own. Levels are in decibels relative to
/// full scale, at which a square wave has 0 dB RMS and a sine -3 dB; below -150 they are given as -150.
pub struct LevelMeter;

/// The sums over some samples.
#[derive(Clone, Copy, Default)]
struct Level {
    squares: f64,
    peak: f32,
    count: usize,
}

impl LevelMeter {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("LevelMeter")
            .summary("Measures the RMS and peak level of audio")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
            .optional_output("levels", PayloadKind::Json)
    }

    /// A level meter.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(_params: LevelMeterParams) -> NodeResult<Self> {
        Ok(Self)
    }
}

impl Node for LevelMeter {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        let channels = levels(&audio);
        let all = channels.iter().copied().fold(Level::default(), Level::with);
        packet = packet.with_attribute("rms_dbfs", all.rms_dbfs()).with_attribute("peak_dbfs", all.peak_dbfs());
        let mut report = all.report();
        report["channels"] = channels.iter().map(Level::report).collect();
        out.emit_to(1, packet.clone().with_payload(report))?;
        out.emit(packet.with_payload(audio))
    }
}

fn levels(audio: &Audio) -> Vec<Level> {
    let mut levels = vec![Level::default(); audio.channels().into()];
    for frame in audio.to_f32().chunks_exact(audio.channels().into()) {
        for (level, sample) in levels.iter_mut().zip(frame) {
            level.squares += f64::from(*sample) * f64::from(*sample);
            level.peak = level.peak.max(sample.abs());
        }
    }
    levels.iter_mut().for_each(|level| level.count = audio.frames());
    levels
}

impl Level {
    fn with(self, other: Self) -> Self {
        Self { squares: self.squares + other.squares, peak: self.peak.max(other.peak), count: self.count + other.count }
    }

    fn rms_dbfs(&self) -> f64 {
        dbfs((self.squares / self.count.max(1) as f64).sqrt())
    }

    fn peak_dbfs(&self) -> f64 {
        dbfs(self.peak.into())
    }

    fn report(&self) -> Value {
        json!({"rms_dbfs": self.rms_dbfs(), "peak_dbfs": self.peak_dbfs()})
    }
}

fn dbfs(amplitude: f64) -> f64 {
    // Silence has no logarithm, and NaN none that JSON can write.
    (20.0 * amplitude.log10()).max(FLOOR_DBFS)
}

/// What silence is given as.
const FLOOR_DBFS: f64 = -150.0;
