//! AudioTransform, AudioResampler and AudioResampleNode: one packet out for each in, as in the earlier package.
#![cfg(feature = "audio")]

mod audio_common;

use audio_common::{address, audio, node, process, refusal, sine};
use remotemedia_core::audio::{Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn given(name: &str, params: Value, block: Audio) -> Audio {
    let given = process(&mut *node(name, params), block).unwrap();
    assert_eq!(given.len(), 1);
    audio(&given[0].1)
}

fn tone(rate: u32, frames: usize) -> Audio {
    Audio::from_f32(rate, 1, sine(rate, 440.0, frames)).unwrap()
}

#[test]
fn each_packet_comes_out_whole_with_its_length_rounded_up() {
    for (frames, expected) in [(44_100, 16_000), (1000, 363), (1, 1)] {
        let out = given("AudioResampleNode", json!({}), tone(44_100, frames));
        assert_eq!((out.rate(), out.frames()), (16_000, expected));
    }
}

#[test]
fn the_defaults_are_the_earlier_ones() {
    let out = given("AudioTransform", json!({}), tone(22_050, 2205));
    assert_eq!((out.rate(), out.channels(), out.frames()), (44_100, 2, 4410));
    assert_eq!(given("AudioResampler", json!({}), tone(22_050, 2205)).rate(), 44_100);
}

#[test]
fn the_tone_stays_the_tone() {
    let params = json!({"target_sample_rate": 48_000, "quality": "high", "runtime_hint": "auto"});
    let out = given("AudioResampleNode", params, tone(16_000, 16_000));
    let expected = sine(48_000, 440.0, 48_000);
    let worst = out.as_f32().unwrap()[4800..43_200]
        .iter()
        .zip(&expected[4800..43_200])
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-4, "off by {worst}");
}

#[test]
fn planar_blocks_come_out_planar_and_surplus_channels_are_dropped() {
    let planar = Buffer::from([[0.1f32; 100], [0.2; 100], [0.3; 100]].concat());
    let block = Audio::new(SampleFormat::F32, Layout::Planar, 8000, 3, planar).unwrap();
    let out = given("AudioTransform", json!({"output_sample_rate": 8000}), block.clone());
    assert_eq!(out.layout(), Layout::Planar);
    assert_eq!(out.as_f32().unwrap(), [[0.1; 100], [0.2; 100]].concat());
    let mono = given("AudioTransform", json!({"output_sample_rate": 8000, "output_channels": 1}), block);
    assert!(mono.as_f32().unwrap().iter().all(|s| (s - 0.2).abs() < 1e-7));
}

#[test]
fn packets_do_not_run_into_each_other() {
    let mut resample = node("AudioResampleNode", json!({}));
    let loud = Audio::from_f32(48_000, 1, vec![1.0; 480]).unwrap();
    process(&mut *resample, loud).unwrap();
    let quiet = Audio::from_f32(48_000, 1, vec![0.0; 480]).unwrap();
    let given = process(&mut *resample, quiet).unwrap();
    assert_eq!(audio(&given[0].1).as_f32(), Some(&[0.0; 160][..]));
}

#[test]
fn audio_that_needs_nothing_passes_without_a_copy() {
    let block = Audio::from_i16(16_000, 1, vec![1, 2, 3]).unwrap();
    let place = address(&block);
    assert_eq!(address(&given("AudioResampleNode", json!({}), block)), place);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    assert_eq!(
        refusal("AudioResampler", json!({"target_sample_rate": 0})),
        "params: rate is 0 Hz, expected 1 to 768000"
    );
    assert_eq!(refusal("AudioTransform", json!({"output_channels": 0})), "params: channels is 0, expected 1 to 256");
    assert_eq!(
        refusal("AudioResampleNode", json!({"quality": "best"})),
        "params.quality: unknown variant `best`, expected one of `low`, `medium`, `high`"
    );
}
