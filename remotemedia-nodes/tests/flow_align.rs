//! Align: packets of several ports whose times lie together make sets.
#![cfg(feature = "flow")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, address, at_ms};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

const LEFT: usize = 0;
const RIGHT: usize = 1;

fn align(params: Value) -> Bench {
    Bench::with_ports("Align", params, &["left", "right"], &["out", "right", "left"])
}

/// Feeds packets (port, milliseconds) whose values are their times; the sets as the port `out` gives them.
fn sets(align: &mut Bench, items: &[(usize, u64)]) -> Vec<String> {
    let mut given = Vec::new();
    for &(port, ms) in items {
        given.extend(align.give(port, Packet::from(ms as i64).at(at_ms(ms))).unwrap());
    }
    given.extend(align.flush().unwrap());
    let whole = given.iter().filter(|(port, _)| *port == 0);
    whole.map(|(_, packet)| packet.payload.clone().into_json().unwrap().to_string()).collect()
}

#[test]
fn packets_within_the_tolerance_make_a_set() {
    let given = sets(
        &mut align(json!({"tolerance_ms": 5})),
        &[(LEFT, 0), (RIGHT, 2), (LEFT, 20), (LEFT, 40), (RIGHT, 36), (RIGHT, 50), (LEFT, 60), (RIGHT, 61)],
    );
    assert_eq!(given, [r#"{"left":0,"right":2}"#, r#"{"left":40,"right":36}"#, r#"{"left":60,"right":61}"#]);
}

#[test]
fn each_packet_of_a_set_comes_on_the_port_of_its_name_with_the_number_of_the_set() {
    let mut align = align(json!({}));
    let audio = Packet::new(Audio::from_f32(8000, 1, vec![0.5]).unwrap()).at(at_ms(10));
    let text = Packet::from("hello").at(at_ms(11)).with_attribute("a", 1);
    let addresses = [address(&text), address(&audio)];
    align.give(RIGHT, text).unwrap();
    let given = align.give(LEFT, audio).unwrap();
    assert_eq!(given.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [0, 2, 1]);
    assert!(given[1..].iter().all(|(_, packet)| packet.seq == Some(1)));
    assert_eq!([address(&given[2].1), address(&given[1].1)], addresses);
    assert_eq!((given[2].1.pts, given[2].1.attribute("a")), (Some(at_ms(11)), Some(&json!(1))));
    assert_eq!((given[0].1.pts, given[0].1.seq), (Some(at_ms(10)), Some(1)));
}

#[test]
fn what_makes_a_set_does_not_depend_on_how_the_ports_arrive_beside_each_other() {
    let left: Vec<_> = (0..40u64).map(|n| (LEFT, n * 20)).collect();
    let right: Vec<_> = (0..24u64).map(|n| (RIGHT, n * 33)).collect();
    let one_after_the_other: Vec<_> = left.iter().chain(&right).copied().collect();
    let mut by_time = one_after_the_other.clone();
    by_time.sort_by_key(|&(_, ms)| ms);
    let backwards: Vec<_> = right.iter().chain(&left).copied().collect();
    let expected = sets(&mut align(json!({"tolerance_ms": 8})), &by_time);
    assert!(expected.len() > 15, "{expected:?}");
    assert_eq!(sets(&mut align(json!({"tolerance_ms": 8})), &one_after_the_other), expected);
    assert_eq!(sets(&mut align(json!({"tolerance_ms": 8})), &backwards), expected);
}

#[test]
fn dropped_packets_are_counted_in_the_next_set() {
    let mut align = align(json!({}));
    for ms in [0, 20, 40] {
        align.give(LEFT, Packet::from("l").at(at_ms(ms))).unwrap();
    }
    let given = align.give(RIGHT, Packet::from("r").at(at_ms(40))).unwrap();
    assert_eq!(given.len(), 3);
    assert!(given.iter().all(|(_, packet)| packet.attribute("unmatched") == Some(&json!(2))));
    align.give(LEFT, Packet::from("l").at(at_ms(60))).unwrap();
    let given = align.give(RIGHT, Packet::from("r").at(at_ms(60))).unwrap();
    assert!(given.iter().all(|(_, packet)| packet.attribute("unmatched").is_none()));
}

#[test]
fn unmatched_packets_can_pass_alone() {
    let mut align = align(json!({"unmatched": "pass"}));
    align.give(LEFT, Packet::from("early").at(at_ms(0))).unwrap();
    let given = align.give(RIGHT, Packet::from("late").at(at_ms(40))).unwrap();
    assert_eq!((given.len(), given[0].0), (1, 2));
    assert_eq!(given[0].1.attribute("unmatched"), Some(&json!(true)));
    let rest = align.flush().unwrap();
    assert_eq!((rest.len(), rest[0].0, rest[0].1.payload.to_string()), (1, 1, "late".to_owned()));
}

#[test]
fn unmatched_packets_can_be_an_error() {
    let mut align = align(json!({"unmatched": "error"}));
    align.give(LEFT, Packet::from("early").at(at_ms(0))).unwrap();
    let error = align.give(RIGHT, Packet::from("late").at(at_ms(40))).unwrap_err();
    assert_eq!(error.message(), "the packet at 0.000s on port \"left\" belongs to none of the other ports");
    let error = align.flush().unwrap_err();
    assert_eq!(error.message(), "the packet at 0.040s on port \"right\" belongs to none of the other ports");
}

#[test]
fn no_more_than_the_allowed_packets_wait() {
    let mut align = align(json!({"max_wait": 3}));
    for ms in 0..10 {
        align.give(LEFT, Packet::from("l").at(at_ms(10 * ms))).unwrap();
    }
    assert_eq!(align.give(RIGHT, Packet::from("r").at(at_ms(60))).unwrap().len(), 0);
    let given = align.give(RIGHT, Packet::from("r").at(at_ms(70))).unwrap();
    assert_eq!(given.len(), 3);
    assert_eq!(given[0].1.attribute("unmatched"), Some(&json!(8)));
}

#[test]
fn packets_without_times_align_by_their_numbers() {
    let mut align = align(json!({"by": "number"}));
    let numbered = |text: &str, number| {
        let mut packet = Packet::from(text);
        packet.seq = Some(number);
        packet
    };
    align.give(LEFT, numbered("l1", 1)).unwrap();
    align.give(LEFT, numbered("l2", 2)).unwrap();
    let given = align.give(RIGHT, numbered("r2", 2)).unwrap();
    assert_eq!(given[0].1.payload.clone().into_json().unwrap(), json!({"left": "l2", "right": "r2"}));
    assert_eq!(align.error("x"), "a packet on port \"left\" has no number to align it by");
    let error = self::align(json!({})).error("x");
    assert_eq!(error, "a packet on port \"left\" has no time to align it by");
}

#[test]
fn an_interrupt_forgets_what_waits() {
    let mut align = align(json!({}));
    align.give(LEFT, Packet::from("old").at(at_ms(0))).unwrap();
    align.node.interrupt();
    assert_eq!(align.give(RIGHT, Packet::from("r").at(at_ms(0))).unwrap().len(), 0);
    let given = align.give(LEFT, Packet::from("new").at(at_ms(0))).unwrap();
    assert_eq!(given[0].1.payload.clone().into_json().unwrap(), json!({"left": "new", "right": "r"}));
}

#[test]
fn media_in_a_set_has_no_json_form_and_says_so() {
    let mut align = align(json!({}));
    align.give(LEFT, Packet::new(Audio::from_f32(8000, 1, vec![0.5]).unwrap()).at(at_ms(0))).unwrap();
    let given = align.give(RIGHT, Packet::from("r").at(at_ms(0))).unwrap();
    let error = given[0].1.payload.clone().into_json().unwrap_err();
    assert_eq!(error.to_string(), "a bundle of audio, text has no other form");
}

#[test]
fn ports_that_make_no_join_are_refused() {
    let refusal = |inputs: &[&str], outputs: &[&str]| {
        Bench::try_with_ports("Align", json!({}), inputs, outputs).err().unwrap().to_string()
    };
    assert_eq!(
        refusal(&["in"], &["out"]),
        "1 input ports, expected at least 2: connect them by name, such as Align_0.left and Align_0.right"
    );
    assert_eq!(refusal(&["a", "b"], &["out", "c"]), "output port \"c\" has no input port of its name");
    assert_eq!(
        refusal(&["a", "out"], &["out"]),
        "an input port is called \"out\", which is the port that gives whole sets"
    );
    assert_eq!(Bench::refusal("Align", json!({"tolerance_ms": -1})), "params: tolerance_ms is -1, expected 0 or more");
}
