//! Python modules in packages: what they hold survives, and what breaks a rule is refused when the package is read.

mod support;

use std::collections::BTreeSet;
use std::io::Cursor;

use proptest::prelude::*;
use remotemedia_core::manifest::Manifest;
use remotemedia_pkg::limits::{MAX_PYTHON_BYTES, MAX_PYTHON_NAME_BYTES, MAX_PYTHON_PARTS};
use remotemedia_pkg::{
    Additions, Attached, Digest, ErrorKind, FileKind, Mode, Package, PackagePath, Policy, PythonModule, Result, Rule,
    pack_with,
};
use serde_json::{Value, json};
use support::archive::{Parts, archive, canonical};
use support::{Place, now, provenance, registry, tree};

/// A module with one node.
fn document() -> Value {
    json!({
        "format": 1,
        "nodes": [{"class": "voice:Shout", "node_type": "Shout"}],
        "python": ">=3.11,<4",
        "requires": {"numpy": "2.4.6", "remotemedia": "0.1.0"},
        "sources": {
            "kit": {"package": true, "text": ""},
            "kit.text": {"package": false, "text": "def shout(text):\n    return text.upper()\n"},
            "voice": {"package": false, "text": "from kit.text import shout\nclass Shout: ...\n"},
        },
    })
}

/// The entry of its node.
fn entry() -> Value {
    json!({"id": "s", "node_type": "Shout", "params": {},
        "python": {"class": "voice:Shout", "module": {"$file": "modules/voice.pynode"}}})
}

fn pipeline(nodes: &[Value]) -> Value {
    json!({"connections": [], "metadata": {"name": "voice"}, "nodes": nodes, "version": "v1"})
}

/// What a change to the document makes wrong.
fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut document = document();
    change(&mut document);
    document
}

/// The archive of a package with such a module and manifest, put together by hand.
fn by_hand(module: &[u8], pipeline: &Value) -> Vec<u8> {
    let mut parts = Parts::new();
    parts.pipeline = canonical(pipeline);
    parts.layers[1] =
        ("application/vnd.remotemedia.pynode.v1+json".into(), "modules/voice.pynode".into(), module.to_vec());
    let mut entries = parts.entries();
    entries.retain(|entry| entry.path() != "models");
    let links = entries.iter().position(|entry| entry.path() == "manifest.json").unwrap();
    entries.insert(links, support::archive::Raw::folder("modules"));
    archive(&entries)
}

/// Reads all of a package that a policy lets through.
fn read(bytes: Vec<u8>) -> Result<()> {
    let place = Place::new();
    let rule = Rule { scope: "*".to_owned(), identities: BTreeSet::new(), mode: Mode::Warn };
    place.home.set_policy(&Policy { rules: vec![rule] }).unwrap();
    let trust = place.home.trust().unwrap();
    let before = tree(place.folder.path());
    let checked = Package::open(Cursor::new(bytes))
        .and_then(|package| package.authenticate(&trust, "file:///p.rmpkg", now()))
        .and_then(|mut package| package.check(&mut |_| {}));
    assert_eq!(tree(place.folder.path()), before);
    checked.map(drop)
}

#[test]
fn a_package_by_hand_is_good_as_long_as_its_module_is() {
    read(by_hand(&canonical(&document()), &pipeline(&[entry()]))).unwrap();
}

#[test]
fn a_package_in_a_registry_is_named_by_its_digest_or_refused() {
    let named = |package: &str| json!({"id": "inner", "node_type": "Pipeline", "params": {"package": package}});
    let within =
        |node: Value| json!({"id": "deep", "node_type": "Pipeline", "params": {"manifest": pipeline(&[node])}});
    let read = |node: Value| read(by_hand(&canonical(&document()), &pipeline(&[entry(), node])));
    let pinned = named(&format!("oci://registry.example/voice@{}", Digest::of(b"voice")));
    read(pinned.clone()).unwrap();
    read(within(pinned)).unwrap();
    for tag in ["oci://registry.example/voice:1.2", "oci://registry.example/voice"] {
        for (node, id) in [(named(tag), "inner"), (within(named(tag)), "deep/inner")] {
            let error = read(node).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unpinned, "{error}");
            assert!(error.message().contains(&format!("node \"{id}\" is oci://registry.example/voice:")), "{error}");
        }
    }
    assert_eq!(read(named("oci://nowhere")).unwrap_err().kind(), ErrorKind::Reference);
}

