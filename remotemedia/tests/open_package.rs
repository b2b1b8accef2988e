//! Pipelines that are packages, or are made of some, opened by a program: verified, judged and held.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::{Additions, Attached, FileKind, Home, PackagePath, Provenance, PythonModule, pack_with};
use remotemedia::session::Received;
use remotemedia::{OpenError, Pipeline, Runtime, UserPackages, stand_in_for_python};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Somebody with a key, a trust and a cache of their own, and a folder with packages.
struct Somebody {
    folder: TempDir,
    user: UserPackages,
    runtime: Runtime,
}

impl Somebody {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let user = UserPackages::at(Home::new(folder.path().join("home")));
        Self { folder, user, runtime: Runtime::builder().workers(1).build().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a package of one node, signed if that is wanted.
    fn build(&self, name: &str, node: Value, is_signed: bool) -> PathBuf {
        let manifest = manifest(name, node);
        let resolved = self.user.resolve(manifest.clone(), self.folder.path(), self.runtime.registry()).unwrap();
        self.build_as(name, manifest, resolved.manifest, is_signed)
    }

    /// The same for a manifest, and what it is with the pipelines of packages in their places.
    fn build_as(&self, name: &str, manifest: Value, resolved: Value, is_signed: bool) -> PathBuf {
        let manifest = Manifest::from_value(manifest).unwrap();
        let resolved = Some(Manifest::from_value(resolved).unwrap());
        let additions = Additions { resolved, ..Additions::default() };
        let mut draft =
            pack_with(&manifest, self.runtime.registry(), self.folder.path(), additions, &mut |_| {}).unwrap();
        if is_signed {
            let provenance = Provenance { source: None, built_at: SystemTime::now() };
            draft.sign(&self.user.signing_key("default").unwrap().0, &provenance).unwrap();
        }
        draft.save(&self.path(&format!("{name}.rmpkg")), &mut |_| {}).unwrap()
    }

    fn pipeline(&self, package: &Path) -> Result<Pipeline, OpenError> {
        self.user.open(package, &())?.pipeline(self.runtime.registry())
    }

    /// What the pipeline makes of 3.
    fn of_three(&self, pipeline: &Pipeline) -> String {
        pipeline.run(self.runtime.driver(), [3.into()]).unwrap()[0].to_string()
    }

    fn refused(&self, package: &Path) -> (i32, String) {
        let error = self.pipeline(package).unwrap_err();
        (error.status(), error.to_string())
    }
}

fn manifest(name: &str, node: Value) -> Value {
    json!({"version": "v1", "metadata": {"name": name}, "connections": [], "nodes": [node]})
}

fn double() -> Value {
    json!({"id": "double", "node_type": "Multiply", "params": {"factor": 2}})
}

fn node_of(package: &str) -> Value {
    json!({"id": "inner", "node_type": "Pipeline", "params": {"package": package}})
}

#[test]
fn a_package_runs_and_so_does_one_that_is_a_node_of_it() {
    let me = Somebody::new();
    let inner = me.build("inner", double(), true);
    assert_eq!(me.of_three(&me.pipeline(&inner).unwrap()), "6");
    let outer = me.build("outer", node_of("inner.rmpkg"), true);
    let pipeline = me.pipeline(&outer).unwrap();
    assert_eq!(pipeline.graph().nodes[0].id.as_ref(), "inner/double");
    assert_eq!(me.of_three(&pipeline), "6");
}

#[test]
fn a_manifest_names_packages_that_lie_in_its_folder() {
    let me = Somebody::new();
    me.build("inner", double(), true);
    let text = manifest("plain", node_of("inner.rmpkg")).to_string();
    let pipeline = me.user.pipeline(&text, me.folder.path(), me.runtime.registry()).unwrap();
    assert_eq!(me.of_three(&pipeline), "6");
    let error = me.user.pipeline(&text, Path::new("elsewhere"), me.runtime.registry()).unwrap_err();
    assert!(error.status() == -606 && error.to_string().starts_with("node \"inner\": cannot open "), "{error}");
    let error = me.runtime.pipeline(&text).unwrap_err().to_string();
    assert!(error.contains("remotemedia::UserPackages::pipeline"), "{error}");
}

#[test]
fn the_files_stay_while_a_session_is_all_that_is_left() {
    let me = Somebody::new();
    me.build("inner", double(), true);
    let package = me.user.open(me.build("outer", node_of("inner.rmpkg"), true), &()).unwrap();
    let pipeline = package.pipeline(me.runtime.registry()).unwrap();
    drop(package);
    let session = pipeline.start(me.runtime.driver()).unwrap();
    drop(pipeline);
    let in_use = || me.user.home().cache().clear().unwrap().in_use.len();
    assert_eq!(in_use(), 2);
    session.send(None, 3, None).unwrap();
    session.finish();
    assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)));
    assert!(matches!(session.recv(None, None).unwrap(), Received::End));
    drop(session);
    // A thread that ran its nodes may hold it for a moment longer.
    while in_use() > 0 {
        std::thread::yield_now();
    }
    assert!(me.user.home().cache().packages().unwrap().is_empty());
}

