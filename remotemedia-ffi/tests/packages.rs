//! Packages that the command built, opened by programs in C and C++: run, nested, refused, and from a registry.
#![cfg(all(feature = "pkg", feature = "registry"))]

mod build;
#[path = "../../remotemedia-pkg/tests/support/registry.rs"]
#[allow(dead_code, reason = "one kind of registry is enough here")]
mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use build::{SANITIZED, command, compiled, linked, root, run, valgrind};
use registry::Server;
use remotemedia::manifest::Manifest;
use remotemedia::pkg::{Additions, Attached, FileKind, Home, PackagePath, Provenance, PythonModule, pack_with};
use remotemedia::{Registry, UserPackages, stand_in_for_python};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with packages, and the homes of who built them.
struct Shop(TempDir);

impl Shop {
    /// With packages of the user's own, and of somebody whose other packages the user trusts.
    fn new() -> Self {
        let shop = Self(tempfile::tempdir().unwrap());
        let double = json!({"id": "double", "node_type": "Multiply", "params": {"factor": 2}});
        let sink = json!({"id": "out", "node_type": "WavSink", "params": {"path": "sound.wav"}});
        let nested = json!({"id": "inner", "node_type": "Pipeline", "params": {"package": "double.rmpkg"}});
        shop.build("home", "double", &double);
        shop.build("home", "outer", &nested);
        shop.build("others", "reaching", &sink);
        shop.build("strangers", "untrusted", &double);
        fs::write(shop.path("others.pem"), shop.says("others", &["keys", "export"])).unwrap();
        shop.says("home", &["trust", "add", "others.pem"]);
        shop.write_wrong_ones(&double);
        shop.write_python();
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What the command says to the user of a home.
    fn says(&self, home: &str, args: &[&str]) -> String {
        run(Command::new(command()).args(args).current_dir(&self.0).env("REMOTEMEDIA_HOME", self.path(home)))
    }

    fn build(&self, home: &str, name: &str, node: &Value) {
        fs::write(self.path("manifest.json"), manifest(name, node).to_string()).unwrap();
        self.says(home, &["build", "manifest.json", "-o", &format!("{name}.rmpkg")]);
    }

    /// The user's own, with a node in Python, which the command without Python does not make.
    fn write_python(&self) {
        let path = PackagePath::new("modules/talk.pynode").unwrap();
        let python = json!({"class": "talk:Talk", "module": {"$file": path.as_str()}});
        let node = json!({"id": "talk", "node_type": "Talk", "python": python});
        let talk = Manifest::from_value(manifest("talk", &node)).unwrap();
        let module = json!({"format": 1, "nodes": [{"class": "talk:Talk", "node_type": "Talk"}], "python": ">=3.11,<4",
            "requires": {}, "sources": {"talk": {"package": false, "text": "class Talk: ...\n"}}});
        let bytes = PythonModule::from_value(module).unwrap().to_bytes();
        let attached = vec![Attached { path, kind: FileKind::Python, bytes }];
        let mut registry = Registry::over(Arc::new(remotemedia::standard_nodes()));
        stand_in_for_python(&talk, &mut registry);
        let additions = Additions { attached, ..Additions::default() };
        let mut draft = pack_with(&talk, &registry, self.0.path(), additions, &mut |_| {}).unwrap();
        let (key, _) = UserPackages::at(Home::new(self.path("home"))).signing_key("default").unwrap();
        draft.sign(&key, &Provenance { source: None, built_at: SystemTime::now() }).unwrap();
        draft.save(&self.path("talk.rmpkg"), &mut |_| {}).unwrap();
    }

    /// One that was changed, and one that nobody signed, which the command does not make.
    fn write_wrong_ones(&self, node: &Value) {
        let mut bytes = fs::read(self.path("double.rmpkg")).unwrap();
        let factor = bytes.windows(10).position(|found| found == b"\"factor\":2").unwrap() + 9;
        bytes[factor] = b'3';
        fs::write(self.path("tampered.rmpkg"), bytes).unwrap();
        let manifest = Manifest::from_value(manifest("unsigned", node)).unwrap();
        let draft = remotemedia::pkg::pack(&manifest, &remotemedia::standard_nodes(), self.0.path(), &mut |_| {});
        draft.unwrap().save(&self.path("unsigned.rmpkg"), &mut |_| {}).unwrap();
    }
}

fn manifest(name: &str, node: &Value) -> Value {
    json!({"version": "v1", "metadata": {"name": name}, "connections": [], "nodes": [node]})
}

fn program() -> PathBuf {
    compiled("packages", "", &[])
}

fn cpp() -> PathBuf {
    let source = root().join("../bindings/cpp/tests/packages.cpp");
    linked("packages_cpp", "c++ -std=c++17", &[source], &[])
}

#[test]
fn packages_run_or_are_refused_by_status() {
    let shop = Shop::new();
    let folder = shop.path("");
    let described = run(Command::new(program()).arg(&folder));
    let shown = shop.says("home", &["inspect", "--json", "outer.rmpkg"]);
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parsed(&described), parsed(&shown));
    assert_eq!(valgrind(&program(), std::slice::from_ref(&folder)), described);
    let sanitized = compiled("packages", "-sanitized", &SANITIZED);
    assert_eq!(run(Command::new(sanitized).arg(&folder).env("ASAN_OPTIONS", "detect_leaks=1")), described);
    assert_eq!(run(Command::new(cpp()).arg(&folder)), described);
}

#[test]
fn a_reference_is_fetched_once_and_then_needs_nobody() {
    let (shop, server) = (Shop::new(), Server::debian());
    let (reference, unknown) = (server.reference("team/double:1"), server.reference("team/double:2"));
    let opens = |program: &Path, reference: &str, offline: &str, online: &str| {
        run(Command::new(program).arg(shop.path("")).args([reference, offline, online]));
    };
    opens(&program(), &reference, "-613", "-612");
    shop.says("home", &["push", "double.rmpkg", &reference]);
    opens(&program(), &reference, "-613", "0");
    drop(server);
    opens(&program(), &reference, "0", "0");
    opens(&program(), &unknown, "-613", "-610");
    opens(&cpp(), &reference, "0", "0");
}

#[test]
fn no_socket_is_opened_for_files() {
    let shop = Shop::new();
    let trace = shop.path("trace");
    let strace = ["-f", "-qq", "-e", "trace=network", "-o"];
    run(Command::new("strace").args(strace).arg(&trace).arg(program()).arg(shop.path("")));
    let trace = fs::read_to_string(trace).unwrap();
    assert!(!trace.contains("AF_INET"), "{trace}");
}

#[test]
fn a_host_that_does_nothing_right_with_packages_gets_errors() {
    let shop = Shop::new();
    let wrong = compiled("wrong_calls", "-sanitized", &SANITIZED);
    let arguments = [shop.path("outer.rmpkg"), shop.path("home")];
    run(Command::new(wrong).args(["1", "30"]).args(&arguments).env("ASAN_OPTIONS", "detect_leaks=1"));
}
