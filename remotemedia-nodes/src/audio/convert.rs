//! Converts blocks of audio between sample formats and memory layouts.

use bytemuck::Pod;
use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::PayloadError;

/// A sample of one format, on the common scale on which full scale is ±1.
pub(crate) trait Sample: Pod + Send + Sync {
    /// The value on the common scale.
    fn to_unit(self) -> f64;
    /// The nearest value of this format; integers stop at full scale.
    fn from_unit(value: f64) -> Self;
}

/// The block with samples of `format` in `layout`; the very block if it is so already.
///
/// # Errors
/// If `audio` is of a format that is not known here.
pub(crate) fn convert(audio: Audio, format: SampleFormat, layout: Layout) -> Result<Audio, PayloadError> {
    let laid_out = audio.channels() == 1 || audio.layout() == layout;
    if audio.format() == format && laid_out {
        return Ok(audio);
    }
    let data = match format {
        SampleFormat::U8 => samples::<u8>(&audio, laid_out)?,
        SampleFormat::S16 => samples::<i16>(&audio, laid_out)?,
        SampleFormat::S32 => samples::<i32>(&audio, laid_out)?,
        SampleFormat::F32 => samples::<f32>(&audio, laid_out)?,
        SampleFormat::F64 => samples::<f64>(&audio, laid_out)?,
        other => return Err(unknown(other)),
    };
    Audio::new(format, layout, audio.rate(), audio.channels(), data)
}

/// The samples as `T`, in the block's own order or in the order of the other layout.
fn samples<T: Sample>(audio: &Audio, keep_order: bool) -> Result<Buffer, PayloadError> {
    let converted = match audio.format() {
        SampleFormat::U8 => cast::<u8, T>(audio.buffer()),
        SampleFormat::S16 => cast::<i16, T>(audio.buffer()),
        SampleFormat::S32 => cast::<i32, T>(audio.buffer()),
        SampleFormat::F32 => cast::<f32, T>(audio.buffer()),
        SampleFormat::F64 => cast::<f64, T>(audio.buffer()),
        other => return Err(unknown(other)),
    };
    if keep_order {
        return Ok(Buffer::from(converted));
    }
    let rows = if audio.layout() == Layout::Planar { usize::from(audio.channels()) } else { audio.frames() };
    Ok(Buffer::from(transpose(&converted, rows)))
}

fn cast<S: Sample, T: Sample>(data: &Buffer) -> Vec<T> {
    match data.as_slice::<S>() {
        Some(samples) => samples.iter().map(|sample| T::from_unit(sample.to_unit())).collect(),
        None => data.to_vec::<S>().into_iter().map(|sample| T::from_unit(sample.to_unit())).collect(),
    }
}

/// Reads a matrix of `rows` rows column by column.
fn transpose<T: Copy>(values: &[T], rows: usize) -> Vec<T> {
    let columns = values.len().checked_div(rows).unwrap_or(0);
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns).copied()).collect()
}

fn unknown(format: SampleFormat) -> PayloadError {
    PayloadError::new(format!("samples of format {format:?} cannot be converted"))
}

/// Rounds half away from zero in a way that vectorises; casts to integers stop at full scale by themselves.
fn round(value: f64) -> f64 {
    value + 0.5f64.copysign(value)
}

impl Sample for u8 {
    fn to_unit(self) -> f64 {
        (f64::from(self) - 128.0) / 128.0
    }

    fn from_unit(value: f64) -> Self {
        (i32::from(round(value * 128.0) as i8) + 128) as u8
    }
}

impl Sample for i16 {
    fn to_unit(self) -> f64 {
        f64::from(self) / 32_768.0
    }

    fn from_unit(value: f64) -> Self {
        round(value * 32_768.0) as i16
    }
}

impl Sample for i32 {
    fn to_unit(self) -> f64 {
        f64::from(self) / 2_147_483_648.0
    }

    fn from_unit(value: f64) -> Self {
        round(value * 2_147_483_648.0) as i32
    }
}

impl Sample for f32 {
    fn to_unit(self) -> f64 {
        self.into()
    }

    fn from_unit(value: f64) -> Self {
        value as f32
    }
}

impl Sample for f64 {
    fn to_unit(self) -> f64 {
        self
    }

    fn from_unit(value: f64) -> Self {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [SampleFormat; 5] =
        [SampleFormat::U8, SampleFormat::S16, SampleFormat::S32, SampleFormat::F32, SampleFormat::F64];

    fn block(samples: Vec<f32>, channels: u16) -> Audio {
        Audio::from_f32(8000, channels, samples).unwrap()
    }

    #[test]
    fn values_that_all_formats_hold_survive_every_conversion() {
        let values = vec![-1.0, -0.5, 0.0, 0.25, 0.5, 0.992_187_5];
        for from in FORMATS {
            let source = convert(block(values.clone(), 1), from, Layout::Interleaved).unwrap();
            for to in FORMATS {
                let there = convert(source.clone(), to, Layout::Interleaved).unwrap();
                assert_eq!(there.format(), to);
                assert_eq!(there.to_f32().as_ref(), values, "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn every_16_bit_value_survives_wider_formats() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let source = Audio::from_i16(8000, 1, all.clone()).unwrap();
        for through in [SampleFormat::S32, SampleFormat::F32, SampleFormat::F64] {
            let there = convert(source.clone(), through, Layout::Interleaved).unwrap();
            let back = convert(there, SampleFormat::S16, Layout::Interleaved).unwrap();
            assert_eq!(back.buffer().to_vec::<i16>(), all);
        }
    }

    #[test]
    fn integers_stop_at_full_scale() {
        let loud = block(vec![1.0, 7.0, -7.0, f32::INFINITY, f32::NAN], 1);
        let converted = |format| convert(loud.clone(), format, Layout::Interleaved).unwrap();
        assert_eq!(converted(SampleFormat::U8).buffer().to_vec::<u8>(), [255, 255, 0, 255, 128]);
        let (low, high) = (i16::MIN, i16::MAX);
        assert_eq!(converted(SampleFormat::S16).buffer().to_vec::<i16>(), [high, high, low, high, 0]);
        let (low, high) = (i32::MIN, i32::MAX);
        assert_eq!(converted(SampleFormat::S32).buffer().to_vec::<i32>(), [high, high, low, high, 0]);
    }

    #[test]
    fn layouts_turn_into_each_other() {
        let interleaved = block(vec![1.0, -1.0, 2.0, -2.0, 3.0, -3.0], 2);
        let planar = convert(interleaved.clone(), SampleFormat::F32, Layout::Planar).unwrap();
        assert_eq!(planar.as_f32(), Some(&[1.0, 2.0, 3.0, -1.0, -2.0, -3.0][..]));
        assert_eq!(convert(planar, SampleFormat::F32, Layout::Interleaved).unwrap(), interleaved);
    }

    #[test]
    fn a_block_that_is_right_already_is_the_same_memory() {
        let source = block(vec![1.0, 2.0], 1);
        let same = convert(source.clone(), SampleFormat::F32, Layout::Planar).unwrap();
        assert_eq!(same.buffer().as_bytes().as_ptr(), source.buffer().as_bytes().as_ptr());
    }
}
