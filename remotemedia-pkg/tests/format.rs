//! The format: what other tools see in a package, and that the same input gives the same bytes.

mod support;

use std::process::Command;

use remotemedia_pkg::limits::MAX_LAYERS;
use remotemedia_pkg::{Digest, ErrorKind, Package, pack};
use serde_json::Value;
use support::archive::{Parts, archive};
use support::{Place, bytes, draft, manifest, now, provenance, registry, tree};

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tar_shows_the_literal_folders_and_stores_nothing_twice() {
    let place = Place::new();
    let path = place.signed().save(&place.path("out"), &mut |_| {}).unwrap();
    let to = place.path("unpacked");
    std::fs::create_dir(&to).unwrap();
    let errors = Command::new("tar").arg("-xf").arg(&path).arg("-C").arg(&to).output().unwrap();
    assert_eq!((errors.status.code(), errors.stderr.len()), (Some(0), 0), "{errors:?}");
    assert_eq!(std::fs::read(to.join("models/a.onnx")).unwrap(), b"the weights");
    let manifest: Value = serde_json::from_slice(&std::fs::read(to.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["nodes"][0]["params"]["model"]["$file"], "models/a.onnx");
    let provenance: Value = serde_json::from_slice(&std::fs::read(to.join("meta/provenance.json")).unwrap()).unwrap();
    assert_eq!(provenance["predicateType"], "https://slsa.dev/provenance/v1");
    assert_eq!(provenance["predicate"]["runDetails"]["metadata"]["finishedOn"], "2027-01-15T08:00:00Z");
    let files = tree(&to);
    let literal: Vec<&str> = files.iter().map(String::as_str).filter(|path| !path.starts_with("blobs")).collect();
    assert_eq!(
        literal,
        [
            "index.json",
            "manifest.json",
            "meta",
            "meta/provenance.json",
            "meta/runtime.json",
            "meta/signature.sigstore.json",
            "models",
            "models/a.onnx",
            "oci-layout"
        ]
    );
    let listing = output("tar", &["-tvf", path.to_str().unwrap()]);
    assert_eq!(listing.lines().filter(|line| line.contains("models/a.onnx link to blobs/sha256/")).count(), 1);
}

#[test]
fn skopeo_takes_the_file_and_leaves_the_digest_as_it_is() {
    let place = Place::new();
    let draft = place.signed();
    let path = draft.save(&place.path("out"), &mut |_| {}).unwrap();
    let (from, to) = (format!("oci-archive:{}:voice", path.display()), place.path("copied"));
    output("skopeo", &["copy", "--preserve-digests", &from, &format!("oci:{}:voice", to.display())]);
    let index: Value = serde_json::from_slice(&std::fs::read(to.join("index.json")).unwrap()).unwrap();
    assert_eq!(index["manifests"][0]["digest"], draft.digest().to_string());
    for file in draft.files() {
        let copied = std::fs::read(to.join("blobs/sha256").join(file.digest.hex())).unwrap();
        assert_eq!(Digest::of(&copied), file.digest);
    }
}

#[test]
fn the_name_of_the_file_is_the_pipeline_and_the_digest() {
    let place = Place::new();
    let draft = place.signed();
    let path = draft.save(&place.path("out"), &mut |_| {}).unwrap();
    assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("voice-{}.rmpkg", draft.digest().hex()));
    assert_eq!(Package::open_path(&path).unwrap().digest(), draft.digest());
    let other = path.with_file_name(format!("voice-{}.rmpkg", Digest::of(b"").hex()));
    std::fs::rename(&path, &other).unwrap();
    assert_eq!(Package::open_path(&other).unwrap_err().kind(), ErrorKind::NameMismatch);
    let named = draft.save(&place.path("any name.rmpkg"), &mut |_| {}).unwrap();
    assert_eq!(Package::open_path(&named).unwrap().name(), "voice");
}

#[test]
fn a_hundred_builds_in_a_hundred_folders_give_one_digest() {
    let models = ["x.onnx", "sub/y.onnx", "z.onnx", "models/w.onnx"];
    let digests = (0..100).map(|round| {
        let place = Place::new();
        let folder = format!("folder {round}/{}", "deep/".repeat(round % 7));
        let mut order = models;
        order.rotate_left(round % models.len());
        for model in order {
            place.file(&format!("{folder}{model}"), model.as_bytes());
        }
        let folder = place.path(&folder);
        Digest::of(&bytes(&draft(&manifest("many", &["z.onnx", "x.onnx", "sub/y.onnx", "w.onnx"]), &folder)))
    });
    let all: std::collections::BTreeSet<Digest> = digests.collect();
    assert_eq!(all.len(), 1);
}

