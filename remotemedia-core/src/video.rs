//! Video frames and encoded media units over shared bytes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::buffer::Buffer;
use crate::error::PayloadError;

/// How a frame's pixels lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PixelFormat {
    /// Luma only, 8 bits.
    Gray8,
    /// Packed red, green, blue, 8 bits each.
    Rgb24,
    /// Packed red, green, blue, alpha, 8 bits each.
    Rgba32,
    /// Packed blue, green, red, alpha, 8 bits each.
    Bgra32,
    /// Planar Y, U, V; chroma halved both ways.
    I420,
    /// Planar Y and interleaved UV; chroma halved both ways.
    Nv12,
}

impl PixelFormat {
    /// Bytes of each tightly packed plane's row and the number of its rows, for a frame of the given size in pixels.
    fn planes(self, width: usize, height: usize) -> Vec<(usize, usize)> {
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        match self {
            Self::Gray8 => vec![(width, height)],
            Self::Rgb24 => vec![(width * 3, height)],
            Self::Rgba32 | Self::Bgra32 => vec![(width * 4, height)],
            Self::I420 => vec![(width, height), (half_width, half_height), (half_width, half_height)],
            Self::Nv12 => vec![(width, height), (half_width * 2, half_height)],
        }
    }
}

/// One plane of a frame: where it begins in the buffer and the distance between rows, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    /// Bytes from the start of the buffer to the first row.
    pub offset: usize,
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    layout: Arc<Layout>,
    data: Buffer,
}

/// How the pixels lie. Shared, so that a frame is small to move and cheap to clone.
#[derive(Debug, PartialEq)]
struct Layout {
    format: PixelFormat,
    width: u32,
    height: u32,
    planes: Vec<Plane>,
}

impl Video {
    /// The largest width and height of a frame, in pixels.
    pub const MAX_SIDE: u32 = 32_768;

    /// A frame whose planes follow each other without gaps.
    ///
    /// # Errors
    /// If the size is zero or beyond [`MAX_SIDE`](Self::MAX_SIDE), or `data` has another length than the format needs.
    pub fn new(format: PixelFormat, width: u32, height: u32, data: Buffer) -> Result<Self, PayloadError> {
        check_size(width, height)?;
        let mut planes = Vec::new();
        let mut offset = 0;
        for (row, rows) in format.planes(width as usize, height as usize) {
            planes.push(Plane { offset, stride: row });
            offset += row * rows;
        }
        if data.len() != offset {
            return Err(PayloadError::new(format!(
                "{format:?} frame of {width}x{height} needs {offset} bytes, found {}",
                data.len()
            )));
        }
        Ok(Self { layout: Arc::new(Layout { format, width, height, planes }), data })
    }

    /// A frame whose planes lie as `planes` says.
    ///
    /// # Errors
    /// If the number of planes is wrong, or a row would lie outside `data`.
    pub fn with_planes(
        format: PixelFormat,
        width: u32,
        height: u32,
        planes: Vec<Plane>,
        data: Buffer,
    ) -> Result<Self, PayloadError> {
        check_size(width, height)?;
        let expected = format.planes(width as usize, height as usize);
        if planes.len() != expected.len() {
            return Err(PayloadError::new(format!(
                "{format:?} frame has {} planes, found {}",
                expected.len(),
                planes.len()
            )));
        }
        for (plane, (row, rows)) in planes.iter().zip(expected) {
            let end = plane.offset as u128 + plane.stride as u128 * (rows as u128 - 1) + row as u128;
            if plane.stride < row || end > data.len() as u128 {
                return Err(PayloadError::new(format!(
                    "plane {plane:?} of {rows} rows of {row} bytes does not lie within {} bytes",
                    data.len()
                )));
            }
        }
        Ok(Self { layout: Arc::new(Layout { format, width, height, planes }), data })
    }

    /// How the pixels lie in memory.
    pub fn format(&self) -> PixelFormat {
        self.layout.format
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.layout.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.layout.height
    }

    /// Where each plane lies.
    pub fn planes(&self) -> &[Plane] {
        &self.layout.planes
    }

    /// The shared bytes.
    pub fn buffer(&self) -> &Buffer {
        &self.data
    }
}

/// One unit of a compressed stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The codec's short name in lower case, such as `opus`, `vp8` or `h264`.
    pub codec: String,
    /// Whether decoding can begin here.
    pub key_frame: bool,
    /// The compressed bytes.
    pub data: Buffer,
}

fn check_size(width: u32, height: u32) -> Result<(), PayloadError> {
    let sides = 1..=Video::MAX_SIDE;
    if sides.contains(&width) && sides.contains(&height) {
        return Ok(());
    }
    Err(PayloadError::new(format!("frame of {width}x{height} pixels, expected sides from 1 to {}", Video::MAX_SIDE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_sizes_round_chroma_up() {
        let frame = Video::new(PixelFormat::I420, 3, 3, Buffer::from(vec![0u8; 9 + 4 + 4])).unwrap();
        assert_eq!(frame.planes()[2], Plane { offset: 13, stride: 2 });
    }

    #[test]
    fn a_plane_outside_the_bytes_is_refused() {
        let planes = vec![Plane { offset: 8, stride: 4 }];
        assert!(Video::with_planes(PixelFormat::Gray8, 4, 3, planes, Buffer::from(vec![0u8; 16])).is_err());
    }

    #[test]
    fn a_frame_without_pixels_is_refused() {
        let error = Video::new(PixelFormat::Gray8, 0, 3, Buffer::from(Vec::<u8>::new())).unwrap_err();
        assert_eq!(error.to_string(), "frame of 0x3 pixels, expected sides from 1 to 32768");
    }
}
