//! File nodes: audio file source and WAV sink.

use remotemedia_core::error::NodeResult;
use remotemedia_core::registry::Registry;

mod decode;
pub mod source;

pub(crate) fn register(registry: &mut Registry) -> NodeResult {
    registry.add(source::AudioSource::spec(), source::AudioSource::new)
}
