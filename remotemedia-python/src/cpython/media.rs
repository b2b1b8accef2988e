//! Pictures and encoded units as Python sees them.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::tensor::DType;
use remotemedia_core::video::{self, PixelFormat};

use super::array::{tensor_from_array, view};
use super::types::as_array;

/// A picture: planes of 8-bit samples.
#[pyclass(frozen, module = "remotemedia")]
pub struct Video(pub(super) video::Video);

/// A unit of a compressed stream.
#[pyclass(frozen, module = "remotemedia")]
pub struct Encoded(pub(super) Arc<video::Encoded>);

#[pymethods]
impl Video {
    /// Wraps the bytes of a picture whose planes follow each other without gaps.
    #[new]
    fn new(format: &str, width: u32, height: u32, pixels: &Bound<'_, PyAny>) -> PyResult<Self> {
        let data = match as_array(pixels) {
            Some(array) => tensor_from_array(array).map_err(invalid)?.to_contiguous(),
            None => Buffer::from(pixels.extract::<Vec<u8>>()?),
        };
        video::Video::new(format_named(format)?, width, height, data).map(Self).map_err(invalid)
    }

    /// Width in pixels.
    #[getter]
    fn width(&self) -> u32 {
        self.0.width()
    }

    /// Height in pixels.
    #[getter]
    fn height(&self) -> u32 {
        self.0.height()
    }

    /// How the pixels lie in memory: `gray8`, `rgb24`, `rgba32`, `bgra32`, `i420` or `nv12`.
    #[getter]
    fn format(&self) -> String {
        format!("{:?}", self.0.format()).to_lowercase()
    }

    /// The planes as arrays of rows of bytes, over the picture's own memory.
    #[getter]
    fn planes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let planes = self.0.planes().iter().enumerate().map(|(index, plane)| {
            let (row, rows) = plane_size(&self.0, index);
            let strides = [plane.stride as isize, 1];
            view(py, DType::U8, &[rows, row], &strides, plane.offset, self.0.buffer().clone())
        });
        PyList::new(py, planes.collect::<PyResult<Vec<_>>>()?)
    }

    fn __repr__(&self) -> String {
        format!("Video({}x{}, {})", self.0.width(), self.0.height(), self.format())
    }
}

#[pymethods]
impl Encoded {
    /// Wraps the bytes of one unit of a stream compressed with `codec`.
    #[new]
    #[pyo3(signature = (codec, data, key_frame=false))]
    fn new(codec: String, data: Vec<u8>, key_frame: bool) -> Self {
        Self(Arc::new(video::Encoded { codec, key_frame, data: Buffer::from(data) }))
    }

    /// The codec's name, such as `opus` or `vp8`.
    #[getter]
    fn codec(&self) -> &str {
        &self.0.codec
    }

    /// Whether decoding can begin here.
    #[getter]
    fn key_frame(&self) -> bool {
        self.0.key_frame
    }

    /// The bytes.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.data.as_bytes())
    }

    fn __repr__(&self) -> String {
        format!("Encoded({}, {} bytes)", self.0.codec, self.0.data.len())
    }
}

/// Bytes per row and rows of a plane; the chroma planes of planar formats are halved both ways.
fn plane_size(video: &video::Video, index: usize) -> (usize, usize) {
    let (width, height) = (video.width() as usize, video.height() as usize);
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    match (video.format(), index) {
        (PixelFormat::I420, 1 | 2) => (half_width, half_height),
        (PixelFormat::Nv12, 1) => (half_width * 2, half_height),
        (PixelFormat::Rgb24, _) => (width * 3, height),
        (PixelFormat::Rgba32 | PixelFormat::Bgra32, _) => (width * 4, height),
        _ => (width, height),
    }
}

fn format_named(name: &str) -> PyResult<PixelFormat> {
    Ok(match name {
        "gray8" => PixelFormat::Gray8,
        "rgb24" => PixelFormat::Rgb24,
        "rgba32" => PixelFormat::Rgba32,
        "bgra32" => PixelFormat::Bgra32,
        "i420" => PixelFormat::I420,
        "nv12" => PixelFormat::Nv12,
        other => {
            let message =
                format!("pixel format \"{other}\" is not known; known: gray8, rgb24, rgba32, bgra32, i420, nv12");
            return Err(PyValueError::new_err(message));
        }
    })
}

fn invalid(error: remotemedia_core::error::PayloadError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
