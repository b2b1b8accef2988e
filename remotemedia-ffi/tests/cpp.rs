//! C++ programs use the headers of `bindings/cpp` as their users do.

mod build;

use std::path::PathBuf;
use std::process::Command;

use build::{SANITIZED, STRICT, linked, pkg_config, prefix, root, run, valgrind};

fn source(path: &str) -> PathBuf {
    root().join("../bindings/cpp").join(path)
}

fn built(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs a test program plainly, under Valgrind, and with the sanitizers for addresses and undefined behaviour.
fn passes(program: &str, mode: &str) {
    let sources = [source(&format!("tests/{program}.cpp"))];
    let plain = linked(&format!("cpp_{program}"), &format!("g++ -std=c++17 {mode}"), &sources, &[]);
    run(&mut Command::new(&plain));
    valgrind(&plain, &[]);
    let name = format!("cpp_{program}_sanitized");
    run(&mut Command::new(linked(&name, &format!("clang++ -std=c++20 {mode}"), &sources, &SANITIZED)));
}

#[test]
fn values_are_typed_and_errors_are_thrown() {
    passes("values", "");
}

#[test]
fn memory_moves_into_packets_and_is_let_go_of_once() {
    passes("memory", "");
}

#[test]
fn classes_and_functions_are_nodes() {
    passes("nodes", "");
}

#[test]
fn sessions_wait_iterate_and_are_listened_to() {
    passes("sessions", "");
}

#[test]
fn errors_are_returned_where_exceptions_are_switched_off() {
    passes("without_exceptions", "-fno-exceptions");
}

#[test]
fn one_program_may_throw_in_one_part_and_return_in_another() {
    let sources = [source("tests/mixed/main.cpp"), source("tests/mixed/returning.cpp")];
    let program = linked("cpp_mixed", "g++ -std=c++17", &sources, &[]);
    assert_eq!(run(&mut Command::new(program)), "42 manifest\n");
}

#[test]
fn the_headers_compile_without_a_warning_by_every_compiler_in_every_standard_and_mode() {
    for compiler in ["g++", "clang++"] {
        for standard in ["-std=c++17", "-std=c++20"] {
            for mode in ["-fexceptions", "-fno-exceptions", "-DREMOTEMEDIA_NO_EXCEPTIONS"] {
                run(Command::new(compiler)
                    .args(["-fsyntax-only", "-x", "c++", standard, mode])
                    .args(STRICT)
                    .args(pkg_config(prefix(), &["--cflags"]))
                    .arg("-Wno-pragma-once-outside-header")
                    .arg(source("tests/every_header.cpp")));
            }
        }
    }
}

#[test]
fn the_program_of_the_readme_runs() {
    let readme = std::fs::read_to_string(source("README.md")).expect("the README is there");
    let (_, program) = readme.split_once("```cpp\n").expect("it begins with a program");
    let (program, _) = program.split_once("```").expect("the program ends");
    let path = built("readme.cpp");
    std::fs::write(&path, program).expect("the program can be written");
    let readme = linked("cpp_readme", "c++ -std=c++17", &[path], &[]);
    assert_eq!(run(&mut Command::new(readme)), "42\n");
}

#[test]
fn a_cmake_project_uses_the_installed_library_shared_and_static() {
    let build = built("consumer");
    // CMake refuses a folder that another clone of the project has configured.
    let _ = std::fs::remove_dir_all(&build);
    run(Command::new("cmake")
        .arg("-S")
        .arg(source("tests/consumer"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display())));
    run(Command::new("cmake").arg("--build").arg(&build));
    for program in ["shared", "static", "plain"] {
        assert_eq!(run(&mut Command::new(build.join(program))), "remotemedia 0.1.0\n");
    }
    let linked = run(Command::new("ldd").arg(build.join("static")));
    assert!(!linked.contains("libremotemedia"), "{linked}");
}

#[test]
fn pkg_config_names_what_the_static_library_needs() {
    let sources = [source("tests/consumer/main.cpp")];
    let needed = pkg_config(prefix(), &["--libs-only-l", "--static"]);
    let libraries = needed.iter().filter(|library| *library != "-lremotemedia").map(String::as_str);
    let program = built("cpp_static");
    run(Command::new("c++")
        .args(&sources)
        .args(pkg_config(prefix(), &["--cflags"]))
        .arg(prefix().join("lib/libremotemedia.a"))
        .args(libraries)
        .arg("-o")
        .arg(&program));
    assert_eq!(run(&mut Command::new(program)), "remotemedia 0.1.0\n");
}

#[test]
fn every_public_name_is_documented() {
    let output = built("doxygen");
    std::fs::create_dir_all(&output).expect("a folder can be made");
    let settings = std::fs::read_to_string(source("Doxyfile")).expect("the settings can be read");
    let settings = format!("{settings}\nOUTPUT_DIRECTORY = {}\nWARN_AS_ERROR = FAIL_ON_WARNINGS\n", output.display());
    let path = output.join("Doxyfile");
    std::fs::write(&path, settings).expect("the settings can be written");
    run(Command::new("doxygen").arg(path).current_dir(source("")));
}
