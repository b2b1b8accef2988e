//! Packages as nodes of pipelines: found beside them, judged by themselves, and never without end.
#![cfg(unix)]

mod support;

use support::DOUBLE;
use support::user::User;

/// Adds a hundred to what a package gives.
fn around(package: &str) -> String {
    format!(
        r#"{{"version": "v1", "metadata": {{"name": "around"}},
            "nodes": [{{"id": "inner", "node_type": "Pipeline", "params": {{"package": "{package}"}}}},
                      {{"id": "more", "node_type": "Add", "params": {{"addend": 100}}}}],
            "connections": [{{"from": "inner", "to": "more"}}]}}"#
    )
}

/// Builds the package of a manifest under a name.
fn build(user: &User, manifest: &str, name: &str) -> String {
    user.0.file("built.json", manifest);
    user.good(&["build", "built.json", "-o", name]);
    user.0.path(name).to_str().unwrap().to_owned()
}

#[test]
fn a_manifest_names_a_package_as_a_node() {
    let user = User::new();
    build(&user, DOUBLE, "double.rmpkg");
    user.0.file("around.json", &around("double.rmpkg"));
    assert_eq!(user.good(&["run", "around.json", "--input", "3"]), "107\n");
    let shown = user.good(&["inspect", "around.json"]);
    assert!(shown.contains("inner/twice") && shown.contains("Multiply"), "{shown}");
    assert!(user.good(&["validate", "around.json"]).contains("around"));
    let absolute = user.0.path("double.rmpkg").to_str().unwrap().to_owned();
    user.0.file("elsewhere.json", &around(&absolute));
    assert_eq!(user.good(&["run", "elsewhere.json", "--input", "3"]), "107\n");
}

#[test]
fn a_package_names_packages_that_lie_beside_it() {
    let user = User::new();
    build(&user, DOUBLE, "double.rmpkg");
    build(&user, &around("double.rmpkg"), "middle.rmpkg");
    let outer = build(&user, &around("middle.rmpkg"), "outer.rmpkg");
    assert_eq!(user.good(&["run", &outer, "--input", "3"]), "207\n");
    let shown = user.good(&["inspect", &outer]);
    assert!(shown.contains("inner/inner/plus"), "{shown}");
    std::fs::remove_file(user.0.path("double.rmpkg")).unwrap();
    let error = user.bad(&["run", &outer, "--input", "3"]);
    assert!(error.contains("node \"inner\": node \"inner/inner\": cannot open the package"), "{error}");
}

#[test]
fn a_package_cannot_name_what_lies_elsewhere() {
    let user = User::new();
    let double = build(&user, DOUBLE, "double.rmpkg");
    std::fs::create_dir(user.0.path("deep")).unwrap();
    std::fs::rename(&double, user.0.path("deep/double.rmpkg")).unwrap();
    for reference in
        ["../double.rmpkg", user.0.path("deep/double.rmpkg").to_str().unwrap(), "deep/../deep/double.rmpkg"]
    {
        user.0.file("p.json", &around(reference));
        let done = user.run(&["build", "p.json"]);
        assert_eq!(done.code, Some(1), "{done:?}");
    }
    user.0.file("p.json", &around("deep/double.rmpkg"));
    user.good(&["build", "p.json", "-o", "p.rmpkg"]);
    assert_eq!(user.good(&["run", "p.rmpkg", "--input", "3"]), "107\n");
}

#[test]
fn packages_that_lead_to_themselves_are_refused() {
    let user = User::new();
    build(&user, DOUBLE, "b.rmpkg");
    build(&user, &around("b.rmpkg"), "a.rmpkg");
    // From now on each of them is a part of the other.
    build(&user, &around("a.rmpkg"), "b.rmpkg");
    let error = user.bad(&["run", "a.rmpkg", "--input", "3"]);
    assert!(error.contains("is a part of itself"), "{error}");
}

#[test]
fn packages_that_nest_too_deep_are_refused() {
    let user = User::new();
    build(&user, DOUBLE, "0.rmpkg");
    for depth in 1..=8 {
        let manifest = around(&format!("{}.rmpkg", depth - 1)).replace("\"around\"", &format!("\"around {depth}\""));
        user.0.file("p.json", &manifest);
        let name = format!("{depth}.rmpkg");
        user.good(&["build", "p.json", "-o", &name]);
    }
    assert_eq!(user.good(&["run", "7.rmpkg", "--input", "3"]), "707\n");
    let error = user.bad(&["run", "8.rmpkg", "--input", "3"]);
    assert!(error.contains("packages nest deeper than 8"), "{error}");
}

