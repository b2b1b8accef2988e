//! Text and TextProcessor: the results of Python and of the earlier package.
#![cfg(feature = "text")]
#![allow(clippy::unwrap_used)]

mod node_common;

use node_common::{Bench, address, earlier};
use remotemedia_core::prelude::*;
use serde_json::json;

#[test]
fn every_question_gets_the_answer_of_the_earlier_package() {
    let cases = earlier("text");
    assert!(cases.as_array().unwrap().len() > 20);
    let mut processor = Bench::new("TextProcessorNode", earlier("config"));
    for case in cases.as_array().unwrap() {
        let answer = processor.one(Payload::from(case[0].clone())).into_json().unwrap();
        assert_eq!(answer.to_string(), case[1].to_string(), "{}", case[0]);
    }
}

#[test]
fn title_case_is_that_of_python_for_every_letter() {
    let mut processor = Bench::new("TextProcessor", json!({}));
    for case in earlier("titles").as_array().unwrap() {
        let question = json!({"text": case[0], "operations": ["title_case"]});
        let answer = processor.one(Payload::from(question)).into_json().unwrap();
        assert_eq!(answer["results"]["title_case"], case[1], "{}", case[0]);
    }
}

#[test]
fn operations_are_done_one_after_the_other() {
    let given = |params, text: &str| Bench::new("Text", params).one(text).payload.to_string();
    assert_eq!(given(json!({"operations": ["strip", "uppercase"]}), "  hello "), "HELLO");
    assert_eq!(given(json!({"operations": ["last_word", "reverse"]}), "good morning"), "gninrom");
    assert_eq!(given(json!({"operations": ["title_case"], "prefix": "- ", "suffix": "."}), "it is"), "- It Is.");
    assert_eq!(given(json!({"operations": ["remove_spaces", "char_count"]}), "a b c"), "3");
    assert_eq!(given(json!({"operations": ["word_count"]}), " one  two "), "2");
}

#[test]
fn text_without_operations_passes_without_a_copy() {
    let packet = Packet::from("hello");
    let before = address(&packet);
    assert_eq!(address(&Bench::new("Text", json!({})).one(packet)), before);
}

#[test]
fn what_is_no_text_is_refused() {
    let mut text = Bench::new("Text", json!({}));
    assert_eq!(text.error(5i64), "expected text, found number");
    assert_eq!(text.error(Payload::from(json!(["a"]))), "expected text, found json list");
}

#[test]
fn a_count_can_only_be_the_last() {
    let expected = "params: a count is a number, expected it last and without prefix and suffix";
    assert_eq!(Bench::refusal("Text", json!({"operations": ["word_count", "uppercase"]})), expected);
    assert_eq!(Bench::refusal("Text", json!({"operations": ["char_count"], "suffix": "!"})), expected);
}
