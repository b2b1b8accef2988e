//! `remotemedia run`: items in, items out, errors and exit codes.

mod support;

use std::process::Stdio;

use serde_json::{Value, json};
use support::{DOUBLE, ENDLESS, Folder, Running, command, line, run};

#[test]
fn inputs_from_the_command_line_come_out_as_lines() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--input", "1", "-i", "-2.5"], "99");
    assert_eq!((done.code, done.lines(), done.err.as_str()), (Some(0), vec!["3", "-4.0"], ""));
}

#[test]
fn lines_on_standard_input_come_out_as_lines() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE)], "1\n\n  2\r\n[1, 2]\n4");
    assert_eq!((done.code, done.lines()), (Some(0), vec!["3", "5", "[3,5]", "9"]));
}

#[test]
fn outputs_come_while_inputs_are_still_awaited() {
    let folder = Folder::new();
    let mut running = Running::start(&["run", &folder.file("m.json", DOUBLE)]);
    let mut out = running.stdout();
    for number in 0..3 {
        running.send(&number.to_string());
        assert_eq!(line(&mut out), (2 * number + 1).to_string());
    }
    drop(running.process.stdin.take());
    assert_eq!(line(&mut out), "");
    assert_eq!(running.code(), Some(0));
}

#[test]
fn ten_thousand_lines_keep_their_order() {
    let folder = Folder::new();
    let input: String = (0..10_000).map(|number| format!("{number}\n")).collect();
    let done = run(&["run", &folder.file("m.json", DOUBLE)], &input);
    let expected: String = (0..10_000).map(|number| format!("{}\n", 2 * number + 1)).collect();
    assert!(done.out == expected, "{:?}", done.err);
}

#[test]
fn standard_input_that_is_empty_or_closed_means_no_input() {
    let folder = Folder::new();
    let file = folder.file("m.json", DOUBLE);
    let empty = command(&["run", &file]).stdin(Stdio::null()).output().unwrap();
    let closed = std::process::Command::new("sh")
        .args(["-c", &format!("exec {} run {file} <&-", env!("CARGO_BIN_EXE_remotemedia"))])
        .output()
        .unwrap();
    for output in [empty, closed] {
        assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0));
    }
}

#[test]
fn a_manifest_can_come_from_standard_input() {
    let done = run(&["run", "-", "--input", "3"], DOUBLE);
    assert_eq!((done.code, done.out.as_str()), (Some(0), "7\n"));
}

#[test]
fn a_failing_node_is_named_with_item_and_cause_after_what_came_before() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE)], "1\n2\n\"x\"\n4\n");
    assert_eq!((done.code, done.lines()), (Some(1), vec!["3", "5"]));
    let expected = "error: double/twice: item 3: expected a number, a list of numbers, audio or a tensor, found text\n";
    assert_eq!(done.err, expected);
}

#[test]
fn errors_are_json_where_that_is_asked_for() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--json"], "1\n\"x\"\n");
    let error = &serde_json::from_str::<Value>(&done.err).unwrap()["error"];
    assert_eq!((&error["kind"], &error["node"], &error["item"]), (&json!("node"), &json!("twice"), &json!(2)));
}

#[test]
fn a_line_that_is_no_json_is_an_error_after_the_lines_before_it() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE)], "1\n2\nhello\n3\n");
    assert_eq!((done.code, done.lines()), (Some(1), vec!["3", "5"]));
    assert_eq!(done.err, "error: standard input, line 3: not valid JSON: expected value at column 1\n");
}

#[test]
fn input_that_is_no_json_is_a_usage_error_that_shows_how_text_is_written() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--input", "hello"], "");
    assert_eq!((done.code, done.out.as_str()), (Some(2), ""));
    assert!(done.err.contains(r#"as in '"hello"'"#), "{}", done.err);
}

#[test]
fn a_mistake_in_the_manifest_is_found_before_anything_runs() {
    let folder = Folder::new();
    let file = folder.file("m.json", &DOUBLE.replace("Multiply", "Multipyl"));
    let done = run(&["run", &file, "--input", "1"], "");
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    assert!(
        done.err.starts_with(&format!("error: {file}: nodes[0].node_type \"Multipyl\" is not known\n  did you mean"))
    );
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let folder = Folder::new();
    let missing = folder.path("missing.json").to_str().unwrap().to_owned();
    let done = run(&["run", &missing], "");
    assert_eq!(done.code, Some(1));
    assert!(done.err.starts_with(&format!("error: {missing}: cannot open it: ")), "{}", done.err);
    std::fs::write(folder.path("binary.json"), [0x7b, 0xff, 0xfe]).unwrap();
    let done = run(&["run", folder.path("binary.json").to_str().unwrap()], "");
    assert!(done.err.contains("not UTF-8 text: the byte at position 1"), "{}", done.err);
}

#[test]
fn a_python_file_needs_the_python_package() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("p.py", "print('hello')")], "");
    assert_eq!(done.code, Some(1));
    assert!(
        done.err.contains("p.py: the file is in Python, and this build has no Python\n  install the Python package"),
        "{}",
        done.err
    );
}

