//! Device nodes: audio sources and sinks that name sound devices, test signals or files.

use remotemedia_core::Result;
use remotemedia_core::registry::Registry;

use crate::file::source::AudioSource;

mod address;
#[cfg(target_os = "linux")]
mod alsa;
pub mod sink;
mod sound;
mod test_signal;

pub use sound::sound_library;

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    registry.add(AudioSource::spec(), |params| AudioSource::with_devices(params, sound::open_input))?;
    registry.add(sink::AudioSink::spec(), sink::AudioSink::new)
}
