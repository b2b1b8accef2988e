//! Resample: changes the sample rate, and the number of channels with it.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::mixer::Mixer;
use super::resampler::Resampler;
use super::sinc::Quality;
use super::timeline::Timeline;
use super::{check_channels, check_rate, take_audio};

/// What [`Resample`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResampleParams {
    /// Frames per second that come out.
    #[schemars(range(min = 1, max = 768_000))]
    #[serde(alias = "target_sample_rate", alias = "output_sample_rate")]
    rate: u32,
    /// How many channels come out; as many as came in where it is not given. Mixed as by ChannelMix.
    #[schemars(range(min = 1, max = 256))]
    #[serde(default, alias = "output_channels")]
    channels: Option<u16>,
    /// How sharp the filter is.
    #[serde(default)]
    quality: Quality,
}

/// Changes the sample rate of a stream, whatever the size of its packets.
///
/// What comes out is aligned with what went in: the first frame is the first frame, and the output lasts as long as the
/// input. The last frames come with the end of the stream. Where the rate of the input changes, where its times jump by
/// more than 40 ms, the stretch before is brought to its end first. Audio that has the right rate and channels passes
/// untouched.
pub struct Resample {
    params: ResampleParams,
    stretch: Option<Stretch>,
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
        Ok(Self { params, stretch: None })
    }

    fn end_stretch(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.stretch.take().map_or(Ok(()), |mut stretch| stretch.finish(out))
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
        if self.stretch.as_ref().is_some_and(|stretch| !stretch.goes_on(&packet, &audio)) {
            self.end_stretch(out)?;
        }
        let stretch = match &mut self.stretch {
            Some(stretch) => stretch,
            None => self.stretch.insert(Stretch::new(&self.params, &packet, &audio)?),
        };
        stretch.push(packet, &audio, out)
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.end_stretch(out)
    }

    fn interrupt(&mut self) {
        self.stretch = None;
    }
}

/// A continuous stretch of input of one rate and channel count.
struct Stretch {
    rate_in: u32,
    channels_in: u16,
    rate_out: u32,
    channels_out: u16,
    /// Channels are dropped before resampling and added after it, whichever is less work.
    before: Option<Mixer>,
    resampler: Option<Resampler>,
    after: Option<Mixer>,
    input: Timeline,
    output: Timeline,
    envelope: Packet,
}

impl Stretch {
    fn new(params: &ResampleParams, packet: &Packet, audio: &Audio) -> NodeResult<Self> {
        let (rate_in, channels_in) = (audio.rate(), audio.channels());
        let channels_out = params.channels.unwrap_or(channels_in);
        let narrowest = channels_in.min(channels_out);
        let resampler = (rate_in != params.rate)
            .then(|| Resampler::new(rate_in, params.rate, narrowest, params.quality))
            .transpose()?;
        Ok(Self {
            rate_in,
            channels_in,
            rate_out: params.rate,
            channels_out,
            before: (channels_in > narrowest).then(|| Mixer::standard(channels_in, narrowest)),
            resampler,
            after: (channels_out > narrowest).then(|| Mixer::standard(narrowest, channels_out)),
            input: Timeline::new(packet.pts, rate_in),
            output: Timeline::new(packet.pts, params.rate),
            envelope: Packet::new(Payload::Null),
        })
    }

    fn goes_on(&self, packet: &Packet, audio: &Audio) -> bool {
        audio.rate() == self.rate_in && audio.channels() == self.channels_in && self.input.continues_at(packet.pts)
    }

    fn push(&mut self, envelope: Packet, audio: &Audio, out: &mut Outputs<'_>) -> NodeResult {
        self.envelope = envelope;
        self.input.advance(audio.frames());
        let mut samples = audio.to_f32();
        if let Some(mixer) = &self.before {
            samples = mixer.apply(&samples).into();
        }
        let samples = match &mut self.resampler {
            Some(resampler) => resampler.push(&samples),
            None => samples.into_owned(),
        };
        self.emit(samples, out)
    }

    fn finish(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        let tail = self.resampler.as_mut().map(Resampler::finish).unwrap_or_default();
        self.emit(tail, out)
    }

    fn emit(&mut self, mut samples: Vec<f32>, out: &mut Outputs<'_>) -> NodeResult {
        if samples.is_empty() {
            return Ok(());
        }
        if let Some(mixer) = &self.after {
            samples = mixer.apply(&samples);
        }
        let audio = Audio::from_f32(self.rate_out, self.channels_out, samples)?;
        let mut packet = self.envelope.clone();
        packet.pts = self.output.now();
        packet.duration = Some(audio.duration());
        self.output.advance(audio.frames());
        out.emit(packet.with_payload(audio))
    }
}
