//! Audio nodes in running pipelines: files in, files out, on one thread and on many, and ends of every kind.
#![cfg(feature = "device")]

mod audio_common;

use std::path::Path;
use std::sync::Arc;

use audio_common::{play, samples, sine};
use remotemedia_core::driver::{Driver, SingleThreaded};
use remotemedia_core::pipeline::Pipeline;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};

/// A pipeline of these nodes in a row, each a type and its parameters.
fn pipeline(nodes: &[(&str, Value)]) -> Pipeline {
    let list: Vec<Value> = nodes
        .iter()
        .enumerate()
        .map(|(n, (node_type, params))| json!({"id": format!("n{n}"), "node_type": node_type, "params": params}))
        .collect();
    let connections: Vec<Value> =
        (1..nodes.len()).map(|n| json!({"from": format!("n{}", n - 1), "to": format!("n{n}")})).collect();
    let manifest = json!({
        "version": "v1", "metadata": {"name": "audio"}, "nodes": list, "connections": connections
    });
    let mut registry = Registry::new();
    remotemedia_nodes::register(&mut registry).unwrap();
    Pipeline::from_json(&manifest.to_string(), &registry).unwrap()
}

fn run(nodes: &[(&str, Value)]) -> Result<Vec<Packet>, Error> {
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    pipeline(nodes).run(&driver, [])
}

#[test]
fn a_file_is_resampled_chunked_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let (speech, copy) = (dir.path().join("in.wav"), dir.path().join("out.wav"));
    let source = json!({"device": "test:sine?freq=500&seconds=1.013&rate=44100&channels=2"});
    run(&[("AudioSource", source), ("WavSink", json!({"path": speech, "format": "f32"}))]).unwrap();

    let chain = [
        ("AudioSource", json!({"path": speech})),
        ("Resample", json!({"rate": 16_000, "channels": 1})),
        ("Chunker", json!({"samples": 512})),
        ("LevelMeter", json!({})),
    ];
    let heard = run(&chain).unwrap();
    assert_eq!(samples(&heard).len(), 16_208);
    assert_eq!(heard.len(), 32);
    assert_eq!(heard[31].pts, Some(Timestamp::of_sample(31 * 512, 16_000)));
    assert!((heard[5].attribute("peak_dbfs").unwrap().as_f64().unwrap() + 6.02).abs() < 0.1);

    let mut written = chain.to_vec();
    written.push(("WavSink", json!({"path": copy, "format": "f32"})));
    assert!(run(&written).unwrap().is_empty());
    assert_eq!(play(json!({"path": copy})).unwrap().samples, samples(&heard));
}

#[test]
fn an_error_further_on_leaves_a_whole_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("kept.wav");
    let broken = dir.path().join("broken.wav");
    write_truncated(&broken);
    let error = run(&[("AudioSource", json!({"path": broken})), ("WavSink", json!({"path": path}))]).unwrap_err();
    assert_eq!(error.node(), Some("n0"));
    assert_eq!(
        error.message(),
        format!("{}: the file ends after 0.500s, its header promises 1.000s", broken.display())
    );
    assert_eq!(play(json!({"path": path})).unwrap().samples.len() % 160, 0);
}

#[test]
fn an_endless_source_ends_with_its_session() {
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("endless.wav");
    let running = pipeline(&[("AudioSource", json!({"device": "test:noise"})), ("WavSink", json!({"path": path}))]);
    let session = running.start(&driver).unwrap();
    session.wait_ready(None).unwrap();
    session.cancel();
    assert!(session.wait_over(None));
    assert_eq!(play(json!({"path": path})).unwrap().samples.len() % 960, 0);
}

#[test]
fn a_missing_file_is_an_error_before_the_first_packet() {
    let error = run(&[("AudioSource", json!({"path": "/no/such.wav"})), ("Gain", json!({"db": 3}))]).unwrap_err();
    assert_eq!(error.node(), Some("n0"));
    assert_eq!(error.message(), "/no/such.wav cannot be opened: No such file or directory (os error 2)");
}

/// A second of sound at 8 kHz, cut in half.
fn write_truncated(path: &Path) {
    let source = json!({"device": "test:sine", "seconds": 1, "rate": 8000});
    run(&[("AudioSource", source), ("WavSink", json!({"path": path}))]).unwrap();
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..44 + 8000]).unwrap();
    assert_eq!(bytes.len(), 44 + 2 * sine(8000, 440.0, 8000).len());
}
