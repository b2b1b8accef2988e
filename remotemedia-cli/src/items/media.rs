//! Media as JSON objects that describe them, with the bytes as base64 where they are wanted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remotemedia::audio::{Audio, Layout, SampleFormat};
use remotemedia::buffer::Buffer;
use remotemedia::error::PayloadError;
use remotemedia::tensor::{DType, Tensor};
use remotemedia::video::{Encoded, PixelFormat, Plane, Video};
use remotemedia::{Payload, PayloadKind};
use serde::{Deserialize, Serialize};

/// A payload that is no JSON value. `data` is base64, numbers in it are little-endian.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Form {
    Audio {
        rate: u32,
        channels: u16,
        #[serde(default)]
        frames: usize,
        format: SampleFormat,
        layout: Layout,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    Tensor {
        dtype: DType,
        shape: Vec<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    Video {
        format: PixelFormat,
        width: u32,
        height: u32,
        planes: Vec<PlaneForm>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    Encoded {
        codec: String,
        key_frame: bool,
        #[serde(default)]
        len_bytes: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
    Bytes {
        #[serde(default)]
        len_bytes: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        data: Option<String>,
    },
}

/// Where a plane of a picture lies in the bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlaneForm {
    offset: usize,
    stride: usize,
}

impl Form {
    /// Describes a payload, or gives it back if it is no media.
    pub(super) fn of(payload: Payload, with_data: bool) -> Result<Self, Payload> {
        let data = |buffer: &Buffer| with_data.then(|| STANDARD.encode(buffer.as_bytes()));
        Ok(match payload {
            Payload::Audio(audio) => Self::Audio {
                rate: audio.rate(),
                channels: audio.channels(),
                frames: audio.frames(),
                format: audio.format(),
                layout: audio.layout(),
                data: data(audio.buffer()),
            },
            Payload::Tensor(tensor) => Self::Tensor {
                dtype: tensor.dtype(),
                shape: tensor.shape().to_vec(),
                data: with_data.then(|| STANDARD.encode(tensor.to_contiguous().as_bytes())),
            },
            Payload::Video(video) => Self::Video {
                format: video.format(),
                width: video.width(),
                height: video.height(),
                planes: video.planes().iter().map(|p| PlaneForm { offset: p.offset, stride: p.stride }).collect(),
                data: data(video.buffer()),
            },
            Payload::Encoded(unit) => Self::Encoded {
                data: data(&unit.data),
                len_bytes: unit.data.len(),
                key_frame: unit.key_frame,
                codec: unit.codec.clone(),
            },
            Payload::Bytes(bytes) => Self::Bytes { len_bytes: bytes.len(), data: data(&bytes) },
            other => return Err(other),
        })
    }

    /// What the form describes.
    pub(super) fn kind(&self) -> PayloadKind {
        match self {
            Self::Audio { .. } => PayloadKind::Audio,
            Self::Tensor { .. } => PayloadKind::Tensor,
            Self::Video { .. } => PayloadKind::Video,
            Self::Encoded { .. } => PayloadKind::Encoded,
            Self::Bytes { .. } => PayloadKind::Bytes,
        }
    }

    /// The payload that the form describes.
    ///
    /// # Errors
    /// If it comes without its bytes, or they do not fit the rest.
    pub(super) fn into_payload(self) -> Result<Payload, PayloadError> {
        let kind = self.kind();
        let read = |data: Option<String>| bytes(kind, data);
        Ok(match self {
            Self::Audio { rate, channels, format, layout, data, .. } => {
                Audio::new(format, layout, rate, channels, read(data)?)?.into()
            }
            Self::Tensor { dtype, shape, data } => Tensor::new(dtype, shape, read(data)?)?.into(),
            Self::Video { format, width, height, planes, data } => {
                let planes = planes.into_iter().map(|p| Plane { offset: p.offset, stride: p.stride }).collect();
                Video::with_planes(format, width, height, planes, read(data)?)?.into()
            }
            Self::Encoded { codec, key_frame, data, .. } => Encoded { codec, key_frame, data: read(data)? }.into(),
            Self::Bytes { data, .. } => read(data)?.into(),
        })
    }
}

fn bytes(kind: PayloadKind, data: Option<String>) -> Result<Buffer, PayloadError> {
    let data = data.ok_or_else(|| PayloadError::new(format!("{kind} without its data; write it with --data")))?;
    let bytes = STANDARD.decode(data).map_err(|error| PayloadError::new(format!("data is not base64: {error}")))?;
    Ok(Buffer::from(bytes))
}
