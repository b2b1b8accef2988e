//! LevelMeter, EnergyVoiceActivity and VADNode: what they say of loud, quiet and silent packets.
#![cfg(feature = "audio")]

mod audio_common;

use audio_common::{address, audio, node, process, refusal, sine};
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn tone(level: f32) -> Audio {
    Audio::from_f32(16_000, 1, sine(16_000, 500.0, 1600).into_iter().map(|s| s * level).collect()).unwrap()
}

fn silence() -> Audio {
    Audio::from_f32(16_000, 1, vec![0.0; 1600]).unwrap()
}

fn number(packet: &Packet, key: &str) -> f64 {
    packet.attribute(key).and_then(Value::as_f64).unwrap_or_else(|| panic!("{key} is set"))
}

#[test]
fn a_sine_at_full_scale_has_a_peak_of_0_and_an_rms_of_minus_3_decibels() {
    let given = process(&mut *node("LevelMeter", json!({})), tone(1.0)).unwrap();
    let (_, packet) = given.iter().find(|(port, _)| *port == 0).unwrap();
    assert!((number(packet, "rms_dbfs") + 3.0103).abs() < 1e-3);
    assert!(number(packet, "peak_dbfs").abs() < 1e-3);
}

#[test]
fn each_channel_has_levels_of_its_own_and_silence_has_a_floor() {
    let frames = vec![0.5, 0.0, -0.5, 0.0];
    let block = Audio::from_f32(8000, 2, frames).unwrap();
    let place = address(&block);
    let given = process(&mut *node("LevelMeter", json!({})), block).unwrap();
    assert_eq!(given.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [1, 0]);
    let report = given[0].1.clone().into_json().unwrap();
    let half = 20.0 * 0.5f64.log10();
    assert_eq!(report["channels"][0], json!({"rms_dbfs": half, "peak_dbfs": half}));
    assert_eq!(report["channels"][1], json!({"rms_dbfs": -150.0, "peak_dbfs": -150.0}));
    assert_eq!(report["peak_dbfs"], json!(half));
    assert_eq!(address(&audio(&given[1].1)), place);
}

#[test]
fn an_empty_packet_is_silent() {
    let given = process(&mut *node("LevelMeter", json!({})), Audio::from_f32(8000, 1, vec![]).unwrap()).unwrap();
    assert_eq!(number(&given[1].1, "rms_dbfs"), -150.0);
}

#[test]
fn speech_over_noise_is_told_from_noise() {
    let mut voice = node("EnergyVoiceActivity", json!({}));
    let verdicts: Vec<Value> = [0.01, 0.01, 0.01, 0.5, 0.01, 0.5]
        .into_iter()
        .map(|level| process(&mut *voice, tone(level)).unwrap()[0].1.attribute("is_speech").unwrap().clone())
        .collect();
    assert_eq!(verdicts, [false, false, false, true, false, true]);
}

#[test]
fn the_attributes_are_those_of_the_earlier_detector() {
    let packet = Packet::new(tone(0.5)).with_attribute("who", "left");
    let given = process(&mut *node("VoiceActivityDetector", json!({})), packet).unwrap();
    let attributes = Value::Object(given[0].1.attributes.as_deref().unwrap().clone());
    let energy = attributes["avg_energy"].as_f64().unwrap();
    assert!((energy - 0.5 / 2f64.sqrt()).abs() < 1e-6);
    assert_eq!(
        attributes,
        json!({"who": "left", "is_speech": true, "speech_ratio": 1.0, "avg_energy": energy, "frame_duration_ms": 30})
    );
}

#[test]
fn the_threshold_follows_the_noise_as_the_earlier_one_did() {
    // Three frames of 0.4 amplitude are remembered after the first packet: 0.7 * 2.5 * 0.4 / sqrt(2) + 0.3 * 0.02.
    let mut voice = node("EnergyVoiceActivity", json!({}));
    process(&mut *voice, tone(0.4)).unwrap();
    let threshold = 0.7 * 2.5 * 0.4 / 2f64.sqrt() + 0.3 * 0.02;
    let amplitude = threshold * 2f64.sqrt();
    for (factor, expected) in [(0.999, false), (1.001, true)] {
        let mut voice = node("EnergyVoiceActivity", json!({}));
        process(&mut *voice, tone(0.4)).unwrap();
        let given = process(&mut *voice, tone((amplitude * factor) as f32)).unwrap();
        assert_eq!(given[0].1.attribute("is_speech"), Some(&json!(expected)), "at {factor}");
    }
}

#[test]
fn filter_mode_drops_silence_and_passes_speech_untouched() {
    let mut voice = node("EnergyVoiceActivity", json!({"filter_mode": true}));
    assert!(process(&mut *voice, silence()).unwrap().is_empty());
    let block = tone(0.5);
    let place = address(&block);
    let given = process(&mut *voice, block).unwrap();
    assert_eq!(address(&audio(&given[0].1)), place);
    assert!(given[0].1.attributes.is_none());
}

#[test]
fn attributes_can_be_left_out() {
    let given = process(&mut *node("EnergyVoiceActivity", json!({"include_metadata": false})), tone(0.5)).unwrap();
    assert!(given[0].1.attributes.is_none());
}

#[test]
fn an_interrupt_forgets_the_noise() {
    let mut voice = node("EnergyVoiceActivity", json!({}));
    process(&mut *voice, tone(0.4)).unwrap();
    voice.interrupt();
    let given = process(&mut *voice, tone(0.1)).unwrap();
    assert_eq!(given[0].1.attribute("is_speech"), Some(&json!(true)));
}

#[test]
fn the_earlier_vad_node_counts_frames() {
    let half: Vec<f32> = tone(0.5).to_f32().iter().copied().chain(vec![0.0; 1600]).collect();
    let block = Audio::from_f32(16_000, 1, half).unwrap();
    let given =
        process(&mut *node("VADNode", json!({"frame_duration_ms": 50, "runtime_hint": "python"})), block).unwrap();
    let attributes = Value::Object(given[0].1.attributes.as_deref().unwrap().clone());
    assert_eq!(attributes, json!({"is_speech": true, "speech_frames": 2, "total_frames": 4}));
}

#[test]
fn channels_are_judged_by_their_mean() {
    let opposite: Vec<f32> = sine(16_000, 500.0, 1600).into_iter().flat_map(|s| [s, -s]).collect();
    let block = Audio::from_f32(16_000, 2, opposite).unwrap();
    let given = process(&mut *node("VADNode", json!({})), block).unwrap();
    assert_eq!(given[0].1.attribute("is_speech"), Some(&json!(false)));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    for name in ["EnergyVoiceActivity", "VADNode"] {
        let refusal = refusal(name, json!({"frame_duration_ms": 0}));
        assert_eq!(refusal, "params: frame_duration_ms is 0, expected at least 1");
    }
    assert_eq!(
        refusal("LevelMeter", json!({"window": 1})),
        "params.window: unknown field `window`, there are no fields"
    );
    let error = process(&mut *node("LevelMeter", json!({})), 1).unwrap_err();
    assert_eq!(error.to_string(), "expected audio, found number");
}
