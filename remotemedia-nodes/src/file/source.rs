//! AudioSource: reads audio from a file or a device.

use std::path::PathBuf;

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::input::{Input, open_file};
use crate::audio::reblock::Reblock;

/// What AudioSource is told: `path` or `device`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioSourceParams {
    /// The file to read: WAV, FLAC, MP3 or OGG Vorbis.
    path: Option<PathBuf>,
    /// The sound device to record from, by its ALSA name, such as `default`; or `file:PATH`; or a test signal:
    /// `test:sine?freq=440&level=0.5`, `test:silence`, `test:noise?seed=1`, all of which take `seconds`, `rate` and
    /// `channels` too.
    device: Option<String>,
    /// How much each packet holds, in milliseconds. The last one may hold less.
    #[serde(default = "default_chunk_ms")]
    chunk_ms: f64,
    /// How much each packet holds, in frames, in place of `chunk_ms`.
    #[schemars(range(min = 1))]
    frames: Option<usize>,
    /// After how many seconds to end; at the end of the file, or never for a device, where it is not given.
    seconds: Option<f64>,
    /// Frames per second of a device, 48000 where it is not given. Files have a rate of their own.
    #[schemars(range(min = 1, max = 768_000))]
    rate: Option<u32>,
    /// The number of channels of a device, 1 where it is not given. Files have a number of their own.
    #[schemars(range(min = 1, max = 256))]
    channels: Option<u16>,
    /// The format of the samples.
    #[serde(default)]
    format: SourceFormat,
}

/// What a MediaReaderNode, the earlier package's reader, is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaReaderParams {
    /// The audio file to read: WAV, FLAC, MP3 or OGG Vorbis.
    path: PathBuf,
}

/// The format of the samples that a source gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceFormat {
    /// Floating point, full scale at ±1.
    #[default]
    F32,
    /// As they are in the file, 24-bit samples in 32 bits. Vorbis, MP3 and devices are floating point by nature.
    Native,
}

/// How a device is to be opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Frames per second.
    pub(crate) rate: Option<u32>,
    /// The number of channels.
    pub(crate) channels: Option<u16>,
    /// Whether samples keep their own format.
    pub(crate) native: bool,
}

/// Opens a device by its name.
pub(crate) type OpenDevice = fn(&str, &Wanted) -> NodeResult<Box<dyn Input>>;

/// Reads audio from a file or a device and gives it in packets of equal length, timed from zero.
pub struct AudioSource {
    params: AudioSourceParams,
    open_device: OpenDevice,
    input: Option<Box<dyn Input>>,
    queue: Reblock,
    /// 0 and 0 until the first block tells them.
    rate: u32,
    channels: u16,
    given: u64,
}

