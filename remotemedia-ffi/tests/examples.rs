//! The examples in C and C++ print what those of every language print, also under Valgrind.

mod build;

use std::path::{Path, PathBuf};
use std::process::Command;

use build::{linked, root, run, valgrind};

fn says(name: &str) {
    let expected = root().join(format!("../conformance/examples/{name}.txt"));
    let expected = std::fs::read_to_string(expected).expect("what the example prints is known");
    for (language, program) in [("C", in_c(name)), ("C++", in_cpp(name))] {
        assert_eq!(run(&mut Command::new(&program)), expected, "{name} in {language}");
        assert_eq!(valgrind(&program, &[]), expected, "{name} in {language} under Valgrind");
    }
}

fn in_c(name: &str) -> PathBuf {
    linked(&format!("{name}_c"), "cc -std=c11", &[root().join(format!("examples/{name}.c"))], &[])
}

fn in_cpp(name: &str) -> PathBuf {
    linked(&format!("{name}_cpp"), "c++ -std=c++17", &[cpp().join(format!("{name}.cpp"))], &[])
}

fn cpp() -> PathBuf {
    root().join("../bindings/cpp/examples")
}

#[test]
fn hello_takes_one_value_through_a_pipeline() {
    says("hello");
}

#[test]
fn echo_audio_wraps_samples_and_resamples_them() {
    says("echo_audio");
}

#[test]
fn custom_node_answers_at_once_and_later() {
    says("custom_node");
}

#[test]
fn interrupt_discards_what_is_under_way() {
    says("interrupt");
}

#[test]
fn metrics_shows_the_graph_and_its_counts() {
    says("metrics");
}

#[test]
fn the_program_of_the_readme_runs() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README is there");
    let (_, program) = readme.split_once("```c\n").expect("it begins with a program");
    let (program, _) = program.split_once("```").expect("the program ends");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("readme.c");
    std::fs::write(&path, program).expect("the program can be written");
    assert_eq!(run(&mut Command::new(linked("readme_c", "cc -std=c99", &[path], &[]))), "42\n");
}

#[test]
fn every_example_is_there_in_both_languages() {
    let names = |folder: &Path, extension: &str| {
        let entries = std::fs::read_dir(folder).expect("the examples are there");
        let paths = entries.map(|entry| entry.expect("an entry can be read").path());
        let mut names: Vec<String> = paths
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
            .collect();
        names.sort_unstable();
        names
    };
    let expected = names(&root().join("../conformance/examples"), "txt");
    assert_eq!(expected, ["custom_node", "echo_audio", "hello", "interrupt", "metrics"]);
    assert_eq!(names(&root().join("examples"), "c"), expected);
    assert_eq!(names(&cpp(), "cpp"), expected);
}
