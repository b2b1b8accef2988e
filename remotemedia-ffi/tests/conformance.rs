//! The cases of `conformance/`, which every host of the library runs, run by a program in C and by one in C++.

mod build;

use std::path::{Path, PathBuf};
use std::process::Command;

use build::{linked, root, run, valgrind};

/// All cases, by name.
fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("../conformance")).expect("the cases are there");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    cases.sort();
    assert!(!cases.is_empty(), "there are no cases");
    cases
}

/// Every case passes, plainly and under Valgrind, and a case that is wrong fails.
fn pass(runner: &Path) {
    let cases = cases();
    let all = format!("{0} of {0} cases pass\n", cases.len());
    assert_eq!(run(Command::new(runner).args(&cases)), all);
    assert_eq!(valgrind(runner, &cases), all);
    let wrong = root().join("tests/conformance/wrong.json");
    let output = Command::new(runner).arg(&wrong).output().expect("the runner runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("wrong.json") && errors.contains("43"), "{errors}");
}

#[test]
fn every_case_passes_in_c() {
    let folder = root().join("tests/conformance");
    let sources = [folder.join("runner.c"), folder.join("value.c")];
    pass(&linked("conformance_c", "cc -std=c11", &sources, &["-ljson-c"]));
}

#[test]
fn every_case_passes_in_cpp() {
    let runner = root().join("../bindings/cpp/conformance/runner.cpp");
    pass(&linked("conformance_cpp", "c++ -std=c++17", &[runner], &[]));
}
