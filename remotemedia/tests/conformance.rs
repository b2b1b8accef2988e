//! The cases of `conformance/`, which every host of the library runs, run by direct calls.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use remotemedia::audio::Audio;
use remotemedia::buffer::Buffer;
use remotemedia::pipeline::SessionConfig;
use remotemedia::session::{Received, SendError, SendFailure};
use remotemedia::tensor::{DType, Tensor};
use remotemedia::time::{Span, Timestamp};
use remotemedia::video::{Encoded, PixelFormat, Video};
use remotemedia::{Error, ErrorKind, Packet, Payload, Pipeline, Runtime, Session};
use serde::Deserialize;
use serde_json::Value;

/// How long an input is full before it is taken to stay so.
const REST: Span = Span::from_millis(500);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "what")]
    _what: String,
    manifest: Option<Value>,
    manifest_text: Option<String>,
    #[serde(default)]
    session: Capacities,
    steps: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capacities {
    input_capacity: usize,
    output_capacity: usize,
}

impl Default for Capacities {
    fn default() -> Self {
        let SessionConfig { input_capacity, output_capacity, .. } = SessionConfig::default();
        Self { input_capacity, output_capacity }
    }
}

#[test]
fn every_case_holds() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("the cases are there").map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(files.len() >= 40, "only {} cases", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("a case can be read");
        let case: Case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(file.file_stem(), Some(case.name.as_ref()), "a case is called like its file");
        run(&case);
    }
}

fn run(case: &Case) {
    let runtime = Runtime::new().expect("the runtime starts");
    let manifest = case.manifest_text.clone().or_else(|| case.manifest.as_ref().map(Value::to_string));
    let pipeline = runtime.pipeline(&manifest.expect("a case has a manifest"));
    if let Some(expected) = case.steps[0].get("open") {
        let error = pipeline.err().unwrap_or_else(|| panic!("{}: the pipeline opens", case.name));
        assert_eq!(status(&error), expected, "{}: {error}", case.name);
        return expect_error(&case.steps[0], &error, &case.name);
    }
    let config = SessionConfig {
        input_capacity: case.session.input_capacity,
        output_capacity: case.session.output_capacity,
        ..SessionConfig::default()
    };
    let pipeline = pipeline.unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let session = pipeline.launch(runtime.driver(), &config).expect("the session starts");
    let mut host = Host { runtime: &runtime, pipeline, session, filled: 0 };
    for (index, step) in case.steps.iter().enumerate() {
        host.take(step, &format!("{}, step {index}: {step}", case.name));
    }
}

struct Host<'a> {
    runtime: &'a Runtime,
    pipeline: Pipeline,
    session: Session,
    /// How many numbers the input was filled with.
    filled: i64,
}

