//! Values as nodes and hosts see them: conversions, displays, envelopes, the registry and its parameters.

use std::any::Any;
use std::sync::Arc;

use remotemedia_core::buffer::{Buffer, Memory};
use remotemedia_core::error::PayloadError;
use remotemedia_core::host::HostObject;
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use remotemedia_core::registry::{FromPayload, read_params};
use remotemedia_core::tensor::{DType, Tensor};
use remotemedia_core::video::{Encoded, PixelFormat, Plane, Video};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// A host value that stands for a number, or for nothing neutral.
#[derive(Debug)]
struct Foreign(Option<i64>);

impl HostObject for Foreign {
    fn host(&self) -> &'static str {
        "lisp"
    }

    fn type_name(&self) -> String {
        "cons".to_owned()
    }

    fn to_payload(&self) -> Result<Payload, PayloadError> {
        self.0.map(Payload::Int).ok_or_else(|| PayloadError::new("a lisp cons has no neutral form"))
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

fn one_of_each() -> Vec<(Payload, PayloadKind, &'static str, &'static str)> {
    let bytes = || Buffer::from(vec![0u8; 6]);
    vec![
        (Payload::Null, PayloadKind::Json, "null", "null"),
        (true.into(), PayloadKind::Json, "bool", "true"),
        (7.into(), PayloadKind::Number, "number", "7"),
        (7i64.into(), PayloadKind::Number, "number", "7"),
        (0.5.into(), PayloadKind::Number, "number", "0.5"),
        ("hi".into(), PayloadKind::Text, "text", "hi"),
        (String::from("hi").into(), PayloadKind::Text, "text", "hi"),
        (json!([1]).into(), PayloadKind::Json, "json list", "[1]"),
        (json!({"a": 1}).into(), PayloadKind::Json, "json object", "{\"a\":1}"),
        (bytes().into(), PayloadKind::Bytes, "bytes", "6 bytes"),
        (
            Audio::from_i16(8, 1, vec![0; 4]).unwrap().into(),
            PayloadKind::Audio,
            "audio",
            "audio 0.500s at 8 Hz, 1 channels",
        ),
        (Video::new(PixelFormat::Rgb24, 2, 1, bytes()).unwrap().into(), PayloadKind::Video, "video", "video 2x1 Rgb24"),
        (
            Tensor::new(DType::U8, vec![2, 3], bytes()).unwrap().into(),
            PayloadKind::Tensor,
            "tensor",
            "tensor U8 [2, 3]",
        ),
        (
            Encoded { codec: "opus".into(), key_frame: true, data: bytes() }.into(),
            PayloadKind::Encoded,
            "encoded",
            "opus unit of 6 bytes",
        ),
        (Payload::Host(Arc::new(Foreign(None))), PayloadKind::Any, "lisp cons", "cons"),
    ]
}

#[test]
fn every_payload_says_what_it_is() {
    for (payload, kind, description, text) in one_of_each() {
        assert_eq!(
            (payload.kind(), payload.describe().as_str(), payload.to_string().as_str()),
            (kind, description, text)
        );
    }
}

#[test]
fn every_payload_is_read_as_its_own_kind_and_as_no_other() {
    for (payload, kind, description, _) in one_of_each() {
        let reads = [
            (PayloadKind::Audio, payload.clone().into_audio().err()),
            (PayloadKind::Video, payload.clone().into_video().err()),
            (PayloadKind::Tensor, payload.clone().into_tensor().err()),
            (PayloadKind::Text, payload.clone().into_text().err()),
            (PayloadKind::Bytes, payload.clone().into_bytes().err()),
        ];
        for (wanted, error) in reads {
            match error {
                None => assert_eq!(kind, wanted),
                Some(error) if kind == PayloadKind::Any => {
                    assert_eq!(error.to_string(), "a lisp cons has no neutral form")
                }
                Some(error) => assert_eq!(error.to_string(), format!("expected {wanted}, found {description}")),
            }
        }
    }
}

#[test]
fn what_json_can_write_becomes_json_and_comes_back() {
    for value in
        [json!(null), json!(true), json!(3), json!(-0.25), json!("text"), json!([1, {"a": null}]), json!(u64::MAX)]
    {
        assert_eq!(Payload::from(value.clone()).into_json().unwrap(), value);
    }
    assert_eq!(
        Payload::from(Buffer::from(vec![1u8])).into_json().unwrap_err().to_string(),
        "expected json, found bytes"
    );
}

#[test]
fn host_objects_are_converted_only_when_asked() {
    let host = Payload::Host(Arc::new(Foreign(Some(5))));
    assert_eq!(host.as_f64().unwrap(), 5.0);
    assert!(matches!(host.neutral().unwrap(), Payload::Int(5)));
    assert!(Payload::from("five").as_f64().is_err());
}

#[test]
fn functions_become_nodes_of_every_type_they_can_read() {
    fn result_of<T: FromPayload + 'static>(payload: Payload, apply: fn(T) -> Payload) -> String {
        let AnyNode::Sync(mut node) = map(apply) else { panic!("a function runs where it is called") };
        let (_, outputs) = collect(0, |out| node.process(payload.into(), out)).unwrap();
        outputs[0].1.payload.to_string()
    }
    assert_eq!(result_of("a".into(), |text: String| text.len().to_string().into()), "1");
    assert_eq!(result_of("a".into(), |text: Arc<str>| text.into()), "a");
    assert_eq!(result_of(json!([2]).into(), |value: Value| value[0].clone().into()), "2");
    assert_eq!(result_of(Buffer::from(vec![0u8; 3]).into(), |bytes: Buffer| (bytes.len() as i64).into()), "3");
    let audio = Audio::from_f32(4, 1, vec![0.0; 4]).unwrap();
    assert_eq!(result_of(audio.into(), |audio: Audio| audio.duration().as_secs_f64().into()), "1.0");
    let tensor = Tensor::new(DType::U8, vec![3], Buffer::from(vec![0u8; 3])).unwrap();
    assert_eq!(result_of(tensor.into(), |tensor: Tensor| (tensor.element_count() as i64).into()), "3");
    let video = Video::new(PixelFormat::Gray8, 1, 3, Buffer::from(vec![0u8; 3])).unwrap();
    assert_eq!(result_of(video.into(), |video: Video| i64::from(video.height()).into()), "3");
}

