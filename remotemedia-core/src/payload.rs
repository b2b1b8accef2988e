//! Payloads: the kinds of value a packet can carry.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audio::Audio;
use crate::buffer::Buffer;
use crate::error::PayloadError;
use crate::host::HostObject;
use crate::tensor::Tensor;
use crate::video::{Encoded, Video};

/// What a packet carries. Cloning copies no bytes of media, text or JSON.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Payload {
    /// No value, JSON's `null`.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number; may be infinite or NaN.
    Float(f64),
    /// UTF-8 text.
    Text(Arc<str>),
    /// A JSON list or object.
    Json(Arc<Value>),
    /// Raw bytes.
    Bytes(Buffer),
    /// A block of audio.
    Audio(Audio),
    /// A picture.
    Video(Video),
    /// An n-dimensional array.
    Tensor(Tensor),
    /// A unit of a compressed stream.
    Encoded(Arc<Encoded>),
    /// A value of a host language, not yet converted.
    Host(Arc<dyn HostObject>),
}

/// The kinds of payload that ports declare and errors name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PayloadKind {
    /// Whatever comes.
    Any,
    /// A number: whole or floating-point.
    Number,
    /// UTF-8 text.
    Text,
    /// Any JSON value: null, truth value, number, text, list or object.
    Json,
    /// Raw bytes.
    Bytes,
    /// A block of audio.
    Audio,
    /// A picture.
    Video,
    /// An n-dimensional array.
    Tensor,
    /// A unit of a compressed stream.
    Encoded,
}

impl PayloadKind {
    /// Whether a port that takes `self` can be fed from a port that gives `other`.
    pub fn accepts(self, other: Self) -> bool {
        self == other
            || matches!((self, other), (Self::Any, _) | (_, Self::Any))
            || matches!(
                (self, other),
                (Self::Json, Self::Number | Self::Text) | (Self::Number | Self::Text, Self::Json)
            )
    }
}

impl fmt::Display for PayloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::Number => "number",
            Self::Text => "text",
            Self::Json => "json",
            Self::Bytes => "bytes",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Tensor => "tensor",
            Self::Encoded => "encoded",
        })
    }
}

impl Payload {
    /// The kind of this payload; a host object is `Any` until it is converted.
    pub fn kind(&self) -> PayloadKind {
        match self {
            Self::Null | Self::Bool(_) | Self::Json(_) => PayloadKind::Json,
            Self::Int(_) | Self::Float(_) => PayloadKind::Number,
            Self::Text(_) => PayloadKind::Text,
            Self::Bytes(_) => PayloadKind::Bytes,
            Self::Audio(_) => PayloadKind::Audio,
            Self::Video(_) => PayloadKind::Video,
            Self::Tensor(_) => PayloadKind::Tensor,
            Self::Encoded(_) => PayloadKind::Encoded,
            Self::Host(_) => PayloadKind::Any,
        }
    }

    /// A short description for messages: the kind, or the host's name of the type.
    pub fn describe(&self) -> String {
        match self {
            Self::Host(object) => format!("{} {}", object.host(), object.type_name()),
            Self::Null => "null".to_owned(),
            Self::Bool(_) => "bool".to_owned(),
            Self::Json(value) if value.is_array() => "json list".to_owned(),
            Self::Json(value) if value.is_number() => "number beyond 63 bits".to_owned(),
            Self::Json(_) => "json object".to_owned(),
            other => other.kind().to_string(),
        }
    }

    /// The payload with a host object replaced by its neutral form.
    ///
    /// # Errors
    /// If the host object has no neutral form.
    pub fn neutral(self) -> Result<Self, PayloadError> {
        match self {
            Self::Host(object) => object.to_payload(),
            other => Ok(other),
        }
    }

    /// The payload as a block of audio.
    ///
    /// # Errors
    /// If it is something else; the error names what came.
    pub fn into_audio(self) -> Result<Audio, PayloadError> {
        match self.neutral()? {
            Self::Audio(audio) => Ok(audio),
            other => Err(PayloadError::kind(PayloadKind::Audio, &other)),
        }
    }

    /// The payload as a picture.
    ///
    /// # Errors
    /// If it is something else; the error names what came.
    pub fn into_video(self) -> Result<Video, PayloadError> {
        match self.neutral()? {
            Self::Video(video) => Ok(video),
            other => Err(PayloadError::kind(PayloadKind::Video, &other)),
        }
    }

    /// The payload as a tensor.
    ///
    /// # Errors
    /// If it is something else; the error names what came.
    pub fn into_tensor(self) -> Result<Tensor, PayloadError> {
        match self.neutral()? {
            Self::Tensor(tensor) => Ok(tensor),
            other => Err(PayloadError::kind(PayloadKind::Tensor, &other)),
        }
    }

