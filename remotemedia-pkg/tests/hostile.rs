//! Hostile archives: each kind has an error of its own, and nothing is written but below the folder that was named.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use remotemedia_pkg::limits::{MAX_BLOB_BYTES, MAX_ENTRIES, MAX_LAYERS, MAX_SIGNATURES};
use remotemedia_pkg::{Digest, ErrorKind, Mode, Package, Policy, Result, Rule};
use serde_json::{Value, json};
use support::archive::{Parts, Raw, archive, canonical};
use support::{Place, now, tree};

/// An archive, what is wrong with it, and the error that it must give.
struct Case {
    what: String,
    bytes: Vec<u8>,
    expected: ErrorKind,
}

fn case(what: impl Into<String>, bytes: Vec<u8>, expected: ErrorKind) -> Case {
    Case { what: what.into(), bytes, expected }
}

fn of(what: impl Into<String>, entries: &[Raw], expected: ErrorKind) -> Case {
    case(what, archive(entries), expected)
}

/// The entries of a good package with `extra` put before the entry numbered `at`.
fn with(at: usize, extra: Raw) -> Vec<Raw> {
    let mut entries = Parts::new().entries();
    entries.insert(at.min(entries.len()), extra);
    entries
}

/// A place among the blobs, and one at the end.
const PLACES: [usize; 2] = [4, usize::MAX];

const PATHS: &[(&[u8], ErrorKind)] = &[
    (b"", ErrorKind::PathEmpty),
    (b"models//a", ErrorKind::PathEmpty),
    (b"/etc/passwd", ErrorKind::PathAbsolute),
    (b"//server/share", ErrorKind::PathAbsolute),
    (b"../escaped", ErrorKind::PathTraversal),
    (b"models/../../escaped", ErrorKind::PathTraversal),
    (b"models/..", ErrorKind::PathTraversal),
    (b"./models/a", ErrorKind::PathTraversal),
    (b"..", ErrorKind::PathTraversal),
    (b"..\\escaped", ErrorKind::PathCharacter),
    (b"C:escaped", ErrorKind::PathCharacter),
    (b"models/a:stream", ErrorKind::PathCharacter),
    (b"models/a*", ErrorKind::PathCharacter),
    (b"models/a\nb", ErrorKind::PathControl),
    (b"models/a\x1b[2J", ErrorKind::PathControl),
    (b"models/\x7f", ErrorKind::PathControl),
    (b"models/nul", ErrorKind::PathDevice),
    (b"models/CON.onnx", ErrorKind::PathDevice),
    (b"aux/a", ErrorKind::PathDevice),
    (b"models/lpt9.tar.gz", ErrorKind::PathDevice),
    (b"models/a.", ErrorKind::PathEnding),
    (b"models./a", ErrorKind::PathEnding),
    (b"models/a ", ErrorKind::PathEnding),
    (b"models/a\xcc\x88", ErrorKind::PathNormalisation),
    (b"models/\xff\xfe", ErrorKind::PathEncoding),
    (b"models/\xc0\xae\xc0\xae/x", ErrorKind::PathEncoding),
];

fn paths() -> Vec<Case> {
    let target = format!("blobs/sha256/{}", Digest::of(b"the weights").hex());
    let mut cases = Vec::new();
    for (path, expected) in PATHS {
        let what = String::from_utf8_lossy(path);
        cases.extend(
            PLACES.map(|at| of(format!("file {what:?}"), &with(at, Raw::new(path, b'0', b"x", b"")), *expected)),
        );
        let folder = [path, &b"/"[..]].concat();
        let expected_folder = if path.is_empty() { ErrorKind::PathEmpty } else { *expected };
        cases.extend(
            PLACES.map(|at| {
                of(format!("folder {what:?}"), &with(at, Raw::new(&folder, b'5', b"", b"")), expected_folder)
            }),
        );
        let link = Raw::new(path, b'1', b"", target.as_bytes());
        cases.push(of(format!("link {what:?}"), &with(usize::MAX, link), *expected));
    }
    let long = Raw::file(&"x".repeat(100), b"").with(345, "p/".repeat(72).as_bytes());
    cases.push(of("a path of 245 bytes", &with(4, long), ErrorKind::PathLength));
    cases
}

