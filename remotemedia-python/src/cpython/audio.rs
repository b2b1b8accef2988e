//! Audio and its Python form, the tuple `(samples, sample_rate)`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyInt, PyTuple, PyType};
use remotemedia_core::audio::{Audio, Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::error::PayloadError;
use remotemedia_core::tensor::{DType, Tensor};
use remotemedia_core::time::Timestamp;

use super::array::{tensor_from_array, view};
use super::types::{as_array, is_array_scalar};

/// The class `Audio`.
///
/// # Errors
/// If Python has no memory left.
pub fn audio_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || {
        let module = PyModule::from_code(py, AUDIO_PY, c"remotemedia/audio.py", c"remotemedia._audio")?;
        PyResult::Ok(module.getattr("Audio")?.cast_into::<PyType>()?.unbind())
    })?;
    Ok(class.bind(py))
}

/// The block as an `Audio` that begins at `start`. One channel has one dimension, more are `(channels, frames)`.
///
/// # Errors
/// If NumPy is not installed.
pub(super) fn audio_to_python<'py>(
    py: Python<'py>,
    audio: Audio,
    start: Option<Timestamp>,
) -> PyResult<Bound<'py, PyAny>> {
    let (dtype, size) = (dtype_of(audio.format()), audio.format().size() as isize);
    let (channels, frames, rate) = (usize::from(audio.channels()), audio.frames(), audio.rate());
    let interleaved = audio.layout() == Layout::Interleaved;
    let buffer = { audio }.buffer().clone();
    let samples = if channels == 1 {
        view(py, dtype, &[frames], &[size], 0, buffer)
    } else if interleaved {
        view(py, dtype, &[channels, frames], &[size, size * channels as isize], 0, buffer)
    } else {
        view(py, dtype, &[channels, frames], &[size * frames as isize, size], 0, buffer)
    };
    audio_class(py)?.call1((samples?, rate, start.map(Timestamp::as_secs_f64)))
}

/// Whether the tuple is `(array, sample_rate)` or `(array, sample_rate, metadata)`.
pub(super) fn is_audio(tuple: &Bound<'_, PyTuple>) -> bool {
    let rate = |item: Bound<'_, PyAny>| {
        !item.is_instance_of::<PyBool>() && (item.is_instance_of::<PyInt>() || is_array_scalar(&item))
    };
    let metadata = || tuple.get_item(2).is_ok_and(|item| item.is_instance_of::<PyDict>());
    matches!(tuple.len(), 2 | 3)
        && tuple.get_item(0).is_ok_and(|item| as_array(&item).is_some())
        && tuple.get_item(1).is_ok_and(rate)
        && (tuple.len() == 2 || metadata())
}

/// Wraps the samples of an audio tuple; samples that lie neither interleaved nor planar are copied.
///
/// # Errors
/// If the samples have a type or shape that audio has not, or the rate is none.
pub(super) fn audio_from_tuple(tuple: &Bound<'_, PyTuple>) -> Result<Audio, PayloadError> {
    let item = |index| tuple.get_item(index).map_err(|_| PayloadError::new("audio tuple is too short"));
    let (samples, rate) = (item(0)?, item(1)?);
    let rate: u32 = rate
        .extract()
        .map_err(|_| PayloadError::new(format!("sample rate {rate}, expected a whole number of Hz above zero")))?;
    let array = as_array(&samples).ok_or_else(|| PayloadError::new("audio samples that are no NumPy array"))?;
    let tensor = tensor_from_array(array)?;
    let format = format_of(tensor.dtype())?;
    let (layout, channels, data) = lay_out(&tensor)?;
    Audio::new(format, layout, rate, channels, data)
}

/// When an `Audio` says it begins; `None` for any other object.
pub(super) fn start_of(object: &Bound<'_, PyAny>) -> Option<Timestamp> {
    let py = object.py();
    if !object.is_instance_of::<PyTuple>() || object.is_exact_instance_of::<PyTuple>() {
        return None;
    }
    let class = audio_class(py).ok()?;
    if !object.is_instance(class).unwrap_or(false) {
        return None;
    }
    object.getattr(pyo3::intern!(py, "start")).ok()?.extract::<f64>().ok().map(Timestamp::from_secs_f64)
}

fn lay_out(tensor: &Tensor) -> Result<(Layout, u16, Buffer), PayloadError> {
    let size = tensor.dtype().size() as isize;
    let (channels, frames) = match *tensor.shape() {
        [frames] => (1, frames),
        [channels, frames] => (channels, frames),
        ref other => return Err(wrong_shape(other)),
    };
    let count = u16::try_from(channels).ok().filter(|count| (1..=Audio::MAX_CHANNELS).contains(count));
    let count = count.ok_or_else(|| wrong_shape(tensor.shape()))?;
    let interleaved = [size, size * channels as isize];
    if tensor.shape().len() == 2 && channels > 1 && frames > 1 && tensor.strides() == interleaved {
        let len = channels * frames * tensor.dtype().size();
        return Ok((Layout::Interleaved, count, tensor.buffer().slice(tensor.offset()..tensor.offset() + len)));
    }
    Ok((Layout::Planar, count, tensor.to_contiguous()))
}

fn wrong_shape(shape: &[usize]) -> PayloadError {
    PayloadError::new(format!(
        "audio samples of shape {shape:?}, expected (frames,) or (channels, frames) with 1 to {} channels",
        Audio::MAX_CHANNELS
    ))
}

fn format_of(dtype: DType) -> Result<SampleFormat, PayloadError> {
    Ok(match dtype {
        DType::U8 => SampleFormat::U8,
        DType::I16 => SampleFormat::S16,
        DType::I32 => SampleFormat::S32,
        DType::F32 => SampleFormat::F32,
        DType::F64 => SampleFormat::F64,
        other => {
            return Err(PayloadError::new(format!("audio samples of {other:?}, expected U8, I16, I32, F32 or F64")));
        }
    })
}

fn dtype_of(format: SampleFormat) -> DType {
    match format {
        SampleFormat::U8 => DType::U8,
        SampleFormat::S16 => DType::I16,
        SampleFormat::S32 => DType::I32,
        SampleFormat::F64 => DType::F64,
        _ => DType::F32,
    }
}

const AUDIO_PY: &std::ffi::CStr =
    match std::ffi::CStr::from_bytes_with_nul(concat!(include_str!("audio.py"), "\0").as_bytes()) {
        Ok(source) => source,
        Err(_) => panic!("the source of the class Audio holds no zero byte"),
    };
