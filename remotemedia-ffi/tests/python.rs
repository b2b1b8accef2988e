//! C programs run nodes in Python: in an interpreter that the library starts, and in one of their own.

mod build;

use std::path::PathBuf;
use std::process::Command;

use build::{SANITIZED, compiled, linked, modules, prefix, root, run, venv};

/// What a compiler needs for programs with an interpreter of their own.
fn options_of_python() -> Vec<String> {
    let script = "import sysconfig as s; v = s.get_config_var; \
        print('-isystem', s.get_path('include'), '-L' + v('LIBDIR'), '-Wl,-rpath,' + v('LIBDIR'), \
        '-lpython' + v('LDVERSION'))";
    let said = run(Command::new(venv().join("bin/python")).args(["-c", script]));
    said.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn nodes_in_python_take_part() {
    run(Command::new(compiled("python_nodes", "", &[])).arg(modules()).arg(venv()));
}

/// The interpreter and NumPy keep what they allocate until the process ends, so leaks are not looked for.
#[test]
fn nodes_in_python_touch_no_memory_that_is_not_theirs() {
    let program = compiled("python_nodes", "-sanitized", &SANITIZED);
    run(Command::new(program).arg(modules()).arg(venv()).env("ASAN_OPTIONS", "detect_leaks=0"));
}

#[test]
fn a_host_with_an_interpreter_keeps_it() {
    let options = options_of_python();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    run(Command::new(compiled("python_host", "", &options)).arg(modules()));
}

#[test]
fn threads_of_asynchronous_nodes_end_with_their_runtime() {
    run(Command::new(compiled("python_threads", "", &[])).arg(modules()).arg(venv()));
}

#[test]
fn extension_modules_see_python_wherever_the_library_was_loaded() {
    let library = prefix().join("lib/libremotemedia.so");
    run(Command::new(compiled("python_alone", "", &["-ldl"])).arg(library).arg(modules()).arg(venv()));
}

#[test]
fn programs_in_cpp_name_python_classes() {
    let source = root().join("../bindings/cpp/tests/python.cpp");
    run(Command::new(linked("cpp_python", "g++ -std=c++17", &[source], &[])).arg(modules()));
}

#[test]
fn the_document_s_program_prints_what_it_says() {
    let document = std::fs::read_to_string(root().join("../docs/python-in-c.md")).expect("the document is there");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("python-in-c");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("nodes")).expect("folders can be made");
    let (node, source) = (folder.join("nodes/loudness.py"), folder.join("meter.c"));
    std::fs::write(node, block(&document, "python")).expect("the node can be written");
    std::fs::write(&source, block(&document, "c")).expect("the program can be written");
    std::os::unix::fs::symlink(venv(), folder.join(".venv")).expect("links can be made");
    let program = linked("python-in-c/meter", "cc -std=c11", &[source], &[]);
    assert_eq!(run(Command::new(program).current_dir(&folder)), "0.75\n");
}

/// The first block of a language in a document.
fn block<'a>(document: &'a str, language: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("```{language}\n")).expect("the document has such a block");
    rest.split_once("```").expect("a block ends").0
}