fn types() -> Vec<Case> {
    let mut cases = Vec::new();
    for target in ["/etc/passwd", "../../escaped", "models/a.onnx", "."] {
        let link = Raw::new(b"models/link", b'2', b"", target.as_bytes());
        cases.extend(
            PLACES.map(|at| of(format!("symbolic link to {target}"), &with(at, link.clone()), ErrorKind::SymbolicLink)),
        );
    }
    let kinds = [
        (b'3', ErrorKind::SpecialFile),
        (b'4', ErrorKind::SpecialFile),
        (b'6', ErrorKind::SpecialFile),
        (b'x', ErrorKind::Extension),
        (b'g', ErrorKind::Extension),
        (b'L', ErrorKind::Extension),
        (b'K', ErrorKind::Extension),
        (b'S', ErrorKind::Extension),
        (b'7', ErrorKind::EntryType),
        (b'V', ErrorKind::EntryType),
        (b'\xff', ErrorKind::EntryType),
    ];
    for (kind, expected) in kinds {
        let entry = Raw::new(b"models/other", kind, b"28 path=../../escaped\n", b"");
        cases.extend(PLACES.map(|at| of(format!("type {:?}", kind as char), &with(at, entry.clone()), expected)));
    }
    cases
}

fn links() -> Vec<Case> {
    let unseen = format!("blobs/sha256/{}", Digest::of(b"never there").hex());
    let upper = format!("blobs/sha256/{}", Digest::of(b"the weights").hex().to_uppercase());
    let targets = [
        "",
        "/etc/passwd",
        "../../escaped",
        "models/link",
        "index.json",
        "blobs/sha256",
        "blobs/sha256/",
        &unseen,
        &upper,
    ];
    let mut cases = Vec::new();
    for target in targets {
        let at = PLACES.map(|at| {
            of(format!("hard link to {target:?}"), &with(at, Raw::link("models/link", target)), ErrorKind::LinkTarget)
        });
        cases.extend(at);
    }
    let early = Raw::link("models/early", &format!("blobs/sha256/{}", Digest::of(b"the weights").hex()));
    cases.push(of("hard link before its blob", &with(4, early), ErrorKind::LinkTarget));
    cases
}

/// Bytes in the header of the first blob and what they should not be.
fn headers() -> Vec<Case> {
    let changes: &[(&str, usize, &[u8])] = &[
        ("mode 0777", 100, b"0000777\0"),
        ("set user id", 100, b"0004755\0"),
        ("mode 0600", 100, b"0000600\0"),
        ("user 1000", 108, b"0001750\0"),
        ("group 1000", 116, b"0001750\0"),
        ("a time", 136, b"14371046000\0"),
        ("a name of the owner", 265, b"root"),
        ("a name of the group", 297, b"root"),
        ("a device number", 329, b"0000001\0"),
        ("a target where there is no link", 157, b"/etc/passwd"),
        ("the magic of GNU", 257, b"ustar  \0"),
        ("no magic", 257, &[0; 8]),
        ("bytes behind the end of the path", 98, b"x"),
        ("bytes in what is not used", 505, b"x"),
        ("a size with spaces", 124, b"         13 "),
    ];
    let mut cases = Vec::new();
    for at in [4, 6] {
        for (what, offset, bytes) in changes {
            let mut entries = Parts::new().entries();
            entries[at] = entries[at].clone().with(*offset, bytes);
            cases.push(of(format!("{what} in entry {at}"), &entries, ErrorKind::HeaderForm));
        }
    }
    for folder_or_link in [2, usize::MAX] {
        let mut entries = Parts::new().entries();
        let at = folder_or_link.min(entries.len() - 1);
        entries[at] = entries[at].clone().with(124, b"00000001000\0");
        cases.push(of(format!("contents of entry {at}"), &entries, ErrorKind::HeaderForm));
    }
    let mut entries = Parts::new().entries();
    entries[4].header.as_mut_bytes()[148..156].copy_from_slice(b"0000000\0");
    cases.push(of("a wrong checksum", &entries, ErrorKind::HeaderChecksum));
    cases
}

