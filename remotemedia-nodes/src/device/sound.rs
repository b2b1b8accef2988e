//! Opens what device strings name, for sources and sinks.

use remotemedia_core::audio::Audio;
use remotemedia_core::error::NodeResult;

use super::address::Address;
use super::test_signal::TestSignal;
use crate::file::input::{Input, open_file};
use crate::file::source::Wanted;

/// Something that plays audio block by block.
pub(crate) trait Output: Send {
    /// Plays a block, waiting until it is taken.
    ///
    /// # Errors
    /// If the file or device fails, or the block does not fit the first.
    fn write(&mut self, audio: Audio) -> NodeResult;

    /// Waits until everything is heard, and ends the output.
    ///
    /// # Errors
    /// If the file or device fails.
    fn finish(&mut self) -> NodeResult;

    /// Silences what is not yet heard, where that is possible.
    ///
    /// # Errors
    /// If the device fails.
    fn discard(&mut self) -> NodeResult {
        Ok(())
    }
}

/// Opens a device to read from.
///
/// # Errors
/// If there is no such device, or it cannot be opened or do what is wanted.
pub(crate) fn open_input(device: &str, wanted: &Wanted) -> NodeResult<Box<dyn Input>> {
    let (rate, channels) = (wanted.rate.unwrap_or(DEFAULT_RATE), wanted.channels.unwrap_or(1));
    match Address::parse(device)? {
        Address::File(path) => {
            wanted.refuse_shape()?;
            open_file(&path, wanted.native)
        }
        Address::Test { signal, settings } => Ok(Box::new(TestSignal::new(&signal, &settings, rate, channels)?)),
        Address::Sound(name) => system::capture(&name, rate, channels),
    }
}

/// Opens the sound device `name` to play audio of this rate and channel count.
///
/// # Errors
/// If there is no such device, or it cannot be opened or do what is wanted.
pub(crate) fn open_playback(name: &str, rate: u32, channels: u16) -> NodeResult<Box<dyn Output>> {
    system::playback(name, rate, channels)
}

/// The library that sound devices are opened with; only tries to load it, and opens no device.
///
/// # Errors
/// What is missing, and what to do.
pub fn sound_library() -> NodeResult<&'static str> {
    system::library()
}

#[cfg(target_os = "linux")]
mod system {
    use super::super::alsa::{self, Direction, Pcm};
    use super::{Audio, Input, NodeResult, Output};

    struct Capture {
        pcm: Pcm,
        block: usize,
    }

    struct Playback(Pcm);

    pub(super) fn library() -> NodeResult<&'static str> {
        alsa::library()
    }

    pub(super) fn capture(name: &str, rate: u32, channels: u16) -> NodeResult<Box<dyn Input>> {
        let pcm = Pcm::open(name, Direction::Capture, rate, channels)?;
        Ok(Box::new(Capture { pcm, block: (rate / BLOCKS_PER_SECOND).max(1) as usize }))
    }

    pub(super) fn playback(name: &str, rate: u32, channels: u16) -> NodeResult<Box<dyn Output>> {
        Ok(Box::new(Playback(Pcm::open(name, Direction::Playback, rate, channels)?)))
    }

    impl Input for Capture {
        fn next_block(&mut self) -> NodeResult<Option<Audio>> {
            self.pcm.read(self.block).map(Some)
        }
    }

    impl Output for Playback {
        fn write(&mut self, audio: Audio) -> NodeResult {
            self.0.write(audio)
        }

        fn finish(&mut self) -> NodeResult {
            self.0.drain()
        }

        fn discard(&mut self) -> NodeResult {
            self.0.discard()
        }
    }

    /// Into how many blocks a second of recorded sound is cut: short ones, since each is a delay.
    const BLOCKS_PER_SECOND: u32 = 100;
}

#[cfg(not(target_os = "linux"))]
mod system {
    use remotemedia_core::error::NodeError;

    use super::{Input, NodeResult, Output};

    pub(super) fn library() -> NodeResult<&'static str> {
        Err(NodeError::new("none: sound devices need Linux and ALSA; file: and test: devices work"))
    }

    pub(super) fn capture(name: &str, _rate: u32, _channels: u16) -> NodeResult<Box<dyn Input>> {
        Err(unsupported(name))
    }

    pub(super) fn playback(name: &str, _rate: u32, _channels: u16) -> NodeResult<Box<dyn Output>> {
        Err(unsupported(name))
    }

    fn unsupported(name: &str) -> NodeError {
        NodeError::new(format!(
            "sound device \"{name}\" cannot be opened: sound devices need Linux and ALSA; use a file: or test: device"
        ))
    }
}

/// The rate of devices for which none is given.
const DEFAULT_RATE: u32 = 48_000;
