//! VoiceActivity: speech is found where it is, by the real network on speech that flite speaks.
#![cfg(feature = "onnx")]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, LazyLock};

use remotemedia_core::audio::{Layout, SampleFormat};
use remotemedia_core::buffer::Buffer;
use remotemedia_core::driver::SingleThreaded;
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

const RATE: u32 = 16_000;

#[test]
fn utterances_of_two_voices_are_found_within_150_ms() {
    let found = utterances(&mut node(json!({})), &SPEECH.audio, 480);
    assert_eq!(found.len(), SPEECH.truth.len(), "{found:?}");
    for (packet, &(start, end)) in found.iter().zip(&SPEECH.truth) {
        let (found_start, found_end) = (samples(packet.pts.unwrap()), samples(packet.end().unwrap()));
        assert!(found_start.abs_diff(start) <= 2400, "speech begins at {start}, found {found_start}");
        assert!(found_end.abs_diff(end) <= 2400, "speech ends at {end}, found {found_end}");
        assert!(probability(packet, "probability_mean") > 0.7 && probability(packet, "probability_max") > 0.9);
    }
}

#[test]
fn an_utterance_holds_exactly_the_samples_of_its_time() {
    let all = SPEECH.audio.as_f32().unwrap();
    for packet in utterances(&mut node(json!({})), &SPEECH.audio, 480) {
        let (start, end) = (samples(packet.pts.unwrap()), samples(packet.end().unwrap()));
        let audio = packet.into_audio().unwrap();
        assert!(audio.as_f32().unwrap() == &all[start..end], "samples {start}..{end} differ");
    }
}

#[test]
fn the_size_of_the_packets_makes_no_difference() {
    let expected = described(&utterances(&mut node(json!({})), &SPEECH.audio, 512));
    for size in [1, 77, 513, 16_000, usize::MAX] {
        assert_eq!(described(&utterances(&mut node(json!({})), &SPEECH.audio, size)), expected, "packets of {size}");
    }
}

#[test]
fn an_utterance_within_one_packet_is_not_copied() {
    let found = utterances(&mut node(json!({})), &SPEECH.audio, usize::MAX);
    let start = samples(found[1].pts.unwrap());
    let audio = found[1].clone().into_audio().unwrap();
    assert_eq!(audio.buffer().as_bytes().as_ptr(), SPEECH.audio.buffer().as_bytes()[4 * start..].as_ptr());
}

#[test]
fn sixteen_bit_audio_gives_the_same_utterances() {
    let quantised: Vec<i16> = SPEECH.audio.as_f32().unwrap().iter().map(|sample| (sample * 32_768.0) as i16).collect();
    let audio = Audio::from_i16(RATE, 1, quantised).unwrap();
    let spans = |packets: &[Packet]| packets.iter().map(|packet| (packet.pts, packet.duration)).collect::<Vec<_>>();
    let found = utterances(&mut node(json!({})), &audio, 480);
    assert_eq!(spans(&found), spans(&utterances(&mut node(json!({})), &SPEECH.audio, 480)));
}

#[test]
fn times_are_those_of_the_stream() {
    let offset = Timestamp::from_secs_f64(100.0);
    let mut vad = node(json!({}));
    let (_, mut found) = collect(0, |out| {
        for (index, audio) in blocks(&SPEECH.audio, 480).enumerate() {
            let pts = offset + Span::of_samples(480 * index as u64, RATE);
            vad.process(Packet::new(audio).at(pts), out)?;
        }
        vad.flush(out)
    })
    .unwrap();
    found.retain(|(port, _)| *port == 0);
    let here = utterances(&mut node(json!({})), &SPEECH.audio, 480);
    for ((_, there), here) in found.iter().zip(&here) {
        assert_eq!(there.pts.unwrap().since(offset).as_nanos(), here.pts.unwrap().as_nanos());
        assert_eq!(there.duration, here.duration);
    }
    assert_eq!(found.len(), here.len());
}