fn sizes() -> Vec<Case> {
    let sized = |what: &str, size: &[u8], expected| {
        let mut entries = Parts::new().entries();
        entries[4] = entries[4].clone().with(124, size);
        of(what, &entries, expected)
    };
    let beyond = format!("{:011o}\0", 1_u64 << 30);
    let mut huge = [0xff; 12];
    huge[0] = 0x80;
    let mut nine_gib = [0; 12];
    nine_gib[0] = 0x80;
    nine_gib[4..].copy_from_slice(&(MAX_BLOB_BYTES + 1).to_be_bytes());
    vec![
        sized("a size that is no number", b"hello world\0", ErrorKind::HeaderSize),
        sized("a negative size", b"-0000000001\0", ErrorKind::HeaderSize),
        sized("a size beyond the end", beyond.as_bytes(), ErrorKind::Truncated),
        sized("the largest size of the format", b"77777777777\0", ErrorKind::Truncated),
        sized("a size of 8 GiB", &nine_gib, ErrorKind::BlobSize),
        sized("a size beyond all limits", &huge, ErrorKind::BlobSize),
    ]
}

fn sequence() -> Vec<Case> {
    let good = Parts::new().entries();
    let mut cases = Vec::new();
    for (at, entry) in good.iter().enumerate().skip(1) {
        let mut lacking = good.clone();
        lacking.remove(at);
        // A link without its blob is seen first.
        let has_link = |entry: &Raw| {
            good.iter().any(|other| other.header.link_name_bytes().is_some_and(|to| *to == *entry.path().as_bytes()))
        };
        let expected = if has_link(entry) { ErrorKind::LinkTarget } else { ErrorKind::MissingEntry };
        cases.push(of(format!("without {}", entry.path()), &lacking, expected));
        cases.push(of(format!("{} twice", entry.path()), &with(usize::MAX, entry.clone()), ErrorKind::PathDuplicate));
    }
    for at in [1, 4, 5, 6, 8, 11] {
        let mut swapped = good.clone();
        swapped.swap(at, at + 1);
        cases.push(of(format!("entries {at} and {} swapped", at + 1), &swapped, ErrorKind::UnexpectedEntry));
    }
    for (path, at) in [("README", 99), ("models/extra", 99), ("zzz", 99), ("blobs/sha256/short", 5)] {
        cases.push(of(format!("an extra file {path}"), &with(at, Raw::file(path, b"x")), ErrorKind::UnexpectedEntry));
        cases.push(of(format!("an extra folder {path}"), &with(at, Raw::folder(path)), ErrorKind::UnexpectedEntry));
    }
    for path in ["Models", "MODELS/A.ONNX", "OCI-Layout", "models/A.onnx", "Manifest.json"] {
        cases.push(of(format!("{path} beside another case"), &with(99, Raw::file(path, b"x")), ErrorKind::PathCase));
    }
    let mut as_folder = good.clone();
    as_folder[1] = Raw::folder("index.json");
    cases.push(of("an index that is a folder", &as_folder, ErrorKind::UnexpectedEntry));
    let crowd = good.iter().cloned().chain((0..=MAX_ENTRIES).map(|n| Raw::file(&format!("f{n}"), b"")));
    cases.push(of("entries without end", &crowd.collect::<Vec<_>>(), ErrorKind::EntryCount));
    cases
}

fn ends() -> Vec<Case> {
    let good = archive(&Parts::new().entries());
    let mut padded = good.clone();
    let content_end = 512 + br#"{"imageLayoutVersion":"1.0.0"}"#.len();
    padded[content_end] = 1;
    let mut early = good.clone();
    early.splice(0..0, [0; 1024]);
    vec![
        case("no bytes", Vec::new(), ErrorKind::Truncated),
        case("an archive without entries", vec![0; 1024], ErrorKind::MissingEntry),
        case("zeros first", early, ErrorKind::TrailingData),
        case("a zip", [b"PK\x03\x04".to_vec(), vec![1; 2000]].concat(), ErrorKind::NotAPackage),
        case("a gzip", [b"\x1f\x8b\x08".to_vec(), vec![0; 2000]].concat(), ErrorKind::NotAPackage),
        of("an ordinary archive", &[Raw::file("hello", b"world")], ErrorKind::NotAPackage),
        case("one block of zeros at the end", good[..good.len() - 512].to_vec(), ErrorKind::Truncated),
        case("no zeros at the end", good[..good.len() - 1024].to_vec(), ErrorKind::Truncated),
        case("a third block of zeros", [good.clone(), vec![0; 512]].concat(), ErrorKind::TrailingData),
        case("a second archive", [good.clone(), good.clone()].concat(), ErrorKind::TrailingData),
        case("a byte behind the end", [good, vec![0]].concat(), ErrorKind::TrailingData),
        case("bytes in the padding", padded, ErrorKind::Padding),
    ]
}

