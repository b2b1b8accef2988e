//! Calculator: the answers of the earlier package to the questions it took.
#![cfg(feature = "math")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, earlier};
use remotemedia_core::prelude::*;
use serde_json::json;

#[test]
fn every_question_gets_the_answer_of_the_earlier_package() {
    let cases = earlier("calculator");
    assert!(cases.as_array().unwrap().len() > 100);
    let mut calculator = Bench::new("CalculatorNode", earlier("config"));
    for case in cases.as_array().unwrap() {
        let answer = calculator.one(Payload::from(case[0].clone())).into_json().unwrap();
        assert_eq!(answer.to_string(), case[1].to_string(), "{}", case[0]);
    }
}

#[test]
fn questions_are_answered_also_by_a_calculator_with_an_operation() {
    let mut calculator = Bench::new("Calculator", json!({"operation": "add", "operand": 1}));
    let answer = calculator.one(Payload::from(json!({"operation": "multiply", "args": [6, 7]}))).into_json().unwrap();
    assert_eq!(answer["result"], json!(42));
    assert_eq!(answer["node_config"], json!({"operation": "add", "operand": 1}));
}

#[test]
fn a_result_that_json_cannot_hold_is_an_answer_with_an_error() {
    let mut calculator = Bench::new("Calculator", json!({}));
    let error = |calculator: &mut Bench, question| {
        let answer = calculator.one(Payload::from(question)).into_json().unwrap();
        answer["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        error(&mut calculator, json!({"operation": "add", "args": [1e308, 1e308]})),
        "1e308 + 1e308 is inf, which json cannot hold"
    );
    assert_eq!(error(&mut calculator, json!({"operation": "power", "args": [10, 19]})), "10 ** 19 is beyond 64 bits");
}

#[test]
fn audio_is_no_question() {
    let audio = Audio::from_f32(8000, 1, vec![0.0]).unwrap();
    assert_eq!(Bench::new("Calculator", json!({})).error(audio), "expected json, found audio");
}
