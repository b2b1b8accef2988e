//! AudioSource on FLAC, MP3, OGG Vorbis and compressed WAV, against what sox encoded.
#![cfg(feature = "file")]

mod audio_common;

use std::path::{Path, PathBuf};

use audio_common::{floats, play, refusal, sine, sox};
use remotemedia_core::audio::SampleFormat;
use serde_json::json;

/// Writes a tone per channel, 300 Hz and its multiples, into a file whose name says how.
fn tones(dir: &Path, name: &str, rate: u32, channels: u32, encoding: &[&str]) -> PathBuf {
    let file = dir.join(name);
    let (rate, channels_text) = (rate.to_string(), channels.to_string());
    let mut args = vec!["-R", "-n", "-r", &rate, "-c", &channels_text];
    args.extend(encoding);
    args.extend([file.to_str().unwrap(), "synth", "0.5"]);
    let tones: Vec<String> = (1..=channels).map(|channel| (300 * channel).to_string()).collect();
    args.extend(tones.iter().flat_map(|tone| ["sine", tone]));
    args.extend(["vol", "0.5"]);
    sox(&args);
    file
}

/// How far what was decoded lies from the tones, in decibels below them, away from the ends. `order` tells which tone
/// each channel holds.
fn snr_db(samples: &[f32], rate: u32, order: &[usize]) -> f64 {
    let frames = samples.len() / order.len();
    let tones: Vec<Vec<f32>> = order.iter().map(|tone| sine(rate, (300 * (tone + 1)) as f64, frames)).collect();
    let (mut signal, mut noise) = (0.0, 0.0);
    for (n, frame) in samples.chunks_exact(order.len()).enumerate().take(frames * 9 / 10).skip(frames / 10) {
        for (sample, tone) in frame.iter().zip(&tones) {
            let expected = f64::from(tone[n]) / 2.0;
            signal += expected * expected;
            noise += (f64::from(*sample) - expected).powi(2);
        }
    }
    10.0 * f64::log10(signal / noise)
}

#[test]
fn flac_decodes_to_the_very_samples() {
    let dir = tempfile::tempdir().unwrap();
    for bits in ["16", "24"] {
        for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            for channels in [1, 2, 6] {
                let name = format!("{bits}-{rate}-{channels}");
                let file = tones(dir.path(), &format!("{name}.flac"), rate, channels, &["-b", bits]);
                let raw = dir.path().join(format!("{name}.f32"));
                sox(&[file.to_str().unwrap(), raw.to_str().unwrap()]);
                let played = play(json!({"path": file})).unwrap();
                assert_eq!((played.rate, u32::from(played.channels)), (rate, channels), "{name}");
                assert_eq!(played.samples, floats(&raw), "{name}");
            }
        }
    }
}

#[test]
fn mp3_decodes_to_what_sox_decodes() {
    let dir = tempfile::tempdir().unwrap();
    for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000] {
        for channels in [1, 2] {
            let name = format!("{rate}-{channels}");
            let file = tones(dir.path(), &format!("{name}.mp3"), rate, channels, &[]);
            let raw = dir.path().join(format!("{name}.f32"));
            sox(&[file.to_str().unwrap(), raw.to_str().unwrap()]);
            let expected = floats(&raw);
            let played = play(json!({"path": file})).unwrap();
            assert_eq!((played.rate, u32::from(played.channels)), (rate, channels), "{name}");
            // sox leaves out the last frame of the stream.
            assert!(played.samples.len() >= expected.len(), "{name}");
            assert!(played.samples.len() - expected.len() <= 2 * 1152 * channels as usize, "{name}");
            let worst = played.difference(&expected);
            assert!(worst < 1e-4, "{name}: off by {worst}");
        }
    }
}

#[test]
fn tags_before_an_mp3_are_stepped_over() {
    let dir = tempfile::tempdir().unwrap();
    let plain = tones(dir.path(), "plain.mp3", 44_100, 1, &[]);
    // An ID3v2 tag with a picture, in which there is what looks like the start of an MP3 frame.
    let picture = [vec![0xff, 0xfb, 0x90, 0x64], vec![7; 3000]].concat();
    let frame = [b"APIC", &(picture.len() as u32).to_be_bytes()[..], &[0, 0], &picture].concat();
    let size = [0, 0, (frame.len() >> 7) as u8, (frame.len() & 0x7f) as u8];
    let tagged = [b"ID3\x03\0\0", &size[..], &frame, &std::fs::read(&plain).unwrap()].concat();
    let path = dir.path().join("tagged.mp3");
    std::fs::write(&path, tagged).unwrap();
    assert_eq!(play(json!({"path": path})).unwrap().samples, play(json!({"path": plain})).unwrap().samples);
}