#[test]
fn kinds_fit_when_a_value_could_be_read() {
    use PayloadKind::{Any, Audio, Json, Number, Text, Video};
    for (wanted, given) in [(Any, Audio), (Audio, Any), (Json, Number), (Text, Json), (Audio, Audio)] {
        assert!(wanted.accepts(given), "{wanted} from {given}");
    }
    for (wanted, given) in [(Audio, Video), (Number, Text), (Json, Audio)] {
        assert!(!wanted.accepts(given), "{wanted} from {given}");
    }
}

#[test]
fn memory_of_the_host_is_wrapped_and_never_written() {
    struct ReadOnly(&'static [u8]);
    impl Memory for ReadOnly {
        fn bytes(&self) -> &[u8] {
            self.0
        }
        fn owner(&self) -> Option<&dyn Any> {
            Some(&self.0)
        }
    }
    static BYTES: [u8; 4] = [1, 2, 3, 4];
    let mut buffer = Buffer::new(ReadOnly(&BYTES));
    assert_eq!(buffer.as_bytes().as_ptr(), BYTES.as_ptr());
    assert!(buffer.owner().is_some() && buffer.is_unique() && !buffer.is_empty());
    assert!(buffer.bytes_mut().is_none());
    buffer.make_mut::<u8>()[0] = 9;
    assert_eq!((buffer.as_bytes(), BYTES[0]), (&[9, 2, 3, 4][..], 1));
    assert!(buffer.bytes_mut().is_some());
}

#[test]
fn frames_with_rows_apart_are_described_as_they_lie() {
    let planes = vec![Plane { offset: 0, stride: 8 }];
    let frame = Video::with_planes(PixelFormat::Bgra32, 1, 2, planes.clone(), Buffer::from(vec![0u8; 12])).unwrap();
    assert_eq!((frame.format(), frame.width(), frame.planes()), (PixelFormat::Bgra32, 1, &planes[..]));
    assert_eq!(frame.buffer().len(), 12);
    let error = Video::with_planes(PixelFormat::Nv12, 2, 2, planes, Buffer::from(vec![0u8; 12])).unwrap_err();
    assert_eq!(error.to_string(), "Nv12 frame has 2 planes, found 1");
    let error = Video::new(PixelFormat::Rgba32, 2, 2, Buffer::from(vec![0u8; 12])).unwrap_err();
    assert_eq!(error.to_string(), "Rgba32 frame of 2x2 needs 16 bytes, found 12");
}

#[test]
fn tensors_are_changed_in_place_through_their_buffer() {
    let mut tensor = Tensor::new(DType::F64, vec![2], Buffer::from(vec![1.0f64, 2.0])).unwrap();
    let address = tensor.buffer().as_bytes().as_ptr();
    tensor.buffer_mut().make_mut::<f64>()[1] = 5.0;
    assert_eq!(
        (tensor.buffer().as_bytes().as_ptr(), tensor.to_contiguous().to_vec::<f64>()),
        (address, vec![1.0, 5.0])
    );
    assert_eq!((tensor.dtype(), tensor.strides(), tensor.offset()), (DType::F64, &[8isize][..], 0));
    let sizes = [DType::Bool, DType::I16, DType::F16, DType::U32, DType::C64, DType::C128].map(DType::size);
    assert_eq!(sizes, [1, 2, 2, 4, 8, 16]);
}

#[test]
fn an_envelope_says_when_its_value_plays_and_ends() {
    let packet = Packet::new("hello").at(Timestamp::from_secs_f64(1.5)).lasting(Span::from_secs_f64(0.5));
    assert_eq!(packet.end(), Some(Timestamp::from_secs_f64(2.0)));
    assert_eq!(packet.to_string(), "[1.500s] hello");
    let other = packet.clone().with_payload(3);
    assert_eq!((other.pts, other.to_string()), (packet.pts, "[1.500s] 3".to_owned()));
    assert_eq!(packet.clone().into_json().unwrap(), json!("hello"));
    assert_eq!(packet.into_text().unwrap().as_ref(), "hello");
}

#[test]
fn time_saturates_rather_than_wraps() {
    let last = Timestamp::from_nanos(u64::MAX);
    assert_eq!(last + Span::from_nanos(1), last);
    assert_eq!(Timestamp::ZERO - Span::from_nanos(1), Timestamp::ZERO);
    assert_eq!(Span::from_nanos(u64::MAX).saturating_mul(2), Span::from_nanos(u64::MAX));
    assert_eq!(Timestamp::from_nanos(3).distance(Timestamp::from_nanos(5)), Span::from_nanos(2));
    assert_eq!(Timestamp::from_nanos(3).since(Timestamp::from_nanos(5)), Span::ZERO);
    assert_eq!(Timestamp::of_sample(5, 0), Timestamp::ZERO);
    assert_eq!((Span::from_millis(1) + Span::from_nanos(5)).to_string(), "0.001s");
}

/// Parameters of a test node.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// How much.
    amount: u32,
}

