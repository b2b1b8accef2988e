//! AudioSource: decodes what sox writes, in packets of equal length, timed from zero.
#![cfg(feature = "file")]

mod audio_common;

use remotemedia_core::prelude::*;
use serde_json::json;

use audio_common::{Played, floats, play, sox};

/// Ten tones per channel would hide a swapped channel; so each channel has a frequency of its own.
fn tones(channels: u32) -> Vec<String> {
    (0..channels).flat_map(|channel| ["sine".to_owned(), (200 * (channel + 1)).to_string()]).collect()
}

#[test]
fn every_rate_width_and_channel_count_of_wav_decodes_to_what_sox_wrote() {
    let dir = tempfile::tempdir().unwrap();
    let widths = [("unsigned-integer", 8), ("signed-integer", 16), ("signed-integer", 24), ("signed-integer", 32)];
    let widths = widths.into_iter().chain([("floating-point", 32), ("floating-point", 64)]);
    for (encoding, bits) in widths {
        for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            for channels in [1u32, 2, 6] {
                let name = format!("{encoding}-{bits}-{rate}-{channels}");
                let file = dir.path().join(format!("{name}.wav"));
                let raw = dir.path().join(format!("{name}.f32"));
                let (rate_text, channels_text, bits_text) = (rate.to_string(), channels.to_string(), bits.to_string());
                let tones = tones(channels);
                let mut args =
                    vec!["-R", "-n", "-r", &rate_text, "-c", &channels_text, "-b", &bits_text, "-e", encoding];
                args.push(file.to_str().unwrap());
                args.extend(["synth", "0.1"]);
                args.extend(tones.iter().map(String::as_str));
                args.extend(["vol", "0.5"]);
                sox(&args);
                sox(&[file.to_str().unwrap(), "-t", "f32", raw.to_str().unwrap()]);

                let played = play(json!({"path": file})).unwrap();
                let expected: Vec<f32> = floats(&raw);
                assert_eq!((played.rate, u32::from(played.channels)), (rate, channels), "{name}");
                assert_eq!(played.samples.len(), expected.len(), "{name}");
                let worst = played.difference(&expected);
                assert!(worst <= 1e-7, "{name}: off by {worst}");
            }
        }
    }
}

#[test]
fn packets_are_of_equal_length_and_timed_from_zero() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tone.wav");
    sox(&["-n", "-r", "44100", "-b", "16", file.to_str().unwrap(), "synth", "0.11", "sine", "440"]);
    let Played { packets, .. } = play(json!({"path": file, "chunk_ms": 20})).unwrap();
    let frames: Vec<usize> = packets.iter().map(|p| p.clone().into_audio().unwrap().frames()).collect();
    assert_eq!(frames, [882, 882, 882, 882, 882, 441]);
    for (n, packet) in packets.iter().enumerate() {
        assert_eq!(packet.pts, Some(Timestamp::from_nanos(n as u64 * 20_000_000)));
    }
    assert_eq!(packets[5].end(), Some(Timestamp::from_nanos(110_000_000)));
}
