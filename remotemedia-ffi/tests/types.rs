//! The types of all functions, and of all that they take, stay as programs were compiled against them: abidiff compares
//! them with those of the last release. A struct that begins with its size may grow at its end.

mod build;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use build::{root, run};
use tempfile::TempDir;

#[test]
fn types_are_those_of_the_baseline() {
    let folder = folder();
    let dump = dump(&header(), folder.path());
    if std::env::var_os("UPDATE_BASELINE").is_some() {
        std::fs::copy(&dump, baseline()).expect("the baseline can be written");
    }
    let report = changes(&dump);
    let advice =
        "a new release keeps what programs use; after it, UPDATE_BASELINE=1 cargo test -p remotemedia-ffi --test types";
    assert!(report.is_none(), "{advice}\n{}", report.unwrap_or_default());
}

#[test]
fn a_struct_that_tells_its_size_may_grow_at_its_end() {
    let grown = header_with("} rm_audio_t;", "uint64_t more;\n void (*most)(void);\n} rm_audio_t;");
    let grown = changed(&grown, "} rm_log_record_t;", "uint64_t more;\n} rm_log_record_t;");
    assert_eq!(changes_to(&grown), None);
}

#[test]
fn any_other_change_of_a_struct_is_found() {
    let grown = header_with("} rm_audio_t;", "uint64_t last;\n} rm_audio_t;");
    for (what, from, to) in [
        ("a field between others", "uint32_t channels;", "uint32_t channels; uint64_t more;"),
        ("a field in padding", "int32_t layout;", "int32_t layout; int32_t more;"),
        ("a field that is gone", "  uint32_t channels;\n", ""),
        ("a longer field", "uint32_t channels;", "uint64_t channels;"),
        ("a field of another type", "uint32_t channels;", "float channels;"),
    ] {
        assert!(changes_to(&header_with(from, to)).is_some(), "{what}");
        assert!(changes_to(&changed(&grown, from, to)).is_some(), "{what}, in a struct that grew");
    }
    for (what, from) in [("a text", "} rm_str_t;"), ("bytes", "} rm_bytes_t;")] {
        assert!(
            changes_to(&header_with(from, &format!("size_t more;\n{from}"))).is_some(),
            "{what} with one more field"
        );
    }
    assert!(
        changes_to(&header_with("const rm_session_t *session, rm", "const rm_session_t *session, int more, rm"))
            .is_some()
    );
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn baseline() -> PathBuf {
    root().join("abi/baseline.xml")
}

fn header() -> String {
    std::fs::read_to_string(root().join("include/remotemedia.h")).expect("the header is there")
}

fn header_with(from: &str, to: &str) -> String {
    changed(&header(), from, to)
}

fn changed(header: &str, from: &str, to: &str) -> String {
    assert!(header.contains(from), "no \"{from}\" in the header");
    header.replacen(from, to, 1)
}

fn changes_to(header: &str) -> Option<String> {
    let folder = folder();
    changes(&dump(header, folder.path()))
}

/// What abidiff says of a dump beside the baseline, if that is more than additions.
fn changes(dump: &Path) -> Option<String> {
    let text = |path: &Path| std::fs::read_to_string(path).expect("a dump is text");
    let as_known = dump.with_extension("known.xml");
    std::fs::write(&as_known, without_growth(&text(dump), &sizes(&text(&baseline())))).expect("a dump can be written");
    let output = Command::new("abidiff").arg(baseline()).arg(&as_known).output().expect("abidiff runs");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let has_failed = output.status.code().is_none_or(|code| code & 0b11 != 0);
    let summaries: Vec<&str> = report.lines().filter(|line| line.contains("summary:")).collect();
    let only_added = summaries.iter().all(|line| line.contains("0 Removed, 0 Changed"));
    (has_failed || !only_added).then_some(report)
}

/// The types that a header declares, as abidw writes them.
fn dump(header: &str, folder: &Path) -> PathBuf {
    let symbols = std::fs::read_to_string(root().join("abi/symbols.txt")).expect("the list is there");
    // The library itself has no debug information, and its types are Rust's. The header's own types are what counts.
    let table = symbols.lines().map(|symbol| format!("__typeof__(&{symbol}) abi_{symbol} = &{symbol};\n"));
    let table = format!("#include \"remotemedia.h\"\n{}", table.collect::<String>());
    std::fs::write(folder.join("remotemedia.h"), header).expect("the header can be written");
    std::fs::write(folder.join("abi.c"), table).expect("the source can be written");
    let dump = folder.join("abi.xml");
    // By its bare name, so that the baseline is the same whoever writes it, and wherever.
    run(Command::new("gcc").current_dir(folder).args(["-g", "-shared", "-fPIC", "abi.c", "-I.", "-o", "libabi.so"]));
    run(Command::new("abidw")
        .args(["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs"])
        .arg(folder.join("libabi.so"))
        .arg("--out-file")
        .arg(&dump));
    dump
}

/// The sizes in bits of the structs in a dump that begin with their size.
fn sizes(dump: &str) -> BTreeMap<&str, u64> {
    let mut sizes = BTreeMap::new();
    let mut current = None;
    for line in dump.lines().map(str::trim_start) {
        if line.starts_with("<class-decl ") {
            current = attribute(line, "name").zip(number(line, "size-in-bits"));
        } else if line.starts_with("<var-decl ")
            && let Some((name, size)) = current.take()
            && attribute(line, "name") == Some("struct_size")
        {
            sizes.insert(name, size);
        }
    }
    sizes
}

/// A dump in which structs are no longer than `sizes` tells: what begins behind that is left out. What lies before that
/// is there for abidiff to see.
fn without_growth(dump: &str, sizes: &BTreeMap<&str, u64>) -> String {
    let (mut text, mut known, mut is_left_out) = (String::new(), None, false);
    for line in dump.lines() {
        let tag = line.trim_start();
        let mut line = line.to_owned();
        if tag.starts_with("<class-decl ") {
            known = attribute(tag, "name").and_then(|name| sizes.get(name)).copied();
            if let (Some(known), Some(size)) = (known, number(tag, "size-in-bits")) {
                let (found, shown) = (format!("size-in-bits='{size}'"), format!("size-in-bits='{}'", size.min(known)));
                line = line.replacen(&found, &shown, 1);
            }
        } else if tag.starts_with("<data-member ") {
            is_left_out = number(tag, "layout-offset-in-bits").zip(known).is_some_and(|(at, known)| at >= known);
        }
        if !is_left_out {
            text += &line;
            text.push('\n');
        }
        is_left_out &= !tag.starts_with("</data-member>");
    }
    text
}

/// What the tag of a dump says of `name`.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}='"))?.1.split('\'').next()
}

fn number(tag: &str, name: &str) -> Option<u64> {
    attribute(tag, name)?.parse().ok()
}
