//! Resample: changes the sample rate, and the number of channels with it.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::converter::Converter;
use super::mixer::Mixer;
use super::stretch::Stretch;
use super::{Quality, check_channels, check_rate, take_audio};

/// What Resample is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResampleParams {
    /// Frames per second that come out.
    #[schemars(range(min = 1, max = 768_000))]
    rate: u32,
    /// How many channels come out; as many as came in where it is not given. Mixed as by ChannelMix.
    #[schemars(range(min = 1, max = 256))]
    channels: Option<u16>,
    /// How sharp the filter is.
    #[serde(default)]
    quality: Quality,
}

/// Changes the sample rate of a stream, whatever the size of its packets.
///
/// What comes out is aligned with what went in: the first frame is the first frame, and the output lasts as long as the
/// input. The last frames come with the end of the stream. Where the rate of the input changes, its times jump by more
/// than 40 ms, or another stream begins, the stretch before is brought to its end first. Audio that has the right rate
/// and channels passes untouched.
pub struct Resample {
    params: ResampleParams,
    running: Option<Running>,
}

impl Resample {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Resample")
            .summary("Changes the sample rate of audio, and the number of channels with it")
            .ports(PayloadKind::Audio, PayloadKind::Audio)
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If the rate or the channel count is out of range.
    pub fn new(params: ResampleParams) -> NodeResult<Self> {
        check_rate(params.rate)?;
        params.channels.map_or(Ok(()), check_channels)?;
        Ok(Self { params, running: None })
    }

    fn end_stretch(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.running.take().map_or(Ok(()), |mut running| running.give(Converter::finish, out))
    }
}

impl Node for Resample {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        let channels = self.params.channels.unwrap_or(audio.channels());
        if audio.rate() == self.params.rate && audio.channels() == channels {
            self.end_stretch(out)?;
            return out.emit(packet.with_payload(audio));
        }
        if self.running.as_ref().is_some_and(|running| !running.stretch.goes_on(&packet, &audio)) {
            self.end_stretch(out)?;
        }
        let running = match &mut self.running {
            Some(running) => running,
            None => self.running.insert(Running {
                stretch: Stretch::new(&packet, &audio, self.params.rate),
                converter: Converter::new(&audio, self.params.rate, channels, self.params.quality, Mixer::standard)?,
            }),
        };
        running.stretch.take(packet, audio.frames());
        running.give(|converter| converter.push(&audio), out)
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.end_stretch(out)
    }

    fn interrupt(&mut self) {
        self.running = None;
    }
}

/// A continuous stretch of input and what converts it.
struct Running {
    stretch: Stretch,
    converter: Converter,
}

impl Running {
    fn give(&mut self, convert: impl FnOnce(&mut Converter) -> NodeResult<Audio>, out: &mut Outputs<'_>) -> NodeResult {
        let audio = convert(&mut self.converter)?;
        if audio.frames() == 0 { Ok(()) } else { self.stretch.give(audio, out) }
    }
}
