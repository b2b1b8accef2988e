//! The committed header is what the sources say, and says what a reader needs.

use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn the_header_is_generated_from_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml can be read");
    let bindings = cbindgen::Builder::new().with_crate(root).with_config(config).generate();
    let mut generated = Vec::new();
    bindings.expect("the sources can be read").write(&mut generated);
    let generated = String::from_utf8(generated).expect("the header is text");
    // Rust's heading over what a caller must uphold says nothing to a reader of C.
    let generated = generated.replace(" * # Safety\n", "");
    let path = root.join("include/remotemedia.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &generated).expect("the header can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "run UPDATE_HEADER=1 cargo test -p remotemedia-ffi --test header");
}

/// The comment before each function of the header, by its name.
fn comments() -> BTreeMap<String, String> {
    let header = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("include/remotemedia.h"));
    let (mut comments, mut comment) = (BTreeMap::new(), String::new());
    for line in header.expect("the header is there").lines() {
        if line.starts_with("/**") {
            comment.clear();
        } else if let Some(text) = line.strip_prefix(" * ") {
            comment = comment + text + " ";
        } else if !line.starts_with([' ', '#', '}', '/'])
            && let Some((declared, _)) = line.split_once('(')
            && let Some(name) = declared.rsplit([' ', '*']).next().filter(|name| name.starts_with("rm_"))
        {
            comments.insert(name.to_owned(), std::mem::take(&mut comment));
        }
    }
    comments
}

#[test]
fn every_function_says_who_may_call_it_since_when_and_how_sure_that_is() {
    let comments = comments();
    let symbols = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("abi/symbols.txt"));
    for symbol in symbols.expect("the list is there").lines() {
        let comment = comments.get(symbol).unwrap_or_else(|| panic!("{symbol} is not in the header"));
        let says_who =
            ["Any thread", "any thread", "One thread at a time", "Inside `"].iter().any(|who| comment.contains(who));
        assert!(says_who, "{symbol} does not say who may call it: {comment}");
        let (_, since) = comment.split_once("Since ").unwrap_or_else(|| panic!("{symbol} does not say since when"));
        let (version, sure) = since.split_once(", ").unwrap_or_default();
        assert!(version.split('.').all(|part| part.parse::<u32>().is_ok()), "{symbol}: since \"{version}\"");
        let is_known = ["stable.", "experimental.", "never changes."].iter().any(|known| sure.starts_with(known));
        assert!(is_known, "{symbol} does not say whether it is stable or experimental: {since}");
    }
}