#[test]
fn ogg_vorbis_decodes_in_place_and_at_full_length_in_the_channel_order_of_wav() {
    let dir = tempfile::tempdir().unwrap();
    for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
        for channels in [1, 2, 6] {
            let name = format!("{rate}-{channels}.ogg");
            let played = play(json!({"path": tones(dir.path(), &name, rate, channels, &[])})).unwrap();
            assert_eq!((played.rate, u32::from(played.channels)), (rate, channels), "{name}");
            assert_eq!(played.samples.len(), (rate / 2 * channels) as usize, "{name}");
            // sox writes its channels in the order in which it has them; a 5.1 Vorbis stream is left, centre, right,
            // back left, back right, low frequency.
            let order: &[usize] = if channels == 6 { &[0, 2, 1, 5, 3, 4] } else { &[0, 1] };
            for (channel, tone) in order.iter().enumerate().take(channels as usize) {
                let own: Vec<f32> = played.samples.iter().skip(channel).step_by(channels as usize).copied().collect();
                let snr = snr_db(&own, rate, &[*tone]);
                // The encoder keeps only the lowest tones of the low-frequency channel.
                assert!(snr > 20.0 || *tone == 5, "{name}, channel {channel}: {snr:.1} dB");
            }
        }
    }
}

#[test]
fn compressed_wav_decodes_too() {
    let dir = tempfile::tempdir().unwrap();
    for (encoding, floor_db) in [("a-law", 30.0), ("u-law", 30.0), ("ima-adpcm", 20.0), ("ms-adpcm", 20.0)] {
        let file = tones(dir.path(), &format!("{encoding}.wav"), 8000, 1, &["-e", encoding]);
        let played = play(json!({"path": file})).unwrap();
        let snr = snr_db(&played.samples, 8000, &[0]);
        assert!(snr > floor_db, "{encoding}: {snr:.1} dB");
    }
}

#[test]
fn the_native_format_keeps_the_width_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    for (encoding, bits, format) in [
        ("unsigned-integer", "8", SampleFormat::U8),
        ("signed-integer", "16", SampleFormat::S16),
        ("signed-integer", "24", SampleFormat::S32),
        ("signed-integer", "32", SampleFormat::S32),
        ("floating-point", "32", SampleFormat::F32),
        ("floating-point", "64", SampleFormat::F64),
    ] {
        let name = format!("{encoding}-{bits}.wav");
        let file = tones(dir.path(), &name, 8000, 2, &["-e", encoding, "-b", bits]);
        let native = play(json!({"path": file, "format": "native"})).unwrap();
        let block = native.packets[0].clone().into_audio().unwrap();
        assert_eq!(block.format(), format, "{name}");
        assert_eq!(native.samples, play(json!({"path": file})).unwrap().samples, "{name}");
    }
    let flac = tones(dir.path(), "16.flac", 8000, 2, &["-b", "16"]);
    let native = play(json!({"path": flac, "format": "native"})).unwrap();
    assert_eq!(native.samples, play(json!({"path": flac})).unwrap().samples);
}

#[test]
fn what_is_no_audio_is_refused_by_path_and_kind() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.mp3");
    std::fs::write(&file, "not a sound in here ".repeat(500)).unwrap();
    let error = play(json!({"path": file})).map(|_| ()).unwrap_err().to_string();
    let expected = "WAV (PCM, float, A-law, µ-law, ADPCM), FLAC, MP3 and OGG Vorbis are supported";
    assert!(error.starts_with(&format!("{}: ", file.display())), "{error}");
    assert!(error.ends_with(expected), "{error}");
    assert!(error.contains(": no audio format that is known; "), "{error}");

    let missing = play(json!({"path": "/no/such/file.wav"})).map(|_| ()).unwrap_err();
    assert_eq!(missing.to_string(), "/no/such/file.wav cannot be opened: No such file or directory (os error 2)");
    let folder = play(json!({"path": dir.path()})).map(|_| ()).unwrap_err();
    assert_eq!(folder.to_string(), format!("{} cannot be opened: is a directory", dir.path().display()));
    assert_eq!(
        refusal("AudioSource", json!({"path": "a.wav", "chunk_ms": 0})),
        "params: chunk_ms is 0, expected more than 0"
    );
    assert_eq!(
        refusal("AudioSource", json!({"path": "a.wav", "frames": 0})),
        "params: frames is 0, expected at least 1"
    );
}

#[test]
fn containers_that_are_not_supported_are_named_beside_those_that_are() {
    let dir = tempfile::tempdir().unwrap();
    let supported = "WAV (PCM, float, A-law, µ-law, ADPCM), FLAC, MP3 and OGG Vorbis are supported";
    let refused = |file: &std::path::Path| play(json!({"path": file})).map(|_| ()).unwrap_err().to_string();
    for (ending, name) in [("aiff", "AIFF"), ("au", "AU"), ("wv", "WavPack"), ("caf", "CAF")] {
        let file = tones(dir.path(), &format!("tone.{ending}"), 8000, 1, &[]);
        assert_eq!(refused(&file), format!("{}: {name} is not supported; {supported}", file.display()));
    }
    let mp4 = dir.path().join("tone.m4a");
    std::fs::write(&mp4, [&b"\0\0\0\x20ftypM4A "[..], &[0; 4096]].concat()).unwrap();
    assert_eq!(refused(&mp4), format!("{}: MP4 (M4A, MOV) is not supported; {supported}", mp4.display()));
    let empty = dir.path().join("empty.wav");
    std::fs::write(&empty, "").unwrap();
    assert_eq!(refused(&empty), format!("{}: the file is empty; {supported}", empty.display()));
}
