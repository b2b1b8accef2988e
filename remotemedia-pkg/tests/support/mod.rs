//! What the tests share: a pipeline with a model, packages of it, and archives written by hand.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use remotemedia_core::Registry;
use remotemedia_core::manifest::Manifest;
use remotemedia_core::registry::map;
use remotemedia_core::spec::NodeSpec;
use remotemedia_pkg::{Digest, Draft, Home, Provenance, pack};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

pub(crate) mod archive;
#[cfg(feature = "registry")]
pub(crate) mod issuer;
#[cfg(feature = "registry")]
pub(crate) mod proxy;
#[cfg(feature = "registry")]
pub(crate) mod registry;
#[cfg(feature = "registry")]
pub(crate) mod remote;
pub(crate) mod signature;

/// A node type that reads a model, and one that does not.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.register("Double", |_| Ok(map(|x: f64| 2.0 * x))).unwrap();
    let mut spec = NodeSpec::new("Infer");
    spec.params = json!({"properties": {
        "model": {"type": "string", "format": "model-file"},
        "label": {"type": "string"},
    }});
    let create = |_: &Map<String, Value>| Ok(map(|x: f64| x));
    registry.insert(spec, Arc::new(create)).unwrap();
    registry
}

/// A pipeline called `name` with a node for each model.
pub(crate) fn manifest(name: &str, models: &[&str]) -> Manifest {
    let node = |(index, model): (usize, &&str)| json!({"id": format!("n{index}"), "node_type": "Infer", "params": {"model": model}});
    let mut nodes: Vec<Value> = models.iter().enumerate().map(node).collect();
    nodes.push(json!({"id": "double", "node_type": "Double"}));
    let manifest = json!({"version": "v1", "metadata": {"name": name}, "nodes": nodes, "connections": []});
    Manifest::from_value(manifest).unwrap()
}

/// A folder with models, a home with a key, and the time.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) home: Home,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("home"));
        home.new_key("me").unwrap();
        Self { folder, home }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The package of a pipeline with one model, not signed.
    pub(crate) fn draft(&self) -> Draft {
        self.file("a.onnx", b"the weights");
        draft(&manifest("voice", &["a.onnx"]), self.folder.path())
    }

    /// The same, signed with the key of this home.
    pub(crate) fn signed(&self) -> Draft {
        let mut draft = self.draft();
        draft.sign(&self.home.signing_key("me").unwrap(), &provenance()).unwrap();
        draft
    }
}

pub(crate) fn draft(manifest: &Manifest, folder: &Path) -> Draft {
    pack(manifest, &registry(), folder, &mut |_| {}).unwrap()
}

/// The bytes of a package.
pub(crate) fn bytes(draft: &Draft) -> Vec<u8> {
    let mut bytes = Vec::new();
    draft.write(&mut bytes, &mut |_| {}).unwrap();
    bytes
}

pub(crate) fn provenance() -> Provenance {
    Provenance { source: Some(("voice.json".to_owned(), Digest::of(b"source"))), built_at: now() }
}

/// The second in which all tests happen.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// Every path below `folder`, sorted.
pub(crate) fn tree(folder: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            paths.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            }
        }
    }
    paths.sort();
    paths
}
