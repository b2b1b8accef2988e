//! What programs were compiled against stays: the names, the numbers and the layouts.

mod build;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use build::{STRICT, compiled, library_folder, prefix, root, run};

#[test]
fn the_header_compiles_without_a_warning_in_every_standard() {
    let header = root().join("include/remotemedia.h");
    for (language, compilers, standards) in
        [("c", ["gcc", "clang"], ["c99", "c11", "c17"]), ("c++", ["g++", "clang++"], ["c++11", "c++17", "c++20"])]
    {
        for (compiler, standard) in compilers.iter().flat_map(|compiler| standards.map(|standard| (compiler, standard)))
        {
            run(Command::new(compiler)
                .args(["-fsyntax-only", "-x", language, &format!("-std={standard}")])
                .args(STRICT)
                .arg("-include")
                .arg(&header)
                .arg("/dev/null"));
        }
    }
}

#[test]
fn structs_lie_in_memory_as_they_always_did() {
    run(&mut Command::new(compiled("layouts", "", &[])));
}

#[test]
fn nothing_but_the_abi_leaves_the_library() {
    let symbols = exported(&library_folder().join("libremotemedia_ffi.so"));
    assert!(symbols.iter().all(|symbol| symbol.starts_with("rm_")), "{symbols:?}");
    expect_committed("abi/symbols.txt", &(symbols.join("\n") + "\n"));
}

#[test]
fn nothing_but_the_abi_leaves_the_static_library() {
    let listed = run(Command::new("nm").args(["-g", "--defined-only"]).arg(prefix().join("lib/libremotemedia.a")));
    let symbols: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert!(symbols.len() > 70 && symbols.iter().all(|symbol| symbol.starts_with("rm_")), "{symbols:?}");
}

#[test]
fn statuses_keep_their_numbers() {
    let mut found = BTreeMap::new();
    for line in std::fs::read_to_string(root().join("include/remotemedia.h")).expect("the header is there").lines() {
        let Some(status) = line.strip_prefix("#define RM_STATUS_") else { continue };
        let (name, number) = status.split_once(' ').expect("a status has a number");
        let number: i32 = number.parse().expect("a status is a whole number");
        let twin = found.insert(number, name.to_owned());
        assert_eq!(twin, None, "{number} stands for two statuses");
    }
    let table = found.iter().rev().fold(String::new(), |mut table, (number, name)| {
        writeln!(table, "{number} {name}").expect("a text takes any line");
        table
    });
    expect_committed("abi/status.txt", &table);
}

/// The symbols that a library exports, sorted.
fn exported(library: &Path) -> Vec<String> {
    let listed = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library));
    let mut symbols: Vec<String> =
        listed.lines().filter_map(|line| line.split_whitespace().last()).map(str::to_owned).collect();
    symbols.sort_unstable();
    symbols
}

/// Compares with a committed file, which `UPDATE_ABI=1` writes anew.
fn expect_committed(file: &str, found: &str) {
    let path = root().join(file);
    if std::env::var_os("UPDATE_ABI").is_some() {
        std::fs::write(&path, found).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, committed, "if {file} is to change, run UPDATE_ABI=1 cargo test -p remotemedia-ffi --test abi");
}
