//! PassThrough, Tee, Merge and the counters: packets go on as they came, and no bytes are copied.
#![cfg(feature = "flow")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, address, printed};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::prelude::*;
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::json;

fn packets() -> Vec<Packet> {
    let tensor = Tensor::new(DType::U8, vec![3], Buffer::from(vec![1u8, 2, 3])).unwrap();
    vec![
        Packet::new(Audio::from_f32(8000, 1, vec![0.5; 4]).unwrap()),
        Packet::new(tensor),
        Packet::new(Buffer::from(vec![1u8])),
        Packet::from("text"),
        Packet::new(json!({"a": 1})),
    ]
}

#[test]
fn pass_through_gives_the_very_bytes_it_took() {
    for packet in packets() {
        let before = address(&packet);
        let packet = packet.at(Timestamp::from_nanos(3)).with_attribute("a", 1).uninterruptible();
        let given = Bench::new("PassThroughNode", json!({})).one(packet.clone());
        assert_eq!(address(&given), before);
        assert_eq!((given.pts, given.attributes), (packet.pts, packet.attributes));
        assert!(given.uninterruptible);
    }
}

#[test]
fn tee_gives_the_same_bytes_on_every_port() {
    for packet in packets() {
        let before = address(&packet);
        let given = Bench::with_ports("Tee", json!({}), &["in"], &["out", "left", "right"]).give(0, packet).unwrap();
        let mut ports: Vec<usize> = given.iter().map(|(port, _)| *port).collect();
        ports.sort_unstable();
        assert_eq!(ports, [0, 1, 2]);
        assert!(given.iter().all(|(_, packet)| address(packet) == before));
    }
}

#[test]
fn merge_gives_packets_in_the_order_they_come_and_can_say_from_where() {
    let mut merge = Bench::with_ports("Merge", json!({}), &["in", "a", "b"], &["out"]);
    for (port, packet) in [2, 1, 1, 2, 0].into_iter().zip(packets()) {
        let before = address(&packet);
        let given = merge.give(port, packet).unwrap();
        assert_eq!((given.len(), given[0].0), (1, 0));
        assert_eq!(address(&given[0].1), before);
        assert!(given[0].1.attributes.is_none());
    }
    let mut merge = Bench::with_ports("Merge", json!({"label": "speaker"}), &["in", "a", "b"], &["out"]);
    assert_eq!(merge.give(2, "hello").unwrap()[0].1.attribute("speaker"), Some(&json!("b")));
}

#[test]
fn counters_count_from_their_first_value() {
    let mut counter = Bench::new("Counter", json!({"initial_value": 5}));
    assert_eq!(counter.one("x").payload.to_string(), "5");
    let second = counter.one(Packet::from("y").at(Timestamp::from_nanos(9)));
    assert_eq!((second.payload.to_string(), second.pts), ("6".to_owned(), Some(Timestamp::from_nanos(9))));
    let mut earlier = Bench::new("StatefulCounter", json!({}));
    assert_eq!(printed(&[earlier.give(0, "x").unwrap(), earlier.give(0, "y").unwrap()].concat()), ["0: [0]", "0: [1]"]);
    let mut last = Bench::new("Counter", json!({"initial_value": i64::MAX}));
    assert_eq!(last.error("x"), "the count 9223372036854775807 is the last of 64 bits");
}

#[test]
fn parameters_that_are_not_known_are_refused() {
    assert_eq!(
        Bench::refusal("PassThrough", json!({"speed": 1})),
        "params.speed: unknown field `speed`, there are no fields"
    );
}
