//! File nodes: audio file source and WAV sink.

use std::fs::File;
use std::path::Path;

use remotemedia_core::Result;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::registry::Registry;

mod container;
mod decode;
pub(crate) mod input;
mod riff;
pub mod source;
mod vorbis;
mod wav;
pub mod wav_sink;
mod wav_writer;

pub use wav_writer::WavFormat;
#[cfg(feature = "device")]
pub(crate) use wav_writer::WavWriter;

/// What files can hold, for messages.
const SUPPORTED: &str = "WAV (PCM, float, A-law, µ-law, ADPCM), FLAC, MP3 and OGG Vorbis are supported";

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    #[cfg(not(feature = "device"))]
    registry
        .add(source::AudioSource::spec(), |params| source::AudioSource::with_devices(params, source::no_devices))?;
    registry.add(source::AudioSource::earlier_spec(), source::AudioSource::earlier)?;
    registry.add(wav_sink::WavSink::spec(), wav_sink::WavSink::new)?;
    registry.add(wav_sink::WavSink::earlier_spec(), wav_sink::WavSink::earlier)
}

fn open(path: &Path) -> NodeResult<File> {
    let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(std::io::ErrorKind::IsADirectory.into()),
        false => Ok(file),
    });
    opened.map_err(|error| NodeError::new(format!("{} cannot be opened: {error}", path.display())).with_source(error))
}
