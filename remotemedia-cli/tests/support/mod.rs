//! What the tests of the command share: manifests, and the command as a process.
#![allow(dead_code)]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) mod user;

/// Doubles numbers and adds one.
pub(crate) const DOUBLE: &str = r#"{"version": "v1", "metadata": {"name": "double"},
    "nodes": [{"id": "twice", "node_type": "Multiply", "params": {"factor": 2}},
              {"id": "plus", "node_type": "Add", "params": {"addend": 1}}],
    "connections": [{"from": "twice", "to": "plus"}]}"#;

/// Sound without end.
pub(crate) const ENDLESS: &str = r#"{"version": "v1", "metadata": {"name": "endless"},
    "nodes": [{"id": "mic", "node_type": "AudioSource", "params": {"device": "test:silence"}},
              {"id": "quiet", "node_type": "Gain", "params": {"db": -6}}],
    "connections": [{"from": "mic", "to": "quiet"}]}"#;

/// A folder with files for the command.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    /// The lines of standard output.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out.lines().collect()
    }

    /// The one JSON value on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_remotemedia"));
    command.args(args).env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command
}

/// Runs the command on `input` to its end.
pub(crate) fn run(args: &[&str], input: &str) -> Done {
    let mut child = Running::start(args);
    let mut stdin = child.process.stdin.take().unwrap();
    let input = input.to_owned();
    // A command that ends before it has read everything breaks the pipe.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.process.wait_with_output().unwrap();
    feeder.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A command that runs.
pub(crate) struct Running {
    pub(crate) process: Child,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        let piped = |command: &mut Command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        Self { process: piped(&mut command(args)) }
    }

    pub(crate) fn send(&mut self, line: &str) {
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    pub(crate) fn stdout(&mut self) -> BufReader<ChildStdout> {
        BufReader::new(self.process.stdout.take().unwrap())
    }

    pub(crate) fn stderr(&mut self) -> BufReader<ChildStderr> {
        BufReader::new(self.process.stderr.take().unwrap())
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end and gives the exit code.
    pub(crate) fn code(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

/// The next line without its end.
pub(crate) fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}
