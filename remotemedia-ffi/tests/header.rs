//! The committed header is what the sources say.

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