#[test]
fn parameters_are_read_strictly_and_described() {
    let mut nodes = Registry::new();
    let spec = NodeSpec::new("Measured").alias("Old").summary("measures");
    nodes.add(spec, |params: Params| Ok(map(move |x: f64| x * f64::from(params.amount)))).unwrap();
    let made = |params: Value| nodes.node_type("Old").unwrap().factory.create(params.as_object().unwrap()).err();
    assert!(made(json!({"amount": 2})).is_none());
    assert!(made(json!({})).unwrap().message().contains("missing field `amount`"));
    assert!(made(json!({"amount": 2, "more": 1})).unwrap().message().contains("unknown field `more`"));
    let spec = &nodes.specs()[0];
    assert_eq!(spec.params["properties"]["amount"]["description"], "How much.");
    assert_eq!(nodes.names(), ["Measured", "Old"]);
    assert!(read_params::<Params>(&Default::default()).is_err());
}

#[test]
fn a_name_is_registered_once_and_looked_up_through_layers() {
    let mut base = Registry::new();
    base.register("Pass", |_| Ok(map(|payload: Payload| payload))).unwrap();
    let error = base.register("Pass", |_| Ok(map(|payload: Payload| payload))).unwrap_err();
    assert_eq!(error.to_string(), "node type \"Pass\" exists already");
    base.register_pipeline("clean", "{}").unwrap();
    base.declare_missing("WasmNode", "wasm");
    let mut top = Registry::over(Arc::new(base));
    top.register("Own", |_| Ok(map(|payload: Payload| payload))).unwrap();
    assert_eq!(top.names(), ["Own", "Pass", "clean"]);
    assert_eq!(top.specs().len(), 2);
    assert_eq!((top.missing_feature("WasmNode"), top.pipeline("clean").is_some()), (Some("wasm"), true));
    assert!(top.bound("anything").is_none());
}

