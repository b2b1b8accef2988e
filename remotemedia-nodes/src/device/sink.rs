//! AudioSink: plays audio on a sound device, or writes it to a file.

use std::path::PathBuf;

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::address::Address;
use super::sound::{Output, open_playback};
use crate::audio::take_audio;
use crate::file::wav_sink::check_extension;
use crate::file::{WavFormat, WavWriter};

/// What AudioSink is told: `path` or `device`; without either it plays on the device `default`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioSinkParams {
    /// The WAV file to write.
    path: Option<PathBuf>,
    /// The sound device to play on, by its ALSA name; or `file:PATH` for a WAV file; or `test:discard`, which takes
    /// everything and plays nothing.
    device: Option<String>,
    /// The format of the samples in a file.
    #[serde(default)]
    format: WavFormat,
}

/// Plays audio on a sound device, or writes it to a WAV file as WavSink does. It gives nothing.
///
/// A device is opened with the rate and channels of the first packet, which all others must have. It takes packets as
/// fast as it plays them. The end of the stream waits until all is heard; an interrupt silences what is not yet heard.
pub struct AudioSink {
    target: Address,
    format: WavFormat,
    output: Option<Box<dyn Output>>,
    /// Rate and channels with which the device was opened.
    shape: Option<(u32, u16)>,
}

impl AudioSink {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("AudioSink")
            .summary("Plays audio on a sound device, or writes it to a file")
            .inputs(&[("in", PayloadKind::Audio)])
            .lane(Lane::Blocking)
            .sink()
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If both a path and a device are given, or they name what cannot be written.
    pub fn new(params: AudioSinkParams) -> NodeResult<Self> {
        let target = match (params.path, params.device) {
            (Some(_), Some(_)) => {
                return Err(NodeError::new("params: path and device are both given, expected one"));
            }
            (Some(path), None) => Address::File(path),
            (None, device) => Address::parse(device.as_deref().unwrap_or("default"))?,
        };
        match &target {
            Address::File(path) => check_extension(path)?,
            Address::Test { signal, .. } if signal != "discard" => {
                return Err(NodeError::new(format!(
                    "params: device \"test:{signal}\" is not known, expected test:discard"
                )));
            }
            _ => {}
        }
        Ok(Self { target, format: params.format, output: None, shape: None })
    }

    /// The output for a packet of this shape, opened if it is the first.
    fn output(&mut self, shape: (u32, u16)) -> NodeResult<&mut Box<dyn Output>> {
        let first = *self.shape.get_or_insert(shape);
        if first != shape {
            return Err(NodeError::new(format!(
                "audio at {} Hz with {} channels, expected {} Hz and {} channels as in the packets before",
                shape.0, shape.1, first.0, first.1
            )));
        }
        let output = match (self.output.take(), &self.target) {
            (Some(output), _) => output,
            (None, Address::Sound(name)) => open_playback(name, shape.0, shape.1)?,
            (None, Address::File(path)) => Box::new(WavWriter::create(path, self.format)?),
            (None, Address::Test { .. }) => Box::new(Discard),
        };
        Ok(self.output.insert(output))
    }
}

impl Node for AudioSink {
    fn initialize(&mut self, _cx: &NodeContext) -> NodeResult {
        // A file is there from the start, even if nothing comes; a device must wait for the rate.
        if let Address::File(path) = &self.target {
            self.output = Some(Box::new(WavWriter::create(path, self.format)?));
        }
        Ok(())
    }

    fn process(&mut self, mut packet: Packet, _out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        self.output((audio.rate(), audio.channels()))?.write(audio)
    }

    fn flush(&mut self, _out: &mut Outputs<'_>) -> NodeResult {
        self.output.take().map_or(Ok(()), |mut output| output.finish())
    }

    fn interrupt(&mut self) {
        if let Some(Err(error)) = self.output.as_mut().map(|output| output.discard()) {
            tracing::warn!(%error, "what was not yet heard could not be silenced");
        }
    }

    fn cleanup(&mut self) -> NodeResult {
        match (self.output.take(), &self.target) {
            // What came before an error or a cancel is kept in a file, but not waited for on a device.
            (Some(mut output), Address::File(_)) => output.finish(),
            _ => Ok(()),
        }
    }
}

struct Discard;

impl Output for Discard {
    fn write(&mut self, _audio: Audio) -> NodeResult {
        Ok(())
    }

    fn finish(&mut self) -> NodeResult {
        Ok(())
    }
}

impl Output for WavWriter {
    fn write(&mut self, audio: Audio) -> NodeResult {
        WavWriter::write(self, audio)
    }

    fn finish(&mut self) -> NodeResult {
        WavWriter::finish(self)
    }
}
