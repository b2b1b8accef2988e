//! ChannelMix: the usual mixes, mixes by a matrix, and audio that is right already.
#![cfg(feature = "audio")]

mod audio_common;

use audio_common::{address, audio, node, process, refusal, samples};
use remotemedia_core::prelude::*;
use serde_json::json;

fn mixed(params: serde_json::Value, channels: u16, frame: &[f32]) -> Vec<f32> {
    let block = Audio::from_f32(8000, channels, frame.to_vec()).unwrap();
    let given = process(&mut *node("ChannelMix", params), block).unwrap();
    samples(&[given[0].1.clone()])
}

#[test]
fn mono_is_the_mean_and_stereo_is_twice_the_same() {
    assert_eq!(mixed(json!({"channels": 1}), 2, &[1.0, 0.0, 0.5, -0.5]), [0.5, 0.0]);
    assert_eq!(mixed(json!({"channels": 2}), 1, &[0.25, -0.25]), [0.25, 0.25, -0.25, -0.25]);
}

#[test]
fn a_matrix_says_what_goes_where() {
    let swap = json!({"matrix": [[0.0, 1.0], [1.0, 0.0]]});
    assert_eq!(mixed(swap, 2, &[1.0, 2.0, 3.0, 4.0]), [2.0, 1.0, 4.0, 3.0]);
    assert_eq!(mixed(json!({"channels": 1, "matrix": [[0.0, 0.0, 2.0]]}), 3, &[1.0, 2.0, 3.0]), [6.0]);
}

#[test]
fn audio_of_the_right_width_passes_without_a_copy_and_keeps_its_envelope() {
    let block = Audio::from_i16(8000, 2, vec![1, 2]).unwrap();
    let place = address(&block);
    let packet = Packet::new(block).at(Timestamp::from_nanos(7)).with_attribute("who", "host");
    let given = process(&mut *node("ChannelMix", json!({"channels": 2})), packet).unwrap();
    assert_eq!(address(&audio(&given[0].1)), place);
    assert_eq!(given[0].1.pts, Some(Timestamp::from_nanos(7)));
    assert_eq!(given[0].1.attribute("who"), Some(&json!("host")));
}

#[test]
fn inputs_may_change_their_width_on_the_way() {
    let mut mix = node("ChannelMix", json!({"channels": 1}));
    for channels in [2, 6, 1, 2] {
        let block = Audio::from_f32(8000, channels, vec![0.5; usize::from(channels) * 3]).unwrap();
        let given = process(&mut *mix, block).unwrap();
        assert_eq!(samples(&[given[0].1.clone()]), [0.5; 3]);
    }
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    assert_eq!(refusal("ChannelMix", json!({})), "params: channels or matrix is required");
    assert_eq!(refusal("ChannelMix", json!({"channels": 0})), "params: channels is 0, expected 1 to 256");
    assert_eq!(refusal("ChannelMix", json!({"channels": 257})), "params: channels is 257, expected 1 to 256");
    assert_eq!(
        refusal("ChannelMix", json!({"channels": 2, "matrix": [[1.0]]})),
        "matrix has 1 rows, expected one for each of the 2 channels"
    );
    assert_eq!(
        refusal("ChannelMix", json!({"matrix": []})),
        "matrix is empty, expected a row of gains for each output channel"
    );
    assert_eq!(
        refusal("ChannelMix", json!({"chanels": 2})),
        "params.chanels: unknown field `chanels`, expected `channels` or `matrix`"
    );
    let block = Audio::from_f32(8000, 2, vec![0.0; 2]).unwrap();
    let error = process(&mut *node("ChannelMix", json!({"matrix": [[1.0]]})), block).unwrap_err();
    assert_eq!(error.to_string(), "audio of 2 channels, expected 1 as in the matrix");
}
