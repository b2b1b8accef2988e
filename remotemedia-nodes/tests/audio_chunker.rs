//! Chunker: packets of equal length, shared memory, exact times, and what becomes of the rest.
#![cfg(feature = "audio")]

mod audio_common;

use audio_common::{address, audio, cut, node, process, refusal, run, samples, sine};
use proptest::prelude::*;
use remotemedia_core::audio::Layout;
use remotemedia_core::buffer::Buffer;
use remotemedia_core::prelude::*;
use serde_json::json;

fn lengths(packets: &[Packet]) -> Vec<usize> {
    packets.iter().map(|packet| audio(packet).frames()).collect()
}

#[test]
fn chunks_within_one_packet_share_its_memory() {
    let block = Audio::from_i16(8000, 2, (0..20).collect()).unwrap();
    let place = address(&block);
    let given = process(&mut *node("Chunker", json!({"samples": 4})), block).unwrap();
    let offsets: Vec<_> = given.iter().map(|(_, packet)| address(&audio(packet)) as usize - place as usize).collect();
    assert_eq!(offsets, [0, 16]);
}

#[test]
fn times_are_those_of_the_first_sample_of_each_chunk() {
    let mut chunker = node("Chunker", json!({"duration_ms": 30}));
    let packets = cut(16_000, 1, &sine(16_000, 100.0, 1600), &[160]);
    let given = run(&mut *chunker, packets);
    assert_eq!(lengths(&given), [480, 480, 480, 160]);
    for (n, packet) in given.iter().enumerate() {
        assert_eq!(packet.pts, Some(Timestamp::from_nanos(n as u64 * 30_000_000)));
        assert_eq!(packet.duration, Some(audio(packet).duration()));
    }
}

#[test]
fn the_rest_is_kept_padded_or_dropped() {
    let given = |last| {
        let block = Audio::from_i16(8000, 1, vec![1, 2, 3, 4, 5]).unwrap();
        let given = run(&mut *node("Chunker", json!({"samples": 3, "last": last})), [Packet::new(block)]);
        given.iter().flat_map(|packet| audio(packet).buffer().to_vec::<i16>()).collect::<Vec<_>>()
    };
    assert_eq!(given("keep"), [1, 2, 3, 4, 5]);
    assert_eq!(given("pad"), [1, 2, 3, 4, 5, 0]);
    assert_eq!(given("drop"), [1, 2, 3]);
}

#[test]
fn unsigned_silence_is_128() {
    let block =
        Audio::new(remotemedia_core::audio::SampleFormat::U8, Layout::Interleaved, 8000, 1, Buffer::from(vec![9u8]));
    let given = run(&mut *node("Chunker", json!({"samples": 3, "last": "pad"})), [Packet::new(block.unwrap())]);
    assert_eq!(audio(&given[0]).buffer().as_bytes(), [9, 128, 128]);
}

#[test]
fn a_new_format_or_a_gap_in_time_ends_a_chunk() {
    let mut chunker = node("Chunker", json!({"samples": 100}));
    let at = |rate, seconds| {
        Packet::new(Audio::from_f32(rate, 1, vec![0.0; 60]).unwrap()).at(Timestamp::from_secs_f64(seconds))
    };
    let given = run(&mut *chunker, [at(8000, 0.0), at(8000, 5.0), at(16_000, 5.0075)]);
    assert_eq!(lengths(&given), [60, 60, 60]);
    assert_eq!(given[1].pts, Some(Timestamp::from_secs_f64(5.0)));
    assert_eq!(audio(&given[2]).rate(), 16_000);
}

#[test]
fn streams_do_not_run_into_each_other() {
    let of = |stream, value| {
        let mut packet = Packet::new(Audio::from_f32(8000, 1, vec![value; 60]).unwrap());
        packet.stream = stream;
        packet
    };
    let at = |packet: Packet, millis| packet.at(Timestamp::ZERO + Span::from_millis(millis));
    let packets = [at(of(1, 0.1), 0), at(of(2, 0.2), 0), at(of(2, 0.2), 8)];
    let given = run(&mut *node("Chunker", json!({"samples": 100})), packets);
    let streams: Vec<u32> = given.iter().map(|packet| packet.stream).collect();
    assert_eq!((streams, lengths(&given)), (vec![1, 2, 2], vec![60, 100, 20]));
    assert_eq!(samples(&given[..1]), [0.1; 60]);
}

#[test]
fn an_interrupt_drops_what_waits() {
    let mut chunker = node("Chunker", json!({"samples": 100}));
    process(&mut *chunker, Audio::from_f32(8000, 1, vec![1.0; 60]).unwrap()).unwrap();
    chunker.interrupt();
    let given = run(&mut *chunker, [Packet::new(Audio::from_f32(8000, 1, vec![2.0; 50]).unwrap())]);
    assert_eq!(samples(&given), [2.0; 50]);
}

#[test]
fn the_earlier_buffer_gives_whole_chunks_then_the_rest() {
    let packets = cut(16_000, 1, &sine(16_000, 100.0, 2500), &[700]);
    let given = run(&mut *node("AudioBuffer", json!({"buffer_size_samples": 1000})), packets);
    assert_eq!(lengths(&given), [1000, 1000, 500]);
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    assert_eq!(refusal("Chunker", json!({})), "params: duration_ms or samples is required");
    assert_eq!(
        refusal("Chunker", json!({"duration_ms": 1, "samples": 1})),
        "params: duration_ms and samples are both given, expected one"
    );
    assert_eq!(
        refusal("Chunker", json!({"duration_ms": 0})),
        "params: duration_ms is 0, expected more than 0 and at most 600000"
    );
    for samples in [0_u64, 1 << 40, 1 << 62] {
        let expected = format!("params: samples is {samples}, expected 1 to 115200000");
        assert_eq!(refusal("Chunker", json!({"samples": samples, "last": "pad"})), expected);
        assert_eq!(refusal("AudioBuffer", json!({"buffer_size_samples": samples})), expected);
    }
    assert_eq!(refusal("AudioBuffer", json!({})), "params: missing field `buffer_size_samples`");
    let error = process(&mut *node("Chunker", json!({"samples": 1})), 1.5).unwrap_err();
    assert_eq!(error.to_string(), "expected audio, found number");
}

proptest! {
    #[test]
    fn how_the_input_is_cut_shows_nowhere(
        cuts in prop::collection::vec(1usize..300, 1..8),
        length in 1usize..400,
        channels in 1u16..4,
    ) {
        let input = sine(8000, 50.0, 1000 * usize::from(channels));
        let given = run(&mut *node("Chunker", json!({"samples": length})), cut(8000, channels, &input, &cuts));
        let (whole, rest) = (1000 / length, 1000 % length);
        let mut expected = vec![length; whole];
        expected.extend((rest > 0).then_some(rest));
        prop_assert_eq!(lengths(&given), expected);
        prop_assert_eq!(samples(&given), input);
    }

    #[test]
    fn planar_blocks_come_out_whole(frames in 1usize..50, length in 1usize..60) {
        let planar: Vec<f32> = (0..frames * 2).map(|n| n as f32).collect();
        let block = Audio::new(
            remotemedia_core::audio::SampleFormat::F32, Layout::Planar, 8000, 2, Buffer::from(planar.clone()),
        ).unwrap();
        let given = run(&mut *node("Chunker", json!({"samples": length})), [Packet::new(block.clone())]);
        prop_assert_eq!(samples(&given), block.to_f32().into_owned());
    }
}
