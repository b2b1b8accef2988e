//! Reads OGG Vorbis files.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use lewton::VorbisError;
use lewton::inside_ogg::OggStreamReader;
use remotemedia_core::audio::Audio;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::time::Timestamp;

use super::input::Input;
use super::{SUPPORTED, open};

/// An open OGG Vorbis file.
pub(crate) struct VorbisReader {
    path: PathBuf,
    stream: OggStreamReader<BufReader<File>>,
    frames: u64,
    ended: bool,
}

impl VorbisReader {
    /// Opens the file at `path`, or gives `None` if it is no OGG file.
    ///
    /// # Errors
    /// If the file cannot be read, or holds something else than Vorbis.
    pub(crate) fn open(path: &Path) -> NodeResult<Option<Self>> {
        let mut input = BufReader::new(open(path)?);
        let mut magic = Vec::new();
        let found = input.by_ref().take(4).read_to_end(&mut magic).and_then(|_| input.rewind());
        if found.is_err() || magic != b"OggS" {
            return Ok(None);
        }
        let stream = OggStreamReader::new(input).map_err(|error| {
            NodeError::new(format!("{}: no Vorbis in this OGG file: {}; {SUPPORTED}", path.display(), words(&error)))
                .with_source(error)
        })?;
        Ok(Some(Self { path: path.to_owned(), stream, frames: 0, ended: false }))
    }

    /// Decodes the next packet, without the frames behind the end of the stream.
    fn next_planes(&mut self) -> Result<Option<Vec<Vec<f32>>>, VorbisError> {
        let on_first_page = self.stream.get_last_absgp().is_none();
        let Some(mut planes) = self.stream.read_dec_packet_generic::<Vec<Vec<f32>>>()? else { return Ok(None) };
        let decoded = planes.first().map_or(0, Vec::len) as u64;
        // The decoder cuts the last packet itself, but not in a stream of a single page.
        if let (true, Some(end)) = (on_first_page, self.stream.get_last_absgp()) {
            let played = end.saturating_sub(self.frames).min(decoded);
            planes.iter_mut().for_each(|plane| plane.truncate(played as usize));
        }
        Ok(Some(planes))
    }

    fn damaged(&mut self, error: VorbisError) -> NodeError {
        // Behind a broken packet more may follow, behind a broken container nothing can be found.
        self.ended = !matches!(error, VorbisError::BadAudio(_));
        let at = Timestamp::of_sample(self.frames, self.stream.ident_hdr.audio_sample_rate);
        NodeError::new(format!("{}: damaged at {at}: {}", self.path.display(), words(&error))).with_source(error)
    }
}

impl Input for VorbisReader {
    fn next_block(&mut self) -> NodeResult<Option<Audio>> {
        while !self.ended {
            let Some(planes) = self.next_planes().map_err(|error| self.damaged(error))? else {
                self.ended = true;
                break;
            };
            let frames = planes.first().map_or(0, Vec::len);
            self.frames += frames as u64;
            if frames > 0 {
                let rate = self.stream.ident_hdr.audio_sample_rate;
                return Ok(Some(Audio::from_f32(rate, planes.len() as u16, interleave(&planes))?));
            }
        }
        Ok(None)
    }
}

/// What happened, as far down as the decoder knows.
fn words(error: &VorbisError) -> String {
    let VorbisError::OggError(inner) = error else { return error.to_string() };
    #[expect(deprecated, reason = "the ogg crate tells its causes in no other way")]
    let cause = std::error::Error::cause(inner);
    cause.map_or_else(|| inner.to_string(), ToString::to_string)
}

/// Frame after frame, with the channels in the order that WAV has.
fn interleave(planes: &[Vec<f32>]) -> Vec<f32> {
    let order = wav_order(planes.len());
    (0..planes[0].len()).flat_map(|frame| order.iter().map(move |plane| planes[*plane][frame])).collect()
}

/// Where in a Vorbis frame each channel of a WAV frame stands.
fn wav_order(channels: usize) -> Vec<usize> {
    match channels {
        3 => vec![0, 2, 1],
        5 => vec![0, 2, 1, 3, 4],
        6 => vec![0, 2, 1, 5, 3, 4],
        7 => vec![0, 2, 1, 6, 5, 3, 4],
        8 => vec![0, 2, 1, 7, 5, 6, 3, 4],
        _ => (0..channels).collect(),
    }
}