#[test]
fn what_is_not_to_be_believed_is_told_apart_by_its_status() {
    let (me, other) = (Somebody::new(), Somebody::new());
    let signed = me.build("signed", double(), true);
    assert_eq!(me.refused(&other.build("theirs", double(), true)).0, -602);
    assert_eq!(me.refused(&me.build("nobodys", double(), false)).0, -601);
    assert_eq!(me.refused(&me.path("missing.rmpkg")).0, -606);
    let bytes = fs::read(&signed).unwrap();
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        fs::write(me.path(name), bytes).unwrap();
        me.refused(&me.path(name)).0
    };
    assert_eq!(changed("none.rmpkg", &|bytes| bytes.truncate(7)), -600);
    let factor = bytes.windows(10).position(|found| found == b"\"factor\":2").unwrap() + 9;
    assert_eq!(changed("tampered.rmpkg", &|bytes| bytes[factor] = b'3'), -603);
    fs::create_dir_all(me.path("home/trust")).unwrap();
    let digest = me.user.open(&signed, &()).unwrap().digest().to_string();
    fs::write(me.path("home/trust/revoked.json"), json!({"packages": {digest: "a mistake"}}).to_string()).unwrap();
    assert_eq!(me.refused(&signed).0, -604);
    fs::write(me.path("home/trust/revoked.json"), "{").unwrap();
    assert_eq!(me.refused(&signed).0, -607);
}

#[test]
fn a_package_of_somebody_else_may_only_compute() {
    let (me, other) = (Somebody::new(), Somebody::new());
    let theirs = other.build("theirs", double(), true);
    let sink = json!({"id": "out", "node_type": "WavSink", "params": {"path": "sound.wav"}});
    let reaching = other.build("reaching", sink, true);
    me.user.home().trust_key("other", &other.user.signing_key("default").unwrap().0.public()).unwrap();
    assert_eq!(me.of_three(&me.pipeline(&theirs).unwrap()), "6");
    let (status, message) = me.refused(&reaching);
    assert!(status == -605 && message.contains("\"out\" (WavSink) reads or writes files"), "{message}");
    let trusting = me.user.clone().trust_native(true).open(&reaching, &()).unwrap();
    assert!(!trusting.is_own() && trusting.pipeline(me.runtime.registry()).is_ok());
}

