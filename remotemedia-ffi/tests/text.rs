//! Text of a program becomes text of the library whole, or not at all.

mod build;

use std::path::PathBuf;
use std::process::{Command, Output};

use build::{STRICT, compiled, root, run};

/// What a compiler says of a function that takes a pointer, an array and a literal, and returns `text`.
fn compile(compiler: &str, language: &str, standard: &str, text: &str) -> Output {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("text_{compiler}_{standard}.c"));
    let source = format!(
        "#include \"remotemedia.h\"\n\
         static const char ARRAY[] = \"array\";\n\
         rm_str_t text(const char *pointer);\n\
         rm_str_t text(const char *pointer) {{ return pointer ? {text} : RM_STR(ARRAY); }}\n"
    );
    std::fs::write(&path, source).expect("the program can be written");
    let mut command = Command::new(compiler);
    command.args(["-fsyntax-only", "-x", language, &format!("-std={standard}")]).args(STRICT);
    command.arg(format!("-I{}", root().join("include").display())).arg(path).output().expect("the compiler runs")
}

#[test]
fn what_is_a_literal_or_an_array_is_text_and_a_pointer_is_an_error_that_names_the_way() {
    for (language, compilers, standards, way) in [
        ("c", ["gcc", "clang"], ["c99", "c11", "c17"], "RM_STR_takes_a_literal_and_rm_str_a_pointer"),
        ("c++", ["g++", "clang++"], ["c++11", "c++17", "c++20"], "rm_str_size"),
    ] {
        for (compiler, standard) in compilers.iter().flat_map(|compiler| standards.map(|standard| (compiler, standard)))
        {
            for text in ["RM_STR(\"literal\")", "RM_STR(ARRAY)", "rm_str(pointer)", "rm_str(\"literal\")"] {
                let output = compile(compiler, language, standard, text);
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{compiler} {standard} {text}: {errors}");
            }
            let output = compile(compiler, language, standard, "RM_STR(pointer)");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && errors.contains(way), "{compiler} {standard}: {errors}");
        }
    }
}

#[test]
fn text_has_all_its_bytes() {
    run(&mut Command::new(compiled("text", "", &[])));
}
