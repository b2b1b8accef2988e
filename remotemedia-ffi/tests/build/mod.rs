//! How the tests build C programs: with every warning as an error, against the library as `make install` installs it.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Every warning is an error.
pub const STRICT: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"];

/// The folder of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with the library that these tests were built with.
pub fn library_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test knows where it is");
    let folder = test.parent().expect("tests lie beside the library");
    assert!(folder.join("libremotemedia_ffi.so").exists(), "no library in {}", folder.display());
    folder.to_owned()
}

/// Runs a command that must succeed; gives what it printed.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{said}\n{errors}", output.status);
    said.into_owned()
}

/// Where the library is installed, as `make install` does it.
pub fn prefix() -> &'static Path {
    static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
        let prefix = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("prefix");
        run(Command::new(root().join("../scripts/install.sh")).args([&library_folder(), &prefix]));
        prefix
    });
    &PREFIX
}

/// Where the Python nodes of the tests and the Python files of the package lie, as a search path.
pub fn modules() -> String {
    let folders = [root().join("tests/python_nodes"), root().join("../bindings/python")];
    folders.map(|folder| folder.display().to_string()).join(":")
}

/// The virtual environment that has NumPy.
pub fn venv() -> PathBuf {
    root().join("../.venv")
}

/// The command `remotemedia`, as these sources make it.
pub fn command() -> &'static Path {
    static COMMAND: LazyLock<PathBuf> = LazyLock::new(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder lies in the target folder");
        let build = ["build", "--quiet", "--locked", "--package", "remotemedia-cli", "--target-dir"];
        run(Command::new(env!("CARGO")).args(build).arg(target).current_dir(root()));
        target.join("debug/remotemedia")
    });
    &COMMAND
}

/// What pkg-config says of the installed library.
pub fn pkg_config(prefix: &Path, asked: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    let said = run(command.args(asked).arg("remotemedia").env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
    said.split_whitespace().map(str::to_owned).collect()
}

/// Compiles the C program `tests/c/NAME.c`, with further options under a further name; gives its path.
pub fn compiled(name: &str, kind: &str, options: &[&str]) -> PathBuf {
    linked(&format!("{name}{kind}"), "cc -std=c11", &[root().join(format!("tests/c/{name}.c"))], options)
}

/// Compiles and links a program by a compiler with its standard, such as `clang++ -std=c++20`; gives its path.
pub fn linked(name: &str, compiler: &str, sources: &[PathBuf], options: &[&str]) -> PathBuf {
    let prefix = prefix();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut words = compiler.split_whitespace();
    run(Command::new(words.next().expect("a compiler is named"))
        .args(words)
        .args(sources)
        .args(["-g", "-O1", "-pthread"])
        .args(STRICT)
        .args(pkg_config(prefix, &["--cflags", "--libs"]))
        .args(options)
        .arg("-o")
        .arg(&path)
        .arg(format!("-Wl,-rpath,{}/lib", prefix.display())));
    path
}

/// What makes a compiler watch addresses and undefined behaviour.
pub const SANITIZED: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/// Runs a program under Valgrind; gives what it printed.
pub fn valgrind(program: &Path, arguments: &[PathBuf]) -> String {
    run(Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"])
        .arg(program)
        .args(arguments))
}
