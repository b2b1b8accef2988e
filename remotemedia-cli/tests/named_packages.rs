//! Packages of registries that are nodes: fetched to run, and otherwise only where that is asked for.
#![cfg(all(unix, feature = "registry"))]

#[path = "../../remotemedia-pkg/tests/support/registry.rs"]
#[allow(dead_code)]
mod registry;
mod support;

use registry::Server;
use serde_json::Value;
use support::DOUBLE;
use support::user::User;

/// A manifest whose node `inner` is a package.
fn around(package: &str) -> String {
    format!(
        r#"{{"version": "v1", "metadata": {{"name": "around"}},
            "nodes": [{{"id": "inner", "node_type": "Pipeline", "params": {{"package": "{package}"}}}},
                      {{"id": "more", "node_type": "Add", "params": {{"addend": 100}}}}],
            "connections": [{{"from": "inner", "to": "more"}}]}}"#
    )
}

/// Somebody who trusts the author of a package that names one in the registry, and that package.
fn reader_of(server: &Server) -> (User, String, String) {
    let (author, reader) = (User::new(), User::new());
    let reference = server.reference("double:1");
    author.good(&["push", &author.build(DOUBLE), &reference]);
    let package = author.build(&around(&reference));
    reader.trust(&author);
    std::fs::copy(&package, reader.0.path("around.rmpkg")).unwrap();
    (reader, "around.rmpkg".to_owned(), reference)
}

#[test]
fn looking_at_a_package_fetches_none_that_it_names_unless_asked() {
    let server = Server::debian();
    let (reader, package, _) = reader_of(&server);
    for args in
        [&["inspect", &package][..], &["inspect", "--json", &package], &["validate", &package], &["verify", &package]]
    {
        assert_eq!(reader.connections(args), 0, "{args:?}");
    }
    let place = server.reference("double");
    let shown = reader.good(&["inspect", &package]);
    assert!(shown.contains(&place) && shown.contains("  package  ") && !shown.contains("Multiply"), "{shown}");
    let checked = reader.run(&["validate", &package]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.err.contains(&place) && checked.err.contains("which was not fetched; --fetch looks"),
        "{checked:?}"
    );
    let shown: Value = serde_json::from_str(&reader.good(&["inspect", "--json", &package])).unwrap();
    assert_eq!(shown["graph"]["nodes"][0]["backend"], "package", "{shown}");
    assert!(reader.good(&["inspect", "--fetch", &package]).contains("inner/twice"));
    assert!(reader.good(&["validate", "--fetch", &package]).contains("3 nodes"));
    assert_eq!(reader.good(&["run", &package, "--input", "3"]), "107\n");
}

#[test]
fn looking_at_a_manifest_fetches_nothing_unless_asked() {
    let server = Server::debian();
    let (reader, _, reference) = reader_of(&server);
    let manifest = reader.0.file("around.json", &around(&reference));
    assert_eq!(reader.connections(&["validate", &manifest]), 0);
    assert!(reader.good(&["inspect", &manifest]).contains(&reference));
    assert!(reader.good(&["inspect", "--fetch", &manifest]).contains("inner/twice"));
}

#[test]
fn a_package_stays_with_what_a_tag_was_on_when_it_was_built() {
    let (user, server) = (User::new(), Server::debian());
    let reference = server.reference("double:1");
    let pushed = user.good(&["push", &user.build(DOUBLE), &reference]);
    let manifest = format!(
        r#"{{"version": "v1", "metadata": {{"name": "deep"}}, "connections": [],
            "nodes": [{{"id": "in", "node_type": "Pipeline", "params": {{"manifest": {}}}}}]}}"#,
        around(&reference)
    );
    for (manifest, id) in [(around(&reference), "inner"), (manifest, "in/inner")] {
        let package = user.build(&manifest);
        let shown: Value = serde_json::from_str(&user.good(&["inspect", "--json", &package])).unwrap();
        let node = &shown["graph"]["nodes"][0];
        assert_eq!((node["id"].as_str(), node["node_type"].as_str()), (Some(id), Some(pushed.trim_end())), "{shown}");
    }
    let package = user.build(&around(&reference));
    std::fs::rename(&package, user.0.path("around.rmpkg")).unwrap();
    user.good(&["push", &user.build(&DOUBLE.replace("\"factor\": 2", "\"factor\": 3")), &reference]);
    user.good(&["pull", "--refresh", &reference]);
    assert_eq!(user.good(&["run", &reference, "--input", "3"]), "10\n");
    assert_eq!(user.good(&["run", "around.rmpkg", "--input", "3"]), "107\n");
}
