//! Somebody who builds and runs packages.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Done, Folder, command};

/// Runs a model.
pub(crate) const INFER: &str = r#"{"version": "v1", "metadata": {"name": "affine map"},
    "nodes": [{"id": "infer", "node_type": "Onnx", "params": {"model": "affine.onnx"}}], "connections": []}"#;

/// A folder of somebody with a home of their own.
pub(crate) struct User(pub(crate) Folder);

impl User {
    pub(crate) fn new() -> Self {
        Self(Folder::new())
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = command(args);
        command.current_dir(self.0.path(".")).env("REMOTEMEDIA_HOME", self.0.path("home"));
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Done {
        let output = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command that must do its work, and gives what it wrote.
    pub(crate) fn good(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, Some(0), "{args:?}: {done:?}");
        done.out
    }

    /// Runs a command that must fail, and gives its first line of error.
    pub(crate) fn bad(&self, args: &[&str]) -> String {
        let done = self.run(args);
        assert_eq!(done.code, Some(1), "{args:?}: {done:?}");
        done.err.lines().next().unwrap_or_default().to_owned()
    }

    /// Runs a command that must do its work, and counts how often it turned to the network.
    pub(crate) fn connections(&self, args: &[&str]) -> usize {
        let trace = self.0.path("trace");
        let command = self.command(args);
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-e", "trace=network", "-o"]).arg(&trace).arg(command.get_program());
        traced.args(command.get_args()).current_dir(self.0.path(".")).env("REMOTEMEDIA_HOME", self.0.path("home"));
        let output = traced.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        std::fs::read_to_string(&trace).unwrap().lines().filter(|line| line.contains("AF_INET")).count()
    }

    /// Builds a package called `p.rmpkg` of a manifest, and gives its path.
    pub(crate) fn build(&self, manifest: &str) -> String {
        self.0.file("p.json", manifest);
        self.good(&["build", "p.json", "-o", "p.rmpkg"]);
        self.0.path("p.rmpkg").to_str().unwrap().to_owned()
    }

    /// Trusts another user's key under the name `other`.
    pub(crate) fn trust(&self, other: &User) {
        self.0.file("other.pem", &other.good(&["keys", "export"]));
        self.good(&["trust", "add", "other.pem"]);
    }
}

/// Puts the model of [`INFER`] into a folder.
pub(crate) fn model(folder: &Path) {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../remotemedia-nodes/tests/data/affine.onnx");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::copy(model, folder.join("affine.onnx")).unwrap();
}
