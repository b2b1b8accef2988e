//! Throttle: how many packets pass, and which.
#![cfg(feature = "flow")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, at_ms, printed};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

/// Which of packets at these times, in milliseconds, pass.
fn passed(params: Value, times: &[u64]) -> Vec<u64> {
    let mut throttle = Bench::new("Throttle", params);
    let mut given = Vec::new();
    for &ms in times {
        given.extend(throttle.give(0, Packet::from(ms as i64).at(at_ms(ms))).unwrap());
    }
    given.extend(throttle.flush().unwrap());
    given.iter().map(|(_, packet)| packet.pts.unwrap().as_nanos() / 1_000_000).collect()
}

#[test]
fn the_first_packet_of_each_period_passes() {
    let times: Vec<u64> = (0..20).map(|n| n * 33).collect();
    assert_eq!(passed(json!({"rate_hz": 10}), &times), [0, 132, 231, 330, 429, 528, 627]);
}

#[test]
fn jitter_does_not_lower_the_rate() {
    let times = [0, 99, 201, 299, 402, 498, 600];
    assert_eq!(passed(json!({"rate_hz": 10}), &times), [0, 201, 299, 402, 498, 600]);
}

#[test]
fn the_interval_is_never_shorter_than_asked_for() {
    let times = [0, 99, 100, 150, 199, 205, 304, 305, 405];
    assert_eq!(passed(json!({"min_interval_ms": 100}), &times), [0, 100, 205, 305, 405]);
}

#[test]
fn a_pause_earns_no_more_than_one_packet() {
    let times: Vec<u64> = [0].into_iter().chain(1000..1300).collect();
    assert_eq!(passed(json!({"rate_hz": 10}), &times), [0, 1000, 1001, 1100, 1200]);
}

#[test]
fn a_rate_without_a_whole_period_does_not_drift() {
    let times: Vec<u64> = (0..3000).collect();
    assert_eq!(passed(json!({"rate_hz": 3}), &times).len(), 9);
}

#[test]
fn the_latest_packet_of_a_period_comes_with_the_next_period_and_at_the_end() {
    let times = [0, 30, 60, 90, 120, 250, 260];
    assert_eq!(passed(json!({"rate_hz": 10, "keep": "latest"}), &times), [90, 120, 260]);
}

#[test]
fn a_jump_back_in_time_begins_a_new_stream() {
    assert_eq!(passed(json!({"min_interval_ms": 100}), &[500, 550, 0, 50, 100]), [500, 0, 100]);
}

#[test]
fn packets_without_a_time_go_by_the_clock_of_the_session() {
    let mut throttle = Bench::new("Throttle", json!({"min_interval_ms": 100}));
    let mut given = Vec::new();
    for (ms, name) in [(0, "a"), (50, "b"), (120, "c"), (219, "d"), (220, "e")] {
        throttle.clock.set_now(at_ms(ms));
        given.extend(throttle.give(0, name).unwrap());
    }
    assert_eq!(printed(&given), ["0: a", "0: c", "0: e"]);
}

#[test]
fn an_interrupt_begins_anew() {
    let mut throttle = Bench::new("Throttle", json!({"min_interval_ms": 100, "keep": "latest"}));
    throttle.give(0, Packet::from("a").at(at_ms(0))).unwrap();
    throttle.node.interrupt();
    assert_eq!(throttle.flush().unwrap().len(), 0);
}

#[test]
fn parameters_that_make_no_pace_are_refused() {
    let expected = "params: expected either rate_hz or min_interval_ms";
    assert_eq!(Bench::refusal("Throttle", json!({})), expected);
    assert_eq!(Bench::refusal("Throttle", json!({"rate_hz": 1, "min_interval_ms": 5})), expected);
    assert_eq!(Bench::refusal("Throttle", json!({"rate_hz": 0})), "params: rate_hz is 0, expected a number above 0");
    assert_eq!(
        Bench::refusal("Throttle", json!({"min_interval_ms": -1})),
        "params: min_interval_ms is -1, expected a number above 0"
    );
}
