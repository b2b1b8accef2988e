//! Gives the shared library the name by which programs load it, `libremotemedia.so.MAJOR`, and lets it find the library
//! of the Python that it was built with.

fn main() {
    println!("cargo::rerun-if-changed=src/abi.rs");
    let source = include_str!("src/abi.rs");
    let major = source.lines().find_map(|line| line.strip_prefix("pub const RM_ABI_MAJOR: u32 = ")?.strip_suffix(';'));
    let major = major.expect("src/abi.rs tells RM_ABI_MAJOR");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        "macos" | "ios" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libremotemedia.{major}.dylib");
        }
        "windows" => {}
        _ => println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libremotemedia.so.{major}"),
    }
    #[cfg(feature = "cpython")]
    pyo3_build_config::add_libpython_rpath_link_args();
}
