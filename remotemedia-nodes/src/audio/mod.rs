//! Audio nodes: channel mix, resample, gain, format conversion, chunker, level meter, voice activity by energy.

use remotemedia_core::Result;
use remotemedia_core::audio::Audio;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::packet::Packet;
use remotemedia_core::payload::Payload;
use remotemedia_core::registry::Registry;

pub mod channel_mix;
pub mod chunker;
pub(crate) mod convert;
mod converter;
mod energy;
pub mod energy_voice;
pub mod format_convert;
pub mod gain;
mod hint;
pub mod level_meter;
mod mixer;
pub mod per_packet;
mod quality;
pub(crate) mod reblock;
pub mod resample;
mod resampler;
mod stretch;
mod timeline;
pub mod vad_node;

pub use hint::RuntimeHint;
pub use quality::Quality;

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    registry.add(channel_mix::ChannelMix::spec(), channel_mix::ChannelMix::new)?;
    registry.add(chunker::Chunker::spec(), chunker::Chunker::new)?;
    registry.add(chunker::Chunker::earlier_spec(), chunker::Chunker::earlier)?;
    registry.add(energy_voice::EnergyVoiceActivity::spec(), energy_voice::EnergyVoiceActivity::new)?;
    registry.add(format_convert::FormatConvert::spec(), format_convert::FormatConvert::new)?;
    registry.add(format_convert::FormatConvert::earlier_spec(), format_convert::FormatConvert::earlier)?;
    registry.add(gain::Gain::spec(), gain::Gain::new)?;
    registry.add(level_meter::LevelMeter::spec(), level_meter::LevelMeter::new)?;
    registry.add(resample::Resample::spec(), resample::Resample::new)?;
    registry.add(vad_node::VadNode::spec(), vad_node::VadNode::new)?;
    per_packet::register(registry)
}

/// Takes the audio out of `packet` and leaves its envelope.
pub(crate) fn take_audio(packet: &mut Packet) -> NodeResult<Audio> {
    Ok(std::mem::replace(&mut packet.payload, Payload::Null).into_audio()?)
}

pub(crate) fn check_channels(channels: u16) -> NodeResult {
    if (1..=Audio::MAX_CHANNELS).contains(&channels) {
        return Ok(());
    }
    Err(NodeError::new(format!("params: channels is {channels}, expected 1 to {}", Audio::MAX_CHANNELS)))
}

pub(crate) fn check_rate(rate: u32) -> NodeResult {
    if (1..=MAX_RATE).contains(&rate) {
        return Ok(());
    }
    Err(NodeError::new(format!("params: rate is {rate} Hz, expected 1 to {MAX_RATE}")))
}

/// The highest sample rate that nodes make, in frames per second.
const MAX_RATE: u32 = 768_000;
