//! AudioSource on files that are cut short, unfinished, odd or wrong.
#![cfg(feature = "file")]

mod audio_common;

use std::path::PathBuf;

use audio_common::{context, create, play, sox};
use proptest::prelude::*;
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use serde_json::json;

/// A WAV file under construction.
struct Wav {
    riff_size: u32,
    fmt: Vec<u8>,
    extra: Vec<u8>,
    data_size: u32,
    data: Vec<u8>,
}

impl Wav {
    fn new(tag: u16, channels: u16, rate: u32, bits: u16, data: Vec<u8>) -> Self {
        let frame = channels * bits.div_ceil(8);
        let mut fmt = Vec::new();
        fmt.extend(tag.to_le_bytes());
        fmt.extend(channels.to_le_bytes());
        fmt.extend(rate.to_le_bytes());
        fmt.extend((rate * u32::from(frame)).to_le_bytes());
        fmt.extend(frame.to_le_bytes());
        fmt.extend(bits.to_le_bytes());
        Self { riff_size: 36 + data.len() as u32, fmt, extra: Vec::new(), data_size: data.len() as u32, data }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"RIFF".to_vec();
        bytes.extend(self.riff_size.to_le_bytes());
        bytes.extend(b"WAVE");
        bytes.extend(chunk(b"fmt ", &self.fmt));
        bytes.extend(&self.extra);
        bytes.extend(b"data");
        bytes.extend(self.data_size.to_le_bytes());
        bytes.extend(&self.data);
        bytes
    }
}

fn chunk(id: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.extend((content.len() as u32).to_le_bytes());
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(2), 0);
    bytes
}

fn pcm16(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

fn written(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.wav");
    std::fs::write(&path, bytes).unwrap();
    (dir, path)
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    let (_dir, path) = written(bytes);
    play(json!({"path": path})).unwrap().samples
}

/// What is said of these bytes, without the path.
fn complaint(bytes: &[u8]) -> String {
    let (_dir, path) = written(bytes);
    let error = play(json!({"path": path})).map(|_| ()).unwrap_err().to_string();
    error.strip_prefix(&format!("{}: ", path.display())).unwrap_or_else(|| panic!("{error}")).to_owned()
}

/// Plays these bytes to their end whatever happens: how many frames came, and what was complained about, without the
/// path.
fn play_on(bytes: &[u8]) -> (usize, Vec<String>) {
    let (_dir, path) = written(bytes);
    let mut source = create("AudioSource", json!({"path": path, "frames": 100})).unwrap();
    source.initialize(&context()).unwrap();
    let (mut frames, mut errors) = (0, Vec::new());
    loop {
        match collect(0, |out| source.resume(out)) {
            Ok((Flow::Done, _)) => return (frames, errors),
            Ok((Flow::More, given)) => {
                frames += given.iter().map(|(_, p)| p.clone().into_audio().unwrap().frames()).sum::<usize>();
            }
            Err(error) => errors.push(error.to_string().replace(&format!("{}: ", path.display()), "")),
        }
    }
}

/// A second of noise at this rate in a file of this kind, each time another.
fn encoded(extension: &str, rate: u32) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("x.{extension}"));
    let rate = rate.to_string();
    sox(&["-n", "-r", &rate, "-c", "1", "-b", "16", path.to_str().unwrap(), "synth", "1", "whitenoise"]);
    std::fs::read(path).unwrap()
}

#[test]
fn a_header_cut_anywhere_is_an_error_that_says_where() {
    let bytes = Wav::new(1, 1, 8000, 16, pcm16(&[1, 2, 3])).bytes();
    assert_eq!(complaint(&bytes[..10]), "the WAV header ends before its kind");
    assert_eq!(complaint(&bytes[..12]), "the WAV header ends before its fmt chunk");
    assert_eq!(complaint(&bytes[..30]), "the WAV header ends before the end of its fmt chunk");
    for end in 36..44 {
        assert_eq!(complaint(&bytes[..end]), "the WAV header ends before its data");
    }
}

#[test]
fn data_cut_short_is_given_and_then_complained_about() {
    let bytes = Wav::new(1, 1, 1000, 16, pcm16(&[1; 1000])).bytes();
    let (frames, errors) = play_on(&bytes[..44 + 501]);
    assert_eq!(frames, 250);
    assert_eq!(errors, ["the file ends after 0.250s, its header promises 1.000s"]);
}

#[test]
fn flac_that_lacks_packets_is_given_without_them_and_complained_about() {
    let whole = encoded("flac", 16_000);
    let (frames, errors) = play_on(&whole);
    assert_eq!((frames, errors.len()), (16_000, 0));

    let mut holed = whole.clone();
    holed[whole.len() / 2..whole.len() / 2 + 50].fill(0x55);
    let (frames, errors) = play_on(&holed);
    assert_eq!(frames, 16_000 - 4096);
    assert_eq!(errors, ["damaged at 0.256s: 0.256s are missing"]);

    let (frames, errors) = play_on(&whole[..whole.len() * 3 / 4]);
    assert_eq!(frames, 2 * 4096);
    assert_eq!(errors, ["damaged at 0.512s: unexpected end of file"]);
    let (frames, errors) = play_on(&whole[..3000]);
    assert_eq!(frames, 0);
    assert_eq!(errors, ["the file ends after 0.000s, its header promises 1.000s"]);
}

#[test]
fn vorbis_that_is_cut_short_is_complained_about() {
    let whole = encoded("ogg", 16_000);
    let (frames, errors) = play_on(&whole[..whole.len() - 1000]);
    assert!(frames < 16_000);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("damaged at "), "{errors:?}");
}

