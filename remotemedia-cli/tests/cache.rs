//! `remotemedia cache`, and what runs of packages leave there.
#![cfg(unix)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use support::DOUBLE;
use support::user::{INFER, User, model};

/// Three ones for the model.
const ONES: &str =
    r#"{"kind": "tensor", "value": {"type": "tensor", "dtype": "f32", "shape": [1, 3], "data": "AACAPwAAgD8AAIA/"}}"#;

/// A user with a package that has a model.
fn user_with_model() -> (User, String) {
    let user = User::new();
    model(&user.0.path("."));
    let package = user.build(INFER);
    (user, package)
}

/// The model in the cache under its name.
fn cached_model(user: &User) -> PathBuf {
    let mut views = fs::read_dir(user.0.path("home/cache/pipelines")).unwrap();
    views.next().unwrap().unwrap().path().join("models/affine.onnx")
}

/// The JSON values on the lines of `text`.
fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_package_that_ran_is_listed_verified_and_cleared() {
    let (user, package) = user_with_model();
    assert_eq!(user.good(&["cache", "ls"]), "");
    user.good(&["run", &package]);
    let listed = lines(&user.good(&["cache", "ls", "--json"]));
    let package = &listed[0][0];
    assert_eq!((&package["pipeline"], &package["files"]), (&json!("affine map"), &json!(2)));
    let (digest, line) = (package["digest"].as_str().unwrap(), user.good(&["cache", "ls"]));
    assert!(line.starts_with(digest) && line.ends_with("  affine map\n"), "{line}");
    assert_eq!(user.good(&["cache", "verify"]), format!("ok: affine map {digest}, 2 files\n"));
    let cleared = lines(&user.good(&["cache", "clear", "--json"])).remove(0);
    assert_eq!((&cleared["removed"], &cleared["in_use"]), (&json!([digest]), &json!([])));
    assert_eq!(cleared["freed_bytes"], package["len_bytes"]);
    assert_eq!(user.good(&["cache", "clear"]), "removed: 0 packages, 0 bytes\n");
}

#[cfg(target_os = "linux")]
#[test]
fn a_home_that_cannot_be_written_to_is_used_as_it_is() {
    let (user, package) = user_with_model();
    let run = ["run", &package, "--packets", "--input", ONES];
    let expected = user.good(&run);
    // In a mount namespace of its own, so that root cannot write there either.
    let script = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;
    let plain = user.command(&run);
    let mut protected = std::process::Command::new("unshare");
    protected.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(user.0.path("home"));
    protected.arg(plain.get_program()).args(plain.get_args()).current_dir(plain.get_current_dir().unwrap());
    protected.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = protected.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_changed_file_is_told_and_the_next_run_does_not_use_it() {
    let (user, package) = user_with_model();
    user.good(&["run", &package]);
    fs::remove_file(cached_model(&user)).unwrap();
    fs::write(cached_model(&user), "no model").unwrap();
    let done = user.run(&["cache", "verify"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(
        done.out.starts_with("damaged: affine map sha256:") && done.out.contains(": models/affine.onnx;"),
        "{done:?}"
    );
    let done = user.run(&["cache", "verify", "--json"]);
    assert_eq!((done.code, &lines(&done.out)[0]["damaged"]), (Some(1), &json!(["models/affine.onnx"])));
    user.good(&["run", &package]);
    user.good(&["cache", "verify"]);
}

#[test]
fn the_cache_of_a_package_that_runs_is_not_cleared() {
    let user = User::new();
    let package = user.build(DOUBLE);
    let mut running = user.command(&["run", &package]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, b"1\n").unwrap();
    let mut stdout = std::io::BufReader::new(running.stdout.take().unwrap());
    assert_eq!(support::line(&mut stdout), "3");
    let cleared = user.good(&["cache", "clear"]);
    assert!(cleared.starts_with("in use: sha256:") && cleared.ends_with("removed: 0 packages, 0 bytes\n"), "{cleared}");
    drop(stdin);
    assert!(running.wait().unwrap().success());
    assert!(user.good(&["cache", "clear"]).starts_with("removed: 1 packages, "));
}

#[test]
fn a_run_that_is_killed_leaves_nothing_that_the_next_one_minds() {
    let (user, package) = user_with_model();
    let mut cut = 0;
    for round in 0..200 {
        if round % 4 == 0 {
            let _gone = fs::remove_dir_all(user.0.path("home/cache"));
        }
        let mut command = user.command(&["run", &package]);
        let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(150 * round));
        running.kill().unwrap();
        cut += usize::from(!running.wait().unwrap().success());
        if round % 10 == 0 {
            user.good(&["run", &package]);
            user.good(&["cache", "verify"]);
        }
    }
    assert!(cut > 10, "only {cut} runs were cut short");
    user.good(&["run", &package]);
    assert_eq!(user.good(&["cache", "ls"]).lines().count(), 1);
}

#[test]
fn runs_side_by_side_share_the_cache() {
    let (user, package) = user_with_model();
    for _ in 0..4 {
        let run = |_| user.command(&["run", &package]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let runs: Vec<_> = (0..8).map(run).collect();
        for run in runs {
            let output = run.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        assert!(user.good(&["cache", "clear"]).starts_with("removed: 1 packages, "));
    }
}
