//! Audio nodes: channel mix, resample, gain, format conversion, chunker, level meter, voice activity by energy.

use remotemedia_core::audio::Audio;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::packet::Packet;
use remotemedia_core::payload::Payload;
use remotemedia_core::registry::Registry;

pub mod channel_mix;
mod mixer;
pub(crate) mod reblock;
pub mod resample;
mod resampler;
mod sinc;
mod timeline;

pub use sinc::Quality;

pub(crate) fn register(registry: &mut Registry) -> NodeResult {
    registry.add(channel_mix::ChannelMix::spec(), channel_mix::ChannelMix::new)?;
    registry.add(resample::Resample::spec(), resample::Resample::new)
}

/// Takes the audio out of `packet` and leaves its envelope.
fn take_audio(packet: &mut Packet) -> NodeResult<Audio> {
    Ok(std::mem::replace(&mut packet.payload, Payload::Null).into_audio()?)
}

fn check_channels(channels: u16) -> NodeResult {
    if (1..=Audio::MAX_CHANNELS).contains(&channels) {
        return Ok(());
    }
    Err(NodeError::new(format!("params: channels is {channels}, expected 1 to {}", Audio::MAX_CHANNELS)))
}

fn check_rate(rate: u32) -> NodeResult {
    if (1..=MAX_RATE).contains(&rate) {
        return Ok(());
    }
    Err(NodeError::new(format!("params: rate is {rate} Hz, expected 1 to {MAX_RATE}")))
}

/// The highest sample rate that nodes make, in frames per second.
const MAX_RATE: u32 = 768_000;
