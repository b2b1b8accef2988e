//! Which crate may depend on which, and what the core depends on, as literal tables.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Each crate of the workspace and the others of it that it may name, whatever the kind of dependency. Arrows point
/// downwards only, and the crates in the middle (nodes, pkg, python) never name one another.
const DIRECTION: &[(&str, &[&str])] = &[
    ("remotemedia-core", &[]),
    ("remotemedia-nodes", &["remotemedia-core"]),
    ("remotemedia-pkg", &["remotemedia-core"]),
    ("remotemedia-python", &["remotemedia-core"]),
    ("remotemedia", &["remotemedia-core", "remotemedia-nodes", "remotemedia-pkg", "remotemedia-python"]),
    ("remotemedia-cli", &["remotemedia"]),
    ("remotemedia-ffi", &["remotemedia", "remotemedia-py-module"]),
    ("remotemedia-py-module", &["remotemedia", "remotemedia-cli", "remotemedia-python"]),
    ("remotemedia-py", &["remotemedia-py-module"]),
    ("remotemedia-benches", &["remotemedia-core", "remotemedia"]),
];

/// What the core needs when no feature is switched on.
const CORE_DEPENDENCIES: &[&str] =
    &["bytemuck", "schemars", "serde", "serde_json", "serde_path_to_error", "strsim", "thiserror", "tracing"];

#[test]
fn dependencies_point_downwards_only() {
    for package in &packages() {
        let name = text(&package["name"]);
        let Some((_, allowed)) = DIRECTION.iter().find(|(known, _)| *known == name) else {
            panic!("{name} is not in the table; add it with the crates that it may name");
        };
        let own = dependencies(package).filter(|dependency| dependency["path"].is_string());
        for dependency in own {
            let other = text(&dependency["name"]);
            assert!(allowed.contains(&other), "{name} names {other}, which the table does not allow");
        }
    }
}

#[test]
fn the_core_needs_only_what_the_table_lists() {
    let packages = packages();
    let core = packages.iter().find(|package| package["name"] == "remotemedia-core").expect("the core is a member");
    let needed =
        dependencies(core).filter(|dependency| dependency["kind"].is_null() && dependency["optional"] == false);
    let names: BTreeSet<&str> = needed.map(|dependency| text(&dependency["name"])).collect();
    assert_eq!(names, CORE_DEPENDENCIES.iter().copied().collect());
}

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().expect("a list of dependencies").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a name")
}
