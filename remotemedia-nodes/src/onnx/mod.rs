//! ONNX nodes: inference, and voice activity by a neural network.

use std::path::Path;

use remotemedia_core::Result;
use remotemedia_core::error::NodeResult;
use remotemedia_core::registry::Registry;

mod cache;
mod constant;
mod convert;
mod declared;
mod half;
mod history;
pub mod inference;
mod model;
mod segmenter;
mod silero;
pub mod voice_activity;
mod wiring;

/// Whether the model in the file can be run here.
///
/// # Errors
/// If it is no model, or has an operator that is not known.
pub fn check(path: &Path) -> NodeResult<()> {
    model::Model::load(path).map(drop)
}

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    registry.add(inference::Onnx::spec(), inference::Onnx::new)?;
    registry.add(voice_activity::VoiceActivity::spec(), voice_activity::VoiceActivity::new)
}
