//! VADNode: the earlier package's simple voice activity detection.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::energy::frame_energies;
use super::{RuntimeHint, take_audio};

/// What a VADNode is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct VadNodeParams {
    /// The length of the frames that are judged, in milliseconds.
    #[schemars(range(min = 1))]
    frame_duration_ms: u32,
    /// The RMS amplitude, 0 to 1, above which a frame is speech.
    energy_threshold: f64,
    /// Taken for the sake of earlier manifests; it changes nothing.
    runtime_hint: RuntimeHint,
}

/// Passes each packet on with the attributes `is_speech` (whether any frame is speech), `speech_frames` and
/// `total_frames`.
pub struct VadNode {
    params: VadNodeParams,
}

impl Default for VadNodeParams {
    fn default() -> Self {
        Self { frame_duration_ms: 30, energy_threshold: 0.02, runtime_hint: RuntimeHint::Auto }
    }
}

impl VadNode {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("VADNode")
            .summary("Tells speech from silence by a fixed energy threshold")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the frame length is zero.
    pub fn new(params: VadNodeParams) -> NodeResult<Self> {
        if params.frame_duration_ms == 0 {
            return Err(NodeError::new("params: frame_duration_ms is 0, expected at least 1"));
        }
        Ok(Self { params })
    }
}

impl Node for VadNode {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        let energies = frame_energies(&audio, self.params.frame_duration_ms);
        let speech = energies.iter().filter(|energy| **energy > self.params.energy_threshold).count();
        let packet = packet
            .with_attribute("is_speech", speech > 0)
            .with_attribute("speech_frames", speech)
            .with_attribute("total_frames", energies.len());
        out.emit(packet.with_payload(audio))
    }
}
