//! Packages with nodes in Python, which the command of the Python package built, run in C programs.

mod build;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use build::{SANITIZED, compiled, linked, modules, root, run, venv};
use serde_json::json;
use tempfile::TempDir;

/// A folder with packages of one pipeline, of the user's own and of others, and the homes of who built them.
struct Shop(TempDir);

impl Shop {
    fn new() -> Self {
        let shop = Self(tempfile::tempdir().unwrap());
        let program = |name: &str| root().join("tests/python_packages").join(name);
        for (home, name) in [("home", "voice"), ("others", "foreign"), ("strangers", "untrusted")] {
            shop.build(home, &program("voice.py"), name);
        }
        shop.build("home", &program("picky.py"), "picky");
        fs::write(shop.path("others.pem"), shop.says("others", &["keys", "export"])).unwrap();
        shop.says("home", &["trust", "add", "others.pem"]);
        shop.build("home", &shop.nesting("outer", "voice"), "outer");
        shop.build("home", &shop.nesting("around", "foreign"), "around");
        shop
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The manifest of a pipeline with a package as a node.
    fn nesting(&self, name: &str, package: &str) -> PathBuf {
        let double = json!({"id": "double", "node_type": "Multiply", "params": {"factor": 2}});
        let package = json!({"package": format!("{package}.rmpkg")});
        let manifest = json!({"version": "v1", "metadata": {"name": name},
            "nodes": [double, {"id": "inner", "node_type": "Pipeline", "params": package}],
            "connections": [{"from": "double", "to": "inner"}]});
        let path = self.path(&format!("{name}.json"));
        fs::write(&path, manifest.to_string()).unwrap();
        path
    }

    fn build(&self, home: &str, source: &Path, name: &str) {
        let source = source.to_str().expect("the path is text");
        self.says(home, &["build", source, "-o", &format!("{name}.rmpkg")]);
    }

    /// What the command of the Python package says to the user of a home.
    fn says(&self, home: &str, args: &[&str]) -> String {
        let mut command = Command::new(venv().join("bin/remotemedia"));
        run(command.args(args).current_dir(&self.0).env("REMOTEMEDIA_HOME", self.path(home)))
    }

    /// A virtual environment with nothing in it.
    fn empty_venv(&self) -> PathBuf {
        let path = self.path("empty");
        let python = venv().join("bin/python").canonicalize().expect("the environment has a Python");
        run(Command::new(python).args(["-m", "venv", "--without-pip"]).arg(&path));
        path
    }
}

fn program() -> PathBuf {
    compiled("python_packages", "", &[])
}

#[test]
fn packages_with_python_nodes_run_or_are_refused_by_status() {
    let shop = Shop::new();
    run(Command::new(program()).arg(shop.path("")).arg(modules()).arg(venv()));
    let sanitized = compiled("python_packages", "-sanitized", &SANITIZED);
    let mut sanitized = Command::new(sanitized);
    run(sanitized.arg(shop.path("")).arg(modules()).arg(venv()).env("ASAN_OPTIONS", "detect_leaks=0"));
    let source = root().join("../bindings/cpp/tests/python_packages.cpp");
    let cpp = linked("cpp_python_packages", "g++ -std=c++17", &[source], &[]);
    run(Command::new(cpp).arg(shop.path("")).arg(modules()).arg(venv()));
}

#[test]
fn what_python_nodes_lack_is_said_with_what_to_do() {
    let shop = Shop::new();
    let lacks = |folder: &str, said: &str| {
        let folder = root().join(folder);
        run(Command::new(program()).arg(shop.path("")).arg(folder).arg(shop.empty_venv()).arg(said));
    };
    let version = remotemedia::VERSION;
    lacks("tests/python_nodes", "need the Python package remotemedia, which this interpreter does not find");
    lacks("tests/python_nodes", &format!("pip install remotemedia=={version} into the virtual environment"));
    lacks("../bindings/python", "(not installed); pip install 'numpy>=");
}

#[test]
fn a_host_that_does_nothing_right_with_python_gets_errors() {
    let shop = Shop::new();
    let plays = |program: &Path, sequences: &[&str]| {
        let package = [shop.path("voice.rmpkg"), shop.path("home")];
        let mut command = Command::new(program);
        run(command.args(sequences).args(package).arg(modules()).arg(venv()).env("ASAN_OPTIONS", "detect_leaks=0"));
    };
    plays(&compiled("wrong_calls", "", &[]), &["1", "300"]);
    let sanitized = compiled("wrong_calls", "-sanitized", &SANITIZED);
    plays(&sanitized, &["1000", "60"]);
    plays(&sanitized, &["shared", "1", "60"]);
}
