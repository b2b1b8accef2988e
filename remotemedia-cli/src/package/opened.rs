//! Opens packages: verified, and their files in the cache for as long as they are used.

use std::path::Path;
use std::time::SystemTime;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::{self, Authentic, Contents, Package};
use remotemedia::{Registry, foreign_nodes};
use serde_json::Value;

use crate::failure::{Failure, Fault};
use crate::package::Bar;
use crate::package::home::home;

/// Whether `file` is called like a package.
pub(crate) fn is_package(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rmpkg")
}

/// Whether `file` is a reference to a package in a registry.
pub(crate) fn is_remote(file: &Path) -> bool {
    file.as_os_str().as_encoded_bytes().starts_with(b"oci://")
}

/// Opens a package and verifies who signed it.
pub(crate) fn authenticate(file: &Path) -> Result<Authentic, Failure> {
    let trust = home()?.trust().map_err(fault)?;
    let wrong = |error| fault_in(file, error);
    Package::open_path(file).map_err(wrong)?.authenticate(&trust, &place(file), SystemTime::now()).map_err(wrong)
}

/// Where the package in `file` came from, as policies name places: whichever way leads there, the same place.
fn place(file: &Path) -> String {
    let path = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let path = path.to_string_lossy().replace('\\', "/");
    format!("file://{}{path}", if path.starts_with('/') { "" } else { "/" })
}

/// Unpacks a package that is to run into the cache, where its files stay as long as the contents that are given back.
/// Gives its manifest as JSON too.
///
/// A package of somebody else is refused if its nodes reach beyond the pipeline, unless `trust_native`.
pub(crate) fn unpack(
    file: &Path,
    package: &mut Authentic,
    trust_native: bool,
    registry: &Registry,
    bar: &Bar,
) -> Result<(Contents, String), Failure> {
    let wrong = |error| fault_in(file, error);
    let mut progress = |count| bar.advance(count);
    let contents = home()?.cache().unpack(package, SystemTime::now(), &mut progress).map_err(wrong)?;
    if !trust_native && !package.is_own() {
        refuse_foreign(&file.display().to_string(), contents.packed_manifest(), registry)?;
    }
    let manifest = contents.manifest().map_err(wrong)?.to_string();
    Ok((contents, manifest))
}

/// Checks all contents of a package that is to be looked at, and gives its manifest as JSON.
pub(crate) fn check(file: &Path, package: &mut Authentic, bar: &Bar) -> Result<String, Failure> {
    let contents = package.check(&mut |count| bar.advance(count)).and_then(|contents| contents.manifest());
    contents.map(|manifest| manifest.to_string()).map_err(|error| fault_in(file, error))
}

/// Refuses the package of somebody else if its nodes reach beyond the pipeline.
pub(crate) fn refuse_foreign(label: &str, manifest: &Value, registry: &Registry) -> Result<(), Failure> {
    let manifest = Manifest::from_value(manifest.clone())
        .map_err(|error| Fault::new("pipeline", error.to_string()).in_file(label))?;
    let nodes = foreign_nodes(&manifest, registry);
    if nodes.is_empty() {
        return Ok(());
    }
    let described = nodes.iter().map(|node| format!("\"{}\" ({}) {}", node.id, node.node_type, node.reason));
    let message = format!(
        "nodes of a package that is not your own reach beyond the pipeline: {}; --trust-native runs it with all that \
         you may do",
        described.collect::<Vec<_>>().join(", ")
    );
    Err(Fault::new("foreign-nodes", message).in_file(label).into())
}

/// What is wrong with a package, a key or what is trusted.
pub(crate) fn fault(error: pkg::Error) -> Failure {
    Failure::new(error.kind().name(), error.message())
}

fn fault_in(file: &Path, error: pkg::Error) -> Failure {
    Fault::new(error.kind().name(), error.message()).in_file(&file.display().to_string()).into()
}
