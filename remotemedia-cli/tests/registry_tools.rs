//! Packages in registries and the tools of others: skopeo, the library of oras, docker's credentials.
#![cfg(all(unix, feature = "registry"))]

#[path = "../../remotemedia-pkg/tests/support/issuer.rs"]
#[allow(dead_code)]
mod issuer;
#[path = "../../remotemedia-pkg/tests/support/registry.rs"]
#[allow(dead_code)]
mod registry;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use issuer::{IDENTITY, Issuer};
use registry::{ALICE, Server, program};
use serde_json::{Value, json};
use support::DOUBLE;
use support::user::User;

fn digest(user: &User, package: &str) -> String {
    let verified: Value = serde_json::from_str(&user.good(&["verify", "--json", package])).unwrap();
    verified["digest"].as_str().unwrap().to_owned()
}

/// What a program of somebody else writes.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/setup.sh"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn skopeo(args: &[&str]) -> String {
    // The policy of a machine is nothing of this test's.
    output(Command::new("skopeo").arg("--insecure-policy").args(args))
}

#[test]
fn skopeo_copies_what_was_pushed_with_its_digest() {
    let (user, old, new) = (User::new(), Server::debian(), Server::modern());
    let package = user.build(DOUBLE);
    let digest = digest(&user, &package);
    user.good(&["push", &package, &old.reference("double:1")]);
    let (from, to) = (format!("docker://{}/double:1", old.address), format!("docker://{}/copied:1", new.address));
    let plain = ["--src-tls-verify=false", "--dest-tls-verify=false", "--preserve-digests"];
    skopeo(&[&["copy"], &plain[..], &[&from, &to]].concat());
    let layout = format!("oci:{}:1", user.0.path("layout").display());
    skopeo(&[&["copy"], &plain[..], &[&to, &layout]].concat());
    for place in [to.as_str(), &layout] {
        let manifest = user.0.file("manifest", &skopeo(&["inspect", "--tls-verify=false", "--raw", place]));
        assert_eq!(skopeo(&["manifest-digest", &manifest]), digest, "{place}");
    }
}

#[test]
fn what_skopeo_pushed_is_pulled() {
    let (user, server) = (User::new(), Server::modern());
    let package = user.build(DOUBLE);
    let to = format!("docker://{}/double", server.address);
    let copy = ["copy", "--dest-tls-verify=false", "--preserve-digests"];
    skopeo(&[&copy[..], &[&format!("oci-archive:{package}:double"), &format!("{to}:latest")]].concat());
    let reference = server.reference("double");
    assert!(user.bad(&["pull", &reference]).ends_with("the package is not signed"));
    let layout = tagged_signature(&user, &package);
    skopeo(&[&copy[..], &[&format!("oci:{layout}:signature"), &format!("{to}:signature")]].concat());
    assert_eq!(user.good(&["run", &reference, "--input", "3"]), "7\n");
}

/// Unpacks a package and gives its signature, a manifest of its own behind that of the package, a tag of its own.
fn tagged_signature(user: &User, package: &str) -> String {
    let layout = user.0.path("layout");
    fs::create_dir(&layout).unwrap();
    output(Command::new("tar").arg("-xf").arg(package).arg("-C").arg(&layout));
    let mut index: Value = serde_json::from_slice(&fs::read(layout.join("index.json")).unwrap()).unwrap();
    index["manifests"][1]["annotations"] = json!({"org.opencontainers.image.ref.name": "signature"});
    fs::write(layout.join("index.json"), index.to_string()).unwrap();
    layout.display().to_string()
}

