//! C programs use the library as its users do: they are compiled against the header, linked, and run under Valgrind.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

const STRICT: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with the library that these tests were built with.
fn library_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let folder = test.parent().expect("tests lie beside the library");
    assert!(folder.join("libremotemedia_ffi.so").exists(), "no library in {}", folder.display());
    folder.to_owned()
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{said}\n{errors}", output.status);
}

/// Where the library is installed, as `make install` does it.
fn prefix() -> &'static Path {
    static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
        let prefix = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prefix");
        run(Command::new(root().join("../scripts/install.sh")).args([&library_folder(), &prefix]));
        prefix
    });
    &PREFIX
}

/// Compiles a program of `tests/c`; gives its path.
fn compiled(program: &str) -> PathBuf {
    let prefix = prefix();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(program);
    run(Command::new("cc")
        .arg(root().join(format!("tests/c/{program}.c")))
        .args(["-std=c11", "-g", "-O1"])
        .args(STRICT)
        .args(pkg_config(prefix, &["--cflags", "--libs"]))
        .arg("-o")
        .arg(&path)
        .arg(format!("-Wl,-rpath,{}/lib", prefix.display())));
    path
}

/// What pkg-config says of the installed library.
fn pkg_config(prefix: &Path, asked: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    let output = command.args(asked).arg("remotemedia").env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).output();
    let output = output.expect("pkg-config runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect()
}

fn passes(program: &str) {
    let path = compiled(program);
    run(&mut Command::new(&path));
    run(Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"])
        .arg(&path));
}

#[test]
fn values_make_the_round_trip() {
    passes("round_trip");
}

#[test]
fn mistakes_are_errors_that_say_what_to_do() {
    passes("mistakes");
}

#[test]
fn memory_of_the_host_is_wrapped_and_given_back_once() {
    passes("host_memory");
}

#[test]
fn nodes_of_the_host_take_part() {
    passes("host_nodes");
}

#[test]
fn listeners_hear_every_packet_and_the_end() {
    passes("listeners");
}

#[test]
fn the_header_compiles_without_a_warning_in_every_standard() {
    let header = root().join("include/remotemedia.h");
    for (compiler, language, standard) in
        [("cc", "c", "c99"), ("cc", "c", "c11"), ("cc", "c", "c17"), ("c++", "c++", "c++11"), ("c++", "c++", "c++17")]
    {
        run(Command::new(compiler)
            .args(["-fsyntax-only", "-x", language, &format!("-std={standard}")])
            .args(STRICT)
            .arg("-Wno-pragma-once-outside-header")
            .arg(&header));
    }
}

#[test]
fn nothing_but_the_abi_leaves_the_library() {
    let output = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(library_folder().join("libremotemedia_ffi.so"))
        .output()
        .expect("nm runs");
    let listed = String::from_utf8(output.stdout).expect("symbols are text");
    let mut symbols: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    symbols.sort_unstable();
    let list = root().join("abi/symbols.txt");
    if std::env::var_os("UPDATE_SYMBOLS").is_some() {
        std::fs::write(&list, symbols.join("\n") + "\n").expect("the list can be written");
    }
    let known = std::fs::read_to_string(&list).unwrap_or_default();
    let known: Vec<&str> = known.lines().collect();
    assert_eq!(symbols, known, "run UPDATE_SYMBOLS=1 cargo test -p remotemedia-ffi --test programs");
    assert!(symbols.iter().all(|symbol| symbol.starts_with("rm_")), "{symbols:?}");
}