    /// The payload as text.
    ///
    /// # Errors
    /// If it is something else; the error names what came.
    pub fn into_text(self) -> Result<Arc<str>, PayloadError> {
        match self.neutral()? {
            Self::Text(text) => Ok(text),
            other => Err(PayloadError::kind(PayloadKind::Text, &other)),
        }
    }

    /// The payload as raw bytes.
    ///
    /// # Errors
    /// If it is something else; the error names what came.
    pub fn into_bytes(self) -> Result<Buffer, PayloadError> {
        match self.neutral()? {
            Self::Bytes(bytes) => Ok(bytes),
            other => Err(PayloadError::kind(PayloadKind::Bytes, &other)),
        }
    }

    /// The payload as a JSON value.
    ///
    /// # Errors
    /// If it is media or bytes, or a number that JSON cannot write (infinite or NaN).
    pub fn into_json(self) -> Result<Value, PayloadError> {
        match self.neutral()? {
            Self::Null => Ok(Value::Null),
            Self::Bool(value) => Ok(Value::Bool(value)),
            Self::Int(value) => Ok(Value::from(value)),
            Self::Float(value) => serde_json::Number::from_f64(value)
                .map(Value::Number)
                .ok_or_else(|| PayloadError::new(format!("number {value} cannot be written as json"))),
            Self::Text(text) => Ok(Value::String(text.as_ref().to_owned())),
            Self::Json(value) => Ok(Arc::unwrap_or_clone(value)),
            other => Err(PayloadError::kind(PayloadKind::Json, &other)),
        }
    }

    /// The payload as a floating-point number.
    ///
    /// # Errors
    /// If it is not a number.
    pub fn as_f64(&self) -> Result<f64, PayloadError> {
        match self {
            Self::Int(value) => Ok(*value as f64),
            Self::Float(value) => Ok(*value),
            Self::Json(value) if value.is_number() => Ok(value.as_f64().unwrap_or(f64::NAN)),
            Self::Host(object) => object.to_payload()?.as_f64(),
            other => Err(PayloadError::kind(PayloadKind::Number, other)),
        }
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(value), _) => Self::Int(value),
                (None, Some(value)) if number.is_f64() => Self::Float(value),
                // A whole number beyond 63 bits stays exact.
                _ => Self::Json(Arc::new(Value::Number(number))),
            },
            Value::String(text) => Self::Text(text.into()),
            other => Self::Json(Arc::new(other)),
        }
    }
}

macro_rules! payload_from {
    ($($source:ty => |$value:ident| $payload:expr;)*) => {
        $(impl From<$source> for Payload {
            fn from($value: $source) -> Self {
                $payload
            }
        })*
    };
}

payload_from! {
    bool => |value| Self::Bool(value);
    i32 => |value| Self::Int(value.into());
    i64 => |value| Self::Int(value);
    f64 => |value| Self::Float(value);
    &str => |value| Self::Text(value.into());
    String => |value| Self::Text(value.into());
    Arc<str> => |value| Self::Text(value);
    Audio => |value| Self::Audio(value);
    Video => |value| Self::Video(value);
    Tensor => |value| Self::Tensor(value);
    Encoded => |value| Self::Encoded(Arc::new(value));
    Buffer => |value| Self::Bytes(value);
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => f.write_str(text),
            Self::Json(value) => write!(f, "{value}"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Audio(audio) => {
                write!(f, "audio {} at {} Hz, {} channels", audio.duration(), audio.rate(), audio.channels())
            }
            Self::Video(video) => write!(f, "video {}x{} {:?}", video.width(), video.height(), video.format()),
            Self::Tensor(tensor) => write!(f, "tensor {:?} {:?}", tensor.dtype(), tensor.shape()),
            Self::Encoded(unit) => write!(f, "{} unit of {} bytes", unit.codec, unit.data.len()),
            Self::Host(object) => f.write_str(&object.type_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_numbers_keep_their_kind() {
        assert!(matches!(Payload::from(serde_json::json!(3)), Payload::Int(3)));
        assert!(matches!(Payload::from(serde_json::json!(3.0)), Payload::Float(value) if value == 3.0));
        assert_eq!(Payload::Float(3.0).into_json().unwrap().to_string(), "3.0");
    }

    #[test]
    fn wrong_kind_names_found_and_expected() {
        let error = Payload::from("hello").into_audio().unwrap_err();
        assert_eq!(error.to_string(), "expected audio, found text");
    }

    #[test]
    fn a_packet_stays_small_enough_to_move_by_a_few_instructions() {
        assert!(size_of::<Payload>() <= 64, "{}", size_of::<Payload>());
        assert!(size_of::<crate::packet::Packet>() <= 128, "{}", size_of::<crate::packet::Packet>());
    }

    #[test]
    fn infinite_numbers_are_not_written_as_json() {
        assert!(Payload::Float(f64::INFINITY).into_json().is_err());
    }
}
