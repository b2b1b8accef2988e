//! The border between the Swift package and C. There need not be a Swift compiler: clang reads the module map, and what
//! the sources say of C is compared with the header.

mod build;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use build::{prefix, root, run};

fn package() -> PathBuf {
    root().join("../bindings/swift")
}

/// Compiles C that imports the module, as Swift does.
fn import(name: &str, source: &str) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(name);
    std::fs::write(&path, format!("#pragma clang module import CRemoteMedia\n{source}")).expect("C can be written");
    run(Command::new("clang")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-fmodules"])
        .arg(format!("-fmodules-cache-path={}", folder.join("modules").display()))
        .arg(format!("-fmodule-map-file={}", package().join("Sources/CRemoteMedia/module.modulemap").display()))
        .arg(format!("-I{}/include", prefix().display()))
        .arg(path));
}

/// The text of all sources of the package, without comments.
fn sources() -> String {
    let folder = package().join("Sources/RemoteMedia");
    let entries = std::fs::read_dir(folder).expect("the sources are there");
    let texts = entries.map(|entry| std::fs::read_to_string(entry.expect("an entry can be read").path()));
    let text: String = texts.map(|text| text.expect("a source is text")).collect();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// The names in a text, with where they end.
fn names(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let starts =
        text.char_indices().scan(' ', |before, (index, letter)| Some((std::mem::replace(before, letter), index)));
    starts.filter_map(move |(before, index)| {
        let rest = &text[index..];
        let length = rest.find(|letter| !is_part(letter)).unwrap_or(rest.len());
        (!is_part(before) && length > 0).then(|| (&rest[..length], index + length))
    })
}

/// How many arguments stand in the parentheses that a text begins with.
fn arguments(text: &str) -> usize {
    let (mut depth, mut commas, mut is_empty) = (0, 0, true);
    for letter in text.chars() {
        match letter {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            ',' if depth == 1 => commas += 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        is_empty &= letter == '(' || letter.is_whitespace();
    }
    if is_empty { 0 } else { commas + 1 }
}

/// How many parameters each function of the header has.
fn parameters() -> BTreeMap<String, usize> {
    let header = std::fs::read_to_string(root().join("include/remotemedia.h")).expect("the header is there");
    let declared = names(&header).filter(|(name, end)| name.starts_with("rm_") && header[*end..].starts_with('('));
    declared
        .map(|(name, end)| {
            let count = if header[end..].starts_with("(void)") { 0 } else { arguments(&header[end..]) };
            (name.to_owned(), count)
        })
        .collect()
}

#[test]
fn the_module_map_leads_to_the_header() {
    import(
        "swift_module.c",
        "_Static_assert(RM_STATUS_OK == 0, \"\");\nuint32_t version(void) { return rm_abi_version(); }\n",
    );
}

#[test]
fn every_name_of_c_that_the_sources_use_is_in_the_module() {
    let sources = sources();
    let used: BTreeSet<&str> = names(&sources).map(|(name, _)| name).collect();
    let mut program = String::from("void use(void);\nvoid use(void) {\n");
    for name in &used {
        program += &match name {
            name if name.starts_with("RM_") => format!("    (void)({name});\n"),
            name if name.starts_with("rm_") && name.ends_with("_t") => format!("    (void)sizeof({name} *);\n"),
            name if name.starts_with("rm_") => format!("    (void)&{name};\n"),
            _ => continue,
        };
    }
    assert!(program.lines().count() > 60, "the sources use little of C:\n{program}");
    import("swift_names.c", &(program + "}\n"));
}

#[test]
fn every_call_of_c_has_as_many_arguments_as_the_header_says() {
    let (sources, parameters) = (sources(), parameters());
    let calls: Vec<(&str, usize)> = names(&sources)
        .filter(|(name, end)| name.starts_with("rm_") && !name.ends_with("_t") && sources[*end..].starts_with('('))
        .collect();
    assert!(calls.len() > 50, "the sources make {} calls", calls.len());
    for (name, end) in calls {
        assert_eq!(Some(&arguments(&sources[end..])), parameters.get(name), "{name}");
    }
}

#[test]
fn every_field_of_c_that_the_sources_set_is_there() {
    let sources = sources();
    let mut structs: BTreeMap<&str, &str> = BTreeMap::new();
    let mut program = String::new();
    for line in sources.lines().map(str::trim) {
        if let Some((variable, made)) = line.strip_prefix("var ").and_then(|rest| rest.split_once(" = rm_")) {
            structs.insert(variable, made.trim_end_matches("()"));
        }
        let Some((variable, field)) = line.split_once(" = ").and_then(|(place, _)| place.split_once('.')) else {
            continue;
        };
        if let Some(made) = structs.get(variable) {
            program += &format!("_Static_assert(sizeof(((rm_{made} *)0)->{field}) > 0, \"\");\n");
        }
    }
    assert!(program.lines().count() > 25, "the sources set few fields:\n{program}");
    import("swift_fields.c", &program);
}

#[test]
fn tasks_wait_until_the_library_calls_and_buffer_nothing() {
    let sources = sources();
    assert!(!sources.contains("Task.sleep") && !sources.contains("AsyncThrowingStream"));
    for waker in ["rm_session_set_waker", "rm_node_set_waker"] {
        assert!(sources.contains(waker), "nobody is woken by {waker}");
    }
}

#[test]
fn a_call_of_an_async_node_waits_for_the_one_before_and_cleanup_for_the_last() {
    let sources = sources();
    let order = ["previous?.cancel()", "await previous?.value", "await body(outputs)"];
    let places = order.map(|part| sources.find(part).unwrap_or_else(|| panic!("no source has {part}")));
    assert!(places.is_sorted(), "{order:?} stand at {places:?}");
    let cleanup = &sources[sources.find("last.cancel()").expect("cleanup cancels the last call")..];
    assert!(cleanup.contains("await last.value"), "nobody waits for the last call");
}

/// Swift's enumerations are written with numbers.
#[test]
fn enumerations_count_as_the_header_does() {
    let last = [
        ("RM_PACKET_NULL", 0),
        ("RM_PACKET_ENCODED", 10),
        ("RM_PACKET_OTHER", -1),
        ("RM_SAMPLE_U8", 0),
        ("RM_SAMPLE_F64", 4),
        ("RM_LAYOUT_PLANAR", 1),
        ("RM_PIXEL_GRAY8", 0),
        ("RM_PIXEL_NV12", 5),
        ("RM_DTYPE_BOOL", 0),
        ("RM_DTYPE_F16", 9),
        ("RM_DTYPE_C128", 13),
        ("RM_LANE_BLOCKING", 1),
        ("RM_LOG_ERROR", 1),
        ("RM_LOG_TRACE", 5),
    ];
    let program = last.map(|(name, number)| format!("_Static_assert({name} == {number}, \"\");\n"));
    import("swift_numbers.c", &program.concat());
}

#[test]
fn every_example_of_the_other_languages_is_there() {
    let has_main = |name: &str| Path::new(&package()).join("Examples").join(name).join("main.swift").exists();
    assert!(["hello", "echo_audio", "custom_node", "interrupt", "metrics"].into_iter().all(has_main));
}
