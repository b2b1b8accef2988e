//! Audio: samples of one format, rate and channel count over shared bytes.

use std::borrow::Cow;

use bytemuck::Pod;
use serde::{Deserialize, Serialize};

use crate::buffer::Buffer;
use crate::error::PayloadError;
use crate::time::Span;

/// The type of one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SampleFormat {
    /// Unsigned 8-bit, silence at 128.
    U8,
    /// Signed 16-bit.
    S16,
    /// Signed 32-bit.
    S32,
    /// Floating point, full scale at ±1.
    F32,
    /// Double-precision floating point, full scale at ±1.
    F64,
}

impl SampleFormat {
    /// Bytes per sample.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::S16 => 2,
            Self::S32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// How the channels of a block of audio lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// One frame after the other: left, right, left, right.
    Interleaved,
    /// One channel after the other.
    Planar,
}

/// A block of audio.
#[derive(Clone, Debug, PartialEq)]
pub struct Audio {
    format: SampleFormat,
    layout: Layout,
    rate: u32,
    channels: u16,
    data: Buffer,
}

impl Audio {
    /// The most channels a block may have.
    pub const MAX_CHANNELS: u16 = 256;

    /// Wraps samples in shared bytes. `rate` is in frames per second.
    ///
    /// # Errors
    /// If the rate is zero, the channel count is not 1 to [`MAX_CHANNELS`](Self::MAX_CHANNELS), or `data` is not a
    /// whole number of frames.
    pub fn new(
        format: SampleFormat,
        layout: Layout,
        rate: u32,
        channels: u16,
        data: Buffer,
    ) -> Result<Self, PayloadError> {
        if rate == 0 {
            return Err(PayloadError::new("audio at a rate of 0 Hz, expected at least 1"));
        }
        if channels == 0 || channels > Self::MAX_CHANNELS {
            return Err(PayloadError::new(format!(
                "audio of {channels} channels, expected 1 to {}",
                Self::MAX_CHANNELS
            )));
        }
        let frame = format.size() * usize::from(channels);
        if !data.len().is_multiple_of(frame) {
            return Err(PayloadError::new(format!(
                "{} bytes of audio are not a whole number of {frame}-byte frames",
                data.len()
            )));
        }
        Ok(Self { format, layout, rate, channels, data })
    }

    /// Interleaved floating-point samples.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_f32(rate: u32, channels: u16, samples: Vec<f32>) -> Result<Self, PayloadError> {
        Self::new(SampleFormat::F32, Layout::Interleaved, rate, channels, Buffer::from(samples))
    }

    /// Interleaved 16-bit samples.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_i16(rate: u32, channels: u16, samples: Vec<i16>) -> Result<Self, PayloadError> {
        Self::new(SampleFormat::S16, Layout::Interleaved, rate, channels, Buffer::from(samples))
    }

    /// The type of one sample.
    pub fn format(&self) -> SampleFormat {
        self.format
    }

    /// How the channels lie in memory.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Frames per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// The number of channels.
    pub fn channels(&self) -> u16 {
        self.channels
    }

    /// The number of frames: samples per channel.
    pub fn frames(&self) -> usize {
        self.data.len() / (self.format.size() * usize::from(self.channels))
    }

    /// How long the block plays.
    pub fn duration(&self) -> Span {
        Span::of_samples(self.frames() as u64, self.rate)
    }

    /// The shared bytes.
    pub fn buffer(&self) -> &Buffer {
        &self.data
    }

    /// The samples as they lie in memory, if they are `f32`.
    pub fn as_f32(&self) -> Option<&[f32]> {
        if self.format == SampleFormat::F32 { self.data.as_slice() } else { None }
    }

    /// The samples, interleaved, as `f32` with full scale at ±1: borrowed when they lie so already.
    pub fn to_f32(&self) -> Cow<'_, [f32]> {
        match self.as_f32() {
            Some(samples) if self.is_interleaved() => Cow::Borrowed(samples),
            Some(samples) => Cow::Owned(interleave(samples, self.channels.into())),
            None => Cow::Owned(self.convert_to_f32()),
        }
    }

    /// The samples, writable and interleaved `f32`: in place when nothing else holds them, copied once otherwise.
    pub fn make_mut(&mut self) -> &mut [f32] {
        if self.format != SampleFormat::F32 || !self.is_interleaved() {
            self.data = Buffer::from(self.to_f32().into_owned());
            self.format = SampleFormat::F32;
            self.layout = Layout::Interleaved;
        }
        self.data.make_mut()
    }

    /// The frames in `start..end` as a block that shares the memory; planar blocks of several channels are copied.
    ///
    /// # Panics
    /// If the range reaches beyond the block.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        if !self.is_interleaved() {
            let samples = self.to_f32().into_owned();
            let interleaved = Self {
                format: SampleFormat::F32,
                layout: Layout::Interleaved,
                data: Buffer::from(samples),
                ..self.clone()
            };
            return interleaved.slice(start, end);
        }
        let frame = self.format.size() * usize::from(self.channels);
        Self { data: self.data.slice(start * frame..end * frame), ..self.clone() }
    }

    /// Whether the frames follow each other; one channel always does.
    pub fn is_interleaved(&self) -> bool {
        self.layout == Layout::Interleaved || self.channels == 1
    }

    fn convert_to_f32(&self) -> Vec<f32> {
        let samples: Vec<f32> = match self.format {
            SampleFormat::U8 => map_samples(&self.data, |s: u8| (f32::from(s) - 128.0) / 128.0),
            SampleFormat::S16 => map_samples(&self.data, |s: i16| f32::from(s) / 32_768.0),
            SampleFormat::S32 => map_samples(&self.data, |s: i32| (f64::from(s) / 2_147_483_648.0) as f32),
            SampleFormat::F32 => self.data.to_vec(),
            SampleFormat::F64 => map_samples(&self.data, |s: f64| s as f32),
        };
        if self.is_interleaved() { samples } else { interleave(&samples, self.channels.into()) }
    }
}