#[test]
fn documents_that_break_a_rule_are_refused() {
    let long = "x".repeat(MAX_PYTHON_NAME_BYTES + 1);
    let many: serde_json::Map<String, Value> =
        (0..=MAX_PYTHON_PARTS).map(|number| (format!("d{number}"), json!("1"))).collect();
    let mut cases: Vec<(String, Value)> = vec![
        ("a list".into(), json!([])),
        ("another format".into(), changed(|it| it["format"] = json!(2))),
        ("no format".into(), changed(|it| drop(it.as_object_mut().unwrap().remove("format")))),
        ("an unknown field".into(), changed(|it| it["setup"] = json!("import os"))),
        ("an unknown field of a source".into(), changed(|it| it["sources"]["voice"]["path"] = json!("/etc"))),
        ("no nodes".into(), changed(|it| it["nodes"] = json!([]))),
        ("a node twice".into(), changed(|it| it["nodes"] = json!([it["nodes"][0], it["nodes"][0]]))),
        ("a text that is a number".into(), changed(|it| it["sources"]["voice"]["text"] = json!(1))),
        ("another name of a type".into(), changed(|it| it["nodes"][0]["node_type"] = json!("Add"))),
        ("many distributions".into(), changed(|it| it["requires"] = Value::Object(many))),
        ("no package above".into(), changed(|it| it["sources"]["kit"]["package"] = json!(false))),
        ("nothing above".into(), changed(|it| drop(it["sources"].as_object_mut().unwrap().remove("kit")))),
    ];
    for name in
        ["", ".", "a..b", "../voice", "/voice", "a b", "1a", "größe", "a-b", "a\0", "a:b", "__import__('os')", &long]
    {
        let source = json!({"package": true, "text": ""});
        cases.push((format!("source {name:?}"), changed(|it| it["sources"][name] = source)));
    }
    for class in
        ["", "Shout", ":Shout", "voice:", "voice:a b", "voice:Shout;x", "../voice:Shout", "voice:<locals>.Shout"]
    {
        cases.push((format!("class {class:?}"), changed(|it| it["nodes"][0]["class"] = json!(class))));
    }
    for python in ["", "3.11", ">=3.11", ">=3.x,<4", ">=3.1111,<4", ">=2.7,<4", ">=3.,<4"] {
        cases.push((format!("python {python:?}"), changed(|it| it["python"] = json!(python))));
    }
    for (name, version) in [
        ("", "1"),
        ("numpy", ""),
        ("numpy; rm -rf /", "1"),
        ("numpy", "1 --index-url http://evil"),
        ("-r", "1"),
        ("numpy", "$(id)"),
        ("numpy", "1'"),
        ("../numpy", "1"),
        ("NumPy", "1"),
        ("numpy", "--pre"),
    ] {
        let change = changed(|it| it["requires"] = json!({ name: version }));
        cases.push((format!("requirement {name:?} {version:?}"), change));
    }
    assert!(cases.len() >= 50, "{}", cases.len());
    for (what, document) in cases {
        let error = read(by_hand(&canonical(&document), &pipeline(&[entry()]))).expect_err(&what);
        assert_eq!(error.kind(), ErrorKind::PythonModule, "{what}: {error}");
        assert_eq!(PythonModule::from_value(document).unwrap_err().kind(), ErrorKind::PythonModule, "{what}");
    }
}

#[test]
fn bytes_that_are_no_document_are_refused() {
    let good = canonical(&document());
    let spaced = serde_json::to_vec_pretty(&document()).unwrap();
    let twice = String::from_utf8(good.clone()).unwrap().replacen('{', "{\"format\":1,", 1).into_bytes();
    let cases: [(&[u8], ErrorKind); 6] = [
        (b"", ErrorKind::PythonModule),
        (b"\x80\x04\x95 a pickle", ErrorKind::PythonModule),
        (&good[..good.len() - 1], ErrorKind::PythonModule),
        (&spaced, ErrorKind::NotCanonical),
        (&twice, ErrorKind::PythonModule),
        (&[b'['; 100_000], ErrorKind::PythonModule),
    ];
    for (bytes, expected) in cases {
        assert_eq!(read(by_hand(bytes, &pipeline(&[entry()]))).unwrap_err().kind(), expected, "{bytes:.40?}");
    }
}

#[test]
fn a_document_that_is_too_large_is_refused_before_it_is_read() {
    let text = "x".repeat(usize::try_from(MAX_PYTHON_BYTES).unwrap());
    let large = canonical(&changed(|it| it["sources"]["voice"]["text"] = json!(text)));
    assert_eq!(read(by_hand(&large, &pipeline(&[entry()]))).unwrap_err().kind(), ErrorKind::BlobSize);
}