#[test]
fn files_that_were_put_behind_each_other_are_one_while_their_shape_stays() {
    let (first, same, other) = (encoded("ogg", 16_000), encoded("ogg", 16_000), encoded("ogg", 8000));
    let (frames, errors) = play_on(&[first, same.clone()].concat());
    // The decoder keeps a few frames too many at the seam.
    assert!((32_000..32_256).contains(&frames), "{frames}");
    assert_eq!(errors.len(), 0);
    let (frames, errors) = play_on(&[same, other].concat());
    assert_eq!(frames, 16_000);
    let expected =
        "the audio changes to 8000 Hz with 1 channels on the way, expected 16000 Hz and 1 channels as before";
    assert_eq!(errors, [expected]);
}

#[test]
fn files_whose_writer_did_not_know_their_length_are_read_to_their_end() {
    let mut wav = Wav::new(1, 1, 8000, 16, pcm16(&[16_384; 5]));
    for (riff_size, data_size) in [(u32::MAX, u32::MAX), (0x7fff_f024, 0x7fff_f000), (0, 0)] {
        (wav.riff_size, wav.data_size) = (riff_size, data_size);
        assert_eq!(samples(&wav.bytes()), [0.5; 5]);
    }
}

#[test]
fn an_empty_file_with_a_whole_header_is_empty() {
    let mut wav = Wav::new(1, 1, 8000, 16, Vec::new());
    assert_eq!(samples(&wav.bytes()), [0.0; 0]);
    wav.data = chunk(b"LIST", b"INFO");
    wav.riff_size += 12;
    assert_eq!(samples(&wav.bytes()), [0.0; 0]);
}

#[test]
fn chunks_that_are_not_known_are_stepped_over() {
    let mut wav = Wav::new(1, 1, 8000, 16, pcm16(&[16_384]));
    wav.extra = [chunk(b"odd ", &[1, 2, 3]), chunk(b"fact", &[1, 0, 0, 0])].concat();
    let mut bytes = wav.bytes();
    bytes.extend(chunk(b"LIST", b"INFOINAM\x04\0\0\0name"));
    assert_eq!(samples(&bytes), [0.5]);
}

#[test]
fn rf64_takes_its_length_from_the_ds64_chunk() {
    let mut wav = Wav::new(1, 1, 8000, 16, pcm16(&[16_384, 8192, 1, 1]));
    (wav.riff_size, wav.data_size) = (u32::MAX, u32::MAX);
    let mut ds64 = vec![0; 28];
    ds64[8..16].copy_from_slice(&4u64.to_le_bytes());
    let bytes = wav.bytes();
    let bytes = [b"RF64", &bytes[4..12], &chunk(b"ds64", &ds64), &bytes[12..]].concat();
    assert_eq!(samples(&bytes), [0.5, 0.25]);
}

#[test]
fn widths_between_whole_bytes_stand_in_the_upper_bits() {
    let mut wav = Wav::new(1, 1, 8000, 12, pcm16(&[0x4000]));
    assert_eq!(samples(&wav.bytes()), [0.5]);
    wav = Wav::new(1, 2, 8000, 20, vec![0, 0, 0x40, 0, 0, 0xc0]);
    assert_eq!(samples(&wav.bytes()), [0.5, -0.5]);
}

#[test]
fn forty_channels_are_no_trouble() {
    let frame: Vec<i16> = (0..40).map(|channel| channel * 256).collect();
    let (_dir, path) = written(&Wav::new(1, 40, 48_000, 16, pcm16(&frame)).bytes());
    let played = play(json!({"path": path})).unwrap();
    assert_eq!(played.channels, 40);
    assert_eq!(played.samples[39], 39.0 / 128.0);
}

#[test]
fn headers_that_say_what_cannot_be_are_refused() {
    let complain = |channels, rate, bits| complaint(&Wav::new(1, channels, rate, bits, vec![0; 64]).bytes());
    assert_eq!(complain(0, 8000, 16), "the WAV header says 0 channels, expected 1 to 256");
    assert_eq!(complain(300, 8000, 16), "the WAV header says 300 channels, expected 1 to 256");
    assert_eq!(complain(1, 0, 16), "the WAV header says 0 Hz, expected at least 1");
    assert_eq!(
        complain(1, 8000, 64),
        "the WAV header says 64-bit PCM in frames of 8 bytes for 1 channels, expected PCM of 8, 16, 24 or 32 bits or \
         float of 32 or 64 bits"
    );
    let mut short = Wav::new(1, 1, 8000, 16, Vec::new());
    short.fmt.truncate(14);
    assert_eq!(complaint(&short.bytes()), "the WAV fmt chunk has 14 bytes, expected at least 16");
    let bytes = Wav::new(1, 1, 8000, 16, Vec::new()).bytes();
    let headless = [&bytes[..12], &bytes[36..]].concat();
    assert_eq!(complaint(&headless), "the WAV header has no fmt chunk before its data");
}

#[test]
fn kinds_of_wav_that_nothing_decodes_are_refused_with_what_is_supported() {
    let error = complaint(&Wav::new(0x0160, 2, 44_100, 16, vec![0; 64]).bytes());
    assert!(
        error.ends_with("WAV (PCM, float, A-law, µ-law, ADPCM), FLAC, MP3 and OGG Vorbis are supported"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_hang(
        position in 0usize..80,
        value: u8,
        cut in 0usize..120,
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = Wav::new(1, 2, 8000, 16, pcm16(&[7; 20])).bytes();
        bytes.truncate(cut.max(position + 1));
        if let Some(byte) = bytes.get_mut(position) {
            *byte = value;
        }
        bytes.extend(tail);
        let (_dir, path) = written(&bytes);
        if let Ok(played) = play(json!({"path": path})) {
            prop_assert!(played.samples.len() <= bytes.len());
        }
    }
}
