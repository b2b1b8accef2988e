//! Inputs: what a source reads blocks of audio from.

use std::path::Path;

use remotemedia_core::audio::Audio;
use remotemedia_core::error::NodeResult;

use super::decode::Decoder;
use super::vorbis::VorbisReader;
use super::wav::WavReader;

/// Something that gives audio block by block, all blocks of one rate and channel count.
pub(crate) trait Input: Send {
    /// The next block, or `None` at the end. After an error it may be called again.
    ///
    /// # Errors
    /// If the file or device fails.
    fn next_block(&mut self) -> NodeResult<Option<Audio>>;
}

/// Opens the audio file at `path`. With `native` the samples keep the file's own format where packets have it.
///
/// # Errors
/// If the file cannot be read, or holds no audio of a known kind.
pub(crate) fn open_file(path: &Path, native: bool) -> NodeResult<Box<dyn Input>> {
    if let Some(wav) = WavReader::open(path, native)? {
        return Ok(Box::new(wav));
    }
    if let Some(vorbis) = VorbisReader::open(path)? {
        return Ok(Box::new(vorbis));
    }
    Ok(Box::new(Decoder::open(path, native)?))
}