impl Host<'_> {
    fn take(&mut self, step: &Value, place: &str) {
        let port = step.get("port").and_then(Value::as_str);
        let (action, value) = step.as_object().and_then(|step| step.iter().next()).expect("a step does something");
        match action.as_str() {
            "push" => self.push(step, port, value, place),
            "poll" => self.poll(step, port, &payload(value), place),
            "poll_status" => self.poll_status(step, port, value, place),
            "fill" => self.fill(place),
            "poll_filled" => (1..=self.filled).for_each(|number| self.poll(step, port, &Payload::Int(number), place)),
            "close" => match value.as_str() {
                Some(port) => self.session.finish_port(port).expect(place),
                None => self.session.finish(),
            },
            "interrupt" => self.session.interrupt(),
            "cancel" => self.session.cancel(),
            "drain" => self.drain(value, place),
            "inspect" => expect_report(&self.pipeline.inspect().to_json(), value, place),
            "metrics" => {
                let metrics = serde_json::to_string(&self.session.metrics()).expect("metrics are JSON");
                expect_report(&metrics, value, place);
            }
            other => panic!("{place}: there is no step \"{other}\""),
        }
    }

    fn push(&self, step: &Value, port: Option<&str>, value: &Value, place: &str) {
        let mut packet = Packet::new(payload(value));
        describe(&mut packet, step);
        let expected = step.get("expect").and_then(Value::as_str).unwrap_or("ok");
        let sent = match expected {
            "would_block" => self.session.try_send(port, packet),
            _ => self.session.send(port, packet, self.patience()),
        };
        let found = match &sent {
            Ok(()) => "ok",
            Err(SendError { reason: SendFailure::Full, .. }) => "would_block",
            Err(SendError { reason: SendFailure::Refused(error), .. }) => {
                expect_error(step, error, place);
                status(error)
            }
        };
        assert_eq!(found, expected, "{place}");
    }

    fn poll(&self, step: &Value, port: Option<&str>, expected: &Payload, place: &str) {
        let received = self.session.recv(port, self.patience()).unwrap_or_else(|error| panic!("{place}: {error}"));
        let Received::Packet(_, packet) = received else { panic!("{place}: {received:?}") };
        assert!(same(&packet.payload, expected), "{place}: found {:?}", packet.payload);
        expect_described(&packet, step, place);
    }

    fn poll_status(&self, step: &Value, port: Option<&str>, expected: &Value, place: &str) {
        let received = match expected.as_str() {
            Some("would_block") => self.session.try_recv(port),
            _ => self.session.recv(port, self.patience()),
        };
        let found = match &received {
            Ok(Received::Packet(_, packet)) => panic!("{place}: found {packet}"),
            Ok(Received::Nothing) => "would_block",
            Ok(Received::End) => "end",
            Err(error) => {
                expect_error(step, error, place);
                status(error)
            }
        };
        assert_eq!(found, expected, "{place}");
    }

    fn fill(&mut self, place: &str) {
        let ended = loop {
            match self.session.send(None, self.filled + 1, self.after(REST)) {
                Ok(()) => self.filled += 1,
                Err(SendError { reason, .. }) => break reason,
            }
            assert!(self.filled < 1000, "{place}: the input never gets full");
        };
        assert!(matches!(ended, SendFailure::Full), "{place}: {ended}");
        assert!(self.filled > 0, "{place}: the input takes nothing");
    }

    fn drain(&self, expected: &Value, place: &str) {
        let found = match self.session.drain(self.patience()) {
            Ok(true) => "ok",
            Ok(false) => "timeout",
            Err(error) => status(&error),
        };
        assert_eq!(found, expected, "{place}");
    }

    /// Ten seconds, which is for ever.
    fn patience(&self) -> Option<Timestamp> {
        self.after(Span::from_millis(10_000))
    }

    fn after(&self, span: Span) -> Option<Timestamp> {
        Some(self.runtime.driver().now() + span)
    }
}

/// Gives a packet the time and the metadata that the step says.
fn describe(packet: &mut Packet, step: &Value) {
    let number = |key| step.get(key).and_then(Value::as_u64);
    packet.pts = number("pts").map(Timestamp::from_nanos);
    packet.duration = number("duration").map(Span::from_nanos);
    packet.seq = number("seq");
    packet.stream = number("stream").map_or(0, |stream| stream.try_into().expect("streams are few"));
    packet.attributes = step.get("attributes").and_then(Value::as_object).cloned().map(Arc::new);
    packet.uninterruptible = step.get("uninterruptible").is_some();
}

/// A packet has the time and the metadata that the step says.
fn expect_described(packet: &Packet, step: &Value, place: &str) {
    let numbers = [
        ("pts", packet.pts.map(Timestamp::as_nanos)),
        ("duration", packet.duration.map(Span::as_nanos)),
        ("seq", packet.seq),
        ("stream", Some(packet.stream.into())),
    ];
    for (key, found) in numbers {
        let expected = step.get(key).and_then(Value::as_u64);
        assert!(expected.is_none() || expected == found, "{place}: {key} is {found:?}");
    }
    let expected = step.get("attributes").and_then(Value::as_object);
    assert!(expected.is_none() || expected == packet.attributes.as_deref(), "{place}: {:?}", packet.attributes);
}

/// A report says, at each place that a case names, what the case says; a place is a JSON pointer.
fn expect_report(report: &str, expected: &Value, place: &str) {
    let report: Value = serde_json::from_str(report).expect("a report is JSON");
    for (at, value) in expected.as_object().expect("places have values") {
        assert_eq!(report.pointer(at), Some(value), "{place}: {at}");
    }
}

/// The name that the status of an error has in the C ABI.
fn status(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Manifest => "manifest",
        ErrorKind::Graph => "graph",
        ErrorKind::Node => "node",
        ErrorKind::Panic => "node_panic",
        ErrorKind::Timeout => "node_timeout",
        ErrorKind::Cancelled => "cancelled",
        ErrorKind::Stalled => "stalled",
        ErrorKind::Closed => "closed",
        _ => "invalid_argument",
    }
}

fn expect_error(step: &Value, error: &Error, place: &str) {
    let Some(expected) = step.get("error") else { return };
    let text = |key| expected.get(key).and_then(Value::as_str);
    let has = text("message_has").unwrap_or("");
    assert!(error.to_string().contains(has), "{place}: \"{error}\" lacks \"{has}\"");
    for (key, found) in [("pipeline", error.pipeline()), ("node", error.node()), ("port", error.port())] {
        assert!(text(key).is_none() || text(key) == found, "{place}: {key} is {found:?}");
    }
    let number = expected.get("status").and_then(Value::as_i64);
    assert!(
        number.is_none_or(|number| number == i64::from(error.kind().status())),
        "{place}: {}",
        error.kind().status()
    );
    let item = expected.get("item").and_then(Value::as_u64);
    assert!(item.is_none() || item == error.item(), "{place}: item is {:?}", error.item());
}

