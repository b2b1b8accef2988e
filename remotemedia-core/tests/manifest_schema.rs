//! The published JSON Schema follows the Rust types and agrees with what `Manifest::parse` accepts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::disallowed_methods, reason = "the corpus and the schema are files")]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use remotemedia_core::manifest::Manifest;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn corpus(folder: &str) -> Vec<PathBuf> {
    let folder = root().join("tests/corpus").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files
}

fn validator() -> Validator {
    jsonschema::validator_for(&Manifest::schema()).unwrap()
}

/// The JSON value that a file of the corpus holds, if it is JSON at all.
fn value(file: &Path) -> Option<Value> {
    let text = fs::read_to_string(file).unwrap();
    serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()
}

#[test]
fn published_schema_is_the_one_of_the_types() {
    let file = root().join("../schemas/manifest.v1.json");
    let generated = Manifest::schema();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&file, serde_json::to_string_pretty(&generated).unwrap() + "\n").unwrap();
    }
    let published: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(published == generated, "the types have changed: run this test with UPDATE_SCHEMAS=1, review the change");
}

#[test]
fn schema_accepts_the_valid_corpus() {
    let validator = validator();
    for file in corpus("valid").into_iter().chain(corpus("elsewhere")) {
        let value = value(&file).unwrap();
        assert!(validator.is_valid(&value), "{}: {:?}", file.display(), validator.iter_errors(&value).next());
    }
}

#[test]
fn schema_refuses_what_parse_refuses_but_for_what_no_schema_can_tell() {
    let validator = validator();
    let mut accepted = Vec::new();
    for file in corpus("invalid") {
        let refused_by_parse = Manifest::parse(&fs::read_to_string(&file).unwrap()).is_err();
        match value(&file) {
            Some(value) if refused_by_parse && validator.is_valid(&value) => {
                accepted.push(file.file_stem().unwrap().to_string_lossy().into_owned());
            }
            Some(value) if !refused_by_parse => assert!(validator.is_valid(&value), "{}", file.display()),
            _ => {}
        }
    }
    accepted.sort();
    assert_eq!(accepted, BEYOND_A_SCHEMA);
}

/// Mistakes that depend on more than one value, or on the text.
const BEYOND_A_SCHEMA: [&str; 6] =
    ["host_port_too_large", "host_port_zero", "id_twice", "key_twice", "latest_with_capacity", "port_named_twice"];