#[test]
fn a_jump_in_time_ends_the_utterance_before_it() {
    let (start, end) = SPEECH.truth[0];
    let spoken = SPEECH.audio.slice(start, end);
    let later = Timestamp::from_secs_f64(60.0);
    let mut vad = node(json!({}));
    let (_, found) = collect(0, |out| {
        vad.process(Packet::new(spoken.clone()).at(Timestamp::ZERO), out)?;
        vad.process(Packet::new(spoken.clone()).at(later), out)?;
        vad.flush(out)
    })
    .unwrap();
    let found = on_port(found, 0);
    assert_eq!(found.len(), 2);
    assert!(found[0].end().unwrap() <= Timestamp::ZERO + spoken.duration());
    assert!(found[1].pts.unwrap() >= later);
}

#[test]
fn the_end_of_the_stream_gives_the_open_utterance() {
    let (start, end) = SPEECH.truth[0];
    let mut vad = node(json!({}));
    let (_, before) = collect(0, |out| vad.process(Packet::new(SPEECH.audio.slice(0, end - 1600)), out)).unwrap();
    assert_eq!(on_port(before, 0).len(), 0);
    let (_, after) = collect(0, |out| vad.flush(out)).unwrap();
    let after = on_port(after, 0);
    assert_eq!(after.len(), 1);
    assert!(samples(after[0].pts.unwrap()).abs_diff(start) <= 2400);
    assert_eq!(samples(after[0].end().unwrap()), end - 1600);
}

#[test]
fn an_interrupt_forgets_the_open_utterance_and_what_was_heard() {
    let (_, end) = SPEECH.truth[0];
    let mut vad = node(json!({}));
    collect(0, |out| vad.process(Packet::new(SPEECH.audio.slice(0, end - 1600)), out)).unwrap();
    vad.interrupt();
    let (_, flushed) = collect(0, |out| vad.flush(out)).unwrap();
    assert_eq!(flushed.len(), 0);
    let again = utterances(&mut vad, &SPEECH.audio, 480);
    let fresh = utterances(&mut node(json!({})), &SPEECH.audio, 480);
    assert_eq!(again.len(), fresh.len());
    for (again, fresh) in again.iter().zip(&fresh) {
        assert_eq!(again.duration, fresh.duration);
        assert_eq!(again.attributes, fresh.attributes);
        assert_eq!(samples(again.pts.unwrap()), samples(fresh.pts.unwrap()) + end - 1600);
    }
}

#[test]
fn frames_pass_untouched_with_their_probability() {
    let mut vad = node(json!({"output": "frames"}));
    let (_, found) = collect(0, |out| {
        blocks(&SPEECH.audio, 1600).try_for_each(|audio| vad.process(Packet::new(audio), out))?;
        vad.flush(out)
    })
    .unwrap();
    let found = on_port(found, 0);
    assert_eq!(found.len(), SPEECH.audio.frames().div_ceil(1600));
    let (start, end) = SPEECH.truth[0];
    let middle = &found[(start + end) / 2 / 1600];
    assert!(probability(middle, "probability") > 0.5, "{middle:?}");
    assert_eq!(middle.attribute("speech"), Some(&json!(true)));
    assert!(probability(&found[0], "probability") < 0.2);
    assert_eq!(found[0].attribute("speech"), Some(&json!(false)));
    let address = SPEECH.audio.buffer().as_bytes()[4 * 1600..].as_ptr();
    assert_eq!(found[1].clone().into_audio().unwrap().buffer().as_bytes().as_ptr(), address);
}

#[test]
fn the_probability_port_gives_one_number_per_frame() {
    let mut vad = node(json!({}));
    let (_, found) = collect(0, |out| {
        vad.process(Packet::new(SPEECH.audio.slice(0, 1300)).at(Timestamp::from_secs_f64(1.0)), out)?;
        vad.flush(out)
    })
    .unwrap();
    let times: Vec<_> =
        on_port(found, 1).iter().map(|packet| (packet.pts.unwrap(), packet.duration.unwrap())).collect();
    let at = |seconds| Timestamp::from_secs_f64(seconds);
    let last = Span::of_samples(1300 - 1024, RATE);
    assert_eq!(times, [(at(1.0), Span::from_millis(32)), (at(1.032), Span::from_millis(32)), (at(1.064), last)]);
}

