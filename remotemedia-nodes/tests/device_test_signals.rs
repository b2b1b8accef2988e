//! AudioSource and AudioSink with test signals and file addresses.
#![cfg(feature = "device")]

mod audio_common;

use audio_common::{context, create, cut, play, process, refusal, run, sine};
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

/// Why a source does not start.
fn complaint(params: Value) -> String {
    play(params).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_sine_is_a_sine() {
    let played = play(json!({"device": "test:sine?freq=1000&seconds=0.5&level=1&rate=16000&channels=2"})).unwrap();
    assert_eq!((played.rate, played.channels), (16_000, 2));
    let expected: Vec<f32> = sine(16_000, 1000.0, 8000).into_iter().flat_map(|s| [s, s]).collect();
    assert_eq!(played.samples.len(), expected.len());
    assert!(played.difference(&expected) < 1e-6);
}

#[test]
fn the_usual_signal_has_one_channel_at_48_kilohertz_and_half_full_scale() {
    let played = play(json!({"device": "test:sine", "seconds": 0.1})).unwrap();
    assert_eq!((played.rate, played.channels, played.samples.len()), (48_000, 1, 4800));
    let peak = played.samples.iter().copied().fold(0.0, f32::max);
    assert!((peak - 0.5).abs() < 1e-3);
}

#[test]
fn noise_is_the_same_for_the_same_seed_and_fills_its_range() {
    let noise = |seed| play(json!({"device": format!("test:noise?seed={seed}&seconds=0.5&level=1")})).unwrap().samples;
    assert_eq!(noise(7), noise(7));
    assert_ne!(noise(7), noise(8));
    let mean = noise(7).iter().sum::<f32>() / 24_000.0;
    let power = noise(7).iter().map(|s| s * s).sum::<f32>() / 24_000.0;
    assert!(mean.abs() < 0.02 && (power - 1.0 / 3.0).abs() < 0.02, "mean {mean}, power {power}");
}

#[test]
fn silence_is_silent_and_rate_and_channels_may_be_parameters() {
    let played = play(json!({"device": "test:silence", "seconds": 0.01, "rate": 8000, "channels": 3})).unwrap();
    assert_eq!((played.rate, played.channels, played.samples), (8000, 3, vec![0.0; 240]));
}

#[test]
fn an_endless_signal_gives_one_packet_at_a_time() {
    let mut source = create("AudioSource", json!({"device": "test:sine", "frames": 100})).unwrap();
    source.initialize(&context()).unwrap();
    for n in 0..200u64 {
        let (flow, given) = collect(0, |out| source.resume(out)).unwrap();
        assert_eq!((flow, given.len()), (Flow::More, 1));
        assert_eq!(given[0].1.pts, Some(Timestamp::of_sample(n * 100, 48_000)));
    }
    source.cleanup().unwrap();
}

#[test]
fn what_a_sink_writes_to_a_file_address_a_source_reads_from_one() {
    let dir = tempfile::tempdir().unwrap();
    let address = format!("file:{}", dir.path().join("tone.wav").display());
    let tone: Vec<f32> = sine(16_000, 300.0, 1000);
    let mut sink = create("AudioSink", json!({"device": address, "format": "f32"})).unwrap();
    sink.initialize(&context()).unwrap();
    assert!(run(&mut *sink, cut(16_000, 1, &tone, &[77])).is_empty());
    sink.cleanup().unwrap();
    assert_eq!(play(json!({"device": address})).unwrap().samples, tone);
    assert_eq!(play(json!({"device": address, "seconds": 0.01})).unwrap().samples, tone[..160]);
}

#[test]
fn a_sink_that_is_cut_off_keeps_what_came_in_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.wav");
    let mut sink = create("AudioSink", json!({"path": path})).unwrap();
    sink.initialize(&context()).unwrap();
    process(&mut *sink, Audio::from_i16(8000, 1, vec![8192; 3]).unwrap()).unwrap();
    sink.interrupt();
    sink.cleanup().unwrap();
    assert_eq!(play(json!({"path": path})).unwrap().samples, [0.25; 3]);
}

#[test]
fn the_discarding_sink_takes_everything_of_one_shape() {
    let mut sink = create("AudioSink", json!({"device": "test:discard"})).unwrap();
    sink.initialize(&context()).unwrap();
    assert!(run(&mut *sink, cut(8000, 1, &[0.5; 100], &[10])).is_empty());
    let error = process(&mut *sink, Audio::from_i16(16_000, 1, vec![1]).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "audio at 16000 Hz with 1 channels, expected 8000 Hz and 1 channels as in the packets before"
    );
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let source = |params| refusal("AudioSource", params);
    assert_eq!(source(json!({})), "params: path or device is required");
    assert_eq!(source(json!({"path": "a", "device": "b"})), "params: path and device are both given, expected one");
    assert_eq!(source(json!({"path": "a", "seconds": -1})), "params: seconds is -1, expected at least 0");
    assert_eq!(
        complaint(json!({"device": ""})),
        "params: device is empty, expected a sound device, \"file:PATH\" or \"test:SIGNAL\""
    );
    assert_eq!(
        complaint(json!({"device": "test:square"})),
        "params: device \"test:square\" is not known, expected test:sine, test:silence or test:noise"
    );
    assert_eq!(
        complaint(json!({"device": "test:sine?pitch=3"})),
        "params: device setting \"pitch\" is not known, expected freq, level, rate, channels, seconds or seed"
    );
    assert_eq!(
        complaint(json!({"device": "test:sine?freq=high"})),
        "params: device setting freq is \"high\", expected a number"
    );
    assert_eq!(complaint(json!({"device": "test:sine?rate=0"})), "params: rate is 0 Hz, expected 1 to 768000");
    assert_eq!(
        complaint(json!({"path": "a.wav", "rate": 8000})),
        "params: rate and channels are for devices; a file has its own, which Resample changes"
    );
    let sink = |params| refusal("AudioSink", params);
    assert_eq!(sink(json!({"path": "a.wav", "device": "b"})), "params: path and device are both given, expected one");
    assert_eq!(
        sink(json!({"device": "test:sine"})),
        "params: device \"test:sine\" is not known, expected test:discard"
    );
    assert_eq!(sink(json!({"path": "a.ogg"})), "a.ogg cannot be written: only WAV files can, named .wav");
}
