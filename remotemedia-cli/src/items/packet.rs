//! One packet as one line of JSON, and back.

use std::sync::Arc;

use remotemedia::error::PayloadError;
use remotemedia::time::{Span, Timestamp};
use remotemedia::{Packet, Payload, PayloadKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::media::Form;

/// Writes packets as JSON.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Writer {
    /// Whether the whole packet is written, or its value alone.
    pub(crate) packets: bool,
    /// Whether the bytes of media are written.
    pub(crate) data: bool,
}

/// What is fed to a session: a packet, and the port if one was named.
pub(super) struct Item {
    pub(super) port: Option<String>,
    pub(super) packet: Packet,
}

/// A packet as JSON.
#[derive(Serialize)]
struct WrittenPacket<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(flatten)]
    times: Times,
    #[serde(skip_serializing_if = "is_default")]
    stream: u32,
    #[serde(skip_serializing_if = "is_default")]
    uninterruptible: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<&'a Map<String, Value>>,
    kind: PayloadKind,
    value: WrittenValue,
}

/// A value as JSON: itself, or what describes it.
#[derive(Serialize)]
#[serde(untagged)]
enum WrittenValue {
    Json(Value),
    Media(Form),
}

/// Media and their times, where no packet is around them.
#[derive(Serialize)]
struct TimedMedia {
    #[serde(flatten)]
    times: Times,
    #[serde(flatten)]
    media: Form,
}

#[derive(Serialize)]
struct Times {
    #[serde(skip_serializing_if = "Option::is_none")]
    pts_ns: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ns: Option<u64>,
}

/// A packet that is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadPacket {
    value: Value,
    kind: Option<PayloadKind>,
    port: Option<String>,
    seq: Option<u64>,
    pts_ns: Option<u64>,
    duration_ns: Option<u64>,
    #[serde(default)]
    stream: u32,
    #[serde(default)]
    uninterruptible: bool,
    attributes: Option<Map<String, Value>>,
}

impl Writer {
    /// A packet as one line of JSON without its end; `port` is the one it came from, where there are several.
    ///
    /// # Errors
    /// If the value is an object of the host that has no neutral form.
    pub(crate) fn line(self, port: Option<&str>, packet: Packet) -> Result<String, PayloadError> {
        let payload = packet.payload.neutral()?;
        let kind = payload.kind();
        let times =
            Times { pts_ns: packet.pts.map(Timestamp::as_nanos), duration_ns: packet.duration.map(Span::as_nanos) };
        let value = written(payload, self.data)?;
        let json = match value {
            value if self.packets => serde_json::to_string(&WrittenPacket {
                port,
                seq: packet.seq,
                times,
                stream: packet.stream,
                uninterruptible: packet.uninterruptible,
                attributes: packet.attributes.as_deref(),
                kind,
                value,
            }),
            WrittenValue::Media(media) => serde_json::to_string(&TimedMedia { times, media }),
            WrittenValue::Json(value) => return Ok(value.to_string()),
        };
        Ok(json.expect("packets have no keys but text"))
    }
}

impl Item {
    /// Reads a value, or a whole packet.
    ///
    /// # Errors
    /// If a packet is expected and this is none; the message says what is wrong.
    pub(super) fn read(value: Value, packets: bool) -> Result<Self, String> {
        if !packets {
            return Ok(Self { port: None, packet: Packet::new(value) });
        }
        if !value.is_object() {
            return Err("expected a packet, an object with \"value\"".to_owned());
        }
        let read: ReadPacket = serde_json::from_value(value).map_err(|error| format!("not a packet: {error}"))?;
        let payload = payload(read.value, read.kind).map_err(|error| format!("not a packet: value: {error}"))?;
        let mut packet = Packet::new(payload);
        packet.seq = read.seq;
        packet.pts = read.pts_ns.map(Timestamp::from_nanos);
        packet.duration = read.duration_ns.map(Span::from_nanos);
        packet.stream = read.stream;
        packet.uninterruptible = read.uninterruptible;
        packet.attributes = read.attributes.map(Arc::new);
        Ok(Self { port: read.port, packet })
    }
}

fn written(payload: Payload, with_data: bool) -> Result<WrittenValue, PayloadError> {
    match Form::of(payload, with_data) {
        Ok(media) => Ok(WrittenValue::Media(media)),
        Err(Payload::Float(number)) if !number.is_finite() => Ok(WrittenValue::Json(unwritable(number).into())),
        Err(other) => other.into_json().map(WrittenValue::Json),
    }
}

