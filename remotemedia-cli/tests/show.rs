//! `remotemedia inspect`, `validate`, `nodes` and `doctor`: what is shown, in which form, and the exit codes.

mod support;

use serde_json::{Value, json};
use support::{DOUBLE, ENDLESS, Folder, run};

#[test]
fn a_valid_manifest_is_told_in_one_line() {
    let folder = Folder::new();
    let file = folder.file("m.json", DOUBLE);
    let done = run(&["validate", &file], "");
    assert_eq!(done.out, format!("ok: {file}: pipeline \"double\", 2 nodes, 1 connection\n"));
    assert_eq!((done.code, done.err.as_str()), (Some(0), ""));
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_was_meant() {
    let folder = Folder::new();
    let file = folder.file("m.json", &DOUBLE.replace("\"Add\"", "\"Ad\""));
    let done = run(&["validate", &file], "");
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    let lines: Vec<&str> = done.err.lines().collect();
    assert_eq!(lines[0], format!("error: {file}: nodes[1].node_type \"Ad\" is not known"));
    assert!(lines[1].starts_with("  did you mean \"Add\"? supported: Add, "), "{lines:?}");
}

#[test]
fn every_file_is_checked_and_one_mistake_is_enough_for_a_code() {
    let folder = Folder::new();
    let (bad, good) = (folder.file("bad.json", "{"), folder.file("good.json", DOUBLE));
    let done = run(&["validate", &bad, &good], "");
    assert_eq!((done.code, done.lines().len()), (Some(1), 1));
    assert!(done.err.starts_with(&format!("error: {bad}: the JSON is cut off")), "{}", done.err);
}

#[test]
fn validation_is_json_where_that_is_asked_for() {
    let folder = Folder::new();
    let (bad, good) = (folder.file("bad.json", "{}"), folder.file("good.json", DOUBLE));
    let done = run(&["validate", "--json", &bad, &good], "");
    let lines: Vec<Value> = done.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["valid"], &lines[0]["error"]["kind"]), (&json!(false), &json!("manifest")));
    assert_eq!((&lines[1]["valid"], &lines[1]["inputs"]), (&json!(true), &json!(["in"])));
    assert_eq!((done.code, done.err.as_str()), (Some(1), ""));
}

#[test]
fn a_manifest_on_standard_input_is_checked() {
    let done = run(&["validate", "-"], DOUBLE);
    assert_eq!(done.out, "ok: standard input: pipeline \"double\", 2 nodes, 1 connection\n");
}

#[test]
fn a_graph_is_shown_in_every_form() {
    let folder = Folder::new();
    let file = folder.file("m.json", ENDLESS);
    let shown = |format: &str| run(&["inspect", &file, "--format", format], "").out;
    assert!(run(&["inspect", &file], "").out.lines().any(|line| line.starts_with("quiet ") && line.contains("native")));
    assert_eq!(serde_json::from_str::<Value>(&shown("json")).unwrap()["nodes"][1]["node_type"], "Gain");
    assert_eq!(run(&["inspect", &file, "--json"], "").out, shown("json"));
    assert!(shown("dot").starts_with("digraph"));
    assert!(shown("mermaid").starts_with("flowchart"));
    assert!(shown("svg").starts_with("<svg"));
}

#[test]
fn a_graph_is_written_to_a_file_in_the_form_of_its_ending() {
    let folder = Folder::new();
    let file = folder.file("m.json", DOUBLE);
    let written = |option: &str, name: &str| {
        let path = folder.path(name);
        let done = run(&["inspect", &file, option, path.to_str().unwrap()], "");
        assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (Some(0), "", ""));
        std::fs::read_to_string(path).unwrap()
    };
    assert!(written("--svg", "drawing").starts_with("<svg"));
    assert!(written("--output", "graph.dot").starts_with("digraph"));
    assert!(written("-o", "graph.txt").starts_with("double "));
    let nowhere = folder.path("no/such/folder.svg");
    let done = run(&["inspect", &file, "--svg", nowhere.to_str().unwrap()], "");
    assert_eq!(done.code, Some(1));
    assert!(done.err.starts_with("error: cannot write "), "{}", done.err);
}

#[test]
fn node_types_are_listed_with_what_they_are_for() {
    let done = run(&["nodes"], "");
    assert_eq!(done.code, Some(0));
    assert!(done.lines().iter().any(|line| line.starts_with("Resample ") && line.contains("sample rate")));
    let specs = run(&["nodes", "--json"], "").json();
    let names: Vec<&str> = specs.as_array().unwrap().iter().map(|spec| spec["node_type"].as_str().unwrap()).collect();
    assert_eq!(names.len(), done.lines().len());
    assert!(names.contains(&"VoiceActivity"));
}

#[test]
fn a_node_type_is_shown_with_ports_and_parameters() {
    let done = run(&["nodes", "Resample"], "");
    assert_eq!((done.code, done.lines()[0]), (Some(0), "Resample"));
    for part in
        ["takes    in (audio)", "gives    out (audio)", "rate: integer, required", "quality: \"low\" | \"medium\""]
    {
        assert!(done.out.contains(part), "{part}: {}", done.out);
    }
    let spec = run(&["nodes", "MultiplyNode", "--json"], "").json();
    assert_eq!((&spec["node_type"], &spec["aliases"]), (&json!("Multiply"), &json!(["MultiplyNode"])));
}

#[test]
fn a_misspelt_node_type_gets_a_guess() {
    let done = run(&["nodes", "Resampel"], "");
    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    assert!(done.err.starts_with("error: node type \"Resampel\" is not known\n  did you mean \"Resample\"? "));
}

#[test]
fn the_doctor_tells_version_features_and_cores() {
    let facts = run(&["doctor", "--json"], "").json();
    assert_eq!(facts["version"], env!("CARGO_PKG_VERSION"));
    assert!(facts["features"].as_array().unwrap().contains(&json!("onnx")));
    assert!(facts["cores"].as_u64().unwrap() >= 1);
    assert!(facts["node_types"]["native"].as_u64().unwrap() > 10);
    assert!(facts["graphics"].is_array() && facts["memory"].is_string(), "{facts}");
    let sound = facts["sound"].as_str().unwrap();
    assert!(sound == "libasound.so.2" || sound.contains("install it") || sound.starts_with("none: "), "{sound}");
    let text = run(&["doctor"], "").out;
    assert!(text.starts_with("version "), "{text}");
}

#[test]
fn help_and_version_are_there_and_mistakes_are_usage_errors() {
    let help = run(&["--help"], "");
    assert_eq!(help.code, Some(0));
    assert!(help.out.contains("Examples:") && help.out.contains("validate"), "{}", help.out);
    assert_eq!(run(&["--version"], "").out, format!("remotemedia {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(run(&["rum"], "").code, Some(2));
    assert_eq!(run(&[], "").code, Some(2));
    assert_eq!(run(&["run"], "").code, Some(2));
}
