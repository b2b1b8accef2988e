//! Batch, Unbatch and Buffer: packets are gathered and taken apart again without a copy.
#![cfg(feature = "flow")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, address, at_ms, printed};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::driver::Driver;
use remotemedia_core::prelude::*;
use remotemedia_core::tensor::{DType, Tensor};
use serde_json::json;

fn neutral(packet: &Packet) -> Payload {
    packet.payload.clone().neutral().unwrap()
}

fn audio(value: f32) -> Packet {
    Packet::new(Audio::from_f32(8000, 1, vec![value; 2]).unwrap())
}

fn tensor(values: Vec<i32>) -> Packet {
    Packet::new(Tensor::new(DType::I32, vec![values.len()], Buffer::from(values)).unwrap())
}

#[test]
fn packets_are_gathered_and_the_rest_comes_at_the_end() {
    let mut batch = Bench::new("Batch", json!({"size": 2}));
    assert_eq!(batch.give(0, 1i64).unwrap().len(), 0);
    assert_eq!(neutral(&batch.one("two")).to_string(), r#"[1,"two"]"#);
    batch.give(0, 3.5).unwrap();
    let rest = batch.flush().unwrap();
    assert_eq!(neutral(&rest[0].1).to_string(), "[3.5]");
    assert_eq!(batch.flush().unwrap().len(), 0);
}

#[test]
fn a_batch_begins_with_its_first_packet_and_ends_with_its_last() {
    let mut batch = Bench::new("Batch", json!({"size": 2}));
    batch.give(0, audio(0.1).at(at_ms(10)).lasting(Span::from_millis(20))).unwrap();
    let given = batch.one(audio(0.2).at(at_ms(40)).lasting(Span::from_millis(20)).uninterruptible());
    assert_eq!((given.pts, given.duration), (Some(at_ms(10)), Some(Span::from_millis(50))));
    assert!(given.uninterruptible);
}

#[test]
fn what_was_gathered_comes_apart_as_it_was() {
    let packets: Vec<Packet> = vec![
        audio(0.1).at(at_ms(1)).with_attribute("a", 1),
        Packet::from("text").at(at_ms(2)),
        tensor(vec![1, 2]).at(at_ms(3)),
    ];
    let addresses: Vec<_> = packets.iter().map(address).collect();
    let mut batch = Bench::new("Batch", json!({"size": 3}));
    let mut given = Vec::new();
    for packet in packets {
        given.extend(batch.give(0, packet).unwrap());
    }
    let apart = Bench::new("Unbatch", json!({})).give(0, given.remove(0).1).unwrap();
    assert_eq!(apart.iter().map(|(_, packet)| address(packet)).collect::<Vec<_>>(), addresses);
    assert_eq!(apart.iter().map(|(_, packet)| packet.pts).collect::<Vec<_>>(), [1, 2, 3].map(|ms| Some(at_ms(ms))));
    assert_eq!(apart[0].1.attribute("a"), Some(&json!(1)));
}

#[test]
fn what_came_apart_can_be_changed_in_place() {
    let mut batch = Bench::new("Batch", json!({"size": 1}));
    let packet = batch.one(audio(0.1));
    let (_, part) = Bench::new("Unbatch", json!({})).give(0, packet).unwrap().remove(0);
    let before = address(&part);
    let mut audio = part.into_audio().unwrap();
    audio.make_mut()[0] = 1.0;
    assert_eq!(audio.buffer().as_bytes().as_ptr(), before);
}

#[test]
fn audio_of_one_format_is_seen_as_one_block_and_tensors_as_one_tensor() {
    let gather = |packets: Vec<Packet>| {
        let mut batch = Bench::new("Batch", json!({"size": packets.len()}));
        let given: Vec<_> = packets.into_iter().flat_map(|packet| batch.give(0, packet).unwrap()).collect();
        given[0].1.payload.clone().neutral()
    };
    let joined = gather(vec![audio(0.1), audio(0.2)]).unwrap().into_audio().unwrap();
    assert_eq!(joined.as_f32(), Some(&[0.1, 0.1, 0.2, 0.2][..]));
    let stacked = gather(vec![tensor(vec![1, 2]), tensor(vec![3, 4])]).unwrap().into_tensor().unwrap();
    assert_eq!((stacked.shape(), stacked.buffer().to_vec::<i32>()), (&[2, 2][..], vec![1, 2, 3, 4]));
    let error = |packets| gather(packets).unwrap_err().to_string();
    assert_eq!(error(vec![audio(0.1), Packet::from("a")]), "a bundle of audio, text has no other form");
    let two = error(vec![tensor(vec![1]), tensor(vec![1, 2])]);
    assert_eq!(two, "a bundle of tensor, tensor has no other form");
}

#[test]
fn a_batch_that_waited_too_long_comes_before_the_next_packet() {
    let mut batch = Bench::new("Batch", json!({"size": 10, "max_wait_ms": 100}));
    batch.give(0, Packet::from("a").at(at_ms(0))).unwrap();
    assert_eq!(batch.give(0, Packet::from("b").at(at_ms(100))).unwrap().len(), 0);
    let given = batch.give(0, Packet::from("c").at(at_ms(101))).unwrap();
    assert_eq!(neutral(&given[0].1).to_string(), r#"["a","b"]"#);
    assert_eq!(neutral(&batch.flush().unwrap()[0].1).to_string(), r#"["c"]"#);
}

#[test]
fn packets_without_a_time_wait_by_the_clock_of_the_session() {
    let mut batch = Bench::new("Batch", json!({"size": 10, "max_wait_ms": 100}));
    batch.give(0, "a").unwrap();
    batch.clock.set_now(at_ms(50));
    assert_eq!(batch.give(0, "b").unwrap().len(), 0);
    batch.clock.set_now(at_ms(151));
    assert_eq!(batch.clock.now(), at_ms(151));
    assert_eq!(neutral(&batch.give(0, "c").unwrap()[0].1).to_string(), r#"["a","b"]"#);
}

#[test]
fn an_interrupt_discards_what_was_gathered() {
    let mut batch = Bench::new("Batch", json!({"size": 2}));
    batch.give(0, 1i64).unwrap();
    batch.node.interrupt();
    batch.give(0, 2i64).unwrap();
    assert_eq!(neutral(&batch.one(3i64)).to_string(), "[2,3]");
}

#[test]
fn lists_and_tensors_come_apart_and_other_values_pass() {
    let mut unbatch = Bench::new("Unbatch", json!({}));
    let given = unbatch.give(0, Packet::new(json!([1, "a", [2]])).at(at_ms(7))).unwrap();
    assert_eq!(printed(&given), ["0: 1", "0: a", "0: [2]"]);
    assert!(given.iter().all(|(_, packet)| packet.pts == Some(at_ms(7))));
    let rows = Tensor::new(DType::I32, vec![2, 2], Buffer::from(vec![1i32, 2, 3, 4])).unwrap();
    let memory = rows.buffer().as_bytes().as_ptr();
    let given = unbatch.give(0, rows).unwrap();
    let rows: Vec<Tensor> = given.into_iter().map(|(_, packet)| packet.into_tensor().unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row.to_contiguous().to_vec::<i32>()).collect::<Vec<_>>(), [[1, 2], [3, 4]]);
    assert!(rows.iter().all(|row| row.shape() == [2] && row.buffer().as_bytes().as_ptr() == memory));
    assert_eq!(printed(&unbatch.give(0, "text").unwrap()), ["0: text"]);
    assert_eq!(unbatch.give(0, Payload::from(json!([]))).unwrap().len(), 0);
}

#[test]
fn a_buffer_gives_lists_and_at_the_end_one_more_even_if_it_is_empty() {
    let mut buffer = Bench::new("BufferNode", json!({"buffer_size": 2}));
    assert_eq!(buffer.give(0, 1i64).unwrap().len(), 0);
    assert_eq!(neutral(&buffer.one(2i64)).to_string(), "[1,2]");
    assert_eq!(neutral(&buffer.flush().unwrap()[0].1).to_string(), "[]");
    let mut buffer = Bench::new("Buffer", json!({}));
    let given: Vec<_> = (0..10i64).flat_map(|number| buffer.give(0, number).unwrap()).collect();
    assert_eq!(neutral(&given[0].1).to_string(), "[0,1,2,3,4,5,6,7,8,9]");
}

#[test]
fn a_size_of_zero_is_refused() {
    assert_eq!(Bench::refusal("Batch", json!({"size": 0})), "params: size is 0, expected at least 1");
    assert_eq!(Bench::refusal("Buffer", json!({"buffer_size": 0})), "params: buffer_size is 0, expected at least 1");
}
