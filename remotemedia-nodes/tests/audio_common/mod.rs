//! What the tests of the file nodes share.
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
