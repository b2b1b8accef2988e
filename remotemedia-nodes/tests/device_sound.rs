//! AudioSource and AudioSink on sound devices. ALSA's `null` device stands in for hardware: it takes everything and
//! gives silence. Its library comes with sox, which `scripts/setup.sh` installs.
#![cfg(all(feature = "device", target_os = "linux"))]

mod audio_common;

use audio_common::{context, create, cut, floats, play, process, run, sine};
use remotemedia_core::audio::SampleFormat;
use remotemedia_core::prelude::*;
use serde_json::json;

#[test]
fn a_device_records_for_as_long_as_it_is_asked() {
    let params = json!({"device": "null", "seconds": 0.1, "rate": 16_000, "channels": 2, "chunk_ms": 30});
    let played = play(params).unwrap();
    assert_eq!((played.rate, played.channels, played.samples.len()), (16_000, 2, 3200));
    let frames: Vec<usize> = played.packets.iter().map(|p| p.clone().into_audio().unwrap().frames()).collect();
    assert_eq!(frames, [480, 480, 480, 160]);
    assert_eq!(played.packets[1].pts, Some(Timestamp::from_nanos(30_000_000)));
    assert_eq!(played.packets[0].clone().into_audio().unwrap().format(), SampleFormat::F32);
}

#[test]
fn a_device_plays_to_the_end_and_can_be_silenced() {
    let mut sink = create("AudioSink", json!({"device": "null"})).unwrap();
    sink.initialize(&context()).unwrap();
    let block = Audio::from_i16(16_000, 2, vec![100; 640]).unwrap();
    assert!(process(&mut *sink, block).unwrap().is_empty());
    sink.interrupt();
    run(&mut *sink, cut(16_000, 2, &sine(16_000, 440.0, 6400), &[320]));
    sink.cleanup().unwrap();
}

#[test]
fn what_a_device_is_given_to_play_is_what_came() {
    // ALSA's `tee` writes what it plays on another device to a file as well.
    let dir = tempfile::tempdir().unwrap();
    let raw = dir.path().join("heard.raw");
    let mut sink = create("AudioSink", json!({"device": format!("tee:null,{},raw", raw.display())})).unwrap();
    sink.initialize(&context()).unwrap();
    let tone = sine(16_000, 440.0, 3200);
    run(&mut *sink, cut(16_000, 2, &tone, &[320, 7]));
    sink.cleanup().unwrap();
    assert_eq!(floats(&raw), tone);
}

#[test]
fn a_device_that_is_not_there_is_an_error_by_name() {
    let error = play(json!({"device": "no-such-device"})).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "sound device \"no-such-device\" cannot be opened: No such file or directory");

    let mut sink = create("AudioSink", json!({"device": "no-such-device"})).unwrap();
    sink.initialize(&context()).unwrap();
    let error = process(&mut *sink, Audio::from_i16(8000, 1, vec![0]).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "sound device \"no-such-device\" cannot be opened: No such file or directory");
}