#[test]
fn the_library_of_oras_takes_packages_and_their_signatures_along() {
    let (user, old, new) = (User::new(), Server::debian(), Server::modern());
    let package = user.build(DOUBLE);
    let digest = digest(&user, &package);
    user.good(&["push", &package, &old.reference("double:1")]);
    let layout = user.0.path("layout").display().to_string();
    let places = [format!("{}/double", old.address), format!("{}/copied", new.address), layout];
    for (from, to) in [(0, 1), (1, 2)] {
        assert_eq!(output(Command::new(program("copy")).args([&places[from], "1", &places[to]])), digest);
    }
    assert_eq!(
        output(Command::new(program("copy")).args([&places[2], "1", &format!("{}/again", old.address)])),
        digest
    );
    for reference in [new.reference("copied:1"), old.reference("again:1")] {
        assert_eq!(user.good(&["run", &reference, "--input", "3"]), "7\n", "{reference}");
    }
}

/// A trusted root that lists nothing, which cosign asks for although the key is given.
const NO_ROOT: &str = r#"{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": [], "ctlogs": [],
    "certificateAuthorities": [], "timestampAuthorities": []}"#;

/// What cosign says of a signature by the key in `key`: its statement, or why it does not hold.
fn cosign(user: &User, command: &str, key: &str, rest: &[&str]) -> Result<String, String> {
    let (root, home) = (user.0.file("root.json", NO_ROOT), user.0.path("cosign"));
    let mut cosign = Command::new(program("cosign"));
    cosign.args([
        command,
        "--key",
        key,
        "--trusted-root",
        &root,
        "--type",
        "slsaprovenance1",
        "--insecure-ignore-tlog",
    ]);
    let output = cosign.args(rest).env("HOME", home).output().expect("scripts/setup.sh installs cosign");
    let said = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
    if output.status.success() { Ok(said.into_owned()) } else { Err(said.into_owned()) }
}

#[test]
fn cosign_verifies_signatures_in_registries() {
    let (user, stranger) = (User::new(), User::new());
    let package = user.build(DOUBLE);
    stranger.good(&["keys", "new", "default"]);
    let [key, other] = [&user, &stranger].map(|user| user.0.file("key.pem", &user.good(&["keys", "export"])));
    for server in [Server::debian(), Server::third(), Server::modern()] {
        user.good(&["push", &package, &server.reference("double:1")]);
        let image = format!("{}/double:1", server.address);
        let arguments = ["--allow-http-registry", &image];
        let statement = cosign(&user, "verify-attestation", &key, &arguments).unwrap();
        assert!(statement.contains("payload"), "{statement}");
        cosign(&user, "verify-attestation", &other, &arguments).unwrap_err();
    }
}

#[test]
fn cosign_verifies_the_signature_in_a_package() {
    let user = User::new();
    let package = user.build(DOUBLE);
    let key = user.0.file("key.pem", &user.good(&["keys", "export"]));
    let folder = user.0.path("unpacked");
    fs::create_dir(&folder).unwrap();
    output(Command::new("tar").arg("-xf").arg(&package).arg("-C").arg(&folder));
    let blob = |digest: &str| folder.join("blobs/sha256").join(digest).display().to_string();
    let bundle = folder.join("meta/signature.sigstore.json").display().to_string();
    let signed = blob(digest(&user, &package).strip_prefix("sha256:").unwrap());
    cosign(&user, "verify-blob-attestation", &key, &["--bundle", &bundle, &signed]).unwrap();
    let other = folder.join("oci-layout").display().to_string();
    cosign(&user, "verify-blob-attestation", &key, &["--bundle", &bundle, &other]).unwrap_err();
}

/// A registry that knows alice alone.
fn guarded(user: &User) -> Server {
    let users = user.0.file("users", ALICE);
    Server::debian_with("", &format!("auth:\n  htpasswd: {{realm: tests, path: {users}}}"))
}

