//! The cache: every file once, nothing in it believed, and nothing taken away from who uses it.

mod support;

use std::fs::{self, File};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use remotemedia_pkg::{Authentic, Cache, Contents, Digest, Draft, ErrorKind, Package, Result};
use support::{Place, bytes, draft, manifest, now, provenance, tree};

fn authentic(place: &Place, package: &[u8]) -> Authentic<Cursor<Vec<u8>>> {
    let package = Package::open(Cursor::new(package.to_vec())).unwrap();
    package.authenticate(&place.home.trust().unwrap(), "file:///srv/voice.rmpkg", now()).unwrap()
}

fn unpack(place: &Place, draft: &Draft) -> Result<Contents> {
    place.home.cache().unpack(&mut authentic(place, &bytes(draft)), now(), &mut |_| {})
}

/// A signed package of the models in the folder.
fn signed(place: &Place, name: &str, models: &[&str]) -> Draft {
    let mut draft = draft(&manifest(name, models), place.folder.path());
    draft.sign(&place.home.signing_key("me").unwrap(), &provenance()).unwrap();
    draft
}

fn view(place: &Place, draft: &Draft) -> PathBuf {
    place.path("home/cache/pipelines").join(draft.digest().hex())
}

fn blob(place: &Place, content: &[u8]) -> PathBuf {
    place.path("home/cache/blobs/sha256").join(Digest::of(content).hex())
}

/// Writes to a file although it is read-only.
fn spoil(path: &Path, content: &[u8]) {
    let mut permissions = fs::metadata(path).unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "the file goes with the test")]
    permissions.set_readonly(false);
    fs::set_permissions(path, permissions).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn a_package_lies_in_the_cache_under_its_names() {
    let place = Place::new();
    let draft = place.signed();
    let contents = unpack(&place, &draft).unwrap();
    let model = contents.manifest().unwrap()["nodes"][0]["params"]["model"].as_str().unwrap().to_owned();
    assert_eq!(Path::new(&model), view(&place, &draft).join("models/a.onnx"));
    assert_eq!(fs::read(model).unwrap(), b"the weights");
    let expected = ["meta", "meta/runtime.json", "models", "models/a.onnx", "state.json"];
    assert_eq!(tree(&view(&place, &draft)), expected);
}

#[cfg(unix)]
#[test]
fn packages_share_the_files_that_both_have() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    place.file("a.onnx", b"the weights");
    place.file("b.onnx", b"more weights");
    let (one, two) = (signed(&place, "one", &["a.onnx"]), signed(&place, "two", &["a.onnx", "b.onnx"]));
    for draft in [&one, &two] {
        unpack(&place, draft).unwrap();
    }
    let file = |path: PathBuf| fs::metadata(path).unwrap();
    let shared = file(blob(&place, b"the weights"));
    assert_eq!((shared.nlink(), shared.mode() & 0o222), (3, 0));
    for draft in [&one, &two] {
        assert_eq!(file(view(&place, draft).join("models/a.onnx")).ino(), shared.ino());
    }
    assert_eq!(tree(&place.path("home/cache/blobs/sha256")).len(), 3, "two models, and one list of node types");
}

#[cfg(unix)]
#[test]
fn what_is_there_is_not_written_again() {
    use std::os::unix::fs::MetadataExt;
    let place = Place::new();
    let draft = place.signed();
    let times = || {
        unpack(&place, &draft).unwrap();
        let of = |name: &str| fs::metadata(view(&place, &draft).join(name)).unwrap();
        [of("models/a.onnx"), of("state.json")].map(|file| (file.ino(), file.mtime(), file.mtime_nsec()))
    };
    assert_eq!(times(), times());
}

#[test]
fn a_file_that_was_changed_or_removed_is_written_anew() {
    let place = Place::new();
    let draft = place.signed();
    unpack(&place, &draft).unwrap();
    let (shown, blob) = (view(&place, &draft).join("models/a.onnx"), blob(&place, b"the weights"));
    let harms: [&dyn Fn(); 7] = [
        &|| spoil(&shown, b"other words"),
        &|| spoil(&shown, b"the weights and more"),
        &|| spoil(&shown, b""),
        &|| fs::remove_file(&shown).unwrap(),
        &|| (spoil(&blob, b"other words"), fs::remove_file(&shown).unwrap()).0,
        &|| fs::remove_file(&blob).unwrap(),
        &|| fs::remove_dir_all(place.path("home/cache")).unwrap(),
    ];
    for (number, harm) in harms.iter().enumerate() {
        harm();
        let contents = unpack(&place, &draft).unwrap();
        assert_eq!(fs::read(&shown).unwrap(), b"the weights", "harm {number}");
        drop(contents);
    }
}

