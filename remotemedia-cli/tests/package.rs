//! `remotemedia build`, `verify`, `keys`, `trust`, and packages where the other commands take manifests.
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use support::DOUBLE;
use support::user::{INFER, User, model};

/// Three ones for the model, and what it makes of them.
const ONES: &str =
    r#"{"kind": "tensor", "value": {"type": "tensor", "dtype": "f32", "shape": [1, 3], "data": "AACAPwAAgD8AAIA/"}}"#;
const MAPPED: &str = "AADQQAAAbkI=";

/// Writes a sound to a file of the user.
const SINK: &str = r#"{"version": "v1", "metadata": {"name": "sink"},
    "nodes": [{"id": "out", "node_type": "WavSink", "params": {"path": "sound.wav"}}], "connections": []}"#;

#[test]
fn a_package_brings_its_model_along() {
    let user = User::new();
    model(&user.0.path("."));
    user.0.file("infer.json", INFER);
    let built = user.good(&["build", "infer.json"]);
    let name = built.trim_end();
    assert!(name.starts_with("affine_map-") && name.ends_with(".rmpkg") && name.len() == 11 + 64 + 6, "{name}");
    std::fs::remove_file(user.0.path("affine.onnx")).unwrap();
    let out = user.good(&["run", name, "--packets", "--data", "--input", ONES]);
    let packet: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(packet["value"]["data"], MAPPED);
}

#[test]
fn the_first_build_makes_a_key_and_says_so_once() {
    let user = User::new();
    user.0.file("p.json", DOUBLE);
    let first = user.run(&["build", "p.json"]);
    assert!(first.err.starts_with("made the signing key \"default\" ("), "{first:?}");
    let second = user.run(&["build", "p.json"]);
    assert_eq!((second.code, second.err.as_str(), second.out), (Some(0), "", first.out));
    let key = user.good(&["keys", "ls"]);
    assert!(key.ends_with("  default\n"), "{key}");
    assert_eq!(user.good(&["trust", "ls"]), format!("{} (your own)\n", key.trim_end()));
}

