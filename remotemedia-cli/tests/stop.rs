//! How a run is stopped from outside: signals, and readers that have had enough.
#![cfg(unix)]

mod support;

use std::io::{BufRead, Read};
use std::process::Command;

use serde_json::Value;
use support::{DOUBLE, ENDLESS, Folder, Running, line};

/// Records sound without end in a file, and lets it be heard.
fn recording(folder: &Folder) -> String {
    let sink = format!(
        r#"{{"id": "file", "node_type": "WavSink", "params": {{"path": {:?}}}}}, {{"id": "quiet""#,
        folder.path("out.wav")
    );
    let manifest = ENDLESS.replace(r#"{"id": "quiet""#, &sink);
    manifest.replace(r#"[{"from""#, r#"[{"from": "mic", "to": "file"}, {"from""#)
}

#[test]
fn an_interrupt_cleans_up_and_ends_with_130() {
    let folder = Folder::new();
    let mut running = Running::start(&["run", &folder.file("m.json", &recording(&folder))]);
    let mut out = running.stdout();
    assert!(line(&mut out).starts_with(r#"{"pts_ns":0,"duration_ns":20000000,"type":"audio""#));
    running.signal("INT");
    out.read_to_end(&mut Vec::new()).unwrap();
    let mut err = String::new();
    running.stderr().read_to_string(&mut err).unwrap();
    assert_eq!((running.code(), err.as_str()), (Some(130), ""));
    let wav = std::fs::read(folder.path("out.wav")).unwrap();
    let riff_len = u32::from_le_bytes(wav[4..8].try_into().unwrap()) as usize;
    assert_eq!(riff_len + 8, wav.len(), "the file's header was brought up to date");
}

#[test]
fn a_request_to_terminate_cleans_up_and_ends_with_143() {
    let folder = Folder::new();
    let mut running = Running::start(&["run", &folder.file("m.json", ENDLESS)]);
    let mut out = running.stdout();
    line(&mut out);
    running.signal("TERM");
    out.read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(running.code(), Some(143));
}

#[test]
fn an_interrupt_ends_a_run_that_waits_for_input() {
    let folder = Folder::new();
    let mut running = Running::start(&["run", &folder.file("m.json", DOUBLE)]);
    running.send("1");
    let mut out = running.stdout();
    assert_eq!(line(&mut out), "3");
    running.signal("INT");
    assert_eq!(line(&mut out), "");
    assert_eq!(running.code(), Some(130));
}

#[test]
fn a_reader_that_had_enough_ends_the_run_quietly() {
    let folder = Folder::new();
    let mut running = Running::start(&["run", &folder.file("m.json", ENDLESS)]);
    let mut out = running.stdout();
    line(&mut out);
    drop(out);
    let mut err = String::new();
    running.stderr().read_to_string(&mut err).unwrap();
    assert_eq!((running.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_stalls_stalls_the_source() {
    let folder = Folder::new();
    let mut running = Running::start(&["run", &folder.file("m.json", ENDLESS), "--watch", "--json"]);
    let mut err = running.stderr();
    let mut made = || -> u64 {
        let report: Value = serde_json::from_str(&line(&mut err)).unwrap();
        report["watch"]["nodes"][0]["items_out"].as_u64().unwrap()
    };
    let mut before = made();
    let stalled = (0..60).any(|_| std::mem::replace(&mut before, made()) == before);
    assert!(stalled, "the source went on to item {before}");
    assert!(before < 10_000, "{before}");
    running.signal("INT");
    drop(running.stdout());
    assert_eq!(running.code(), Some(130));
}

#[test]
fn a_node_that_hangs_does_not_keep_an_interrupted_run() {
    let folder = Folder::new();
    let pipe = folder.path("pipe.wav");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Nobody writes into the pipe, so that opening it waits without end.
    let manifest = ENDLESS.replace(r#""device": "test:silence""#, &format!(r#""path": {pipe:?}"#));
    let mut running = Running::start(&["run", &folder.file("m.json", &manifest), "--watch"]);
    let mut err = running.stderr();
    assert!(line(&mut err).starts_with("watch: running"));
    running.signal("INT");
    let rest: Vec<String> = err.lines().map(Result::unwrap).collect();
    assert!(rest.last().unwrap().contains("some nodes had not cleaned up when the run ended"), "{rest:?}");
    assert_eq!(running.code(), Some(130));
}

#[test]
fn a_second_interrupt_ends_the_program_at_once() {
    let folder = Folder::new();
    let pipe = folder.path("pipe.wav");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let manifest = ENDLESS.replace(r#""device": "test:silence""#, &format!(r#""path": {pipe:?}"#));
    let mut running = Running::start(&["run", &folder.file("m.json", &manifest), "--watch"]);
    let mut err = running.stderr();
    line(&mut err);
    running.signal("INT");
    // Two signals that come together count as one.
    std::thread::sleep(std::time::Duration::from_millis(200));
    running.signal("INT");
    let rest: Vec<String> = err.lines().map(Result::unwrap).collect();
    assert!(!rest.iter().any(|line| line.contains("cleaned up")), "{rest:?}");
    assert_eq!(running.code(), Some(130));
}
