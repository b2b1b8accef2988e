//! AudioTransform, AudioResampler, AudioResampleNode: the earlier package's resamplers, one packet out for each in.

use remotemedia_core::Result;
use remotemedia_core::audio::SampleFormat;
use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::convert::convert;
use super::converter::Converter;
use super::mixer::Mixer;
use super::{Quality, RuntimeHint, check_channels, check_rate, take_audio};

/// What an AudioTransform is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AudioTransformParams {
    /// Frames per second that come out.
    #[schemars(range(min = 1, max = 768_000))]
    output_sample_rate: u32,
    /// How many channels come out: one is the mean of all, surplus ones are dropped.
    #[schemars(range(min = 1, max = 256))]
    output_channels: u16,
}

/// What an AudioResampler is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AudioResamplerParams {
    /// Frames per second that come out.
    #[schemars(range(min = 1, max = 768_000))]
    target_sample_rate: u32,
}

/// What an AudioResampleNode is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AudioResampleNodeParams {
    /// Frames per second that come out.
    #[schemars(range(min = 1, max = 768_000))]
    target_sample_rate: u32,
    /// How sharp the filter is.
    quality: Quality,
    /// Taken for the sake of earlier manifests; it changes nothing.
    runtime_hint: RuntimeHint,
}

/// Converts each packet by itself, as the earlier package did: one packet comes out for each that goes in, in the
/// memory layout in which it came. For streams, [`Resample`](super::resample::Resample) is better: it leaves no seams.
pub struct PerPacket {
    rate: u32,
    channels: Option<u16>,
    quality: Quality,
    converter: Option<(u32, u16, Converter)>,
}

impl Default for AudioTransformParams {
    fn default() -> Self {
        Self { output_sample_rate: 44_100, output_channels: 2 }
    }
}

impl Default for AudioResamplerParams {
    fn default() -> Self {
        Self { target_sample_rate: 44_100 }
    }
}

impl Default for AudioResampleNodeParams {
    fn default() -> Self {
        Self { target_sample_rate: 16_000, quality: Quality::High, runtime_hint: RuntimeHint::Auto }
    }
}

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    let spec =
        |name: &str, summary: &str| NodeSpec::new(name).summary(summary).ports(PayloadKind::Audio, PayloadKind::Audio);
    registry.add(
        spec("AudioTransform", "Changes the sample rate and channels of each packet by itself"),
        |params: AudioTransformParams| {
            PerPacket::new(params.output_sample_rate, Some(params.output_channels), Quality::High)
        },
    )?;
    registry.add(
        spec("AudioResampler", "Changes the sample rate of each packet by itself"),
        |params: AudioResamplerParams| PerPacket::new(params.target_sample_rate, None, Quality::High),
    )?;
    registry.add(
        spec("AudioResampleNode", "Changes the sample rate of each packet by itself, at a chosen quality"),
        |params: AudioResampleNodeParams| PerPacket::new(params.target_sample_rate, None, params.quality),
    )
}

impl PerPacket {
    fn new(rate: u32, channels: Option<u16>, quality: Quality) -> NodeResult<Self> {
        check_rate(rate)?;
        channels.map_or(Ok(()), check_channels)?;
        Ok(Self { rate, channels, quality, converter: None })
    }

    fn converter(&mut self, audio: &Audio, channels: u16) -> NodeResult<&mut Converter> {
        let shape = (audio.rate(), audio.channels());
        let converter = match self.converter.take() {
            Some((rate, channels_in, converter)) if (rate, channels_in) == shape => converter,
            _ => Converter::new(audio, self.rate, channels, self.quality, Mixer::truncating)?,
        };
        Ok(&mut self.converter.insert((shape.0, shape.1, converter)).2)
    }
}

impl Node for PerPacket {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let audio = take_audio(&mut packet)?;
        let channels = self.channels.unwrap_or(audio.channels());
        if audio.rate() == self.rate && audio.channels() == channels {
            return out.emit(packet.with_payload(audio));
        }
        let converted = self.converter(&audio, channels)?.convert_alone(&audio)?;
        packet.duration = packet.duration.map(|_| converted.duration());
        out.emit(packet.with_payload(convert(converted, SampleFormat::F32, audio.layout())?))
    }
}