#[test]
fn a_signature_does_not_change_the_identity() {
    let place = Place::new();
    assert_eq!(place.draft().digest(), place.signed().digest());
    assert_ne!(bytes(&place.draft()), bytes(&place.signed()));
}

#[test]
fn the_time_at_which_a_manifest_was_made_does_not_change_the_package() {
    let place = Place::new();
    let mut dated = manifest("voice", &[]);
    dated.metadata.created_at = Some("2026-01-31T09:30:00Z".to_owned());
    assert_eq!(
        draft(&dated, place.folder.path()).digest(),
        draft(&manifest("voice", &[]), place.folder.path()).digest()
    );
}

const ONE: &str = "the first of two models";

#[test]
fn models_of_one_name_in_whichever_case_are_kept_apart_and_equal_ones_are_stored_once() {
    let place = Place::new();
    for (path, content) in [("a/m.onnx", ONE), ("b/M.onnx", "two"), ("c/n.onnx", ONE)] {
        place.file(path, content.as_bytes());
    }
    let draft = draft(&manifest("voice", &["a/m.onnx", "b/M.onnx", "c/n.onnx"]), place.folder.path());
    let paths: Vec<&str> = draft.files().iter().map(|file| file.path.as_str()).collect();
    let part = |content: &str| Digest::of(content.as_bytes()).hex()[..8].to_owned();
    let mut expected = vec![
        format!("models/m-{}.onnx", part(ONE)),
        format!("models/M-{}.onnx", part("two")),
        "models/n.onnx".to_owned(),
    ];
    expected.sort();
    expected.insert(0, "meta/runtime.json".to_owned());
    assert_eq!(paths, expected);
    let written = bytes(&draft);
    assert_eq!(written.windows(ONE.len()).filter(|window| window == &ONE.as_bytes()).count(), 1);
}

#[test]
fn models_that_would_lie_at_one_place_are_refused() {
    let place = Place::new();
    let taken = format!("m-{}.onnx", &Digest::of(b"one").hex()[..8]);
    for (path, content) in [("a/m.onnx", "one"), ("b/m.onnx", "two"), (taken.as_str(), "three")] {
        place.file(path, content.as_bytes());
    }
    let manifest = manifest("voice", &["a/m.onnx", "b/m.onnx", &taken]);
    let error = pack(&manifest, &registry(), place.folder.path(), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PathDuplicate);
}

