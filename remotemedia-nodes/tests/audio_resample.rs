//! Resample: length, alignment, fidelity, times, and independence of how the input is cut.
#![cfg(feature = "audio")]

mod audio_common;

use audio_common::{cut, refusal, samples, sine};
use proptest::prelude::*;
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

fn node(params: Value) -> Box<dyn Node> {
    audio_common::node("Resample", params)
}

/// What comes out of `node` for these samples, cut into blocks of the sizes that `cuts` cycles through.
fn run(node: &mut dyn Node, rate: u32, channels: u16, samples: &[f32], cuts: &[usize]) -> Vec<Packet> {
    audio_common::run(node, cut(rate, channels, samples, cuts))
}

/// The ratio in decibels of `expected` to what `found` differs from it, away from the ends.
fn snr_db(found: &[f32], expected: &[f32]) -> f64 {
    let edge = found.len() / 10;
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
    let middle = edge..found.len() - edge;
    let signal = power(&mut middle.clone().map(|n| f64::from(expected[n])));
    let noise = power(&mut middle.map(|n| f64::from(found[n]) - f64::from(expected[n])));
    10.0 * (signal / noise).log10()
}

#[test]
fn a_sine_comes_out_aligned_and_clean_at_every_pair_of_rates() {
    let rates = [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
    for rate_in in rates {
        for rate_out in rates.into_iter().filter(|rate| *rate != rate_in) {
            let input = sine(rate_in, 1000.0, rate_in as usize / 5);
            let output = samples(&run(&mut *node(json!({"rate": rate_out})), rate_in, 1, &input, &[960]));
            let expected = sine(rate_out, 1000.0, output.len());
            let snr = snr_db(&output, &expected);
            assert!(snr > 90.0, "{rate_in} Hz to {rate_out} Hz: {snr:.1} dB");
        }
    }
}

#[test]
fn rates_without_a_common_divisor_come_out_aligned_and_clean() {
    for (rate_in, rate_out) in [(44_101, 16_000), (16_000, 44_101), (47_999, 48_000)] {
        let input = sine(rate_in, 1000.0, rate_in as usize / 5);
        let output = samples(&run(&mut *node(json!({"rate": rate_out})), rate_in, 1, &input, &[960]));
        let snr = snr_db(&output, &sine(rate_out, 1000.0, output.len()));
        assert!(snr > 95.0, "{rate_in} Hz to {rate_out} Hz: {snr:.1} dB");
    }
}

#[test]
fn the_alignment_holds_over_minutes() {
    let (seconds, hz) = (120, 3000.0);
    let input = sine(44_100, hz, 44_100 * seconds);
    let params = json!({"rate": 16_000, "quality": "low"});
    let output = samples(&run(&mut *node(params), 44_100, 1, &input, &[4410]));
    let last = 16_000 * (seconds - 1);
    let expected = sine(16_000, hz, output.len());
    let snr = snr_db(&output[last..], &expected[last..]);
    assert!(snr > 80.0, "{snr:.1} dB");
}

#[test]
fn the_output_is_no_later_than_each_quality_promises() {
    for (quality, delay) in [("low", 24), ("medium", 36), ("high", 68)] {
        for (rate_in, rate_out) in [(44_100, 16_000), (16_000, 48_000), (8000, 11_025), (48_000, 8000)] {
            let mut node = node(json!({"rate": rate_out, "quality": quality}));
            let mut given = 0;
            for taken in (1..=200).map(|n| n * (rate_in / 100)) {
                let audio = Audio::from_f32(rate_in, 1, vec![0.5; rate_in as usize / 100]).unwrap();
                let (_, packets) = collect(0, |out| node.process(Packet::new(audio), out)).unwrap();
                given += packets.into_iter().map(|(_, packet)| packet.into_audio().unwrap().frames()).sum::<usize>();
                let late_s = f64::from(taken) / f64::from(rate_in) - given as f64 / f64::from(rate_out);
                let late = late_s * f64::from(rate_in.min(rate_out));
                // What waits to be filtered together, and the frame that a position lies within at either rate.
                assert!(late <= f64::from(delay + 16 + 2), "{quality}, {rate_in} to {rate_out} Hz: {late} frames");
            }
        }
    }
}

#[test]
fn the_band_that_each_quality_promises_passes_unchanged() {
    for (quality, part) in [("low", 0.77), ("medium", 0.84), ("high", 0.90)] {
        let (hz, params) = (part * 8000.0, json!({"rate": 16_000, "quality": quality}));
        let output = samples(&run(&mut *node(params), 44_100, 1, &sine(44_100, hz, 22_050), &[882]));
        let snr = snr_db(&output, &sine(16_000, hz, output.len()));
        assert!(snr > 50.0, "{quality} at {hz} Hz: {snr:.1} dB");
    }
}

#[test]
fn tones_above_the_new_nyquist_frequency_vanish() {
    for (quality, floor_db) in [("low", -55.0), ("medium", -75.0), ("high", -95.0)] {
        let input = sine(48_000, 8100.0, 48_000);
        let output = samples(&run(&mut *node(json!({"rate": 16_000, "quality": quality})), 48_000, 1, &input, &[480]));
        let middle = &output[4000..12_000];
        let rms = (middle.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / middle.len() as f64).sqrt();
        let level = 20.0 * (rms * std::f64::consts::SQRT_2).log10();
        assert!(level < floor_db, "{quality}: {level:.1} dB");
    }
}

#[test]
fn the_output_lasts_as_long_as_the_input() {
    for (rate_in, rate_out, frames) in
        [(44_100, 16_000, 44_100), (44_100, 16_000, 1), (8000, 48_000, 3), (48_000, 8000, 7)]
    {
        let packets = run(&mut *node(json!({"rate": rate_out})), rate_in, 1, &vec![0.5; frames], &[100]);
        let expected = (frames as f64 * f64::from(rate_out) / f64::from(rate_in)).round() as usize;
        assert_eq!(samples(&packets).len(), expected, "{frames} frames from {rate_in} Hz to {rate_out} Hz");
    }
}

#[test]
fn rates_at_the_limits_come_out_as_long_as_they_went_in() {
    for (rate_in, rate_out, frames) in
        [(262_142, 1024, 5000), (3001, 768_000, 50), (196_000_001, 768_000, 3000), (1, 256, 7), (256, 1, 1000)]
    {
        let packets = run(&mut *node(json!({"rate": rate_out})), rate_in, 1, &vec![0.5; frames], &[97]);
        let expected = (frames as f64 * f64::from(rate_out) / f64::from(rate_in)).round() as usize;
        assert_eq!(samples(&packets).len(), expected, "{frames} frames from {rate_in} Hz to {rate_out} Hz");
    }
}

#[test]
fn times_go_on_without_a_gap_from_the_first_input() {
    let mut node = node(json!({"rate": 16_000}));
    let start = Timestamp::from_nanos(1_000_000_007);
    let mut packets = Vec::new();
    for n in 0..50u64 {
        let audio = Audio::from_f32(44_100, 1, vec![0.0; 882]).unwrap();
        let packet = Packet::new(audio).at(start + Span::from_millis(20 * n));
        packets.extend(collect(0, |out| node.process(packet, out)).unwrap().1);
    }
    packets.extend(collect(0, |out| node.flush(out)).unwrap().1);
    let mut frames = 0;
    for (_, packet) in &packets {
        assert_eq!(packet.pts, Some(start + Span::of_samples(frames, 16_000)));
        let audio = packet.clone().into_audio().unwrap();
        assert_eq!(packet.duration, Some(audio.duration()));
        frames += audio.frames() as u64;
    }
    assert_eq!(frames, 16_000);
}

#[test]
fn a_gap_in_time_ends_the_stretch_before_it() {
    let mut node = node(json!({"rate": 8000}));
    let packet =
        |at| Packet::new(Audio::from_f32(16_000, 1, vec![0.5; 1600]).unwrap()).at(Timestamp::from_secs_f64(at));
    let (_, first) = collect(0, |out| node.process(packet(0.0), out)).unwrap();
    let (_, second) = collect(0, |out| node.process(packet(3.0), out)).unwrap();
    let frames = |packets: &[(usize, Packet)]| -> usize {
        packets.iter().map(|(_, packet)| packet.clone().into_audio().unwrap().frames()).sum()
    };
    let before = second
        .iter()
        .filter(|(_, packet)| packet.pts < Some(Timestamp::from_secs_f64(1.0)))
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(frames(&first) + frames(&before), 800);
    let after = second.iter().find(|(_, packet)| packet.pts >= Some(Timestamp::from_secs_f64(3.0))).unwrap();
    assert_eq!(after.1.pts, Some(Timestamp::from_secs_f64(3.0)));
}

#[test]
fn a_change_of_rate_ends_the_stretch_before_it_and_loses_nothing() {
    let mut node = node(json!({"rate": 16_000}));
    let mut packets = Vec::new();
    for rate in [48_000, 44_100, 16_000, 8000] {
        let packet = Packet::new(Audio::from_f32(rate, 1, vec![0.5; rate as usize / 10]).unwrap());
        packets.extend(collect(0, |out| node.process(packet, out)).unwrap().1);
    }
    packets.extend(collect(0, |out| node.flush(out)).unwrap().1);
    let packets: Vec<Packet> = packets.into_iter().map(|(_, packet)| packet).collect();
    assert_eq!(samples(&packets).len(), 4 * 1600);
}

#[test]
fn audio_that_needs_nothing_passes_without_a_copy() {
    let audio = Audio::from_i16(16_000, 1, vec![1, 2, 3]).unwrap();
    let address = audio.buffer().as_bytes().as_ptr();
    let packet = Packet::new(audio).with_attribute("who", "left");
    let (_, given) = collect(0, |out| node(json!({"rate": 16_000})).process(packet, out)).unwrap();
    assert_eq!(given[0].1.attribute("who"), Some(&json!("left")));
    assert_eq!(given[0].1.clone().into_audio().unwrap().buffer().as_bytes().as_ptr(), address);
}

#[test]
fn channels_change_with_the_rate() {
    let stereo: Vec<f32> = sine(44_100, 500.0, 4410).into_iter().flat_map(|s| [s, s / 2.0]).collect();
    let mono = samples(&run(&mut *node(json!({"rate": 16_000, "channels": 1})), 44_100, 2, &stereo, &[441]));
    let expected: Vec<f32> = sine(16_000, 500.0, 1600).into_iter().map(|s| s * 0.75).collect();
    assert!(snr_db(&mono, &expected) > 90.0);

    let packets =
        run(&mut *node(json!({"rate": 16_000, "channels": 2})), 44_100, 1, &sine(44_100, 500.0, 4410), &[441]);
    let wide = samples(&packets);
    assert_eq!(wide.len(), 3200);
    assert!(wide.as_chunks::<2>().0.iter().all(|[left, right]| left == right));
}

#[test]
fn an_interrupt_forgets_what_was_taken() {
    let mut node = node(json!({"rate": 8000}));
    let packet = Packet::new(Audio::from_f32(16_000, 1, vec![1.0; 1600]).unwrap());
    collect(0, |out| node.process(packet, out)).unwrap();
    node.interrupt();
    let (_, rest) = collect(0, |out| node.flush(out)).unwrap();
    assert!(rest.is_empty());
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let refused = |params| refusal("Resample", params);
    assert_eq!(refused(json!({"rate": 0})), "params: rate is 0 Hz, expected 1 to 768000");
    assert_eq!(refused(json!({"rate": 8000, "channels": 0})), "params: channels is 0, expected 1 to 256");
    let text = collect(0, |out| node(json!({"rate": 8000})).process(Packet::new("hello"), out)).unwrap_err();
    assert_eq!(text.to_string(), "expected audio, found text");
    let far = Packet::new(Audio::from_f32(768_000, 1, vec![0.0; 10]).unwrap());
    let error = collect(0, |out| node(json!({"rate": 1000})).process(far, out)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot resample from 768000 Hz to 1000 Hz: the rates differ by more than a factor of 256"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn how_the_input_is_cut_shows_nowhere(
        cuts in prop::collection::vec(1usize..700, 1..8),
        rates in prop::sample::select(vec![
            (44_100u32, 16_000u32), (16_000, 48_000), (8000, 44_100), (48_000, 8000), (11_025, 32_000),
        ]),
        channels in 1u16..4,
    ) {
        let (rate_in, rate_out) = rates;
        let input: Vec<f32> = sine(rate_in, 300.0, 2000 * usize::from(channels));
        let params = json!({"rate": rate_out, "quality": "low"});
        let whole = samples(&run(&mut *node(params.clone()), rate_in, channels, &input, &[2000]));
        let cut = samples(&run(&mut *node(params), rate_in, channels, &input, &cuts));
        prop_assert_eq!(whole, cut);
    }
}
