//! AudioSource: reads audio from a file.

use std::path::PathBuf;

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{Input, open_file};
use crate::audio::reblock::Reblock;

/// What [`AudioSource`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioSourceParams {
    /// The file to read: WAV, FLAC, MP3 or OGG Vorbis.
    path: PathBuf,
    /// How much each packet holds, in milliseconds. The last one may hold less.
    #[serde(default = "default_chunk_ms")]
    chunk_ms: f64,
    /// How much each packet holds, in frames, in place of `chunk_ms`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    frames: Option<usize>,
    /// The format of the samples.
    #[serde(default)]
    format: SourceFormat,
}

/// The format of the samples that a source gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceFormat {
    /// Floating point, full scale at ±1.
    #[default]
    F32,
    /// As they are in the file, 24-bit samples in 32 bits.
    Native,
}

/// Reads audio from a file and gives it in packets of equal length, timed from zero.
pub struct AudioSource {
    params: AudioSourceParams,
    input: Option<Box<dyn Input>>,
    queue: Reblock,
    rate: u32,
    given: u64,
}

impl AudioSource {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("AudioSource")
            .alias("MediaReaderNode")
            .summary("Reads audio from a file")
            .outputs(&[("out", PayloadKind::Audio)])
            .lane(Lane::Blocking)
            .source()
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the packet length is not positive.
    pub fn new(params: AudioSourceParams) -> NodeResult<Self> {
        if params.frames == Some(0) {
            return Err(NodeError::new("params: frames is 0, expected at least 1"));
        }
        if !(params.chunk_ms > 0.0 && params.chunk_ms.is_finite()) {
            return Err(NodeError::new(format!("params: chunk_ms is {}, expected more than 0", params.chunk_ms)));
        }
        Ok(Self { params, input: None, queue: Reblock::default(), rate: 0, given: 0 })
    }

    /// How many frames a packet holds at `rate`.
    fn chunk(&self, rate: u32) -> usize {
        let frames = || (self.params.chunk_ms * f64::from(rate) / 1000.0).round() as usize;
        self.params.frames.unwrap_or_else(frames).max(1)
    }

    /// Reads until a whole packet waits, or the end.
    fn fill(&mut self) -> NodeResult {
        while self.rate == 0 || self.queue.frames() < self.chunk(self.rate) {
            let Some(input) = &mut self.input else { break };
            let Some(block) = input.next_block()? else {
                self.input = None;
                break;
            };
            self.rate = block.rate();
            self.queue.push(block);
        }
        Ok(())
    }
}

impl Node for AudioSource {
    fn initialize(&mut self, _cx: &NodeContext) -> NodeResult {
        self.input = Some(open_file(&self.params.path, self.params.format == SourceFormat::Native)?);
        Ok(())
    }

    fn process(&mut self, _packet: Packet, _out: &mut Outputs<'_>) -> NodeResult {
        Err(NodeError::new("AudioSource takes no input"))
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        self.fill()?;
        let Some(audio) = self.queue.take(self.chunk(self.rate))? else { return Ok(Flow::Done) };
        let pts = Timestamp::of_sample(self.given, self.rate);
        self.given += audio.frames() as u64;
        let duration = audio.duration();
        out.emit(Packet::new(audio).at(pts).lasting(duration))?;
        Ok(Flow::More)
    }

    fn cleanup(&mut self) -> NodeResult {
        self.input = None;
        self.queue.clear();
        Ok(())
    }
}

fn default_chunk_ms() -> f64 {
    20.0
}
