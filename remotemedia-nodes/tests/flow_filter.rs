//! Filter: each condition, where it looks, and what it says of values that do not fit.
#![cfg(feature = "flow")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, address};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

/// Whether a filter passes a packet; it must come out somewhere.
fn passes(params: Value, packet: impl Into<Packet>) -> bool {
    let given = Bench::new("Filter", params).give(0, packet).unwrap();
    assert_eq!(given.len(), 1);
    given[0].0 == 0
}

#[test]
fn numbers_are_compared_with_limits() {
    let cases = [
        (json!({"above": 2}), [false, false, true]),
        (json!({"at_least": 2}), [false, true, true]),
        (json!({"below": 2}), [true, false, false]),
        (json!({"at_most": 2}), [true, true, false]),
        (json!({"above": 1, "below": 3}), [false, true, false]),
    ];
    for (params, expected) in cases {
        assert_eq!([1i64, 2, 3].map(|number| passes(params.clone(), number)), expected, "{params}");
        assert_eq!([1.0, 2.0, 3.0].map(|number| passes(params.clone(), number)), expected, "{params}");
    }
    assert!(!passes(json!({"at_most": 2}), f64::NAN));
    assert!(passes(json!({"above": 2}), f64::INFINITY));
}

#[test]
fn values_are_compared_for_equality_numbers_by_size() {
    assert!(passes(json!({"equals": "stop"}), "stop"));
    assert!(!passes(json!({"equals": "stop"}), "go"));
    assert!(passes(json!({"equals": 3}), 3.0));
    assert!(passes(json!({"equals": 3.0}), 3i64));
    assert!(!passes(json!({"equals": 9_007_199_254_740_993i64}), 9_007_199_254_740_992i64));
    assert!(passes(json!({"equals": null}), Payload::Null));
    assert!(!passes(json!({"equals": null}), 0i64));
    assert!(passes(json!({"equals": {"a": [1]}}), Payload::from(json!({"a": [1]}))));
    assert!(passes(json!({"one_of": ["a", "b", true]}), true));
    assert!(!passes(json!({"one_of": ["a", "b"]}), "c"));
}

#[test]
fn text_and_lists_are_looked_through() {
    assert!(passes(json!({"contains": "ell"}), "hello"));
    assert!(!passes(json!({"contains": "elo"}), "hello"));
    assert!(passes(json!({"field": "/tags", "contains": "b"}), Payload::from(json!({"tags": ["a", "b"]}))));
    assert!(!passes(json!({"field": "/tags", "contains": "c"}), Payload::from(json!({"tags": ["a", "b"]}))));
}

#[test]
fn a_field_is_found_by_its_pointer_and_a_missing_one_is_rejected() {
    let value = || Payload::from(json!({"words": [{"score": 0.9}]}));
    assert!(passes(json!({"field": "/words/0/score", "above": 0.5}), value()));
    assert!(!passes(json!({"field": "/words/1/score", "above": 0.5}), value()));
    assert!(!passes(json!({"field": "/words/0/score", "above": 0.5}), "text"));
    assert!(passes(json!({"field": "/words/0", "exists": true}), value()));
    assert!(passes(json!({"field": "/words/1", "exists": false}), value()));
    assert!(!passes(json!({"field": "/words/0", "exists": false}), value()));
}

#[test]
fn an_attribute_is_looked_at_whatever_the_payload_is() {
    let loud = |level: f64| Packet::new(Audio::from_f32(8000, 1, vec![0.0]).unwrap()).with_attribute("rms_dbfs", level);
    let params = json!({"attribute": "rms_dbfs", "above": -40});
    assert!(passes(params.clone(), loud(-20.0)));
    assert!(!passes(params.clone(), loud(-60.0)));
    assert!(!passes(params, "no level"));
    let nested = Packet::from("x").with_attribute("speech", json!({"probability": 0.8}));
    assert!(passes(json!({"attribute": "speech", "field": "/probability", "at_least": 0.8}), nested));
}

#[test]
fn what_passes_and_what_does_not_go_on_without_a_copy() {
    for (level, port) in [(-20, 0), (-60, 1)] {
        let packet = Packet::new(Audio::from_f32(8000, 1, vec![0.0]).unwrap()).with_attribute("level", level);
        let before = address(&packet);
        let given = Bench::new("Filter", json!({"attribute": "level", "above": -40})).give(0, packet).unwrap();
        assert_eq!((given[0].0, address(&given[0].1)), (port, before));
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_an_error_and_not_a_rejection() {
    let error = |params, packet: Packet| Bench::new("Filter", params).error(packet);
    assert_eq!(error(json!({"above": 1}), Packet::from("loud")), "expected a number, found text");
    let audio = Audio::from_f32(8000, 1, vec![0.0]).unwrap();
    assert_eq!(error(json!({"above": 1}), Packet::new(audio)), "expected a number, found audio");
    assert_eq!(error(json!({"contains": "a"}), Packet::from(5i64)), "expected text or a list, found 5");
    assert_eq!(error(json!({"above": 1}), Packet::new(json!([1]))), "expected a number, found a list");
}

#[test]
fn parameters_that_make_no_filter_are_refused() {
    assert_eq!(
        Bench::refusal("Filter", json!({"field": "/a"})),
        "params: no condition, expected one of above, at_least, below, at_most, equals, one_of, contains, exists"
    );
    assert_eq!(
        Bench::refusal("Filter", json!({"field": "score", "above": 1})),
        "params: field is \"score\", expected a JSON pointer such as \"/score\""
    );
    assert_eq!(Bench::refusal("Filter", json!({"above": 1, "over": 2})), "params: unknown field `over`");
}
