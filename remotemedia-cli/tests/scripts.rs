//! What scripts rely on: JSON of every command that changes keys and trust, exit codes, and errors at once.
#![cfg(unix)]

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::DOUBLE;
use support::user::User;

fn parsed(user: &User, args: &[&str]) -> Value {
    let out = user.good(args);
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn keys_and_trust_write_json() {
    let user = User::new();
    let made = parsed(&user, &["keys", "new", "--json"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made, json!({"name": "default", "id": id}));
    let exported = parsed(&user, &["keys", "export", "--json"]);
    let pem = user.good(&["keys", "export"]);
    assert_eq!(exported, json!({"name": "default", "id": id, "pem": pem}));
    let other = User::new();
    other.0.file("alice.pem", &pem);
    assert_eq!(parsed(&other, &["trust", "add", "--json", "alice.pem"]), json!({"name": "alice", "id": id}));
    let rule = json!({"scope": "file:///srv", "identities": ["ci"], "mode": "enforce"});
    let policy = parsed(&other, &["trust", "policy", "--json", "file:///srv", "--signer", "ci"]);
    assert_eq!(policy["rules"], json!([rule]));
    assert_eq!(parsed(&other, &["trust", "policy", "--json"]), policy);
    let revoked = parsed(&other, &["trust", "revoke", "--json", "alice", "--reason", "lost"]);
    assert_eq!(revoked, json!({"revoked": id, "reason": "lost"}));
    assert_eq!(parsed(&other, &["trust", "rm", "--json", "alice"]), json!({"name": "alice", "id": id}));
    let error: Value = serde_json::from_str(&other.run(&["trust", "rm", "--json", "alice"]).err).unwrap();
    assert_eq!(error["error"]["kind"], "key-unknown");
}

#[test]
fn a_revoked_key_is_not_trusted_again() {
    let (author, user) = (User::new(), User::new());
    author.build(DOUBLE);
    user.trust(&author);
    user.good(&["trust", "revoke", "other", "--reason", "laptop stolen"]);
    user.good(&["trust", "rm", "other"]);
    let refused = user.run(&["trust", "add", "--json", "other.pem"]);
    let error: Value = serde_json::from_str(&refused.err).unwrap();
    assert_eq!((refused.code, &error["error"]["kind"]), (Some(1), &json!("revoked")), "{error}");
    assert!(error["error"]["message"].as_str().unwrap().ends_with("was revoked: laptop stolen"), "{error}");
    assert!(!user.good(&["trust", "ls"]).contains("other"));
}

#[test]
fn what_a_policy_lets_through_runs_and_is_not_verified() {
    let (author, user) = (User::new(), User::new());
    let package = author.build(DOUBLE);
    user.good(&["trust", "policy", "*", "--mode", "warn"]);
    assert_eq!(user.good(&["run", &package, "--input", "1"]), "3\n");
    let verified = user.run(&["verify", &package]);
    assert!(verified.code == Some(1) && verified.out.starts_with("not verified: "), "{verified:?}");
    let verified = user.run(&["verify", "--json", &package]);
    assert_eq!((verified.code, &verified.json()["verified"]), (Some(1), &json!(false)));
}

#[test]
fn what_is_no_file_is_no_package() {
    let user = User::new();
    std::fs::create_dir(user.0.path("folder.rmpkg")).unwrap();
    assert!(Command::new("mkfifo").arg(user.0.path("pipe.rmpkg")).status().unwrap().success());
    for name in ["folder.rmpkg", "pipe.rmpkg"] {
        for command in ["verify", "run", "inspect", "validate"] {
            let error = user.bad(&[command, name]);
            assert_eq!(
                error,
                format!("error: {name}: it is a folder, a pipe or a device, expected a file that holds a package")
            );
        }
    }
}

#[test]
fn a_package_that_cannot_be_written_is_named() {
    let user = User::new();
    user.good(&["keys", "new"]);
    user.0.file("p.json", DOUBLE);
    let limited =
        format!("trap '' XFSZ; ulimit -f 1; exec {} build p.json -o p.rmpkg", env!("CARGO_BIN_EXE_remotemedia"));
    let mut shell = Command::new("sh");
    shell.args(["-c", &limited]).current_dir(user.0.path(".")).env("REMOTEMEDIA_HOME", user.0.path("home"));
    let output = shell.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains(": p.rmpkg: File too large"), "{error}");
}
