//! Gain: makes audio louder or quieter.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::take_audio;

/// What Gain is told: `db` or `factor`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GainParams {
    /// The gain in decibels: 6 doubles the amplitude, -6 halves it.
    db: Option<f32>,
    /// The gain as a factor of the amplitude.
    factor: Option<f32>,
}

/// Multiplies every sample, in place where nothing else holds the samples. What comes out is `f32` and may exceed full
/// scale; a gain of exactly 1 passes audio untouched.
pub struct Gain {
    factor: f32,
}

impl Gain {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Gain").summary("Makes audio louder or quieter").ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If neither or both of the parameters are given, or the gain is not finite.
    pub fn new(params: GainParams) -> NodeResult<Self> {
        let factor = match (params.db, params.factor) {
            (Some(db), None) => 10.0f32.powf(db / 20.0),
            (None, Some(factor)) => factor,
            (None, None) => return Err(NodeError::new("params: db or factor is required")),
            (Some(_), Some(_)) => return Err(NodeError::new("params: db and factor are both given, expected one")),
        };
        if !factor.is_finite() {
            return Err(NodeError::new(format!("params: the gain is {factor}, expected a finite one")));
        }
        Ok(Self { factor })
    }
}

impl Node for Gain {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let mut audio = take_audio(&mut packet)?;
        if self.factor != 1.0 {
            audio.make_mut().iter_mut().for_each(|sample| *sample *= self.factor);
        }
        out.emit(packet.with_payload(audio))
    }
}
