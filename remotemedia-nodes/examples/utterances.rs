//! Prints when somebody speaks in an audio file: `cargo run --example utterances -- meeting.wav`.
//!
//! Needs the Silero network at `models/silero_vad_openvino_16k.onnx`, where `scripts/setup.sh` puts it.
#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::sync::Arc;

use remotemedia_core::driver::{Driver, SingleThreaded};
use remotemedia_core::pipeline::Pipeline;
use remotemedia_core::prelude::*;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which file? cargo run --example utterances -- meeting.wav")?;
    let manifest = json!({
        "version": "v1",
        "metadata": {"name": "utterances"},
        "nodes": [
            {"id": "file", "node_type": "AudioSource", "params": {"path": path}},
            {"id": "resample", "node_type": "Resample", "params": {"rate": 16000, "channels": 1}},
            {"id": "hear", "node_type": "VoiceActivity", "params": {"min_silence_ms": 500}},
        ],
        "connections": [{"from": "file", "to": "resample"}, {"from": "resample", "to": "hear"}],
    });
    let mut nodes = Registry::new();
    remotemedia_nodes::register(&mut nodes).map_err(|error| error.to_string())?;
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    for utterance in Pipeline::from_json(&manifest.to_string(), &nodes)?.run(&driver, [])? {
        println!("{utterance}");
    }
    Ok(())
}