#[test]
fn noise_is_not_speech() {
    let mut noise = Noise(7);
    let samples = (0..RATE * 5).map(|_| noise.next() * 0.1).collect();
    assert_eq!(utterances(&mut node(json!({})), &Audio::from_f32(RATE, 1, samples).unwrap(), 480).len(), 0);
}

#[test]
fn a_long_utterance_is_cut_and_nothing_of_it_is_lost() {
    let (start, end) = SPEECH.truth[1];
    let spoken = SPEECH.audio.as_f32().unwrap()[start..end].repeat(4);
    let audio = Audio::from_f32(RATE, 1, spoken).unwrap();
    let found = utterances(&mut node(json!({"max_utterance_ms": 2000, "min_silence_ms": 1000})), &audio, 480);
    assert!(found.len() > 1, "{found:?}");
    for pair in found.windows(2) {
        assert_eq!(pair[0].end(), pair[1].pts);
        assert_eq!(pair[0].attribute("continues"), Some(&json!(true)));
    }
    assert!(found.iter().all(|packet| packet.duration.unwrap() <= Span::from_millis(2032)));
    assert_eq!(found.last().unwrap().attribute("continues"), None);
}

#[test]
fn other_audio_is_refused_with_the_remedy() {
    let cases = [
        (44_100, 2, "audio at 44100 Hz with 2 channels, expected 16000 Hz with 1 channel"),
        (8_000, 1, "audio at 8000 Hz with 1 channel, expected 16000 Hz with 1 channel"),
    ];
    for (rate, channels, expected) in cases {
        let audio = Audio::new(SampleFormat::S16, Layout::Interleaved, rate, channels, Buffer::from(vec![0i16; 8]));
        let packet = Packet::new(audio.unwrap());
        let error = collect(0, |out| node(json!({})).process(packet, out)).unwrap_err();
        assert_eq!(error.message(), format!("{expected}: put Resample(16000, channels=1) before it"));
    }
    let error = collect(0, |out| node(json!({})).process(Packet::from("hello"), out)).unwrap_err();
    assert_eq!(error.message(), "expected audio, found text");
}

#[test]
fn a_missing_model_says_where_it_was_looked_for_and_where_it_comes_from() {
    let error = try_node(json!({"model": "nowhere.onnx"})).err().unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        error.message(),
        format!(
            "no model file at {} and {}; take it from silero_vad/data in the Python package silero-vad \
             (pip download --no-deps silero-vad)",
            here.join("nowhere.onnx").display(),
            here.join("models/nowhere.onnx").display()
        )
    );
    let error = try_node(json!({"model": "/nowhere.onnx"})).err().unwrap();
    assert!(error.message().starts_with("no model file at /nowhere.onnx; take it from"), "{error}");
}

#[test]
fn a_file_that_is_no_model_is_named() {
    let file = tempfile::Builder::new().suffix(".onnx").tempfile().unwrap();
    std::fs::write(file.path(), b"this is no model").unwrap();
    let error = try_node(json!({"model": file.path()})).err().unwrap();
    assert!(error.message().starts_with(&format!("model {}: ", file.path().display())), "{error}");
}

#[test]
fn parameters_out_of_range_are_refused() {
    let cases = [
        (json!({"threshold": 1.5}), "params: threshold is 1.5, expected 0 to 1"),
        (json!({"padding_ms": 400}), "params: padding_ms is 400, expected at most min_silence_ms, which is 300"),
        (json!({"max_utterance_ms": 999}), "params: max_utterance_ms is 999, expected at least 1000"),
        (json!({"output": "words"}), "params.output: unknown variant `words`, expected `utterances` or `frames`"),
    ];
    for (params, expected) in cases {
        assert_eq!(try_node(params).err().unwrap().message(), expected);
    }
}

/// Speech with pauses, and where each utterance begins and ends in samples.
struct Speech {
    audio: Audio,
    truth: Vec<(usize, usize)>,
}

