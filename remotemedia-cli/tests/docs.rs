//! The transcripts in `docs/cli.md` are what the command writes.
#![cfg(unix)]

mod support;

use std::process::Command;

use support::Folder;

const PAGE: &str = include_str!("../../docs/cli.md");

/// The commands of the page that run on the manifest it shows, each with what the page says it writes.
fn transcripts() -> Vec<(String, String)> {
    let blocks = PAGE.split("```").skip(1).step_by(2).filter(|block| block.contains("double.json"));
    let commands = blocks.flat_map(|block| block.trim_start().split("$ ").skip(1));
    let pair = |text: &str| text.split_once('\n').map(|(command, output)| (command.to_owned(), output.to_owned()));
    commands.filter_map(pair).collect()
}

#[test]
fn the_page_shows_what_the_command_writes() {
    let folder = Folder::new();
    let transcripts = transcripts();
    assert_eq!(transcripts.len(), 4, "{transcripts:#?}");
    let (first, manifest) = &transcripts[0];
    assert_eq!(first, "cat double.json");
    folder.file("double.json", manifest);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_remotemedia")).parent().unwrap().display();
    for (command, expected) in &transcripts[1..] {
        let script = format!("PATH=\"{program}:$PATH\"; exec 2>&1; {command}");
        let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path(".")).output().unwrap();
        assert_eq!(&String::from_utf8(output.stdout).unwrap(), expected, "{command}");
    }
}