#[test]
fn what_is_unpacked_is_what_was_packed() {
    let place = Place::new();
    let path = place.signed().save(&place.path("out"), &mut |_| {}).unwrap();
    let to = place.path("run");
    std::fs::create_dir(&to).unwrap();
    let mut package =
        Package::open_path(&path).unwrap().authenticate(&place.home.trust().unwrap(), "file:///", now()).unwrap();
    let mut read = 0;
    let unpacked = package.unpack(&to, &mut |count| read += count).unwrap();
    assert_eq!(tree(&to), ["meta", "meta/runtime.json", "models", "models/a.onnx"]);
    assert_eq!(read, package.package().content_bytes());
    let manifest = unpacked.manifest().unwrap();
    assert_eq!(manifest["nodes"][0]["params"]["model"], to.join("models/a.onnx").to_str().unwrap());
    assert_eq!(package.unpack(&to, &mut |_| {}).unwrap_err().kind(), ErrorKind::Io, "files are never overwritten");
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_does_not_lead_what_is_unpacked_elsewhere() {
    let place = Place::new();
    let path = place.signed().save(&place.path("out"), &mut |_| {}).unwrap();
    let (to, elsewhere) = (place.path("run"), place.path("elsewhere"));
    std::fs::create_dir(&to).unwrap();
    std::fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, to.join("models")).unwrap();
    let package = Package::open_path(&path).unwrap();
    let mut package = package.authenticate(&place.home.trust().unwrap(), "file:///", now()).unwrap();
    assert_eq!(package.unpack(&to, &mut |_| {}).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(tree(&elsewhere), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn what_is_unpacked_comes_from_the_file_that_was_verified() {
    let place = Place::new();
    let path = place.signed().save(&place.path("out"), &mut |_| {}).unwrap();
    let package = Package::open_path(&path).unwrap();
    let mut package = package.authenticate(&place.home.trust().unwrap(), "file:///", now()).unwrap();
    // Another file takes its place, then the file itself is changed.
    std::fs::rename(&path, place.path("moved")).unwrap();
    std::fs::write(&path, b"something else").unwrap();
    std::fs::create_dir(place.path("run")).unwrap();
    package.unpack(&place.path("run"), &mut |_| {}).unwrap();
    let changed = std::fs::read(place.path("moved")).unwrap();
    let at = changed.windows(11).position(|window| window == b"the weights").unwrap();
    std::os::unix::fs::FileExt::write_at(
        &std::fs::OpenOptions::new().write(true).open(place.path("moved")).unwrap(),
        b"THE",
        at as u64,
    )
    .unwrap();
    std::fs::create_dir(place.path("again")).unwrap();
    let error = package.unpack(&place.path("again"), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DigestMismatch);
}

#[test]
fn an_archive_written_by_hand_to_the_rules_is_a_package() {
    let bytes = archive(&Parts::new().entries());
    let package = Package::open(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!((package.name(), package.files().len()), ("voice", 2));
}

#[test]
fn what_a_package_cannot_carry_is_refused_by_name() {
    let place = Place::new();
    let refused = |node: Value| {
        let value = serde_json::json!({"version": "v1", "metadata": {"name": "p"}, "nodes": [node], "connections": []});
        let manifest = remotemedia_core::manifest::Manifest::from_value(value).unwrap();
        let mut registry = registry();
        let python = remotemedia_core::spec::NodeSpec::new("Mine").backend("cpython");
        registry
            .insert(
                python,
                std::sync::Arc::new(|_: &serde_json::Map<String, Value>| {
                    Ok(remotemedia_core::registry::map(|x: f64| x))
                }),
            )
            .unwrap();
        registry.register_pipeline("other", support::manifest("other", &[]).to_json()).unwrap();
        let error = pack(&manifest, &registry, place.folder.path(), &mut |_| {}).unwrap_err();
        (error.kind(), error.to_string())
    };
    let (kind, message) = refused(serde_json::json!({"id": "n", "node_type": "Infer", "params": {"model": "no.onnx"}}));
    assert_eq!(kind, ErrorKind::ModelFile);
    assert!(message.contains("node \"n\"") && message.contains("no.onnx"), "{message}");
    let (kind, message) = refused(serde_json::json!({"id": "n", "node_type": "Mine"}));
    assert_eq!(kind, ErrorKind::NotCarried);
    assert!(message.contains("cpython"), "{message}");
    assert_eq!(refused(serde_json::json!({"id": "n", "node_type": "other"})).0, ErrorKind::NotCarried);
    let blob = serde_json::json!({"id": "n", "node_type": "Infer", "params": {"label": [{"$blob": "sha256:00"}]}});
    assert_eq!(refused(blob).0, ErrorKind::NotCarried);
    // A graph with a tensor whose data lies elsewhere.
    place.file("parts.onnx", &[7 << 3 | 2, 4, 5 << 3 | 2, 2, 14 << 3, 1]);
    let parts = serde_json::json!({"id": "n", "node_type": "Infer", "params": {"model": "parts.onnx"}});
    let (kind, message) = refused(parts);
    assert_eq!(kind, ErrorKind::NotCarried);
    assert!(message.contains("parts.onnx has weights in other files"), "{message}");
    assert_eq!(refused(serde_json::json!({"id": "n", "node_type": "Nothing"})).0, ErrorKind::Pipeline);
}

#[test]
fn models_of_pipelines_within_the_pipeline_are_packed_too() {
    let place = Place::new();
    place.file("a.onnx", b"the weights");
    let inner: Value = serde_json::from_str(&manifest("inner", &["a.onnx"]).to_json()).unwrap();
    let value = serde_json::json!({"version": "v1", "metadata": {"name": "outer"}, "connections": [],
        "nodes": [{"id": "sub", "node_type": "Pipeline", "params": {"manifest": inner}}]});
    let manifest = remotemedia_core::manifest::Manifest::from_value(value).unwrap();
    let draft = draft(&manifest, place.folder.path());
    assert!(draft.files().iter().any(|file| file.path.as_str() == "models/a.onnx"));
}

#[test]
fn a_package_has_as_many_files_as_are_allowed_and_no_more() {
    let place = Place::new();
    let names: Vec<String> = (0..MAX_LAYERS).map(|number| format!("{number}-{}.onnx", "x".repeat(90))).collect();
    names.iter().for_each(|name| drop(place.file(name, name.as_bytes())));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut most = draft(&manifest("many", &names[1..]), place.folder.path());
    most.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
    let package = Package::open(std::io::Cursor::new(bytes(&most))).unwrap();
    assert_eq!(package.files().len(), MAX_LAYERS);
    package.authenticate(&place.home.trust().unwrap(), "file:///", now()).unwrap().check(&mut |_| {}).unwrap();
    let error = pack(&manifest("many", &names), &registry(), place.folder.path(), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LayerCount);
}

#[test]
fn a_model_that_changes_while_it_is_packed_is_an_error_and_leaves_no_file() {
    let place = Place::new();
    let draft = place.draft();
    place.file("a.onnx", b"other weights");
    let out = place.path("out");
    assert_eq!(draft.save(&out, &mut |_| {}).unwrap_err().kind(), ErrorKind::SourceChanged);
    assert_eq!(tree(&out), Vec::<String>::new());
}