#[test]
fn a_credential_helper_of_docker_is_asked() {
    let user = User::new();
    let server = guarded(&user);
    let (package, reference) = (user.build(DOUBLE), server.reference("double"));
    let helper = "#!/bin/sh\nread -r server\necho \"$1 $server\" >>\"$ASKED\"\necho '{\"ServerURL\": \"x\", \"Username\": \
                  \"alice\", \"Secret\": \"secret\"}'\n";
    fs::create_dir(user.0.path("bin")).unwrap();
    let helper = user.0.file("bin/docker-credential-tests", helper);
    fs::set_permissions(helper, PermissionsExt::from_mode(0o755)).unwrap();
    fs::create_dir(user.0.path("docker")).unwrap();
    user.0.file("docker/config.json", &format!("{{\"credHelpers\": {{\"{}\": \"tests\"}}}}", server.address));
    let path = format!("{}:{}", user.0.path("bin").display(), std::env::var("PATH").unwrap());
    let mut push = user.command(&["push", &package, &reference]);
    push.env("DOCKER_CONFIG", user.0.path("docker")).env("PATH", path).env("ASKED", user.0.path("asked"));
    output(&mut push);
    assert_eq!(fs::read_to_string(user.0.path("asked")).unwrap(), format!("get {}\n", server.address));
    user.0.file("docker/config.json", &format!("{{\"credHelpers\": {{\"{}\": \"missing\"}}}}", server.address));
    let done =
        user.command(&["pull", "--json", &reference]).env("DOCKER_CONFIG", user.0.path("docker")).output().unwrap();
    let error: Value = serde_json::from_slice(&done.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "registry-settings", "{error}");
}

#[test]
fn what_docker_login_wrote_is_used() {
    let user = User::new();
    let server = guarded(&user);
    let (package, reference) = (user.build(DOUBLE), server.reference("double"));
    fs::create_dir(user.0.path("docker")).unwrap();
    // `alice:secret` as docker writes it.
    let auths = format!("{{\"auths\": {{\"{}\": {{\"auth\": \"YWxpY2U6c2VjcmV0\"}}}}}}", server.address);
    user.0.file("docker/config.json", &auths);
    output(user.command(&["push", &package, &reference]).env("DOCKER_CONFIG", user.0.path("docker")));
}

#[test]
fn an_identity_that_docker_login_wrote_is_exchanged_for_tokens() {
    let user = User::new();
    let issuer = Issuer::start("nobody", "nothing");
    let certificate = user.0.file("issuer.pem", &issuer.certificate);
    let server = Server::debian_with("", &issuer.settings(&certificate));
    let (package, reference) = (user.build(DOUBLE), server.reference("double"));
    fs::create_dir(user.0.path("docker")).unwrap();
    let auths = json!({"auths": {&server.address: {"identitytoken": IDENTITY}}}).to_string();
    user.0.file("docker/config.json", &auths);
    output(user.command(&["push", &package, &reference]).env("DOCKER_CONFIG", user.0.path("docker")));
}

#[test]
fn a_proxy_of_the_environment_is_not_asked_for_this_machine() {
    let (user, server) = (User::new(), Server::debian());
    let (package, reference) = (user.build(DOUBLE), server.reference("double"));
    let nowhere = "http://127.0.0.1:9";
    output(user.command(&["push", &package, &reference]).env("HTTP_PROXY", nowhere).env("http_proxy", nowhere));
}

#[test]
fn the_environment_has_credentials_for_the_registry_that_it_names() {
    let user = User::new();
    let server = guarded(&user);
    let (package, reference) = (user.build(DOUBLE), server.reference("double"));
    let push = |registry: &str| {
        let mut command = user.command(&["push", "--json", &package, &reference]);
        command.env("REMOTEMEDIA_REGISTRY_USERNAME", "alice").env("REMOTEMEDIA_REGISTRY_PASSWORD", "secret");
        command.env("REMOTEMEDIA_REGISTRY", registry).output().unwrap()
    };
    assert!(push(&server.address).status.success());
    let error: Value = serde_json::from_slice(&push("registry.example").stderr).unwrap();
    assert_eq!(error["error"]["kind"], "registry-login", "{error}");
}