#[test]
fn python_nodes_must_be_of_a_module_of_the_package() {
    let with = |key: &str, value: Value| {
        let mut entry = entry();
        entry["python"][key] = value;
        entry
    };
    let mut other_type = entry();
    other_type["node_type"] = json!("Double");
    let mut bare = entry();
    bare["python"] = json!("voice:Shout");
    let inner = json!({"id": "outer", "node_type": "Pipeline", "params": {"manifest": pipeline(&[with("class", json!("os:system"))])}});
    let cases = [
        with("class", json!("os:system")),
        with("class", json!("voice:Other")),
        with("class", Value::Null),
        with("module", Value::Null),
        with("module", json!("modules/voice.pynode")),
        with("module", json!({"$file": "meta/runtime.json"})),
        other_type,
        bare,
        inner,
    ];
    for entry in cases {
        let error = read(by_hand(&canonical(&document()), &pipeline(std::slice::from_ref(&entry))))
            .expect_err(&entry.to_string());
        assert_eq!(error.kind(), ErrorKind::PythonModule, "{entry}: {error}");
    }
    let lacking = with("module", json!({"$file": "modules/other.pynode"}));
    let error = read(by_hand(&canonical(&document()), &pipeline(&[lacking]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Pipeline, "{error}");
}

proptest! {
    #[test]
    fn bytes_that_were_changed_are_refused_or_are_a_module_that_is_written_the_same_way(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = canonical(&document());
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(bytes.len() - cut.index(3));
        if let Ok(module) = PythonModule::parse(&bytes) {
            prop_assert_eq!(module.to_bytes(), bytes);
        }
    }
}

/// The package of a pipeline with a Python node and a large parameter.
fn packed(data: &[u8], path: Option<&str>) -> Result<remotemedia_pkg::Draft> {
    let path = path.map_or_else(|| format!("data/{}", Digest::of(data).hex()), str::to_owned);
    let mut entry = entry();
    entry["params"]["table"] = json!({"$bytes": {"$file": path}});
    let manifest = Manifest::from_value(pipeline(&[entry, json!({"id": "d", "node_type": "Double"})])).unwrap();
    let mut registry = registry();
    let double = registry.node_type("Double").unwrap().clone();
    registry.bind("s", remotemedia_core::spec::NodeSpec::new("Shout"), double.factory);
    let attach = |path: &str, kind, bytes: &[u8]| Attached {
        path: PackagePath::new(path).unwrap(),
        kind,
        bytes: bytes.to_vec(),
    };
    let attached = vec![
        attach("modules/voice.pynode", FileKind::Python, &canonical(&document())),
        attach(&path, FileKind::Data, data),
    ];
    let additions = Additions { attached, ..Additions::default() };
    pack_with(&manifest, &registry, std::path::Path::new(""), additions, &mut |_| {})
}

#[test]
fn modules_and_data_come_back_as_they_went_in() {
    let place = Place::new();
    let mut draft = packed(b"the table", None).unwrap();
    draft.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
    let path = draft.save(&place.path("out"), &mut |_| {}).unwrap();
    let mut package =
        Package::open_path(&path).unwrap().authenticate(&place.home.trust().unwrap(), "file:///", now()).unwrap();
    let contents = place.home.cache().unpack(&mut package, now(), &mut |_| {}).unwrap();
    let module = &contents.python_modules()["modules/voice.pynode"];
    assert_eq!(module.nodes()[0].class, "voice:Shout");
    assert_eq!(module.requires()["numpy"], "2.4.6");
    assert!(module.sources()["kit.text"].text.starts_with("def shout"));
    let data = package.read_data().unwrap();
    assert_eq!(
        data,
        [(PackagePath::new(format!("data/{}", Digest::of(b"the table").hex())).unwrap(), b"the table".to_vec())]
    );
    let manifest = contents.manifest().unwrap();
    let qualified = format!("{}/{}", contents.digest().hex(), data[0].0);
    assert_eq!(manifest["nodes"][0]["params"]["table"]["$bytes"]["$file"], qualified);
    let provenance = package.signer().unwrap().provenance.clone().unwrap();
    let depends = provenance["buildDefinition"]["resolvedDependencies"].as_array().unwrap();
    assert!(depends.contains(&json!({"name": "numpy", "uri": "pkg:pypi/numpy@2.4.6"})), "{depends:?}");
}

#[test]
fn attached_files_lie_where_their_kind_belongs() {
    for path in ["models/table", "data/table", "modules/table", "meta/runtime.json"] {
        assert_eq!(packed(b"the table", Some(path)).unwrap_err().kind(), ErrorKind::PathPlace, "{path}");
    }
}

#[test]
fn a_python_node_without_its_module_cannot_be_packed() {
    let manifest = Manifest::from_value(pipeline(&[entry()])).unwrap();
    let mut registry = registry();
    let double = registry.node_type("Double").unwrap().clone();
    registry.bind("s", remotemedia_core::spec::NodeSpec::new("Shout"), double.factory);
    let error = remotemedia_pkg::pack(&manifest, &registry, std::path::Path::new(""), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotCarried);
    assert!(error.message().contains("pip install remotemedia"), "{error}");
}

#[cfg(feature = "registry")]
#[test]
fn modules_and_data_come_back_from_a_registry_and_from_the_cache_alone() {
    let (place, server) = (Place::new(), support::registry::Server::debian());
    let mut draft = packed(b"the table", None).unwrap();
    draft.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
    let reference = server.reference("voice").parse().unwrap();
    support::remote::push(&place, &draft, &reference);
    let come_back = || {
        let mut pulled = support::remote::pull(&place, &reference).unwrap();
        assert_eq!(pulled.contents.python_modules()["modules/voice.pynode"].nodes()[0].class, "voice:Shout");
        assert_eq!(pulled.package.read_data().unwrap()[0].1, b"the table");
    };
    come_back();
    drop(server);
    // The files still show under their names.
    for file in std::fs::read_dir(place.path("home/cache/blobs/sha256")).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    come_back();
}