#[test]
fn a_package_of_somebody_else_within_ones_own_is_judged_by_itself() {
    let (author, user) = (User::new(), User::new());
    let sink = r#"{"version": "v1", "metadata": {"name": "sink"},
        "nodes": [{"id": "out", "node_type": "WavSink", "params": {"path": "sound.wav"}}], "connections": []}"#;
    let theirs = build(&author, sink, "sink.rmpkg");
    let outer = r#"{"version": "v1", "metadata": {"name": "outer"},
        "nodes": [{"id": "inner", "node_type": "Pipeline", "params": {"package": "sink.rmpkg"}}], "connections": []}"#;
    std::fs::copy(&theirs, user.0.path("sink.rmpkg")).unwrap();
    user.0.file("p.json", outer);
    let error = user.bad(&["build", "p.json"]);
    assert!(error.contains("node \"inner\": signed with the key"), "{error}");
    user.trust(&author);
    user.good(&["build", "p.json", "-o", "outer.rmpkg"]);
    let error = user.bad(&["run", "outer.rmpkg"]);
    assert!(error.contains("node \"inner\": ") && error.contains("\"out\" (WavSink) reads or writes files"), "{error}");
    assert!(!user.0.path("sound.wav").exists());
    user.good(&["run", "--trust-native", "outer.rmpkg"]);
}

#[test]
fn a_package_of_ones_own_within_that_of_somebody_else_may_do_no_more_than_that() {
    let (author, user) = (User::new(), User::new());
    let sink = r#"{"version": "v1", "metadata": {"name": "sink"},
        "nodes": [{"id": "out", "node_type": "WavSink", "params": {"path": "sound.wav"}}], "connections": []}"#;
    let own = build(&user, sink, "sink.rmpkg");
    author.trust(&user);
    std::fs::copy(own, author.0.path("sink.rmpkg")).unwrap();
    let outer = r#"{"version": "v1", "metadata": {"name": "outer"},
        "nodes": [{"id": "inner", "node_type": "Pipeline", "params": {"package": "sink.rmpkg"}}], "connections": []}"#;
    let theirs = build(&author, outer, "outer.rmpkg");
    std::fs::copy(theirs, user.0.path("outer.rmpkg")).unwrap();
    user.trust(&author);
    let error = user.bad(&["run", "outer.rmpkg"]);
    assert!(error.contains("node \"inner\": ") && error.contains("\"out\" (WavSink) reads or writes files"), "{error}");
    assert!(!user.0.path("sound.wav").exists());
    user.good(&["run", "--trust-native", "outer.rmpkg"]);
    user.good(&["run", "sink.rmpkg"]);
}

/// A package with a node in Python, signed by `user`.
fn python(user: &User) -> String {
    use remotemedia::Registry;
    use remotemedia::manifest::Manifest;
    use remotemedia::pkg::{self, Additions, Attached, FileKind, Home, PackagePath, Provenance, PythonModule};
    use serde_json::json;

    let module = json!({"format": 1, "nodes": [{"class": "talk:Talk", "node_type": "Talk"}], "python": ">=3.11,<4",
        "requires": {"numpy": "2.4.6"}, "sources": {"talk": {"package": false, "text": "raise SystemExit\n"}}});
    let bytes = PythonModule::from_value(module).unwrap().to_bytes();
    let path = PackagePath::new("modules/talk.pynode").unwrap();
    let manifest = Manifest::from_value(json!({"version": "v1", "metadata": {"name": "talk"}, "connections": [],
        "nodes": [{"id": "t", "node_type": "Talk", "python": {"class": "talk:Talk", "module": {"$file": path.as_str()}}}]}))
    .unwrap();
    let mut registry = Registry::new();
    remotemedia::stand_in_for_python(&manifest, &mut registry);
    let additions =
        Additions { attached: vec![Attached { path, kind: FileKind::Python, bytes }], ..Additions::default() };
    let mut draft = pkg::pack_with(&manifest, &registry, std::path::Path::new(""), additions, &mut |_| {}).unwrap();
    user.good(&["keys", "new"]);
    let key = Home::new(user.0.path("home")).signing_key("default").unwrap();
    draft.sign(&key, &Provenance { source: None, built_at: std::time::SystemTime::now() }).unwrap();
    draft.save(&user.0.path("talk.rmpkg"), &mut |_| {}).unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_package_with_python_nodes_is_shown_and_says_which_command_runs_it() {
    let user = User::new();
    let package = python(&user);
    let shown = user.good(&["inspect", &package]);
    assert!(shown.contains("needs     Python >=3.11,<4, numpy 2.4.6\n"), "{shown}");
    assert!(shown.contains("cpython"), "{shown}");
    user.good(&["verify", &package]);
    user.good(&["validate", &package]);
    let done = user.run(&["run", &package, "--input", "1"]);
    assert_eq!(done.code, Some(1));
    let told = "talk.rmpkg: the package has Python nodes, and this build has no Python\n  install the Python package \
                (pip install remotemedia) and use its command";
    assert!(done.err.contains(told), "{}", done.err);
    user.0.file("around.json", &around("talk.rmpkg"));
    let done = user.run(&["run", "around.json", "--input", "1"]);
    assert!(done.err.contains("the package has Python nodes"), "{}", done.err);
    assert!(user.good(&["inspect", "around.json"]).contains("inner/t"));
}
