//! The transcripts in `docs/cli.md`, `docs/packages.md` and `docs/manifest.md` are what the command writes.
#![cfg(unix)]

mod support;

use std::process::Command;

use serde_json::Value;
use support::Folder;

const PAGE: &str = include_str!("../../docs/cli.md");
const MANIFEST: &str = include_str!("../../docs/manifest.md");
const SCHEMA: &str = include_str!("../../schemas/manifest.v1.json");
const PACKAGES: &str = include_str!("../../docs/packages.md");

/// The commands of a page that run on the manifest `file`, each with what the page says it writes.
fn transcripts(page: &'static str, file: &str) -> Vec<(String, String)> {
    let blocks = page.split("```").skip(1).step_by(2).filter(|block| block.contains(file));
    let commands = blocks.flat_map(|block| block.trim_start().split("$ ").skip(1));
    let pair = |text: &str| text.split_once('\n').map(|(command, output)| (command.to_owned(), output.to_owned()));
    commands.filter_map(pair).collect()
}

#[test]
fn the_page_shows_what_the_command_writes() {
    let folder = Folder::new();
    let transcripts = transcripts(PAGE, "double.json");
    assert_eq!(transcripts.len(), 4, "{transcripts:#?}");
    let (first, manifest) = &transcripts[0];
    assert_eq!(first, "cat double.json");
    folder.file("double.json", manifest);
    for (command, expected) in &transcripts[1..] {
        assert_eq!(&run(command, &folder), expected, "{command}");
    }
}

#[test]
fn the_page_about_packages_shows_what_the_command_writes() {
    let folder = Folder::new();
    folder.file("double.json", &transcripts(PAGE, "double.json")[0].1);
    run("remotemedia keys new", &folder);
    let transcripts = transcripts(PACKAGES, "double.json");
    assert_eq!(transcripts.len(), 2, "{transcripts:#?}");
    for (command, expected) in &transcripts {
        assert_eq!(&run(command, &folder), expected, "{command}");
    }
}

#[test]
fn the_page_about_manifests_shows_what_the_command_writes() {
    let folder = Folder::new();
    let transcripts = transcripts(MANIFEST, "scores.json");
    assert_eq!(transcripts.len(), 3, "{transcripts:#?}");
    folder.file("scores.json", &transcripts[0].1);
    for (command, expected) in &transcripts[1..] {
        assert_eq!(&run(command, &folder), expected, "{command}");
    }
}

#[test]
fn the_page_about_manifests_names_every_field_and_choice_of_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let names: Vec<&str> = definitions.flat_map(names).collect();
    assert!(names.contains(&"from_port") && names.contains(&"drop_oldest") && names.contains(&"fallback"), "{names:?}");
    for name in names {
        let forms = [format!("`{name}`"), format!(".{name}`"), format!("\"{name}\"")];
        assert!(forms.iter().any(|form| MANIFEST.contains(form)), "{name} is missing");
    }
}

/// The fields of an object in a schema, and the values among which another one chooses.
fn names(schema: &Value) -> Vec<&str> {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let fields = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    fields
        .chain(choices.flat_map(|choice| choice["const"].as_str().map_or_else(|| names(choice), |value| vec![value])))
        .collect()
}

/// What a shell writes that runs a command in `folder`, where the user's home is too.
fn run(command: &str, folder: &Folder) -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_remotemedia")).parent().unwrap().display();
    let script = format!("PATH=\"{program}:$PATH\"; exec 2>&1; {command}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder.path(".")).env("REMOTEMEDIA_HOME", folder.path("home"));
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}