static SPEECH: LazyLock<Speech> = LazyLock::new(|| {
    let spoken = [
        ("rms", "The quick brown fox jumps over the lazy dog.", 1.0),
        ("slt", "Please call me back tomorrow morning at nine.", 0.8),
        ("rms", "There is nothing more to say about the matter.", 0.6),
        ("slt", "Good night.", 1.2),
    ];
    let mut noise = Noise(1);
    let mut samples: Vec<f32> = Vec::new();
    let mut truth = Vec::new();
    for (voice, text, pause) in spoken {
        samples.resize(samples.len() + (pause * f64::from(RATE)) as usize, 0.0);
        let speech = speak(voice, text);
        let start = samples.len();
        truth.push((start, start + speech.len()));
        samples.extend(speech);
    }
    samples.resize(samples.len() + RATE as usize, 0.0);
    samples.iter_mut().for_each(|sample| *sample += noise.next() * 0.002);
    Speech { audio: Audio::from_f32(RATE, 1, samples).unwrap(), truth }
});

/// What flite says, without the silence around it.
fn speak(voice: &str, text: &str) -> Vec<f32> {
    let file = tempfile::Builder::new().suffix(".wav").tempfile().unwrap();
    let status = Command::new("flite")
        .args(["-voice", voice, "-t", text, "-o"])
        .arg(file.path())
        .status()
        .expect("flite speaks the test sentences: install the Debian package flite");
    assert!(status.success());
    let bytes = std::fs::read(file.path()).unwrap();
    assert_eq!(&bytes[22..28], [1, 0, 0x80, 0x3e, 0, 0], "flite gave something else than 16 kHz, one channel");
    let samples: Vec<f32> =
        bytes[44..].chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect();
    let loud = |sample: &f32| sample.abs() > 0.02;
    let (start, end) = (samples.iter().position(loud).unwrap(), samples.iter().rposition(loud).unwrap());
    samples[start..=end].to_vec()
}

/// White noise within ±1, the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

fn node(mut params: Value) -> Box<dyn Node> {
    let model = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/silero_vad_openvino_16k.onnx");
    assert!(model.is_file(), "{} is missing: run scripts/setup.sh", model.display());
    params["model"] = json!(model);
    try_node(params).unwrap()
}

fn try_node(params: Value) -> NodeResult<Box<dyn Node>> {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry)?;
    let node_type = registry.node_type("VoiceActivity").unwrap();
    let AnyNode::Sync(mut node) = node_type.factory.create(params.as_object().unwrap())? else {
        panic!("the node is synchronous")
    };
    node.initialize(&NodeContext {
        pipeline: "test".into(),
        node: "VoiceActivity".into(),
        session: 1,
        inputs: vec!["in".to_owned()],
        outputs: vec!["out".to_owned(), "probability".to_owned()],
        driver: Arc::new(SingleThreaded::new()),
    })?;
    Ok(node)
}

fn utterances(vad: &mut Box<dyn Node>, audio: &Audio, size: usize) -> Vec<Packet> {
    let (_, found) = collect(0, |out| {
        blocks(audio, size).try_for_each(|audio| vad.process(Packet::new(audio), out))?;
        vad.flush(out)
    })
    .unwrap();
    on_port(found, 0)
}

fn blocks(audio: &Audio, size: usize) -> impl Iterator<Item = Audio> {
    let frames = audio.frames();
    (0..frames).step_by(size.min(frames)).map(move |start| audio.slice(start, start.saturating_add(size).min(frames)))
}

fn on_port(packets: Vec<(usize, Packet)>, wanted: usize) -> Vec<Packet> {
    packets.into_iter().filter(|(port, _)| *port == wanted).map(|(_, packet)| packet).collect()
}

fn described(packets: &[Packet]) -> Vec<String> {
    packets.iter().map(|packet| format!("{:?} {packet} {:?}", packet.seq, packet.attributes)).collect()
}

fn samples(at: Timestamp) -> usize {
    usize::try_from(at.as_nanos() / 62_500).unwrap()
}

fn probability(packet: &Packet, name: &str) -> f64 {
    packet.attribute(name).and_then(Value::as_f64).unwrap()
}