#[test]
fn arguments_are_for_python_files_only() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--", "meeting.wav"], "");
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("arguments after -- are for Python files only"), "{}", done.err);
}

#[test]
fn input_for_a_pipeline_that_begins_with_a_source_is_refused() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", ENDLESS), "--input", "1"], "");
    assert_eq!(done.code, Some(1));
    assert!(done.err.contains("the pipeline takes no input, it begins with a source"), "{}", done.err);
}

#[test]
fn fields_that_are_not_known_are_warned_of_once() {
    let folder = Folder::new();
    let file = folder.file("m.json", &DOUBLE.replace(r#""id""#, r#""is_streaming": true, "id""#));
    let done = run(&["run", &file, "--input", "1"], "");
    assert_eq!((done.code, done.out.as_str(), done.err.lines().count()), (Some(0), "3\n", 1));
    assert!(done.err.starts_with(&format!("warning: {file}: nodes[0].is_streaming is not known")), "{}", done.err);
}

#[test]
fn packets_carry_times_and_attributes_through() {
    let folder = Folder::new();
    let input = r#"{"value": 1, "pts_ns": 5, "duration_ns": 2, "attributes": {"speaker": "rms"}, "port": "in"}"#;
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--packets"], input);
    let packet = done.json();
    assert_eq!((&packet["value"], &packet["kind"], packet.get("port")), (&json!(3), &json!("number"), None));
    assert_eq!((&packet["pts_ns"], &packet["duration_ns"]), (&json!(5), &json!(2)));
    assert_eq!(packet["attributes"], json!({"speaker": "rms"}));
}

#[test]
fn packets_name_the_ports_where_there_are_several() {
    let folder = Folder::new();
    let manifest = r#"{"version": "v1", "metadata": {"name": "two"}, "connections": [], "nodes": [
        {"id": "a", "node_type": "Add", "params": {"addend": 1}},
        {"id": "b", "node_type": "Add", "params": {"addend": 2}}]}"#;
    let file = folder.file("m.json", manifest);
    let done = run(&["run", &file, "--packets", "-i", r#"{"value": 1, "port": "b"}"#], "");
    assert_eq!(done.json(), json!({"port": "b.out", "seq": 1, "kind": "number", "value": 3}));
    let unnamed = run(&["run", &file, "-i", "1"], "");
    assert_eq!(unnamed.code, Some(1));
    assert!(unnamed.err.contains("input ports: a.in, b.in; name it with --packets"), "{}", unnamed.err);
}

#[test]
fn a_packet_for_an_unknown_port_names_the_ports_there_are() {
    let folder = Folder::new();
    let file = folder.file("m.json", DOUBLE);
    let done = run(&["run", &file, "--packets"], "{\"value\": 1}\n{\"value\": 2, \"port\": \"left\"}\n");
    assert_eq!((done.code, done.lines().len()), (Some(1), 1));
    assert_eq!(done.err, "error: standard input, line 2: no input port \"left\"\n  input ports: in\n");
}

#[test]
fn one_command_feeds_another_with_audio() {
    let folder = Folder::new();
    let make = r#"{"version": "v1", "metadata": {"name": "make"}, "connections": [], "nodes": [{"id": "mic",
        "node_type": "AudioSource", "params": {"device": "test:sine?level=0.5&seconds=0.1&rate=16000"}}]}"#;
    let gain = r#"{"version": "v1", "metadata": {"name": "gain"}, "connections": [], "nodes": [{"id": "gain",
        "node_type": "FormatConvert", "params": {"format": "s16"}}]}"#;
    let made = run(&["run", &folder.file("make.json", make), "--packets", "--data"], "");
    assert_eq!((made.code, made.lines().len()), (Some(0), 5));
    let done = run(&["run", &folder.file("gain.json", gain), "--packets", "--data"], &made.out);
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
    let packets: Vec<Value> = done.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(packets.len(), 5);
    assert_eq!(packets[1]["pts_ns"], 20_000_000);
    assert_eq!(packets[1]["value"]["format"], "s16");
    // 320 frames of two bytes each, as base64.
    assert_eq!(packets[1]["value"]["data"].as_str().unwrap().len(), (320_usize * 2).div_ceil(3) * 4);
}

