//! FormatConvert and Gain: formats, layouts, loudness, and what is not copied.
#![cfg(feature = "audio")]

mod audio_common;

use audio_common::{address, audio, node, process, refusal};
use proptest::prelude::*;
use remotemedia_core::audio::{Layout, SampleFormat};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn given(name: &str, params: Value, block: Audio) -> Audio {
    audio(&process(&mut *node(name, params), block).unwrap()[0].1)
}

#[test]
fn every_format_can_be_asked_for_by_name() {
    for (name, format) in [
        ("u8", SampleFormat::U8),
        ("s16", SampleFormat::S16),
        ("s32", SampleFormat::S32),
        ("f32", SampleFormat::F32),
        ("f64", SampleFormat::F64),
    ] {
        let block = Audio::from_f32(8000, 1, vec![0.5, -0.5]).unwrap();
        let converted = given("FormatConvert", json!({"format": name}), block);
        assert_eq!(converted.format(), format);
        assert_eq!(converted.to_f32().as_ref(), [0.5, -0.5], "{name}");
    }
}

#[test]
fn the_layout_stays_unless_it_is_asked_for() {
    let block = Audio::from_f32(8000, 2, vec![0.5, -0.5, 0.25, -0.25]).unwrap();
    let planar = given("FormatConvert", json!({"format": "s16", "layout": "planar"}), block);
    assert_eq!(planar.layout(), Layout::Planar);
    assert_eq!(planar.buffer().to_vec::<i16>(), [16_384, 8192, -16_384, -8192]);
    let still = given("FormatConvert", json!({"format": "f32"}), planar.clone());
    assert_eq!((still.layout(), still.as_f32()), (Layout::Planar, Some(&[0.5, 0.25, -0.5, -0.25][..])));
    let back = given("FormatConvert", json!({"format": "f32", "layout": "interleaved"}), planar);
    assert_eq!(back.as_f32(), Some(&[0.5, -0.5, 0.25, -0.25][..]));
}

#[test]
fn audio_that_is_right_already_passes_without_a_copy() {
    let block = Audio::from_i16(8000, 1, vec![1, 2]).unwrap();
    let place = address(&block);
    assert_eq!(address(&given("FormatConvert", json!({"format": "s16"}), block)), place);
}

#[test]
fn the_earlier_converter_takes_its_own_names() {
    let block = Audio::from_f32(8000, 1, vec![1.0, -1.0, 0.5]).unwrap();
    let converted = given("FormatConverterNode", json!({"target_format": "i16", "runtime_hint": "rust"}), block);
    assert_eq!(converted.buffer().to_vec::<i16>(), [32_767, -32_768, 16_384]);
    let block = Audio::from_i16(8000, 1, vec![16_384]).unwrap();
    assert_eq!(given("FormatConverterNode", json!({}), block).as_f32(), Some(&[0.5][..]));
}

#[test]
fn gain_works_in_place_when_nothing_else_holds_the_samples() {
    let block = Audio::from_f32(8000, 1, vec![0.5, -0.25]).unwrap();
    let place = address(&block);
    let louder = given("Gain", json!({"factor": 2.0}), block.clone());
    assert_eq!(louder.as_f32(), Some(&[1.0, -0.5][..]));
    assert_ne!(address(&louder), place);
    assert_eq!(block.as_f32(), Some(&[0.5, -0.25][..]));
    assert_eq!(address(&given("Gain", json!({"factor": 2.0}), block)), place);
}

#[test]
fn gain_is_given_in_decibels_or_as_a_factor() {
    let block = || Audio::from_i16(8000, 1, vec![16_384]).unwrap();
    let quieter = given("Gain", json!({"db": -20.0}), block());
    assert!((quieter.as_f32().unwrap()[0] - 0.05).abs() < 1e-7);
    assert_eq!(given("Gain", json!({"db": 0.0}), block()), block());
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    assert_eq!(refusal("Gain", json!({})), "params: db or factor is required");
    assert_eq!(refusal("Gain", json!({"db": 1, "factor": 1})), "params: db and factor are both given, expected one");
    assert_eq!(refusal("Gain", json!({"db": 1e30})), "params: the gain is inf, expected a finite one");
    assert_eq!(refusal("FormatConvert", json!({})), "params: missing field `format`");
    assert_eq!(
        refusal("FormatConvert", json!({"format": "s24"})),
        "params.format: unknown variant `s24`, expected one of `u8`, `s16`, `s32`, `f32`, `f64`"
    );
    assert_eq!(
        refusal("FormatConverterNode", json!({"target_format": "f16"})),
        "params.target_format: unknown variant `f16`, expected one of `f32`, `i16`, `i32`"
    );
    let error = process(&mut *node("Gain", json!({"db": 1})), "loud").unwrap_err();
    assert_eq!(error.to_string(), "expected audio, found text");
}

proptest! {
    #[test]
    fn layouts_survive_there_and_back(channels in 1u16..9, frames in 0usize..40) {
        let values: Vec<i16> = (0..frames * usize::from(channels)).map(|n| n as i16).collect();
        let block = Audio::from_i16(8000, channels, values.clone()).unwrap();
        let planar = given("FormatConvert", json!({"format": "s16", "layout": "planar"}), block);
        let back = given("FormatConvert", json!({"format": "s16", "layout": "interleaved"}), planar);
        prop_assert_eq!(back.buffer().to_vec::<i16>(), values);
    }
}