/// A package whose OCI manifest is changed, with everything around it made to fit.
fn manifest(what: &str, expected: ErrorKind, change: impl Fn(&mut Value)) -> Case {
    let parts = Parts::new();
    let mut manifest = parts.filled();
    change(&mut manifest);
    of(format!("OCI manifest with {what}"), &parts.entries_with(&canonical(&manifest)), expected)
}

fn manifests() -> Vec<Case> {
    let sha512 = format!("sha512:{}", "0".repeat(128));
    let mut cases = vec![
        manifest("an unknown field", ErrorKind::NotCanonical, |m| m["extra"] = 1.into()),
        manifest("another schema version", ErrorKind::NotCanonical, |m| m["schemaVersion"] = 1.into()),
        manifest("another media type", ErrorKind::NotCanonical, |m| m["mediaType"] = "application/json".into()),
        manifest("another artifact type", ErrorKind::MediaType, |m| m["artifactType"] = "application/x".into()),
        manifest("no artifact type", ErrorKind::MediaType, |m| drop(m.as_object_mut().unwrap().remove("artifactType"))),
        manifest("an image's config", ErrorKind::MediaType, |m| {
            m["config"]["mediaType"] = "application/vnd.oci.image.config.v1+json".into()
        }),
        manifest("no config", ErrorKind::Document, |m| drop(m.as_object_mut().unwrap().remove("config"))),
        manifest("no annotations", ErrorKind::Document, |m| drop(m.as_object_mut().unwrap().remove("annotations"))),
        manifest("a name that writes to the terminal", ErrorKind::Document, |m| {
            m["annotations"]["org.opencontainers.image.title"] = "\u{1b}[2J".into()
        }),
        manifest("an unknown annotation", ErrorKind::NotCanonical, |m| m["annotations"]["x"] = "y".into()),
        manifest("a subject", ErrorKind::NotCanonical, |m| m["subject"] = m["config"].clone()),
        manifest("an unknown kind of layer", ErrorKind::MediaType, |m| {
            m["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip".into()
        }),
        manifest("a layer without a path", ErrorKind::Document, |m| {
            drop(m["layers"][1].as_object_mut().unwrap().remove("annotations"))
        }),
        manifest("a layer with URLs", ErrorKind::NotCanonical, |m| {
            m["layers"][1]["urls"] = json!(["https://example.com/a"])
        }),
        manifest("a layer with its data inside", ErrorKind::NotCanonical, |m| m["layers"][1]["data"] = "dGhl".into()),
        manifest("layers in another order", ErrorKind::NotCanonical, |m| m["layers"].as_array_mut().unwrap().reverse()),
        manifest("a digest of SHA-512", ErrorKind::DigestForm, |m| m["layers"][1]["digest"] = sha512.as_str().into()),
        manifest("a digest that is none", ErrorKind::Document, |m| {
            m["layers"][1]["digest"] = "sha256:../../etc".into()
        }),
        manifest("a digest in upper case", ErrorKind::Document, |m| {
            m["layers"][1]["digest"] =
                m["layers"][1]["digest"].as_str().unwrap().to_uppercase().replace("SHA", "sha").into()
        }),
        manifest("a layer of a missing blob", ErrorKind::MissingEntry, |m| {
            m["layers"][1]["digest"] = Digest::of(b"").to_string().into()
        }),
        manifest("a wrong size", ErrorKind::SizeMismatch, |m| m["layers"][1]["size"] = 12.into()),
        manifest("an absurd size", ErrorKind::BlobSize, |m| m["layers"][1]["size"] = (1_u64 << 40).into()),
        manifest("a negative size", ErrorKind::Document, |m| m["layers"][1]["size"] = (-1).into()),
        manifest("a pipeline of 2 MiB", ErrorKind::PipelineSize, |m| m["config"]["size"] = (2 << 20).into()),
        manifest("layers without end", ErrorKind::LayerCount, |m| {
            m["layers"] = vec![m["layers"][1].clone(); MAX_LAYERS + 1].into()
        }),
        manifest("a layer twice", ErrorKind::NotCanonical, |m| {
            let layer = m["layers"][1].clone();
            m["layers"].as_array_mut().unwrap().push(layer);
        }),
    ];
    for (path, expected) in PATHS.iter().filter_map(|(path, kind)| Some((std::str::from_utf8(path).ok()?, *kind))) {
        cases.push(manifest(&format!("the path {path:?}"), expected, |m| {
            m["layers"][1]["annotations"]["org.opencontainers.image.title"] = path.into();
        }));
    }
    for place in ["manifest.json", "index.json", "blobs/sha256/x", "meta/signature.sigstore.json", "bin/sh", "models"] {
        cases.push(manifest(&format!("a model at {place}"), ErrorKind::PathPlace, |m| {
            m["layers"][1]["annotations"]["org.opencontainers.image.title"] = place.into();
        }));
    }
    let parts = Parts::new();
    let text = canonical(&parts.filled());
    let spaced = serde_json::to_vec_pretty(&parts.filled()).unwrap();
    let twice = String::from_utf8(text.clone()).unwrap().replacen("{", "{\"schemaVersion\":1,", 1).into_bytes();
    cases.push(of("OCI manifest with spaces", &parts.entries_with(&spaced), ErrorKind::NotCanonical));
    cases.push(of("OCI manifest with a key twice", &parts.entries_with(&twice), ErrorKind::Document));
    for (what, bytes) in
        [("cut off", &text[..40]), ("not UTF-8", b"\xff\xff"), ("nested deep", "[".repeat(5000).as_bytes())]
    {
        cases.push(of(format!("OCI manifest {what}"), &parts.entries_with(bytes), ErrorKind::Document));
    }
    let large = vec![b' '; 5 << 20];
    cases.push(of("OCI manifest of 5 MiB", &parts.entries_with(&large), ErrorKind::DocumentSize));
    cases
}

fn indexes() -> Vec<Case> {
    let parts = Parts::new();
    let manifest = canonical(&parts.filled());
    let good = |change: &dyn Fn(&mut Value)| {
        let mut index: Value = serde_json::from_slice(&parts.entries()[1].content).unwrap();
        change(&mut index);
        index
    };
    let index = |what: &str, expected, change: &dyn Fn(&mut Value)| {
        of(format!("index with {what}"), &parts.entries_of(&canonical(&good(change)), &manifest), expected)
    };
    let mut layout = parts.entries();
    layout[0] = Raw::file("oci-layout", br#"{"imageLayoutVersion":"2.0.0"}"#);
    vec![
        index("no manifests", ErrorKind::Document, &|i| i["manifests"] = json!([])),
        index("another tag", ErrorKind::NotCanonical, &|i| {
            i["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = "vo1ce".into()
        }),
        index("a missing manifest", ErrorKind::MissingEntry, &|i| {
            i["manifests"][0]["digest"] = Digest::of(b"x").to_string().into()
        }),
        index("another manifest's digest", ErrorKind::DigestMismatch, &|i| i["manifests"][0]["size"] = 1.into())
            .or_size(),
        index("a second package", ErrorKind::MediaType, &|i| {
            let first = i["manifests"][0].clone();
            i["manifests"].as_array_mut().unwrap().push(first);
        }),
        index("signatures without end", ErrorKind::SignatureCount, &|i| {
            i["manifests"] = vec![i["manifests"][0].clone(); MAX_SIGNATURES + 2].into();
        }),
        of("oci-layout of version 2", &layout, ErrorKind::LayoutVersion),
    ]
}

impl Case {
    /// A size that does not fit is told as such.
    fn or_size(self) -> Self {
        Self { expected: ErrorKind::SizeMismatch, ..self }
    }
}

/// Archives whose structure is right and whose contents are not.
fn contents() -> Vec<Case> {
    let mut changed = Parts::new().entries();
    let last_blob = changed.iter().position(|entry| entry.content == b"the weights").unwrap();
    changed[last_blob].content = b"the weighty".to_vec();
    let pipeline = |what: &str, text: &str, expected| {
        let parts = Parts { pipeline: text.as_bytes().to_vec(), ..Parts::new() };
        of(format!("pipeline that {what}"), &parts.entries(), expected)
    };
    let good = String::from_utf8(Parts::new().pipeline).unwrap();
    let missing = good.replace(r#""params":{}"#, r#""params":{"model":{"$file":"models/b.onnx"}}"#);
    let outside = good.replace(r#""params":{}"#, r#""params":{"model":{"$file":"../../../etc/passwd"}}"#);
    let deep = good.replace(r#""params":{}"#, &format!(r#""params":{{"x":{}{}}}"#, "[".repeat(80), "]".repeat(80)));
    vec![
        of("a model that was changed", &changed, ErrorKind::DigestMismatch),
        pipeline("is no JSON", "hello", ErrorKind::Pipeline),
        pipeline("is not UTF-8", "{\"a\":\"\u{fffd}\"}", ErrorKind::Pipeline),
        pipeline(
            "has no nodes",
            r#"{"connections":[],"metadata":{"name":"x"},"nodes":[],"version":"v1"}"#,
            ErrorKind::Pipeline,
        ),
        pipeline("has spaces", &good.replace(",", ", "), ErrorKind::NotCanonical),
        pipeline("refers to a missing file", &missing, ErrorKind::Pipeline),
        pipeline("refers to a file outside", &outside, ErrorKind::Pipeline),
        pipeline("nests too deep", &deep, ErrorKind::Pipeline),
    ]
}

fn all() -> Vec<Case> {
    [paths(), types(), links(), headers(), sizes(), sequence(), ends(), manifests(), indexes(), contents()]
        .into_iter()
        .flatten()
        .collect()
}

/// Does with an archive all that can be done with one, for a user who lets unsigned packages through.
fn unpack(bytes: Vec<u8>, place: &Place) -> Result<()> {
    let package = Package::open(Cursor::new(bytes))?;
    let folder = place.path("run");
    std::fs::create_dir_all(&folder).unwrap();
    package.authenticate(&place.home.trust()?, "file:///", now())?.unpack(&folder, &mut |_| {}).map(drop)
}

fn careless() -> Place {
    let place = Place::new();
    let rule = Rule { scope: "*".to_owned(), identities: BTreeSet::new(), mode: Mode::Warn };
    place.home.set_policy(&Policy { rules: vec![rule] }).unwrap();
    place
}

#[test]
fn every_hostile_archive_gives_its_own_error_and_writes_nothing_elsewhere() {
    let cases = all();
    assert!(cases.len() >= 350, "{}", cases.len());
    let mut kinds: BTreeMap<ErrorKind, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for Case { what, bytes, expected } in cases {
        let place = careless();
        let before: Vec<String> = tree(place.folder.path());
        let error = unpack(bytes, &place).expect_err(&what);
        if error.kind() != expected {
            wrong.push(format!("{what}: expected {expected:?}, found {:?}: {error}", error.kind()));
        }
        *kinds.entry(expected).or_default() += 1;
        let inside = ["run", "run/meta", "run/meta/runtime.json", "run/models", "run/models/a.onnx"];
        let after: Vec<String> = tree(place.folder.path());
        let new: Vec<&String> = after.iter().filter(|path| !before.contains(path)).collect();
        assert!(new.iter().all(|path| inside.contains(&path.as_str())), "{what} wrote {new:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(kinds.len() >= 40, "{kinds:?}");
}

#[test]
fn the_archive_that_the_hostile_ones_are_made_of_is_good() {
    unpack(archive(&Parts::new().entries()), &careless()).unwrap();
}

#[test]
fn a_package_larger_than_the_user_allows_is_not_read() {
    let bytes = archive(&Parts::new().entries());
    let most = bytes.len() as u64;
    assert!(Package::open_up_to(Cursor::new(bytes.clone()), most).is_ok());
    let error = Package::open_up_to(Cursor::new(bytes), most - 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PackageSize);
}