impl AudioSource {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("AudioSource")
            .summary("Reads audio from a file or a device")
            .outputs(&[("out", PayloadKind::Audio)])
            .lane(Lane::Blocking)
            .source()
    }

    /// A node that does what `params` say, and opens devices by `open_device`.
    ///
    /// # Errors
    /// If the parameters contradict each other or are out of range.
    pub(crate) fn with_devices(params: AudioSourceParams, open_device: OpenDevice) -> NodeResult<Self> {
        params.check()?;
        Ok(Self { params, open_device, input: None, queue: Reblock::default(), rate: 0, channels: 0, given: 0 })
    }

    /// What the registry knows about the earlier package's reader.
    pub(crate) fn earlier_spec() -> NodeSpec {
        NodeSpec { node_type: "MediaReaderNode".to_owned(), ..Self::spec().summary("Reads audio from a file") }
    }

    /// The earlier package's reader.
    pub(crate) fn earlier(params: MediaReaderParams) -> NodeResult<Self> {
        Self::with_devices(AudioSourceParams::for_path(params.path), no_devices)
    }

    fn open(&self) -> NodeResult<Box<dyn Input>> {
        let params = &self.params;
        let wanted =
            Wanted { rate: params.rate, channels: params.channels, native: params.format == SourceFormat::Native };
        match (&params.path, &params.device) {
            (Some(path), _) => {
                wanted.refuse_shape()?;
                open_file(path, wanted.native)
            }
            (None, device) => (self.open_device)(device.as_deref().unwrap_or_default(), &wanted),
        }
    }

    /// How many frames the next packet holds, none at the end.
    fn wanted_frames(&self) -> usize {
        let millis = || (self.params.chunk_ms * f64::from(self.rate) / 1000.0).round() as usize;
        let frames = self.params.frames.unwrap_or_else(millis).max(1);
        match self.params.seconds {
            Some(seconds) => frames.min(((seconds * f64::from(self.rate)).round() as u64 - self.given) as usize),
            None => frames,
        }
    }

    /// Files that were put behind each other may change their shape, which packets in a row cannot.
    fn check_shape(&mut self, block: &Audio) -> NodeResult {
        let (rate, channels) = (block.rate(), block.channels());
        if self.rate == 0 {
            (self.rate, self.channels) = (rate, channels);
        }
        if (rate, channels) == (self.rate, self.channels) {
            return Ok(());
        }
        self.input = None;
        Err(NodeError::new(format!(
            "the audio changes to {rate} Hz with {channels} channels on the way, expected {} Hz and {} channels as \
             before",
            self.rate, self.channels
        )))
    }

    /// Reads until a whole packet waits, or the end.
    fn fill(&mut self) -> NodeResult {
        while self.rate == 0 || self.queue.frames() < self.wanted_frames() {
            let Some(input) = &mut self.input else { break };
            let Some(block) = input.next_block()? else {
                self.input = None;
                break;
            };
            self.check_shape(&block)?;
            self.queue.push(block);
        }
        Ok(())
    }
}

impl Node for AudioSource {
    fn initialize(&mut self, _cx: &NodeContext) -> NodeResult {
        self.input = Some(self.open()?);
        Ok(())
    }

    fn process(&mut self, _packet: Packet, _out: &mut Outputs<'_>) -> NodeResult {
        Err(NodeError::new("an AudioSource takes no input"))
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        self.fill()?;
        let Some(audio) = self.queue.take(self.wanted_frames())? else { return Ok(Flow::Done) };
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

impl AudioSourceParams {
    fn for_path(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            device: None,
            chunk_ms: default_chunk_ms(),
            frames: None,
            seconds: None,
            rate: None,
            channels: None,
            format: SourceFormat::F32,
        }
    }

    fn check(&self) -> NodeResult {
        let wrong = |what: &str| Err(NodeError::new(format!("params: {what}")));
        match (&self.path, &self.device) {
            (None, None) => return wrong("path or device is required"),
            (Some(_), Some(_)) => return wrong("path and device are both given, expected one"),
            _ => {}
        }
        if self.frames == Some(0) {
            return wrong("frames is 0, expected at least 1");
        }
        if !(self.chunk_ms > 0.0 && self.chunk_ms.is_finite()) {
            return wrong(&format!("chunk_ms is {}, expected more than 0", self.chunk_ms));
        }
        match self.seconds {
            Some(seconds) if seconds < 0.0 => wrong(&format!("seconds is {seconds}, expected at least 0")),
            _ => Ok(()),
        }
    }
}

impl Wanted {
    /// Files have a shape of their own.
    ///
    /// # Errors
    /// If a rate or channel count is wanted.
    pub(crate) fn refuse_shape(&self) -> NodeResult {
        if self.rate.is_none() && self.channels.is_none() {
            return Ok(());
        }
        Err(NodeError::new("params: rate and channels are for devices; a file has its own, which Resample changes"))
    }
}

/// Refuses devices where the build has none.
pub(crate) fn no_devices(device: &str, _wanted: &Wanted) -> NodeResult<Box<dyn Input>> {
    Err(NodeError::new(format!("device \"{device}\" cannot be opened: this build lacks the cargo feature \"device\"")))
}

fn default_chunk_ms() -> f64 {
    20.0
}
