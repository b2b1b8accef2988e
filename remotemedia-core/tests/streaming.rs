//! Packets in, packets out: order, fan-out, joins, sources, flush, unary runs, on both drivers.

mod support;

use remotemedia_core::prelude::*;
use serde_json::json;
use support::*;

fn run(manifest: &str, inputs: Vec<Packet>) -> Vec<(String, Vec<String>)> {
    let each = drivers().into_iter().map(|(name, driver)| {
        let registry = registry(&Journal::default());
        let pipeline = Pipeline::from_json(manifest, &registry).unwrap();
        (name.to_owned(), texts(&pipeline.run(&driver, inputs.clone()).unwrap()))
    });
    each.collect()
}

#[test]
fn a_list_of_items_comes_out_in_order() {
    let manifest = chain(&[("Double", json!({})), ("Pass", json!({})), ("Double", json!({}))]);
    for (driver, outputs) in run(&manifest, numbers(0..500)) {
        let expected: Vec<String> = (0..500).map(|n| format!("{:?}", n as f64 * 4.0)).collect();
        assert_eq!(outputs, expected, "{driver}");
    }
}

#[test]
fn order_is_kept_across_every_kind_of_stage() {
    let manifest = chain(&[
        ("Pass", json!({})),
        ("ScriptedBlocking", json!({})),
        ("ScriptedAsync", json!({})),
        ("Scripted", json!({})),
        ("ScriptedAsync", json!({})),
    ]);
    for (driver, outputs) in run(&manifest, numbers(0..500)) {
        assert_eq!(outputs, (0..500).map(|n| n.to_string()).collect::<Vec<_>>(), "{driver}");
    }
}

#[test]
fn one_input_gives_none_one_or_many() {
    for node_type in ["Scripted", "ScriptedAsync"] {
        for copies in [0, 1, 200] {
            let manifest = chain(&[(node_type, params(json!({"copies": copies})))]);
            for (driver, outputs) in run(&manifest, numbers(0..3)) {
                assert_eq!(outputs.len(), 3 * copies, "{driver} {node_type}");
            }
        }
    }
}

#[test]
fn a_resumed_node_finishes_one_input_before_the_next() {
    let manifest = chain(&[("UpTo", json!({})), ("Pass", json!({}))]);
    for (driver, outputs) in run(&manifest, vec![Packet::new(3), Packet::new(0), Packet::new(2)]) {
        assert_eq!(outputs, ["0", "1", "2", "0", "1"], "{driver}");
    }
}

#[test]
fn a_source_runs_by_itself_to_its_end() {
    for source in ["Count", "CountNative"] {
        let manifest = chain(&[(source, params(json!({"count": 1000}))), ("ScriptedBlocking", json!({}))]);
        for (driver, outputs) in run(&manifest, Vec::new()) {
            assert_eq!(outputs, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>(), "{driver}");
        }
    }
}

#[test]
fn an_endless_source_ends_when_stopped() {
    for (name, driver) in drivers() {
        let registry = registry(&Journal::default());
        let pipeline = Pipeline::from_json(&chain(&[("Count", json!({})), ("Pass", json!({}))]), &registry).unwrap();
        let session = pipeline.start(&driver).unwrap();
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)), "{name}");
        session.stop();
        let (_, error) = drain(&session);
        assert!(error.is_none(), "{name}: {error:?}");
    }
}

#[test]
fn flush_reaches_the_end_through_every_kind_of_stage() {
    for last in ["Scripted", "ScriptedBlocking", "ScriptedAsync"] {
        let flush = |text: &str| params(json!({"flush_text": text}));
        let manifest = chain(&[("Scripted", flush("a")), ("ScriptedAsync", flush("b")), (last, flush("c"))]);
        for (driver, outputs) in run(&manifest, numbers(0..1)) {
            assert_eq!(outputs, ["0", "a", "b", "c"], "{driver} {last}");
        }
    }
}

#[test]
fn branches_and_joins_deliver_every_packet_once_per_path() {
    let manifest = manifest(
        &[
            ("in", "Pass", json!({})),
            ("left", "Double", json!({})),
            ("right", "ScriptedBlocking", json!({})),
            ("join", "Router", json!({})),
        ],
        &[("in", "left"), ("in", "right"), ("left", "join.left"), ("right", "join.right")],
    );
    for (name, driver) in drivers() {
        let registry = registry(&Journal::default());
        let pipeline = Pipeline::from_json(&manifest, &registry).unwrap();
        let outputs = pipeline.run(&driver, numbers(0..100)).unwrap();
        let on_port = |kind: fn(&Payload) -> bool| outputs.iter().filter(|p| kind(&p.payload)).count();
        assert_eq!(on_port(|payload| matches!(payload, Payload::Float(_))), 100, "{name}");
        assert_eq!(on_port(|payload| matches!(payload, Payload::Int(_))), 100, "{name}");
    }
}

