//! `remotemedia run --watch`: on terminals, in files, and for programs.

mod support;

use serde_json::Value;
use support::{DOUBLE, Folder, run};

#[test]
fn without_a_terminal_the_watch_is_lines_of_text() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--watch", "-i", "1", "-i", "2"], "");
    assert_eq!((done.code, done.lines()), (Some(0), vec!["3", "5"]));
    let last = done.err.lines().last().unwrap();
    assert!(last.starts_with("watch: finished "), "{last}");
    assert!(last.contains("| twice: 2 items, ") && last.contains("| plus: 2 items, "), "{last}");
    assert!(!done.err.contains('\x1b'));
}

#[test]
fn a_failed_run_shows_its_errors_before_the_message() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--watch", "-i", "\"x\""], "");
    let lines: Vec<&str> = done.err.lines().collect();
    assert!(lines[lines.len() - 2].starts_with("watch: failed "), "{lines:?}");
    assert!(lines[lines.len() - 2].contains("drops 0, errors 1"), "{lines:?}");
    assert!(lines[lines.len() - 1].starts_with("error: double/twice: item 1: "), "{lines:?}");
}

#[test]
fn programs_get_the_metrics_as_json() {
    let folder = Folder::new();
    let done = run(&["run", &folder.file("m.json", DOUBLE), "--watch", "--json"], "1\n2\n3\n");
    let last: Value = serde_json::from_str(done.err.lines().last().unwrap()).unwrap();
    assert_eq!(last["state"], "finished");
    assert_eq!(last["watch"]["nodes"][1]["items_in"], 3);
    assert_eq!(last["watch"]["nodes"][1]["id"], "plus");
}

/// Runs a command line under a terminal of its own and gives everything that the terminal got.
#[cfg(target_os = "linux")]
fn on_terminal(command_line: &str, no_color: bool) -> String {
    let mut command = std::process::Command::new("script");
    command.args(["-qec", command_line, "/dev/null"]).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    if no_color {
        command.env("NO_COLOR", "1");
    }
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_the_watch_is_a_table_below_the_outputs() {
    let folder = Folder::new();
    let file = folder.file("m.json", DOUBLE);
    let shown = on_terminal(&format!("{} run {file} --watch -i 1 -i 2", env!("CARGO_BIN_EXE_remotemedia")), true);
    let (outputs, table) = shown.split_once("double · finished · ").unwrap();
    assert!(outputs.contains("3\r\n") && outputs.contains("5\r\n"), "{shown:?}");
    let rows: Vec<&str> = table.lines().collect();
    assert!(rows[1].starts_with("node ") && rows[1].contains("rate/s"), "{rows:?}");
    assert!(rows[2].starts_with("twice ") && rows[3].starts_with("plus "), "{rows:?}");
    assert!(!shown.contains("\x1b[?25l"), "the cursor is never hidden, so there is nothing to restore");
}

#[cfg(target_os = "linux")]
#[test]
fn colours_are_for_terminals_and_for_those_who_want_them() {
    let line = format!("{} validate missing.json", env!("CARGO_BIN_EXE_remotemedia"));
    assert!(on_terminal(&line, false).starts_with("\x1b[1;31merror:\x1b[0m missing.json: "));
    assert!(on_terminal(&line, true).starts_with("error: missing.json: "));
}
