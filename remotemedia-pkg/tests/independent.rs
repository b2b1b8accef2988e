//! Signatures of packages, judged by verifiers of others: sigstore's own library, and securesystemslib.

mod support;

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remotemedia_pkg::SigningKey;
use serde_json::Value;
use support::signature::Chain;
use support::{Place, provenance};

/// Bundles as `tar` takes them out of packages: signed by key and by certificate, and each once with another payload.
fn bundles(place: &Place) {
    let folder = place.path("bundles");
    std::fs::create_dir(&folder).unwrap();
    let chain = Chain::new();
    let key = place.home.signing_key("me").unwrap();
    let mut by_key = place.draft();
    by_key.sign(&key, &provenance()).unwrap();
    let mut by_certificate = place.draft();
    let certified = SigningKey::from_pem(&chain.leaf_key.serialize_pem()).unwrap();
    by_certificate.sign_with_certificate(&certified, &chain.leaf, &provenance()).unwrap();
    for (name, draft) in [("key", by_key), ("certificate", by_certificate)] {
        let path = draft.save(&place.path(name), &mut |_| {}).unwrap();
        let signature = "meta/signature.sigstore.json";
        // A hard link needs the blob that it leads to.
        assert!(Command::new("tar").arg("-xf").arg(path).arg("-C").arg(place.path(name)).status().unwrap().success());
        let bundle = std::fs::read(place.path(name).join(signature)).unwrap();
        std::fs::write(folder.join(format!("{name}.sigstore.json")), &bundle).unwrap();
        let changed = another_payload(&bundle);
        std::fs::write(folder.join(format!("{name}-changed.sigstore.json")), changed).unwrap();
    }
    std::fs::write(folder.join("key.pem"), key.public().to_pem()).unwrap();
    std::fs::write(folder.join("trusted_root.json"), chain.trusted_root()).unwrap();
}

/// The bundle with another name in its statement.
fn another_payload(bundle: &[u8]) -> String {
    let mut bundle: Value = serde_json::from_slice(bundle).unwrap();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    let changed = String::from_utf8(payload).unwrap().replace("voice", "noise");
    bundle["dsseEnvelope"]["payload"] = STANDARD.encode(changed).into();
    bundle.to_string()
}

fn lines(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/setup.sh"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim_end().to_owned()).collect()
}

fn verifiers() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verifiers"))
}

#[test]
fn the_library_of_sigstore_agrees() {
    let place = Place::new();
    bundles(&place);
    let judged = lines(Command::new("node").arg(verifiers().join("verify.mjs")).arg(place.path("bundles")));
    assert_eq!(judged, ["key-changed.sigstore.json REFUSED SIGNATURE_ERROR", "key.sigstore.json OK",]);
}

#[test]
fn securesystemslib_agrees() {
    let place = Place::new();
    bundles(&place);
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin/python");
    let judged = lines(Command::new(python).arg(verifiers().join("verify.py")).arg(place.path("bundles")));
    assert_eq!(
        judged,
        [
            "certificate-changed.sigstore.json REFUSED",
            "certificate.sigstore.json OK",
            "key-changed.sigstore.json REFUSED",
            "key.sigstore.json OK",
        ]
    );
}
