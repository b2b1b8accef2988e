//! Installing: wherever to, by whose tools, and what stays behind when it fails.

mod build;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use build::{library_folder, prefix, root, run};

/// A folder of the test's own, empty.
fn empty(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Makes a program of lines of shell.
fn script(path: &Path, lines: &str) {
    fs::write(path, format!("#!/bin/sh\n{lines}\n")).expect("a script can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a script can be made to run");
}

fn installing(prefix: &Path) -> Command {
    let mut command = Command::new(root().join("../scripts/install.sh"));
    command.args([&library_folder(), prefix]);
    command
}

#[test]
fn a_prefix_may_have_letters_that_mean_something_to_tools() {
    let prefix = empty("install_prefix").join("a|b&c/d");
    run(&mut installing(&prefix));
    let described = fs::read_to_string(prefix.join("lib/pkgconfig/remotemedia.pc")).expect("the file is installed");
    assert_eq!(described.lines().next(), Some(format!("prefix={}", prefix.display()).as_str()));
    assert!(!described.contains('@'), "a value is missing:\n{described}");
}

#[test]
fn the_schema_of_manifests_is_installed() {
    let installed = fs::read_to_string(prefix().join("share/remotemedia/manifest.v1.json")).expect("it is installed");
    let schema = fs::read_to_string(root().join("../schemas/manifest.v1.json")).expect("the schema is there");
    assert_eq!(installed, schema);
}

/// Another program in place of cargo, since what cargo builds is there already.
#[test]
fn make_installs_into_a_prefix_with_blanks() {
    let folder = empty("install_make");
    std::os::unix::fs::symlink(library_folder(), folder.join("release")).expect("the library can be named");
    script(&folder.join("cargo"), "exit 0");
    let prefix = folder.join("a b");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("there is a path"));
    run(Command::new("make")
        .args(["-C", &root().join("..").display().to_string(), "install"])
        .arg(format!("PREFIX={}", prefix.display()))
        .env("CARGO_TARGET_DIR", &folder)
        .env("PATH", path));
    assert!(prefix.join("lib/libremotemedia.so").exists());
    assert!(!folder.join("a").exists(), "half of the name is a folder");
    // The name of the prefix is quoted for a shell that reads it once more, as build tools do.
    run(Command::new("sh")
        .args(["-c", "eval \"cc $SOURCE $(pkg-config --cflags --libs remotemedia) -o program\""])
        .current_dir(&folder)
        .env("SOURCE", root().join("../bindings/cpp/tests/consumer/main.c"))
        .env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")));
}

#[test]
fn an_installation_without_a_library_installs_nothing() {
    let folder = empty("install_nothing");
    let prefix = folder.join("prefix");
    let mut command = Command::new(root().join("../scripts/install.sh"));
    let output = command.args([&folder, &prefix]).output().expect("the script runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("libremotemedia_ffi.so is not there"), "{errors}");
    assert!(!prefix.exists(), "something was installed");
}

#[test]
fn cmake_finds_no_version_that_may_have_changed_what_the_program_uses() {
    let folder = empty("install_versions");
    let package = folder.join("lib/cmake/RemoteMedia");
    fs::create_dir_all(&package).expect("a folder can be made");
    fs::write(package.join("RemoteMediaConfig.cmake"), "").expect("a file can be written");
    let project = "cmake_minimum_required(VERSION 3.16)\nproject(asks LANGUAGES NONE)\n\
                   find_package(RemoteMedia ${ASKED} QUIET)\nfile(WRITE ${ANSWER} \"${RemoteMedia_FOUND}\")\n";
    fs::write(folder.join("CMakeLists.txt"), project).expect("a project can be written");
    let template = fs::read_to_string(root().join("install/RemoteMediaConfigVersion.cmake")).expect("it is there");
    let cases = [
        ("0.1.0", "0.1", true),
        ("0.1.7", "0.1.2", true),
        ("0.1.2", "0.1.7", false),
        ("0.2.0", "0.1", false),
        ("0.1.0", "0.2", false),
        ("2.0.0", "0.1", false),
        ("2.3.0", "2.1", true),
        ("2.3.0", "1.9", false),
        ("2.3.0", "", true),
    ];
    for (installed, asked, expected) in cases {
        let version = template.replace("@VERSION@", installed);
        fs::write(package.join("RemoteMediaConfigVersion.cmake"), version).expect("a file can be written");
        let answer = folder.join("answer");
        run(Command::new("cmake")
            .arg("-S")
            .arg(&folder)
            .arg("-B")
            .arg(folder.join(format!("build-{installed}-{asked}")))
            .arg(format!("-DCMAKE_PREFIX_PATH={}", folder.display()))
            .arg(format!("-DASKED={asked}"))
            .arg(format!("-DANSWER={}", answer.display())));
        let found = fs::read_to_string(answer).expect("the project says what it found");
        assert_eq!(found == "1", expected, "{asked:?} is asked for, {installed} is there, found: {found}");
    }
}

/// The commands in the first block of a README that runs pkg-config.
fn commands(readme: &Path) -> String {
    let text = fs::read_to_string(readme).expect("the README is there");
    let mut blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.find(|(block, _)| block.contains("pkg-config")).expect("a block runs pkg-config").0.to_owned()
}

#[test]
fn programs_start_that_are_built_as_the_readmes_say() {
    let folder = empty("install_readmes");
    for (source, extension) in [("main.c", "c"), ("main.cpp", "cpp")] {
        let source = root().join("../bindings/cpp/tests/consumer").join(source);
        fs::copy(source, folder.join("app").with_extension(extension)).expect("a program can be copied");
    }
    for readme in ["README.md", "../bindings/cpp/README.md"] {
        let said = run(Command::new("sh")
            .args(["-e", "-c", &commands(&root().join(readme))])
            .current_dir(&folder)
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("PKG_CONFIG_PATH")
            .env("PREFIX", prefix()));
        assert_eq!(said, "remotemedia 0.1.0\n", "{readme}");
    }
}

#[test]
fn a_library_for_another_machine_is_sealed_by_the_tools_of_that_machine() {
    let folder = empty("install_tools");
    let asked = folder.join("asked");
    for tool in ["ld", "objcopy", "ar"] {
        let text = format!("echo {tool} >>'{}'\nexec {tool} \"$@\"", asked.display());
        script(&folder.join(format!("other-{tool}")), &text);
    }
    run(installing(&folder.join("prefix")).env("CROSS_COMPILE", folder.join("other-")));
    assert_eq!(fs::read_to_string(asked).expect("the tools were asked"), "ld\nobjcopy\nar\n");
}

#[test]
fn an_installation_that_fails_leaves_nothing_temporary_behind() {
    let folder = empty("install_failure");
    let temporary = folder.join("temporary");
    fs::create_dir(&temporary).expect("a folder can be made");
    let mut command = installing(&folder.join("prefix"));
    let output = command.env("TMPDIR", &temporary).env("OBJCOPY", "false").output().expect("the script runs");
    assert!(!output.status.success(), "it cannot work without its tools");
    let left = fs::read_dir(temporary).expect("the folder is there").count();
    assert_eq!(left, 0);
}
