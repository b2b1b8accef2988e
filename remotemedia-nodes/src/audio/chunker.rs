//! Chunker: cuts audio into packets of equal length.

use remotemedia_core::audio::Layout;
use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::convert::convert;
use super::reblock::Reblock;
use super::stretch::Stretch;
use super::take_audio;

/// What Chunker is told: `duration_ms` or `samples`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChunkerParams {
    /// The length of each packet in milliseconds.
    duration_ms: Option<f64>,
    /// The length of each packet in frames, that is samples per channel.
    #[schemars(range(min = 1))]
    samples: Option<usize>,
    /// What becomes of what is left at the end of the stream or before a gap.
    #[serde(default)]
    last: LastChunk,
}

/// What an AudioBuffer, the earlier package's chunker, is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioBufferParams {
    /// The length of each packet in frames, that is samples per channel.
    #[schemars(range(min = 1))]
    buffer_size_samples: usize,
}

/// What becomes of a last packet that is too short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LastChunk {
    /// It is given as it is.
    #[default]
    Keep,
    /// It is filled up with silence.
    Pad,
    /// It is dropped.
    Drop,
}

/// Cuts audio into packets of equal length, whatever came in. A cut within one incoming packet shares its memory.
///
/// Where the format, rate or channel count changes, the times jump by more than 40 ms, or another stream begins, the
/// packet before is ended short.
pub struct Chunker {
    length: Length,
    last: LastChunk,
    queue: Reblock,
    stretch: Option<Stretch>,
}

impl Chunker {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Chunker")
            .summary("Cuts audio into packets of equal length")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If neither or both lengths are given, or the length is not positive.
    pub fn new(params: ChunkerParams) -> NodeResult<Self> {
        let length = Length::new(params.duration_ms, params.samples)?;
        Ok(Self { length, last: params.last, queue: Reblock::default(), stretch: None })
    }

    /// What the registry knows about the earlier package's chunker.
    pub(crate) fn earlier_spec() -> NodeSpec {
        NodeSpec { node_type: "AudioBuffer".to_owned(), ..Self::spec() }
    }

    /// The earlier package's chunker.
    pub(crate) fn earlier(params: AudioBufferParams) -> NodeResult<Self> {
        Self::new(ChunkerParams { duration_ms: None, samples: Some(params.buffer_size_samples), last: LastChunk::Keep })
    }

    fn end_stretch(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        let (rest, stretch) = (self.queue.take(usize::MAX)?, self.stretch.take());
        let (Some(rest), Some(mut stretch)) = (rest, stretch) else { return Ok(()) };
        match self.last {
            LastChunk::Keep => stretch.give(rest, out),
            LastChunk::Pad => stretch.give(pad(rest, self.length.frames(stretch.rate()))?, out),
            LastChunk::Drop => Ok(()),
        }
    }
}

impl Node for Chunker {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        if self.stretch.as_ref().is_some_and(|stretch| !stretch.goes_on(&packet, &audio)) {
            self.end_stretch(out)?;
        }
        let length = self.length.frames(audio.rate());
        let stretch = self.stretch.get_or_insert_with(|| Stretch::new(&packet, &audio, audio.rate()));
        stretch.take(packet, audio.frames());
        self.queue.push(audio);
        while self.queue.frames() >= length {
            if let Some(chunk) = self.queue.take(length)? {
                stretch.give(chunk, out)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.end_stretch(out)
    }

    fn interrupt(&mut self) {
        self.queue.clear();
        self.stretch = None;
    }
}

/// How long a packet is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    Millis(f64),
    Frames(usize),
}

/// The longest packets: ten minutes, or as many frames as they have at 192 kHz.
const MAX_MILLIS: f64 = 600_000.0;
const MAX_FRAMES: usize = 115_200_000;

impl Length {
    /// The length that was given.
    ///
    /// # Errors
    /// If neither or both are given, or it is not positive.
    pub(crate) fn new(duration_ms: Option<f64>, samples: Option<usize>) -> NodeResult<Self> {
        match (duration_ms, samples) {
            (Some(millis), None) if millis > 0.0 && millis <= MAX_MILLIS => Ok(Self::Millis(millis)),
            (Some(millis), None) => {
                let message = format!("params: duration_ms is {millis}, expected more than 0 and at most {MAX_MILLIS}");
                Err(NodeError::new(message))
            }
            (None, Some(frames)) if (1..=MAX_FRAMES).contains(&frames) => Ok(Self::Frames(frames)),
            (None, Some(frames)) => {
                Err(NodeError::new(format!("params: samples is {frames}, expected 1 to {MAX_FRAMES}")))
            }
            (None, None) => Err(NodeError::new("params: duration_ms or samples is required")),
            _ => Err(NodeError::new("params: duration_ms and samples are both given, expected one")),
        }
    }

    /// The length in frames at `rate` frames per second, at least one.
    pub(crate) fn frames(self, rate: u32) -> usize {
        match self {
            Self::Millis(millis) => ((millis * f64::from(rate) / 1000.0).round() as usize).max(1),
            Self::Frames(frames) => frames,
        }
    }
}

/// Fills `audio`, interleaved, up with silence to `frames` frames.
fn pad(audio: Audio, frames: usize) -> NodeResult<Audio> {
    let missing = frames.saturating_sub(audio.frames()) * usize::from(audio.channels());
    let silence = Audio::from_f32(audio.rate(), audio.channels(), vec![0.0; missing])?;
    let silence = convert(silence, audio.format(), Layout::Interleaved)?;
    let mut queue = Reblock::default();
    queue.push(audio.clone());
    queue.push(silence);
    Ok(queue.take(frames)?.unwrap_or(audio))
}