#[test]
fn what_a_killed_process_left_is_no_hindrance() {
    let place = Place::new();
    let draft = place.signed();
    let partial = blob(&place, b"the weights").with_extension("partial");
    place.file(partial.strip_prefix(place.folder.path()).unwrap().to_str().unwrap(), b"the wei");
    place.file(&format!("home/cache/pipelines/{}/state.json", draft.digest().hex()), b"{\"name\": \"voi");
    unpack(&place, &draft).unwrap();
    assert!(!partial.exists());
    let package = place.home.cache().packages().unwrap().remove(0);
    assert_eq!((package.name.as_str(), package.unpacked_at().as_str()), ("voice", "2027-01-15T08:00:00Z"));
}

#[test]
fn a_package_whose_file_was_changed_leaves_no_file_that_could_be_taken_for_it() {
    let place = Place::new();
    let mut package = bytes(&place.signed());
    let at = package.windows(11).position(|window| window == b"the weights").unwrap();
    package[at] = b'T';
    let error = place.home.cache().unpack(&mut authentic(&place, &package), now(), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DigestMismatch);
    assert!(!blob(&place, b"the weights").exists());
    assert_eq!(place.home.cache().packages().unwrap(), []);
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_of_the_cache_are_not_followed() {
    let place = Place::new();
    let draft = place.signed();
    fs::create_dir_all(place.path("elsewhere")).unwrap();
    fs::create_dir_all(place.path("home/cache/pipelines")).unwrap();
    std::os::unix::fs::symlink(place.path("elsewhere"), view(&place, &draft)).unwrap();
    assert_eq!(unpack(&place, &draft).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(tree(&place.path("elsewhere")), Vec::<String>::new());
}

#[test]
fn many_at_once_get_the_same_files() {
    let place = Place::new();
    let draft = place.signed();
    std::thread::scope(|scope| {
        let run = || {
            let contents = unpack(&place, &draft).unwrap();
            let manifest = contents.manifest().unwrap();
            fs::read(manifest["nodes"][0]["params"]["model"].as_str().unwrap()).unwrap()
        };
        let runs: Vec<_> = (0..16).map(|_| scope.spawn(run)).collect();
        runs.into_iter().for_each(|run| assert_eq!(run.join().unwrap(), b"the weights"));
    });
    assert_eq!(place.home.cache().packages().unwrap().len(), 1);
}

#[test]
fn who_waits_too_long_for_another_process_is_told_so() {
    let place = Place::new();
    let draft = place.signed();
    let lock = place.file(&format!("home/cache/locks/{}.write", Digest::of(b"the weights").hex()), b"");
    let lock = File::options().write(true).open(lock).unwrap();
    lock.lock().unwrap();
    let impatient = Cache::new(place.path("home/cache")).with_patience(Duration::ZERO);
    let error = impatient.unpack(&mut authentic(&place, &bytes(&draft)), now(), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CacheBusy);
    lock.unlock().unwrap();
    impatient.unpack(&mut authentic(&place, &bytes(&draft)), now(), &mut |_| {}).unwrap();
}

#[test]
fn clearing_spares_what_is_used() {
    let place = Place::new();
    place.file("a.onnx", b"the weights");
    place.file("b.onnx", b"more weights");
    let (used, unused) = (signed(&place, "used", &["a.onnx"]), signed(&place, "unused", &["a.onnx", "b.onnx"]));
    let contents = unpack(&place, &used).unwrap();
    unpack(&place, &unused).unwrap();
    let cleared = place.home.cache().clear().unwrap();
    assert_eq!((cleared.removed, cleared.in_use), (vec![unused.digest()], vec![used.digest()]));
    assert!(blob(&place, b"the weights").exists() && !blob(&place, b"more weights").exists());
    assert!(view(&place, &used).join("models/a.onnx").exists() && !view(&place, &unused).exists());
    drop(contents);
    assert_eq!(place.home.cache().clear().unwrap().removed, [used.digest()]);
    let left = tree(&place.path("home/cache"));
    assert!(left.iter().all(|path| !path.contains('/') || path == "blobs/sha256" || path.starts_with("locks/")));
}

#[test]
fn verifying_names_the_files_that_were_changed() {
    let place = Place::new();
    let draft = place.signed();
    unpack(&place, &draft).unwrap();
    let damaged = || {
        let checked = place.home.cache().verify(&mut |_| {}).unwrap();
        checked.into_iter().flat_map(|checked| checked.damaged).map(|path| path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(damaged(), Vec::<String>::new());
    spoil(&view(&place, &draft).join("models/a.onnx"), b"the Weights");
    assert_eq!(damaged(), ["models/a.onnx"]);
    unpack(&place, &draft).unwrap();
    assert_eq!(damaged(), Vec::<String>::new());
}
