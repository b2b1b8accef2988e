//! ONNX nodes: inference, and voice activity by a neural network.

use remotemedia_core::error::NodeResult;
use remotemedia_core::registry::Registry;

mod cache;
mod history;
mod model;
mod segmenter;
mod silero;
pub mod voice_activity;

pub(crate) fn register(registry: &mut Registry) -> NodeResult {
    registry.add(voice_activity::VoiceActivity::spec(), voice_activity::VoiceActivity::new)
}
