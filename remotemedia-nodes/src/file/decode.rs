//! Reads FLAC, MP3 and compressed WAV files.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::time::{Span, Timestamp};
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known::CODEC_ID_FLAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;

use super::input::Input;
use super::{SUPPORTED, container, open};

/// An open audio file.
pub(crate) struct Decoder {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    native: bool,
    rate: u32,
    frames: u64,
    /// In FLAC, whose packets are numbered by their frames: how many frames there must be.
    promised: Option<u64>,
    /// A packet that comes behind a gap, which had to be said first.
    behind_gap: Option<Packet>,
    ended: bool,
}

impl Decoder {
    /// Opens the file at `path`. With `native` the samples keep the file's own format where packets have it.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no audio of a known kind.
    pub(crate) fn open(path: &Path, native: bool) -> NodeResult<Self> {
        if let Some(found) = container::unsupported(path) {
            return Err(unsupported(path, found));
        }
        let stream = MediaSourceStream::new(Box::new(open(path)?), Default::default());
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
            hint.with_extension(extension);
        }
        let format = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|error| unrecognised(path, error))?;
        let (track, parameters) = audio_track(format.as_ref()).ok_or_else(|| unsupported(path, "no audio track"))?;
        let (id, length) = (track.id, track.num_frames.unwrap_or(0));
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
            .map_err(|error| unknown(path, error))?;
        let rate = parameters.sample_rate.unwrap_or(0);
        let promised = (parameters.codec == CODEC_ID_FLAC).then_some(length);
        Ok(Self {
            path: path.to_owned(),
            format,
            decoder,
            track: id,
            native,
            rate,
            frames: 0,
            promised,
            behind_gap: None,
            ended: false,
        })
    }

    fn next_packet(&mut self) -> NodeResult<Option<Packet>> {
        if let Some(packet) = self.behind_gap.take() {
            return Ok(Some(packet));
        }
        while !self.ended {
            match self.format.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => return self.check_gap(packet).map(Some),
                Ok(Some(_)) => {}
                Ok(None) => return self.end().map(|()| None),
                Err(error) => {
                    self.ended = true;
                    return Err(self.damaged(&error.to_string()).with_source(error));
                }
            }
        }
        Ok(None)
    }

    /// Damaged packets are stepped over by the reader, which only the numbers of the others show.
    fn check_gap(&mut self, packet: Packet) -> NodeResult<Packet> {
        let begins = packet.pts.get().unsigned_abs();
        if self.promised.is_none() || begins <= self.frames {
            return Ok(packet);
        }
        let missing = Span::of_samples(begins - self.frames, self.rate);
        let error = self.damaged(&format!("{missing} are missing"));
        (self.frames, self.behind_gap) = (begins, Some(packet));
        Err(error)
    }

    fn end(&mut self) -> NodeResult {
        self.ended = true;
        match self.promised {
            Some(promised) if self.frames < promised => Err(NodeError::new(format!(
                "{}: the file ends after {}, its header promises {}",
                self.path.display(),
                Span::of_samples(self.frames, self.rate),
                Span::of_samples(promised, self.rate)
            ))),
            _ => Ok(()),
        }
    }

    fn damaged(&self, what: &str) -> NodeError {
        let at = Timestamp::of_sample(self.frames, self.rate);
        NodeError::new(format!("{}: damaged at {at}: {what}", self.path.display()))
    }
}

impl Input for Decoder {
    fn next_block(&mut self) -> NodeResult<Option<Audio>> {
        while let Some(packet) = self.next_packet()? {
            let block = match self.decoder.decode(&packet) {
                Ok(decoded) if decoded.frames() == 0 => continue,
                Ok(decoded) => to_audio(&decoded, self.native)?,
                Err(error) => return Err(self.damaged(&error.to_string()).with_source(error)),
            };
            self.frames += block.frames() as u64;
            return Ok(Some(block));
        }
        Ok(None)
    }
}

fn audio_track(format: &dyn FormatReader) -> Option<(&Track, AudioCodecParameters)> {
    let track = format.default_track(TrackType::Audio)?;
    Some((track, track.codec_params.as_ref()?.audio()?.clone()))
}

fn to_audio(decoded: &GenericAudioBufferRef<'_>, native: bool) -> NodeResult<Audio> {
    use GenericAudioBufferRef as Decoded;
    let (format, data) = match decoded {
        Decoded::U8(_) if native => (SampleFormat::U8, samples::<u8>(decoded)),
        Decoded::S16(_) if native => (SampleFormat::S16, samples::<i16>(decoded)),
        Decoded::S24(_) | Decoded::S32(_) if native => (SampleFormat::S32, samples::<i32>(decoded)),
        Decoded::F64(_) if native => (SampleFormat::F64, samples::<f64>(decoded)),
        _ => (SampleFormat::F32, samples::<f32>(decoded)),
    };
    let spec = decoded.spec();
    let channels = u16::try_from(spec.channels().count()).unwrap_or(u16::MAX);
    Ok(Audio::new(format, Layout::Interleaved, spec.rate(), channels, data)?)
}

fn samples<T>(decoded: &GenericAudioBufferRef<'_>) -> Buffer
where
    T: symphonia::core::audio::conv::ConvertibleSample + bytemuck::Pod + Send + Sync,
{
    let mut samples: Vec<T> = Vec::new();
    decoded.copy_to_vec_interleaved(&mut samples);
    Buffer::from(samples)
}

/// A probe that finds nothing has read to the end of the file, and says so rather than what it did not find.
fn unrecognised(path: &Path, error: Error) -> NodeError {
    match &error {
        Error::IoError(failed) if failed.kind() != ErrorKind::UnexpectedEof => unknown(path, error),
        _ => unsupported(path, "no audio format that is known").with_source(error),
    }
}

fn unsupported(path: &Path, found: &str) -> NodeError {
    NodeError::new(format!("{}: {found}; {SUPPORTED}", path.display()))
}

fn unknown(path: &Path, error: Error) -> NodeError {
    unsupported(path, &error.to_string()).with_source(error)
}
