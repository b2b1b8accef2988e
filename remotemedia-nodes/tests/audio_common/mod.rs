//! What the tests of the audio, file and device nodes share.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses a part of it")]

use std::process::Command;
use std::sync::Arc;

use remotemedia_core::driver::{Driver, SingleThreaded};
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use remotemedia_core::registry::NodeType;
use serde_json::Value;

/// Runs sox, which `scripts/setup.sh` installs.
pub fn sox(args: &[&str]) {
    let output = Command::new("sox").args(args).output().expect("sox is installed; scripts/setup.sh installs it");
    assert!(output.status.success(), "sox {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
}

/// The little-endian floats in a raw file.
pub fn floats(path: &std::path::Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Everything that a source gave.
pub struct Played {
    pub packets: Vec<Packet>,
    pub rate: u32,
    pub channels: u16,
    /// Interleaved.
    pub samples: Vec<f32>,
}

impl Played {
    /// How far the sample that is furthest off lies from `expected`.
    pub fn difference(&self, expected: &[f32]) -> f32 {
        self.samples.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }
}

/// The standard node type of this name.
pub fn node_type(name: &str) -> NodeType {
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).unwrap();
    registry.node_type(name).unwrap_or_else(|| panic!("{name} is registered")).clone()
}

/// A node of the standard type `name`.
pub fn create(name: &str, params: Value) -> NodeResult<Box<dyn Node>> {
    let Value::Object(params) = params else { panic!("parameters are an object") };
    match node_type(name).factory.create(&params)? {
        AnyNode::Sync(node) => Ok(node),
        AnyNode::Async(_) => panic!("{name} works on the calling thread"),
    }
}

/// A node of the standard type `name` that is there.
pub fn node(name: &str, params: Value) -> Box<dyn Node> {
    create(name, params).unwrap()
}

/// Why a node of the standard type `name` is not made with `params`.
pub fn refusal(name: &str, params: Value) -> String {
    create(name, params).map(|_| ()).unwrap_err().to_string()
}

/// What a node gives for one packet, on all its ports.
pub fn process(node: &mut dyn Node, packet: impl Into<Packet>) -> NodeResult<Vec<(usize, Packet)>> {
    let packet = packet.into();
    Ok(collect(0, |out| node.process(packet, out))?.1)
}

/// What a node gives for these packets and at the end, on its first port.
pub fn run(node: &mut dyn Node, packets: impl IntoIterator<Item = Packet>) -> Vec<Packet> {
    let mut given = Vec::new();
    for packet in packets {
        given.extend(process(node, packet).unwrap());
    }
    given.extend(collect(0, |out| node.flush(out)).unwrap().1);
    given.into_iter().filter(|(port, _)| *port == 0).map(|(_, packet)| packet).collect()
}

/// The audio in a packet.
pub fn audio(packet: &Packet) -> Audio {
    packet.clone().into_audio().unwrap()
}

/// The interleaved samples of packets that follow each other.
pub fn samples(packets: &[Packet]) -> Vec<f32> {
    packets.iter().flat_map(|packet| audio(packet).to_f32().into_owned()).collect()
}

/// Cuts interleaved samples into packets of the sizes, in frames, that `cuts` cycles through, timed from zero.
pub fn cut(rate: u32, channels: u16, samples: &[f32], cuts: &[usize]) -> Vec<Packet> {
    let (width, mut rest, mut frame, mut packets) = (usize::from(channels), samples, 0, Vec::new());
    for size in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (block, after) = rest.split_at((size * width).min(rest.len()));
        let packet = Packet::new(Audio::from_f32(rate, channels, block.to_vec()).unwrap());
        packets.push(packet.at(Timestamp::of_sample(frame, rate)));
        frame += (block.len() / width) as u64;
        rest = after;
    }
    packets
}

/// A sine of full scale.
pub fn sine(rate: u32, hz: f64, frames: usize) -> Vec<f32> {
    let step = std::f64::consts::TAU * hz / f64::from(rate);
    (0..frames).map(|n| (step * n as f64).sin() as f32).collect()
}

/// Where a block's memory begins.
pub fn address(audio: &Audio) -> *const u8 {
    audio.buffer().as_bytes().as_ptr()
}

/// A place in a pipeline for a node that is tested alone.
pub fn context() -> NodeContext {
    NodeContext {
        pipeline: "test".into(),
        node: "node".into(),
        session: 1,
        inputs: Vec::new(),
        outputs: vec!["out".to_owned()],
        driver: Arc::new(SingleThreaded::new()) as Arc<dyn Driver>,
    }
}

/// Runs an AudioSource to its end.
pub fn play(params: Value) -> NodeResult<Played> {
    let mut source = create("AudioSource", params)?;
    source.initialize(&context())?;
    let mut packets = Vec::new();
    loop {
        let (flow, given) = collect(0, |out| source.resume(out))?;
        packets.extend(given.into_iter().map(|(_, packet)| packet));
        if flow == Flow::Done {
            break;
        }
    }
    source.cleanup()?;
    let blocks: Vec<Audio> = packets.iter().map(|packet| packet.clone().into_audio().unwrap()).collect();
    let samples = blocks.iter().flat_map(|block| block.to_f32().into_owned()).collect();
    let (rate, channels) = blocks.first().map_or((0, 0), |block| (block.rate(), block.channels()));
    Ok(Played { packets, rate, channels, samples })
}