#[test]
fn audio_is_described_and_not_spelt_out() {
    let folder = Folder::new();
    let manifest = ENDLESS.replace("test:silence", "test:silence?seconds=0.02");
    let done = run(&["run", &folder.file("m.json", &manifest)], "");
    let expected = json!({"type": "audio", "rate": 48000, "channels": 1, "frames": 960, "format": "f32",
        "layout": "interleaved", "pts_ns": 0, "duration_ns": 20_000_000});
    assert_eq!(done.json(), expected);
}

#[test]
fn a_run_that_takes_too_long_is_ended_with_an_error() {
    let folder = Folder::new();
    let mut idle = Running::start(&["run", &folder.file("m.json", DOUBLE), "--timeout", "0.2"]);
    let stdin_stays_open = idle.process.stdin.take();
    let output = idle.process.wait_with_output().unwrap();
    drop(stdin_stays_open);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "error: no end after 0.2 s\n");
    assert_eq!(output.status.code(), Some(1));
    let busy = command(&["run", &folder.file("e.json", ENDLESS), "-t", "0.2"]).stdout(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8(busy.stderr).unwrap(), "error: no end after 0.2 s\n");
}

#[test]
fn what_a_failure_policy_leaves_out_is_told() {
    let folder = Folder::new();
    let file = folder.file("m.json", &DOUBLE.replace(r#""factor": 2}"#, r#""factor": 2}, "on_error": "skip""#));
    let done = run(&["run", &file], "1\n\"x\"\n3\n");
    assert_eq!((done.code, done.lines()), (Some(0), vec!["3", "7"]));
    let expected = "warning: item skipped: node twice, item 2, error expected a number, a list of numbers, audio or a \
                    tensor, found text\n";
    assert_eq!(done.err, expected);
    let done = run(&["run", &file, "--json", "-i", "\"x\""], "");
    let log = &serde_json::from_str::<Value>(&done.err).unwrap()["log"];
    assert_eq!((&log["level"], &log["fields"]["node"]), (&json!("warn"), &json!("twice")));
}

#[test]
fn details_are_told_to_those_who_ask() {
    let folder = Folder::new();
    let file = folder.file("m.json", DOUBLE);
    let details = |option: &str| {
        let done = run(&["run", &file, option, "-i", "\"x\""], "");
        done.err.lines().any(|line| line.starts_with("debug: session failed: "))
    };
    assert!(details("-vv") && !details("-v"));
}

#[test]
fn a_node_for_another_host_is_refused_by_every_command() {
    let folder = Folder::new();
    let file = folder.file("m.json", &DOUBLE.replace(r#""id": "plus""#, r#""host": "gpu-1:9000", "id": "plus""#));
    for arguments in [&["run", &file, "-i", "1"][..], &["validate", &file], &["inspect", &file]] {
        let done = run(arguments, "");
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{arguments:?}");
        let expected = format!(
            "error: {file}: nodes[1].host \"gpu-1:9000\": remote execution is not part of this build\n  \
             without \"host\" the node runs here\n"
        );
        assert_eq!(done.err, expected, "{arguments:?}");
    }
}

#[test]
fn a_node_that_requires_what_the_machine_lacks_is_refused() {
    let folder = Folder::new();
    let gpu = r#""capabilities": {"gpu": {"type": "metal", "min_memory_gb": 0}}, "id": "plus""#;
    let file = folder.file("m.json", &DOUBLE.replace(r#""id": "plus""#, gpu));
    let done = run(&["run", &file, "-i", "1"], "");
    if cfg!(target_os = "macos") {
        assert_eq!((done.code, done.out.as_str()), (Some(0), "3\n"));
    } else {
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
        let expected = "nodes[1].capabilities.gpu: the node requires a metal GPU with 0 GB, and this machine has ";
        assert!(done.err.contains(expected), "{}", done.err);
    }
}

#[test]
fn what_a_node_would_like_better_is_warned_of_and_it_runs() {
    let folder = Folder::new();
    let wish = r#""capabilities": {"cpu": {"cores": 1000000}}, "id": "plus""#;
    let file = folder.file("m.json", &DOUBLE.replace(r#""id": "plus""#, wish));
    let done = run(&["run", &file, "-i", "1"], "");
    assert_eq!((done.code, done.out.as_str(), done.err.lines().count()), (Some(0), "3\n", 1));
    let expected =
        format!("warning: {file}: nodes[1].capabilities.cpu: the node asks for 1000000 cores, this machine has");
    assert!(done.err.starts_with(&expected), "{}", done.err);
}