/// The value that a case writes.
fn payload(value: &Value) -> Payload {
    let special = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
    let Some((kind, value)) = special.filter(|(kind, _)| kind.starts_with('$')) else {
        return Payload::from(value.clone());
    };
    match kind.as_str() {
        "$bytes" => Payload::Bytes(bytes(value)),
        "$repeat" => Payload::from(text(&value[0]).repeat(number(&value[1]))),
        "$float" => Payload::Float(text(value).parse().expect("a float is a number")),
        "$audio" => {
            let channels = number(&value["channels"]).try_into().expect("channels are few");
            let rate = number(&value["rate"]).try_into().expect("a rate is no larger");
            assert_eq!(value["format"], "f32");
            let samples = elements(&value["samples"]).map(|sample| sample as f32).collect();
            Payload::Audio(Audio::from_f32(rate, channels, samples).expect("the audio is whole"))
        }
        "$tensor" => Payload::Tensor(tensor(value)),
        "$video" => {
            let side = |key: &str| number(&value[key]).try_into().expect("sides are short");
            let format = PixelFormat::deserialize(&value["format"]).expect("pixels have a format");
            let video = Video::new(format, side("width"), side("height"), bytes(&value["data"]));
            Payload::Video(video.expect("the picture is whole"))
        }
        "$encoded" => Payload::Encoded(Arc::new(Encoded {
            codec: text(&value["codec"]).to_owned(),
            key_frame: value["key_frame"] == true,
            data: bytes(&value["data"]),
        })),
        other => panic!("there is no value \"{other}\""),
    }
}

fn tensor(value: &Value) -> Tensor {
    let shape = value["shape"].as_array().expect("a shape is a list").iter().map(number).collect();
    let values = elements(&value["values"]);
    let (dtype, bytes): (_, Vec<u8>) = match text(&value["dtype"]) {
        "f32" => (DType::F32, values.flat_map(|value| (value as f32).to_ne_bytes()).collect()),
        "i64" => (DType::I64, values.flat_map(|value| (value as i64).to_ne_bytes()).collect()),
        "u8" => (DType::U8, values.map(|value| value as u8).collect()),
        other => panic!("no case writes {other}"),
    };
    Tensor::new(dtype, shape, Buffer::from(bytes)).expect("the tensor is whole")
}

fn elements(list: &Value) -> impl Iterator<Item = f64> {
    list.as_array()
        .expect("elements are a list")
        .iter()
        .map(|element| element.as_f64().expect("an element is a number"))
}

fn bytes(value: &Value) -> Buffer {
    BASE64_STANDARD.decode(text(value)).expect("bytes are base64").into()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| number.try_into().ok()).expect("a whole number")
}

/// Whether two values are the same, to the bit.
fn same(found: &Payload, expected: &Payload) -> bool {
    match (found, expected) {
        (Payload::Float(found), Payload::Float(expected)) => found.to_bits() == expected.to_bits(),
        (Payload::Audio(found), Payload::Audio(expected)) => {
            let shape = |audio: &Audio| (audio.rate(), audio.channels(), audio.format(), audio.layout());
            shape(found) == shape(expected) && found.buffer().as_bytes() == expected.buffer().as_bytes()
        }
        (Payload::Tensor(found), Payload::Tensor(expected)) => {
            let shape = |tensor: &Tensor| (tensor.dtype(), tensor.shape().to_vec());
            shape(found) == shape(expected) && found.buffer().as_bytes() == expected.buffer().as_bytes()
        }
        (Payload::Video(found), Payload::Video(expected)) => found == expected,
        (Payload::Encoded(found), Payload::Encoded(expected)) => found == expected,
        (Payload::Bytes(found), Payload::Bytes(expected)) => found.as_bytes() == expected.as_bytes(),
        (Payload::Null, Payload::Null) => true,
        (Payload::Bool(found), Payload::Bool(expected)) => found == expected,
        (Payload::Int(found), Payload::Int(expected)) => found == expected,
        (Payload::Text(found), Payload::Text(expected)) => found == expected,
        // A batch is a list.
        (Payload::Json(_) | Payload::Host(_), Payload::Json(expected)) => {
            let found = found.clone().into_json().map(|found| found.to_string());
            found.is_ok_and(|found| found == expected.to_string())
        }
        _ => false,
    }
}
