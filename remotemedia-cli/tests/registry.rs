//! `remotemedia push` and `pull`, and packages in registries where the other commands take files.
#![cfg(all(unix, feature = "registry"))]

#[path = "../../remotemedia-pkg/tests/support/registry.rs"]
#[allow(dead_code)]
mod registry;
mod support;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use registry::Server;
use serde_json::{Value, json};
use support::DOUBLE;
use support::user::{INFER, User, model};

/// The digest of a package.
fn digest(user: &User, package: &str) -> String {
    let verified: Value = serde_json::from_str(&user.good(&["verify", "--json", package])).unwrap();
    verified["digest"].as_str().unwrap().to_owned()
}

#[test]
fn a_package_is_pushed_pulled_and_run() {
    let (author, user, server) = (User::new(), User::new(), Server::debian());
    let package = author.build(DOUBLE);
    let (digest, reference) = (digest(&author, &package), server.reference("team/double"));
    assert_eq!(author.good(&["push", &package, &reference]), format!("{reference}@{digest}\n"));
    let error = user.bad(&["run", &reference, "--input", "3"]);
    assert!(error.contains("signed with the key ") && error.ends_with(", which is not trusted"), "{error}");
    user.trust(&author);
    assert_eq!(user.good(&["run", &reference, "--input", "3"]), "7\n");
    assert_eq!(user.good(&["pull", &reference]), format!("{digest}  double, signed by other\n"));
    let verified = user.good(&["verify", &reference]);
    assert_eq!(verified, format!("ok: {reference}: \"double\" {digest}, signed by other\n"));
    assert!(user.good(&["validate", &reference]).contains("2 nodes"));
    assert!(user.good(&["inspect", &reference, "--format", "dot"]).starts_with("digraph"));
    assert_eq!(user.good(&["run", &format!("{reference}@{digest}"), "--input", "4"]), "9\n");
}

#[test]
fn the_file_that_pull_writes_is_the_one_that_was_built() {
    let (user, server) = (User::new(), Server::modern());
    model(&user.0.path("."));
    let package = user.build(INFER);
    let reference = server.reference("affine:1.0");
    user.good(&["push", &package, &reference]);
    let written = user.good(&["pull", &reference, "-o", "again.rmpkg"]);
    assert_eq!(written, "again.rmpkg\n");
    assert_eq!(fs::read(user.0.path("again.rmpkg")).unwrap(), fs::read(&package).unwrap());
    let pulled: Value = serde_json::from_str(&user.good(&["pull", "--json", &reference, "-o", "folder"])).unwrap();
    let (name, digest) = (pulled["file"].as_str().unwrap(), pulled["digest"].as_str().unwrap());
    assert!(name.starts_with("folder/affine_map-") && name.contains(digest.strip_prefix("sha256:").unwrap()), "{name}");
    assert_eq!((&pulled["was_known"], &pulled["signer"]["own"]), (&json!(true), &json!(true)));
    user.good(&["verify", name]);
}

#[test]
fn inspect_shows_a_package_in_a_registry_and_since_when_it_is_known() {
    let (author, user, server) = (User::new(), User::new(), Server::debian());
    let reference = server.reference("double:1");
    author.good(&["push", &author.build(DOUBLE), &reference]);
    let shown = user.good(&["inspect", &reference]);
    assert!(shown.contains("trusted   no: signed with the key ") && !shown.contains("Multiply"), "{shown}");
    user.trust(&author);
    let shown = user.good(&["inspect", &reference]);
    for part in
        ["package   double\n", "trusted   signed by other\n", "resolved  20", "  meta/runtime.json\n", "Multiply"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let shown: Value = serde_json::from_str(&user.good(&["inspect", &reference, "--format", "json"])).unwrap();
    let pulled: Value = serde_json::from_str(&user.good(&["pull", "--json", &reference])).unwrap();
    assert_eq!(shown["package"]["resolved_at"], pulled["resolved_at"]);
}

#[test]
fn a_reference_that_is_known_opens_no_socket() {
    let (user, server) = (User::new(), Server::debian());
    let reference = server.reference("double");
    user.good(&["push", &user.build(DOUBLE), &reference]);
    assert!(user.connections(&["pull", &reference]) > 0);
    drop(server);
    for args in [&["run", &reference, "--input", "1"][..], &["pull", &reference], &["inspect", &reference]] {
        assert_eq!(user.connections(args), 0, "{args:?}");
    }
    let error = user.run(&["pull", &reference, "--refresh"]);
    assert_eq!(error.code, Some(1), "{error:?}");
    assert!(error.err.contains("cannot reach http://127.0.0.1:"), "{error:?}");
    assert!(error.err.contains("which is used without --refresh"), "{error:?}");
}

#[test]
fn errors_have_kinds_and_say_what_to_do() {
    let (user, server) = (User::new(), Server::debian());
    let kind = |args: &[&str]| {
        let done = user.run(args);
        let error: Value = serde_json::from_str(&done.err).unwrap_or_else(|_| panic!("{done:?}"));
        error["error"]["kind"].as_str().unwrap().to_owned()
    };
    let reference = server.reference("nothing/here");
    assert_eq!(kind(&["pull", "--json", &reference]), "registry-unknown");
    assert_eq!(kind(&["run", "--json", "oci://nowhere"]), "reference");
    assert_eq!(kind(&["pull", "--json", "oci://127.0.0.1:9/nothing"]), "registry-unreachable");
    user.0.file("home/registries.json", "{\"registry\": {}}");
    assert_eq!(kind(&["pull", "--json", &reference]), "registry-settings");
    let done = user.run(&["push", "missing.rmpkg", &reference]);
    assert!(done.err.starts_with("error: missing.rmpkg: cannot open"), "{done:?}");
    let done = user.run(&["build", &reference]);
    assert!(done.err.contains("is built already"), "{done:?}");
}

#[test]
fn packages_in_registries_are_nodes_and_come_without_a_connection_the_second_time() {
    let (user, server) = (User::new(), Server::debian());
    let (double, middle) = (server.reference("double"), server.reference("middle:1.0"));
    let package = user.build(DOUBLE);
    user.good(&["push", &package, &double]);
    let around = |package: &str| {
        format!(
            r#"{{"version": "v1", "metadata": {{"name": "around"}},
                "nodes": [{{"id": "inner", "node_type": "Pipeline", "params": {{"package": "{package}"}}}},
                          {{"id": "same", "node_type": "Pipeline", "params": {{"package": "{package}"}}}}],
                "connections": [{{"from": "inner", "to": "same"}}]}}"#
        )
    };
    let package = user.build(&around(&double));
    user.good(&["push", &package, &middle]);
    user.0.file("outer.json", &around(&middle));
    assert_eq!(user.good(&["run", "outer.json", "--input", "0"]), "15\n");
    assert_eq!(user.good(&["run", &middle, "--input", "0"]), "3\n");
    drop(server);
    assert_eq!(user.good(&["run", "outer.json", "--input", "0"]), "15\n");
    fs::remove_dir_all(user.0.path("home/cache")).unwrap();
    let error = user.bad(&["run", "outer.json", "--input", "0"]);
    assert!(error.contains("node \"inner\": ") && error.contains(&middle), "{error}");
}

