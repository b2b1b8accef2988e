//! Registries of others on this machine, each on a port of its own for as long as it is held.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A registry that runs.
pub(crate) struct Server {
    process: Child,
    /// Its host and port.
    pub(crate) address: String,
    _folder: TempDir,
}

impl Server {
    /// Debian's registry, version 2.8: it lists no referrers.
    pub(crate) fn debian() -> Self {
        Self::debian_with("", "")
    }

    /// The same with further settings: below `http`, and beside it.
    pub(crate) fn debian_with(http: &str, other: &str) -> Self {
        Self::serve(&mut Command::new("docker-registry"), http, other)
    }

    /// Version 3 of that registry, which lists no referrers either.
    pub(crate) fn third() -> Self {
        Self::third_with("", "")
    }

    /// The same with further settings, as for [`debian_with`](Self::debian_with).
    pub(crate) fn third_with(http: &str, other: &str) -> Self {
        Self::serve(Command::new(program("registry")).env("OTEL_TRACES_EXPORTER", "none"), http, other)
    }

    fn serve(command: &mut Command, http: &str, other: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "version: 0.1\nlog: {{level: info}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n\
             http:\n  addr: 127.0.0.1:0\n{http}\n{other}\n",
            folder.path().join("data").display()
        );
        std::fs::write(folder.path().join("config.yml"), config).unwrap();
        command.arg("serve").arg(folder.path().join("config.yml"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = start(command);
        let log = BufReader::new(process.stderr.take().unwrap());
        let mut lines = log.lines().map_while(Result::ok);
        let listening = lines.find(|line| line.contains("listening on ")).expect("the registry starts");
        let address = listening.split("listening on ").nth(1).unwrap();
        let address = address.split([',', '"', ' ']).next().unwrap().to_owned();
        // Whoever does not read its log stops it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address, _folder: folder }
    }

    /// A registry that has all of OCI 1.1: it lists referrers.
    pub(crate) fn modern() -> Self {
        let mut command = Command::new(program("serve"));
        let mut process = start(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()));
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { process, address: address.trim_end().to_owned(), _folder: tempfile::tempdir().unwrap() }
    }

    /// A reference to something in this registry, such as `team/voice:1.0`.
    pub(crate) fn reference(&self, name: &str) -> String {
        format!("oci://{}/{name}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the test saw.
        let _gone = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// A file of users for Debian's registry: alice, whose password is `secret`.
pub(crate) const ALICE: &str = "alice:$2y$05$m/1ZTEyqiEDxfq.MtvSBkee2j/k6gJXGPhocAon09OYg2hDZJX10y\n";

/// A program that `scripts/setup.sh` builds.
pub(crate) fn program(name: &str) -> std::path::PathBuf {
    let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/../remotemedia-pkg/tests/registries/bin");
    Path::new(programs).join(name)
}

fn start(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/setup.sh"))
}