#[test]
fn a_name_means_one_thing_in_all_layers() {
    let pass = |_: &serde_json::Map<String, Value>| Ok(map(|payload: Payload| payload));
    let mut base = Registry::new();
    base.add(NodeSpec::new("Pass").alias("Through"), |_: Value| Ok(map(|payload: Payload| payload))).unwrap();
    base.register_pipeline("clean", "{}").unwrap();
    let mut top = Registry::over(Arc::new(base));
    for (name, taken) in
        [("Pass", "node type"), ("Through", "node type"), ("Pipeline", "node type"), ("clean", "pipeline")]
    {
        let expected = format!("{taken} \"{name}\" exists already");
        assert_eq!(top.register(name, pass).unwrap_err().to_string(), expected);
        assert_eq!(top.register_pipeline(name, "{}").unwrap_err().to_string(), expected);
    }
    let error = top.insert(NodeSpec::new("Own").alias("clean"), Arc::new(|_: &_| unreachable!())).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Usage, "pipeline \"clean\" exists already"));
    assert_eq!(top.names(), ["Pass", "Through", "clean"]);
}

#[test]
fn a_name_is_one_that_a_manifest_may_hold() {
    let mut nodes = Registry::new();
    let long = "x".repeat(1000);
    for (name, wrong) in
        [("", "found an empty string"), ("a b/\n", "has a control character"), (&long, "1000 bytes long")]
    {
        let error = nodes.register(name, |_| Ok(map(|x: f64| x))).unwrap_err().to_string();
        assert!(error.starts_with("name of a node type: ") && error.contains(wrong), "{error}");
        let error = nodes.register_pipeline(name, "{}").unwrap_err().to_string();
        assert!(error.starts_with("name of a pipeline: ") && error.contains(wrong), "{error}");
    }
    assert!(nodes.names().is_empty());
}

#[test]
fn errors_carry_place_item_and_cause() {
    let cause = "x".parse::<i32>().unwrap_err();
    let from_std = NodeError::from(cause.clone());
    assert_eq!((from_std.message(), from_std.cause().is_some()), ("invalid digit found in string", true));
    let error = Error::from_node(NodeError::new("no number").with_source(cause)).in_node("p", "n").at_item(Some(3));
    assert_eq!(error.to_string(), "p/n: item 3: no number");
    assert_eq!(
        (error.pipeline(), error.node(), error.item(), error.message()),
        (Some("p"), Some("n"), Some(3), "no number")
    );
    assert!(error.cause().unwrap().is::<std::num::ParseIntError>());
    assert!(std::error::Error::source(&error).is_some());
    assert!(Error::new(ErrorKind::Usage, "plain").cause().is_none());
}
