//! WavSink: what others read of what it writes, however the session ends.
#![cfg(feature = "file")]

mod audio_common;

use std::path::Path;

use audio_common::{context, create, cut, floats, play, process, refusal, run, sine, sox};
use proptest::prelude::*;
use remotemedia_core::prelude::*;
use serde_json::json;

fn write(path: &Path, format: &str, packets: Vec<Packet>) {
    let mut sink = create("WavSink", json!({"path": path, "format": format})).unwrap();
    sink.initialize(&context()).unwrap();
    assert!(run(&mut *sink, packets).is_empty());
    sink.cleanup().unwrap();
}

/// What sox reads.
fn heard(path: &Path) -> Vec<f32> {
    let raw = path.with_extension("f32");
    sox(&[path.to_str().unwrap(), raw.to_str().unwrap()]);
    floats(&raw)
}

#[test]
fn sox_reads_every_format_rate_and_channel_count() {
    let dir = tempfile::tempdir().unwrap();
    for (format, step) in
        [("u8", 128.0), ("s16", 32_768.0), ("s24", 8_388_608.0), ("s32", 1e9), ("f32", 1e9), ("f64", 1e9)]
    {
        for rate in [8000, 44_100, 96_000] {
            for channels in [1u16, 2, 6] {
                let path = dir.path().join(format!("{format}-{rate}-{channels}.wav"));
                let tone: Vec<f32> = sine(rate, 440.0, 99 * usize::from(channels)).iter().map(|s| s / 2.0).collect();
                write(&path, format, cut(rate, channels, &tone, &[40, 1]));
                let found = heard(&path);
                assert_eq!(found.len(), tone.len(), "{}", path.display());
                let worst = found.iter().zip(&tone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(worst <= 0.5 / step + 1e-7, "{}: off by {worst}", path.display());
            }
        }
    }
}

#[test]
fn forty_channels_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wide.wav");
    let frame: Vec<f32> = (0..40).map(|channel| channel as f32 / 64.0).collect();
    write(&path, "f32", cut(48_000, 40, &frame, &[1]));
    let played = play(json!({"path": path})).unwrap();
    assert_eq!((played.channels, played.samples), (40, frame));
}

#[test]
fn a_session_that_is_cut_off_leaves_what_came() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.wav");
    let mut sink = create("WavSink", json!({"path": path})).unwrap();
    sink.initialize(&context()).unwrap();
    process(&mut *sink, Audio::from_i16(8000, 1, vec![8192; 5]).unwrap()).unwrap();
    assert_eq!(play(json!({"path": path})).unwrap().samples, [0.25; 5], "while it is written");
    sink.cleanup().unwrap();
    assert_eq!(heard(&path), [0.25; 5]);
    sink.cleanup().unwrap();
}

#[test]
fn no_packets_make_an_empty_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("empty.wav");
    std::fs::write(&path, "an older recording").unwrap();
    write(&path, "s16", Vec::new());
    assert!(heard(&path).is_empty());
}

#[test]
fn loud_samples_stop_at_full_scale() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("loud.wav");
    write(&path, "s16", vec![Packet::new(Audio::from_f32(8000, 1, vec![3.0, -3.0]).unwrap())]);
    assert_eq!(heard(&path), [32_767.0 / 32_768.0, -1.0]);
}

#[test]
fn the_earlier_writer_takes_its_own_parameter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("earlier.wav");
    let mut sink = create("MediaWriterNode", json!({"output_path": path})).unwrap();
    sink.initialize(&context()).unwrap();
    run(&mut *sink, cut(8000, 1, &[0.5; 4], &[4]));
    assert_eq!(heard(&path), [0.5; 4]);
}

#[test]
fn what_cannot_be_written_is_said() {
    let refused = refusal("WavSink", json!({"path": "clip.mp4"}));
    assert_eq!(refused, "clip.mp4 cannot be written: only WAV files can, named .wav");
    let mut sink = create("WavSink", json!({"path": "/no/such/place/a.wav"})).unwrap();
    let error = sink.initialize(&context()).unwrap_err();
    assert_eq!(error.to_string(), "/no/such/place/a.wav cannot be created: No such file or directory (os error 2)");

    let dir = tempfile::tempdir().unwrap();
    let mut sink = create("WavSink", json!({"path": dir.path().join("a.wav")})).unwrap();
    sink.initialize(&context()).unwrap();
    process(&mut *sink, Audio::from_i16(8000, 1, vec![1]).unwrap()).unwrap();
    let error = process(&mut *sink, Audio::from_i16(16_000, 2, vec![1, 1]).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "audio at 16000 Hz with 2 channels, expected 8000 Hz and 1 channels as in the packets before"
    );
    assert_eq!(process(&mut *sink, "text").unwrap_err().to_string(), "expected audio, found text");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_written_reads_back(
        values in prop::collection::vec(any::<i16>(), 1..200),
        channels in 1u16..10,
        format in prop::sample::select(vec!["s16", "s24", "s32", "f32", "f64"]),
        cuts in prop::collection::vec(1usize..50, 1..4),
    ) {
        let whole = values.len().div_ceil(usize::from(channels)) * usize::from(channels);
        let mut samples: Vec<f32> = values.iter().map(|value| f32::from(*value) / 32_768.0).collect();
        samples.resize(whole, 0.0);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.wav");
        write(&path, format, cut(16_000, channels, &samples, &cuts));
        let played = play(json!({"path": path})).unwrap();
        prop_assert_eq!((played.rate, played.channels), (16_000, channels));
        prop_assert_eq!(played.samples, samples);
    }
}