#[test]
fn first_builds_side_by_side_share_one_key() {
    let user = User::new();
    user.0.file("p.json", DOUBLE);
    let build = |number: usize| {
        user.command(&["build", "p.json", "-o", &format!("{number}.rmpkg")])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let builds: Vec<_> = (0..16).map(build).collect();
    for build in builds {
        let output = build.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(user.good(&["keys", "ls"]).lines().count(), 1);
    (0..16).for_each(|number| drop(user.good(&["verify", &format!("{number}.rmpkg")])));
}

#[test]
fn a_hundred_builds_in_other_folders_zones_and_masks_give_one_digest() {
    let program = env!("CARGO_BIN_EXE_remotemedia");
    let zones = ["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"];
    let user = User::new();
    user.good(&["keys", "new"]);
    let build = |round: usize| {
        let folder = user.0.path(&format!("{round}/{}", "deeper/".repeat(round % 5)));
        model(&folder);
        std::fs::write(folder.join("p.json"), INFER).unwrap();
        let mask = ["022", "077", "000", "027"][round / 4 % 4];
        let script = format!("umask {mask}; exec {program} build p.json --json -o out");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(&folder).env("REMOTEMEDIA_HOME", user.0.path("home"));
        shell.env("TZ", zones[round % 4]).env("LC_ALL", ["C", "de_DE.UTF-8"][round % 2]);
        let output = shell.output().unwrap();
        let built: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        built["digest"].as_str().unwrap().to_owned()
    };
    let digests: BTreeSet<String> = (0..100).map(build).collect();
    assert_eq!(digests.len(), 1, "{digests:?}");
}

#[test]
fn packages_are_shown_validated_and_verified() {
    let user = User::new();
    let package = user.build(DOUBLE);
    let text = user.good(&["inspect", &package]);
    for part in ["package   double\n", "signed by you with the key \"default\"", "  meta/runtime.json\n", "Multiply"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let shown: Value = serde_json::from_str(&user.good(&["inspect", &package, "--format", "json"])).unwrap();
    assert_eq!((&shown["package"]["trusted"], &shown["package"]["signer"]["own"]), (&json!(true), &json!(true)));
    assert_eq!(shown["graph"]["nodes"][0]["node_type"], "Multiply");
    assert!(user.good(&["inspect", &package, "--format", "dot"]).starts_with("digraph"));
    assert!(user.good(&["validate", &package]).contains("2 nodes"));
    let verified: Value = serde_json::from_str(&user.good(&["verify", "--json", &package])).unwrap();
    assert_eq!(verified["verified"], true);
    assert_eq!(verified["signer"]["provenance"]["buildDefinition"]["resolvedDependencies"][0]["name"], "p.json");
}

#[test]
fn a_package_that_cannot_be_verified_is_not_shown_as_one_that_is_not_trusted() {
    let user = User::new();
    let package = user.build(DOUBLE);
    assert_eq!(
        user.bad(&["inspect", "none.rmpkg"]),
        "error: none.rmpkg: cannot open the package: No such file or \
        directory (os error 2)"
    );
    std::fs::create_dir_all(user.0.path("home/trust")).unwrap();
    user.0.file("home/trust/policy.json", "[");
    let shown = user.good(&["inspect", &package]);
    assert!(shown.contains("trusted   not known: ") && shown.contains("policy.json"), "{shown}");
    let shown: Value = serde_json::from_str(&user.good(&["inspect", "--json", &package])).unwrap();
    assert_eq!(
        (&shown["package"]["trusted"], &shown["package"]["error"]["kind"]),
        (&json!(null), &json!("trust-file"))
    );
}

#[test]
fn the_package_of_somebody_else_runs_once_its_key_is_trusted() {
    let (author, user) = (User::new(), User::new());
    let package = author.build(DOUBLE);
    let error = user.bad(&["run", &package, "--input", "3"]);
    assert!(error.contains("signed with the key ") && error.ends_with(", which is not trusted"), "{error}");
    let shown = user.good(&["inspect", &package]);
    assert!(shown.contains("trusted   no: signed with the key ") && !shown.contains("Multiply"), "{shown}");
    user.trust(&author);
    assert_eq!(user.good(&["run", &package, "--input", "3"]), "7\n");
    user.good(&["trust", "rm", "other"]);
    assert!(user.bad(&["verify", &package]).contains("is not trusted"));
}

#[test]
fn nodes_that_reach_beyond_the_pipeline_need_more_trust_unless_they_are_ones_own() {
    let (author, user) = (User::new(), User::new());
    let package = author.build(SINK);
    user.trust(&author);
    let done = user.run(&["run", &package]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.err.contains("\"out\" (WavSink) reads or writes files") && done.err.contains("--trust-native"),
        "{done:?}"
    );
    assert!(!user.0.path("sound.wav").exists());
    let error = user.run(&["run", "--json", &package]).err;
    assert_eq!(serde_json::from_str::<Value>(&error).unwrap()["error"]["kind"], "foreign-nodes");
    user.good(&["run", "--trust-native", &package]);
    author.good(&["run", &package]);
}

#[test]
fn a_revoked_key_and_a_policy_are_minded() {
    let (author, user) = (User::new(), User::new());
    let package = author.build(DOUBLE);
    user.trust(&author);
    let here = format!("file://{}", Path::new(&package).parent().unwrap().display());
    user.good(&["trust", "policy", &here, "--signer", "https://ci.example/build"]);
    assert!(user.bad(&["verify", &package]).contains("the policy for"));
    user.good(&["trust", "policy", &here, "--mode", "warn"]);
    let done = user.run(&["run", &package, "--input", "1"]);
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (Some(0), "3\n", ""));
    user.good(&["trust", "rm", "other"]);
    let done = user.run(&["run", &package, "--input", "1"]);
    assert_eq!((done.code, done.out.as_str()), (Some(0), "3\n"));
    assert!(done.err.contains("warning: ") && done.err.contains("let through by the policy"), "{done:?}");
    user.good(&["trust", "policy", &here, "--rm"]);
    user.trust(&author);
    user.good(&["trust", "revoke", "other", "--reason", "laptop stolen"]);
    assert!(user.bad(&["run", &package]).ends_with("was revoked: laptop stolen"));
    assert_eq!(user.run(&["trust", "revoke", "sha256:12"]).code, Some(1));
    user.good(&["trust", "ls"]);
}

#[test]
fn a_changed_package_is_refused_and_nothing_is_run() {
    let user = User::new();
    let package = user.build(DOUBLE);
    let mut bytes = std::fs::read(&package).unwrap();
    let at = bytes.windows(8).position(|window| window == b"Multiply").unwrap();
    bytes[at + 7] = b'x';
    std::fs::write(&package, bytes).unwrap();
    let done = user.run(&["run", "--json", &package, "--input", "1"]);
    let error: Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!((done.code, &error["error"]["kind"], done.out.as_str()), (Some(1), &json!("digest-mismatch"), ""));
}

#[test]
fn what_cannot_be_built_is_told_with_its_place() {
    let user = User::new();
    user.0.file("p.json", INFER);
    let done = user.run(&["build", "p.json"]);
    assert!(done.err.starts_with("error: p.json: node \"infer\": no model file at affine.onnx\n"), "{done:?}");
    user.0.file("p.json", DOUBLE);
    assert!(user.bad(&["build", "p.json", "--key", "release"]).contains("there is no key called \"release\""));
    let package = user.build(DOUBLE);
    assert!(user.bad(&["build", &package]).contains("is a package already"));
    assert!(user.bad(&["run", &package, "--", "x"]).contains("are for Python files only"));
}

#[test]
fn a_model_of_one_gibibyte_takes_little_memory() {
    let user = User::new();
    user.0.file("p.json", &INFER.replace("affine", "large"));
    // Zeros that take no room on the disk.
    std::fs::File::create(user.0.path("large.onnx")).unwrap().set_len(1 << 30).unwrap();
    for args in [&["build", "p.json", "-o", "p.rmpkg"][..], &["verify", "p.rmpkg"]] {
        let script = "import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, code)";
        let mut python = Command::new("python3");
        python.args(["-c", script, env!("CARGO_BIN_EXE_remotemedia")]).args(args);
        python.current_dir(user.0.path(".")).env("REMOTEMEDIA_HOME", user.0.path("home"));
        let output = String::from_utf8(python.output().unwrap().stdout).unwrap();
        let (kibibytes, code) = output.trim().split_once(' ').unwrap();
        assert!(kibibytes.parse::<u64>().unwrap() < 100 * 1024, "{args:?}: {kibibytes} KiB, exit code {code}");
        assert_eq!(code, "0", "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn terminals_see_how_far_a_build_is_and_programs_do_not() {
    let user = User::new();
    user.0.file("p.json", &INFER.replace("affine", "large"));
    std::fs::File::create(user.0.path("large.onnx")).unwrap().set_len(256 << 20).unwrap();
    let shown = |options: &str| {
        let line = format!("{} build p.json -o p.rmpkg {options}", env!("CARGO_BIN_EXE_remotemedia"));
        let mut terminal = Command::new("script");
        terminal.args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).current_dir(user.0.path("."));
        terminal.env("TERM", "xterm-256color").env("REMOTEMEDIA_HOME", user.0.path("home"));
        String::from_utf8(terminal.output().unwrap().stdout).unwrap()
    };
    let with_bar = shown("");
    assert!(with_bar.contains("reading ") && with_bar.contains("MiB/256.00 MiB "), "{with_bar:?}");
    assert!(with_bar.ends_with("p.rmpkg\r\n"), "{with_bar:?}");
    assert!(!shown("--json").contains("MiB"));
}

#[test]
fn a_build_that_is_killed_leaves_nothing_that_the_next_one_minds() {
    let user = User::new();
    user.0.file("p.json", &INFER.replace("affine", "large"));
    std::fs::File::create(user.0.path("large.onnx")).unwrap().set_len(4 << 20).unwrap();
    let names = || std::fs::read_dir(user.0.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    let partials = || names().filter(|name| name.to_str().unwrap().ends_with(".partial")).count();
    let (mut cut, mut partial) = (0, 0);
    for round in 0..200 {
        let mut running = user
            .command(&["build", "p.json", "-o", "p.rmpkg"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(150 * round));
        running.kill().unwrap();
        cut += usize::from(!running.wait().unwrap().success());
        partial += partials();
        let home = user.0.path("home/keys");
        let keys = std::fs::read_dir(home).map_or(0, |keys| keys.flatten().filter(|key| is_pem(&key.path())).count());
        assert!(keys <= 1, "{keys} keys");
        if user.0.path("p.rmpkg").exists() {
            user.good(&["verify", "p.rmpkg"]);
            std::fs::remove_file(user.0.path("p.rmpkg")).unwrap();
        }
    }
    assert!(cut > 10, "only {cut} builds were cut short");
    assert!(partial > 0, "none of {cut} was cut while it wrote");
    user.good(&["build", "p.json", "-o", "p.rmpkg"]);
    user.good(&["verify", "p.rmpkg"]);
    assert_eq!(
        names().map(|name| name.into_string().unwrap()).collect::<BTreeSet<_>>(),
        BTreeSet::from(["home", "large.onnx", "p.json", "p.rmpkg"].map(str::to_owned))
    );
}

fn is_pem(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "pem")
}