/// The names of the numbers for which JSON has none.
fn unwritable(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

fn payload(value: Value, kind: Option<PayloadKind>) -> Result<Payload, String> {
    use PayloadKind::{Audio, Bytes, Encoded, Number, Tensor, Video};
    match (kind, &value) {
        (Some(Number), Value::String(name)) => {
            match [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].iter().find(|n| unwritable(**n) == name) {
                Some(number) => Ok(Payload::Float(*number)),
                None => Err(format!("{name:?} is no number")),
            }
        }
        (Some(kind @ (Audio | Video | Tensor | Bytes | Encoded)), _) => {
            let form: Form = serde_json::from_value(value).map_err(|error| error.to_string())?;
            if form.kind() != kind {
                return Err(format!("the packet's kind is {kind}, but its value is {}", form.kind()));
            }
            form.into_payload().map_err(|error| error.to_string())
        }
        _ => Ok(Payload::from(value)),
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use remotemedia::audio::Audio;
    use remotemedia::buffer::Buffer;
    use remotemedia::tensor::{DType, Tensor};
    use remotemedia::video::{Encoded, PixelFormat, Video};
    use serde_json::json;

    const FULL: Writer = Writer { packets: true, data: true };

    fn there_and_back(packet: Packet) -> Packet {
        let line = FULL.line(None, packet).unwrap();
        Item::read(serde_json::from_str(&line).unwrap(), true).unwrap_or_else(|error| panic!("{line}: {error}")).packet
    }

    #[test]
    fn values_are_written_bare() {
        let line = |payload: Payload| Writer::default().line(None, Packet::new(payload)).unwrap();
        assert_eq!(line(3.into()), "3");
        assert_eq!(line(3.0.into()), "3.0");
        assert_eq!(line("a\nb".into()), r#""a\nb""#);
        assert_eq!(line(json!([1, {"a": null}]).into()), r#"[1,{"a":null}]"#);
        assert_eq!(line(Payload::Null), "null");
        assert_eq!(line(f64::NEG_INFINITY.into()), r#""-Infinity""#);
    }

    #[test]
    fn media_are_described_and_their_bytes_left_out_unless_wanted() {
        let audio = Audio::from_i16(16_000, 1, vec![1, -1]).unwrap();
        let packet = Packet::new(audio).at(Timestamp::from_nanos(5));
        let written: Value = serde_json::from_str(&Writer::default().line(None, packet.clone()).unwrap()).unwrap();
        let expected = json!({"type": "audio", "rate": 16000, "channels": 1, "frames": 2, "format": "s16",
            "layout": "interleaved", "pts_ns": 5});
        assert_eq!(written, expected);
        let with_data = Writer { packets: false, data: true }.line(None, packet).unwrap();
        let written: Value = serde_json::from_str(&with_data).unwrap();
        assert_eq!(written["data"], "AQD//w==");
    }

    #[test]
    fn packets_keep_everything_on_the_way_there_and_back() {
        let packet = Packet::new("hello").at(Timestamp::from_nanos(1)).lasting(Span::from_nanos(2)).uninterruptible();
        let mut packet = packet.with_attribute("speaker", "rms");
        (packet.seq, packet.stream) = (Some(7), 3);
        let back = there_and_back(packet.clone());
        assert_eq!(format!("{back:?}"), format!("{packet:?}"));
        assert!(FULL.line(Some("left"), packet).unwrap().contains(r#""port":"left""#));
    }

    #[test]
    fn media_keep_every_byte_on_the_way_there_and_back() {
        let bytes = || Buffer::from(vec![0u8, 1, 2, 3, 4, 255]);
        let video = Video::new(PixelFormat::Gray8, 3, 2, bytes()).unwrap();
        let reversed = Tensor::with_strides(DType::I16, vec![3], vec![-2], 4, bytes()).unwrap();
        let payloads: [Payload; 4] = [
            Audio::from_f32(8_000, 2, vec![0.5; 4]).unwrap().into(),
            video.into(),
            Encoded { codec: "opus".to_owned(), key_frame: true, data: bytes() }.into(),
            bytes().into(),
        ];
        for payload in payloads {
            let back = there_and_back(Packet::new(payload.clone()));
            assert_eq!(format!("{:?}", back.payload), format!("{payload:?}"));
        }
        let back = there_and_back(Packet::new(reversed)).into_tensor().unwrap();
        assert_eq!(back.to_contiguous().as_bytes(), [4, 255, 2, 3, 0, 1]);
    }

    #[test]
    fn numbers_without_a_json_form_survive_as_packets() {
        assert!(matches!(there_and_back(f64::NAN.into()).payload, Payload::Float(number) if number.is_nan()));
        assert!(matches!(there_and_back(f64::INFINITY.into()).payload, Payload::Float(f64::INFINITY)));
    }

    #[test]
    fn what_is_no_packet_is_refused_with_the_reason() {
        let reason = |value: Value| Item::read(value, true).err().unwrap();
        assert_eq!(reason(json!(1)), "expected a packet, an object with \"value\"");
        assert!(reason(json!({"valeu": 1})).contains("unknown field `valeu`"));
        assert!(reason(json!({"port": "in"})).contains("missing field `value`"));
        let audio = json!({"type": "audio", "rate": 8000, "channels": 1, "format": "s16", "layout": "planar"});
        let without = reason(json!({"kind": "audio", "value": audio}));
        assert_eq!(without, "not a packet: value: audio without its data; write it with --data");
        let other = reason(json!({"kind": "tensor", "value": audio}));
        assert_eq!(other, "not a packet: value: the packet's kind is tensor, but its value is audio");
    }

    #[test]
    fn an_object_that_looks_like_media_stays_an_object_unless_a_packet_says_so() {
        let value = json!({"type": "audio", "data": "AAAA"});
        let bare = Item::read(value.clone(), false).unwrap();
        let wrapped = Item::read(json!({"value": value}), true).unwrap();
        assert_eq!(bare.packet.into_json().unwrap(), value);
        assert_eq!(wrapped.packet.into_json().unwrap(), value);
    }
}
