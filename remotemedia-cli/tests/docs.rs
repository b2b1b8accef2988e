//! The transcripts in `docs/cli.md` and `docs/packages.md` are what the command writes.
#![cfg(unix)]

mod support;

use std::process::Command;

use support::Folder;

const PAGE: &str = include_str!("../../docs/cli.md");
const PACKAGES: &str = include_str!("../../docs/packages.md");

/// The commands of a page that run on the manifest it shows, each with what the page says it writes.
fn transcripts(page: &'static str) -> Vec<(String, String)> {
    let blocks = page.split("```").skip(1).step_by(2).filter(|block| block.contains("double.json"));
    let commands = blocks.flat_map(|block| block.trim_start().split("$ ").skip(1));
    let pair = |text: &str| text.split_once('\n').map(|(command, output)| (command.to_owned(), output.to_owned()));
    commands.filter_map(pair).collect()
}

#[test]
fn the_page_shows_what_the_command_writes() {
    let folder = Folder::new();
    let transcripts = transcripts(PAGE);
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
    folder.file("double.json", &transcripts(PAGE)[0].1);
    run("remotemedia keys new", &folder);
    let transcripts = transcripts(PACKAGES);
    assert_eq!(transcripts.len(), 2, "{transcripts:#?}");
    for (command, expected) in &transcripts {
        assert_eq!(&run(command, &folder), expected, "{command}");
    }
}

/// What a shell writes that runs a command in `folder`, where the user's home is too.
fn run(command: &str, folder: &Folder) -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_remotemedia")).parent().unwrap().display();
    let script = format!("PATH=\"{program}:$PATH\"; exec 2>&1; {command}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder.path(".")).env("REMOTEMEDIA_HOME", folder.path("home"));
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}
