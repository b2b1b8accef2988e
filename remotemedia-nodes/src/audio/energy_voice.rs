//! EnergyVoiceActivity: tells speech from silence by its energy.

use std::collections::VecDeque;

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::energy::frame_energies;
use super::take_audio;

/// What EnergyVoiceActivity is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EnergyVoiceActivityParams {
    /// The length of the frames whose energies are compared, in milliseconds.
    #[schemars(range(min = 1))]
    frame_duration_ms: u32,
    /// The RMS amplitude, 0 to 1, above which a frame is taken for speech while nothing is known of the noise.
    energy_threshold: f64,
    /// The part of a packet's frames, 0 to 1, that must be speech for the packet to be speech.
    speech_threshold: f64,
    /// Whether packets without speech are dropped.
    filter_mode: bool,
    /// Whether packets are given the attributes when they are not filtered.
    include_metadata: bool,
}

/// Judges each packet by the energy of its frames and gives it the attributes `is_speech`, `speech_ratio`,
/// `avg_energy` and `frame_duration_ms`. With `filter_mode`, packets without speech are dropped instead and the others
/// pass untouched.
///
/// The threshold follows the noise: 0.7 times 2.5 times the 30th percentile of the last 100 frames' energies, plus 0.3
/// times `energy_threshold`.
pub struct EnergyVoiceActivity {
    params: EnergyVoiceActivityParams,
    history: VecDeque<f64>,
}

impl Default for EnergyVoiceActivityParams {
    fn default() -> Self {
        Self {
            frame_duration_ms: 30,
            energy_threshold: 0.02,
            speech_threshold: 0.3,
            filter_mode: false,
            include_metadata: true,
        }
    }
}

impl EnergyVoiceActivity {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("EnergyVoiceActivity")
            .alias("VoiceActivityDetector")
            .summary("Tells speech from silence by its energy")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the frame length is zero.
    pub fn new(params: EnergyVoiceActivityParams) -> NodeResult<Self> {
        if params.frame_duration_ms == 0 {
            return Err(NodeError::new("params: frame_duration_ms is 0, expected at least 1"));
        }
        Ok(Self { params, history: VecDeque::new() })
    }

    fn threshold(&self) -> f64 {
        let mut sorted: Vec<f64> = self.history.iter().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let fixed = self.params.energy_threshold;
        match sorted.get(sorted.len() * 3 / 10) {
            Some(noise) => 0.7 * (noise * 2.5) + 0.3 * fixed,
            None => fixed,
        }
    }

    fn remember(&mut self, energies: &[f64]) {
        self.history.extend(energies);
        let surplus = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..surplus);
    }
}

impl Node for EnergyVoiceActivity {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        let threshold = self.threshold();
        let energies = frame_energies(&audio, self.params.frame_duration_ms);
        self.remember(&energies);

        let frames = energies.len().max(1) as f64;
        let ratio = energies.iter().filter(|energy| **energy > threshold).count() as f64 / frames;
        let is_speech = ratio >= self.params.speech_threshold;
        if self.params.filter_mode {
            return if is_speech { out.emit(packet.with_payload(audio)) } else { Ok(()) };
        }
        if self.params.include_metadata {
            packet = packet
                .with_attribute("is_speech", is_speech)
                .with_attribute("speech_ratio", ratio)
                .with_attribute("avg_energy", energies.iter().sum::<f64>() / frames)
                .with_attribute("frame_duration_ms", self.params.frame_duration_ms);
        }
        out.emit(packet.with_payload(audio))
    }

    fn interrupt(&mut self) {
        self.history.clear();
    }
}

/// How many frames' energies the noise is judged by.
const HISTORY: usize = 100;