#[test]
fn several_ports_are_sent_to_and_received_from_by_name() {
    let manifest = manifest(&[("a", "Pass", json!({})), ("b", "Double", json!({}))], &[]);
    for (name, driver) in drivers() {
        let registry = registry(&Journal::default());
        let session = Pipeline::from_json(&manifest, &registry).unwrap().start(&driver).unwrap();
        let error = session.try_send(None, 1).unwrap_err();
        assert!(error.to_string().contains("input ports: a.in, b.in"), "{name}: {error}");
        session.send(Some("b.in"), 4, None).unwrap();
        session.send(Some("a"), "text", None).unwrap();
        for (port, expected) in [("b.out", "8.0"), ("a", "text")] {
            let Received::Packet(_, packet) = session.recv(Some(port), None).unwrap() else { panic!("{name}") };
            assert_eq!(packet.payload.to_string(), expected, "{name}");
        }
    }
}

#[test]
fn time_and_attributes_travel_with_derived_packets() {
    let registry = registry(&Journal::default());
    let pipeline = Pipeline::from_json(&chain(&[("Double", json!({})), ("Double", json!({}))]), &registry).unwrap();
    let packet =
        Packet::new(1.0).at(Timestamp::from_nanos(7)).lasting(Span::from_nanos(3)).with_attribute("speaker", "anna");
    let outputs = pipeline.run(&single(), [packet]).unwrap();
    assert_eq!(outputs[0].pts, Some(Timestamp::from_nanos(7)));
    assert_eq!(outputs[0].end(), Some(Timestamp::from_nanos(10)));
    assert_eq!(outputs[0].attribute("speaker"), Some(&json!("anna")));
}

#[tokio::test]
async fn the_asynchronous_calls_do_the_same() {
    let registry = registry(&Journal::default());
    let manifest = chain(&[("Double", json!({})), ("ScriptedAsync", json!({})), ("ScriptedBlocking", json!({}))]);
    let session = Pipeline::from_json(&manifest, &registry).unwrap().start(&support::tokio()).unwrap();
    let sender = async {
        for number in 0..300 {
            session.send_async(None, number).await.unwrap();
        }
        session.finish();
    };
    let receiver = async {
        let mut count = 0;
        while let Received::Packet(..) = session.recv_async(None).await.unwrap() {
            count += 1;
        }
        count
    };
    let ((), count) = ::tokio::join!(sender, receiver);
    assert_eq!(count, 300);
}

#[test]
fn bytes_keep_their_address_through_every_kind_of_stage() {
    use remotemedia_core::buffer::Buffer;
    let manifest = chain(&[
        ("Pass", json!({})),
        ("ScriptedBlocking", json!({})),
        ("ScriptedAsync", json!({})),
        ("Pass", json!({})),
    ]);
    for (name, driver) in drivers() {
        for length in [640, 1_000_000] {
            let registry = registry(&Journal::default());
            let bytes = Buffer::from(vec![7u8; length]);
            let address = bytes.as_bytes().as_ptr();
            let outputs = Pipeline::from_json(&manifest, &registry).unwrap().run(&driver, [bytes.into()]).unwrap();
            let came = outputs[0].clone().payload.into_bytes().unwrap();
            assert_eq!(came.as_bytes().as_ptr(), address, "{name}");
        }
    }
}

#[test]
fn items_are_numbered_from_one_for_each_input_and_source() {
    for (name, driver) in drivers() {
        let nodes = registry(&Journal::default());
        let numbers_of = |manifest: &str, inputs: Vec<Packet>| -> Vec<Option<u64>> {
            let outputs = Pipeline::from_json(manifest, &nodes).unwrap().run(&driver, inputs).unwrap();
            outputs.iter().map(|packet| packet.seq).collect()
        };
        let expected: Vec<Option<u64>> = (1..=200).map(Some).collect();
        assert_eq!(
            numbers_of(&chain(&[("Pass", json!({})), ("ScriptedAsync", json!({}))]), numbers(0..200)),
            expected,
            "{name}"
        );
        let source = params(json!({"count": 200}));
        assert_eq!(numbers_of(&chain(&[("Count", source), ("Double", json!({}))]), Vec::new()), expected, "{name}");
    }
}