#[test]
fn nodes_in_python_are_shown_but_not_run() {
    let me = Somebody::new();
    let module = json!({"format": 1, "nodes": [{"class": "talk:Talk", "node_type": "Talk"}], "python": ">=3.11,<4",
        "requires": {"numpy": "2.4.6"}, "sources": {"talk": {"package": false, "text": "raise SystemExit\n"}}});
    let bytes = PythonModule::from_value(module).unwrap().to_bytes();
    let path = PackagePath::new("modules/talk.pynode").unwrap();
    let python = json!({"class": "talk:Talk", "module": {"$file": path.as_str()}});
    let node = json!({"id": "t", "node_type": "Talk", "python": python});
    let manifest = Manifest::from_value(manifest("talk", node)).unwrap();
    let mut registry = remotemedia::Registry::new();
    stand_in_for_python(&manifest, &mut registry);
    let attached = vec![Attached { path, kind: FileKind::Python, bytes }];
    let additions = Additions { attached, ..Additions::default() };
    let mut draft = pack_with(&manifest, &registry, me.folder.path(), additions, &mut |_| {}).unwrap();
    let provenance = Provenance { source: None, built_at: SystemTime::now() };
    draft.sign(&me.user.signing_key("default").unwrap().0, &provenance).unwrap();
    let file = draft.save(&me.path("talk.rmpkg"), &mut |_| {}).unwrap();
    let (status, message) = me.refused(&file);
    assert!(status == -3 && message.contains("the node talk:Talk of a package is in Python"), "{message}");
    let shown = me.user.open(&file, &()).unwrap().inspect(me.runtime.registry()).unwrap();
    assert_eq!(shown["package"]["python"]["classes"], json!(["talk:Talk"]));
    assert_eq!(shown["graph"]["nodes"][0]["id"], "t");
}

#[test]
fn looking_at_a_file_writes_nothing() {
    let me = Somebody::new();
    let package = me.user.open_to_look_at(me.build("twice", double(), true), &()).unwrap();
    let shown = package.inspect(me.runtime.registry()).unwrap();
    assert_eq!((&shown["package"]["pipeline"], &shown["package"]["trusted"]), (&json!("twice"), &json!(true)));
    assert!(!me.path("home/cache").exists());
}

#[cfg(feature = "registry")]
#[test]
fn offline_nobody_is_asked() {
    let me = Somebody::new();
    let user = me.user.clone().offline(true);
    let error = user.open("oci://registry.invalid/team/voice:1", &()).unwrap_err();
    assert_eq!((error.kind().status(), error.kind().name()), (-613, "registry-offline"));
    assert!(error.message().contains("may not be asked while offline"), "{error}");
    let error = user.open("oci://no/Reference", &()).unwrap_err();
    assert_eq!(error.kind().status(), -1, "{error}");
}

#[cfg(feature = "registry")]
#[test]
fn whoever_looks_asks_no_registry_for_the_packages_in_it_unless_that_is_wanted() {
    let mut me = Somebody::new();
    let reference = format!("oci://registry.invalid/team/double@sha256:{}", "0".repeat(64));
    let inline = json!({"id": "inner", "node_type": "Pipeline", "params": {"manifest": manifest("double", double())}});
    let file = me.build_as("outer", manifest("outer", node_of(&reference)), manifest("outer", inline), true);
    me.user = me.user.offline(true);
    let of = |user: &UserPackages| user.open_to_look_at(&file, &()).unwrap();
    for package in [of(&me.user), me.user.open(&file, &()).unwrap()] {
        let shown = package.inspect(me.runtime.registry()).unwrap();
        let node = &shown["graph"]["nodes"][0];
        assert_eq!([&node["id"], &node["node_type"], &node["backend"]], ["inner", reference.as_str(), "package"]);
    }
    let error = of(&me.user).pipeline(me.runtime.registry()).unwrap_err();
    assert!(error.status() == -3 && error.to_string().contains("which was not fetched"), "{error}");
    let error = of(&me.user.clone().fetch_nested(true)).inspect(me.runtime.registry()).unwrap_err();
    assert_eq!(error.status(), -613, "{error}");
    assert_eq!(me.refused(&file).0, -613);
}