fn map_samples<T: Pod>(data: &Buffer, convert: impl Fn(T) -> f32) -> Vec<f32> {
    data.as_bytes().chunks_exact(size_of::<T>()).map(|bytes| convert(bytemuck::pod_read_unaligned(bytes))).collect()
}

fn interleave(planar: &[f32], channels: usize) -> Vec<f32> {
    let frames = planar.len() / channels;
    let mut samples = Vec::with_capacity(planar.len());
    for frame in 0..frames {
        samples.extend((0..channels).map(|channel| planar[channel * frames + frame]));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_converts_to_the_same_scale() {
        let convert =
            |format, data| Audio::new(format, Layout::Interleaved, 8000, 1, data).unwrap().to_f32().into_owned();
        assert_eq!(convert(SampleFormat::U8, Buffer::from(vec![0u8, 128, 192])), [-1.0, 0.0, 0.5]);
        assert_eq!(convert(SampleFormat::S16, Buffer::from(vec![i16::MIN, 0, 16_384])), [-1.0, 0.0, 0.5]);
        assert_eq!(convert(SampleFormat::S32, Buffer::from(vec![i32::MIN, 0, 1 << 30])), [-1.0, 0.0, 0.5]);
        assert_eq!(convert(SampleFormat::F64, Buffer::from(vec![-1.0f64, 0.0, 0.5])), [-1.0, 0.0, 0.5]);
    }

    #[test]
    fn planar_blocks_interleave_when_read() {
        let data = Buffer::from(vec![1.0f32, 2.0, -1.0, -2.0]);
        let audio = Audio::new(SampleFormat::F32, Layout::Planar, 8000, 2, data).unwrap();
        assert_eq!(audio.to_f32().as_ref(), [1.0, -1.0, 2.0, -2.0]);
        assert_eq!(audio.slice(1, 2).to_f32().as_ref(), [2.0, -2.0]);
    }

    #[test]
    fn slices_share_the_memory() {
        let audio = Audio::from_f32(8000, 2, vec![0.0, 1.0, 2.0, 3.0]).unwrap();
        let tail = audio.slice(1, 2);
        assert_eq!(tail.buffer().as_bytes().as_ptr(), audio.buffer().as_bytes()[8..].as_ptr());
        assert_eq!(tail.frames(), 1);
    }

    #[test]
    fn half_a_frame_is_refused() {
        let error = Audio::from_i16(8000, 2, vec![1, 2, 3]).unwrap_err();
        assert_eq!(error.to_string(), "6 bytes of audio are not a whole number of 4-byte frames");
    }
}
