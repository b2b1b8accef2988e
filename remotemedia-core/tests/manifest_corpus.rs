//! Every manifest of the corpus is accepted or refused, as its folder says, with the error text that stands beside it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the corpus and the schema are files")]

use std::fs;
use std::path::{Path, PathBuf};

use remotemedia_core::graph::Graph;
use remotemedia_core::manifest::Manifest;

#[path = "corpus/registry.rs"]
mod registry;

fn load(text: &str) -> remotemedia_core::Result<Graph> {
    Graph::build(&Manifest::parse(text)?, &registry::registry())
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn valid_manifests_become_graphs_with_edges_leading_forward() {
    for file in files("valid") {
        let graph = load(&fs::read_to_string(&file).unwrap());
        let graph = graph.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(graph.edges.iter().all(|edge| edge.from.node < edge.to.node), "{}", file.display());
    }
}

#[test]
fn manifests_for_other_hosts_are_read_and_refused_without_a_way_to_them() {
    for file in files("elsewhere") {
        let text = fs::read_to_string(&file).unwrap();
        assert!(Manifest::parse(&text).is_ok(), "{}", file.display());
        let error = load(&text).unwrap_err();
        assert!(error.message().contains("remote execution is not part of this build"), "{}: {error}", file.display());
    }
}

#[test]
fn valid_manifests_survive_being_written_and_read_again() {
    for file in files("valid").into_iter().chain(files("elsewhere")) {
        let manifest = Manifest::parse(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(Manifest::parse(&manifest.to_json()).unwrap(), manifest, "{}", file.display());
    }
}

#[test]
fn invalid_manifests_are_refused_with_the_expected_text() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    for file in files("invalid") {
        let error = load(&fs::read_to_string(&file).unwrap());
        let text = match error {
            Ok(_) => panic!("{} was accepted", file.display()),
            Err(error) => format!("{:?}: {error}\n", error.kind()),
        };
        let expected = file.with_extension("txt");
        if update {
            fs::write(&expected, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&expected).unwrap_or_default(), text, "{}", file.display());
    }
}