#[test]
fn a_package_in_a_registry_names_no_files() {
    let (user, server) = (User::new(), Server::debian());
    std::fs::copy(user.build(DOUBLE), user.0.path("double.rmpkg")).unwrap();
    let package = user.build(
        r#"{"version": "v1", "metadata": {"name": "outer"}, "connections": [],
            "nodes": [{"id": "inner", "node_type": "Pipeline", "params": {"package": "double.rmpkg"}}]}"#,
    );
    let reference = server.reference("outer");
    user.good(&["push", &package, &reference]);
    let error = user.bad(&["run", &reference, "--input", "3"]);
    assert!(error.contains("beside a package of a registry there are none"), "{error}");
}

/// A user whose package with a large model lies in a registry.
fn user_of(server: &Server) -> (User, String) {
    let user = User::new();
    let model: Vec<u8> = (0..12_000_000_u32).map(|number| (number / 4096 + number) as u8).collect();
    fs::write(user.0.path("large.onnx"), model).unwrap();
    let package = user.build(&INFER.replace("affine.onnx", "large.onnx"));
    let reference = server.reference("large");
    user.good(&["push", &package, &reference]);
    (user, reference)
}

#[test]
fn a_pull_that_is_killed_leaves_nothing_that_the_next_one_minds() {
    let server = Server::debian();
    let (user, reference) = user_of(&server);
    let (mut cut, mut partial) = (0, 0);
    for round in 0..200 {
        if round % 4 == 0 {
            let _gone = fs::remove_dir_all(user.0.path("home/cache"));
        }
        let mut command = user.command(&["pull", "--refresh", &reference]);
        let mut pulling = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(200 * round));
        pulling.kill().unwrap();
        cut += usize::from(!pulling.wait().unwrap().success());
        let blobs = fs::read_dir(user.0.path("home/cache/blobs/sha256")).into_iter().flatten().flatten();
        partial += blobs.filter(|entry| entry.path().extension().is_some_and(|it| it == "partial")).count();
        if round % 10 == 0 {
            user.good(&["pull", &reference]);
            user.good(&["cache", "verify"]);
        }
    }
    assert!(cut > 10, "only {cut} pulls were cut short");
    assert!(partial > 0, "none of {cut} was cut within a file");
    user.good(&["pull", &reference]);
    assert_eq!(user.good(&["cache", "ls"]).lines().count(), 1);
}

#[test]
fn pulls_side_by_side_share_the_work() {
    let server = Server::debian();
    let (user, reference) = user_of(&server);
    for _ in 0..3 {
        let pull = |_| {
            let mut command = user.command(&["pull", "--json", &reference]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let pulls: Vec<_> = (0..4).map(pull).collect();
        for pull in pulls {
            let output = pull.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        user.good(&["cache", "verify"]);
        assert!(user.good(&["cache", "clear"]).starts_with("removed: 1 packages, "));
    }
}

#[test]
fn a_registry_elsewhere_is_spoken_to_without_encryption_only_if_that_is_said() {
    let (user, server) = (User::new(), Server::debian());
    // No loopback address by its spelling, but one that leads to this machine.
    let port = server.address.rsplit_once(':').unwrap().1;
    let reference = format!("oci://0.0.0.0:{port}/double");
    let package = user.build(DOUBLE);
    let refused = user.run(&["push", "--json", &package, &reference]).err;
    let refused: Value = serde_json::from_str(&refused).unwrap();
    assert_eq!(refused["error"]["kind"], "registry-tls", "{refused}");
    user.good(&["push", "--plain-http", &package, &reference]);
    user.good(&["pull", "--plain-http", &reference]);
    assert_eq!(user.good(&["run", &reference, "--input", "3"]), "7\n");
}
