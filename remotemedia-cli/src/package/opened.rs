//! Opens packages: verified, and their files in the cache for as long as they are used.

use std::io::{Read, Seek};
use std::path::Path;
use std::time::SystemTime;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::{self, Authentic, Contents, Package};
use remotemedia::{Registry, foreign_nodes};
use serde_json::Value;

use crate::failure::{Failure, Fault};
use crate::host::{Host, Opened, PythonPackage};
use crate::open::refused;
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
pub(crate) fn unpack(file: &Path, package: &mut Authentic, bar: &Bar) -> Result<Contents, Failure> {
    let mut progress = |count| bar.advance(count);
    let contents = home()?.cache().unpack(package, SystemTime::now(), &mut progress);
    contents.map_err(|error| fault_in(file, error))
}

/// Checks all contents of a package that is to be looked at.
pub(crate) fn check(file: &Path, package: &mut Authentic, bar: &Bar) -> Result<Contents, Failure> {
    package.check(&mut |count| bar.advance(count)).map_err(|error| fault_in(file, error))
}

/// The manifest of a package, in which models are named by where they lie.
pub(crate) fn manifest(file: &Path, contents: &Contents) -> Result<Value, Failure> {
    contents.manifest().map_err(|error| fault_in(file, error))
}

/// The manifest of a package, parsed.
pub(crate) fn parsed(file: &Path, manifest: Value) -> Result<Manifest, Failure> {
    let label = file.display().to_string();
    Manifest::from_value(manifest).map_err(|error| Fault::new("pipeline", error.to_string()).in_file(&label).into())
}

/// Lets the host make the Python nodes of a package that may run.
pub(crate) fn open_python<F: Read + Seek>(
    file: &Path,
    package: &mut Authentic<F>,
    contents: &Contents,
    manifest: &Value,
    host: &dyn Host,
) -> Result<Opened, Failure> {
    let label = file.display().to_string();
    let data = package.read_data().map_err(|error| fault_in(file, error))?;
    let digest = package.package().digest();
    let package = PythonPackage { digest, label: &label, manifest, modules: contents.python_modules(), data };
    host.open_package(&package).map_err(|error| refused(error, &label))
}

/// Refuses the package of somebody else if its nodes reach beyond the pipeline.
pub(crate) fn refuse_foreign(file: &Path, manifest: &Value, registry: &Registry) -> Result<(), Failure> {
    let nodes = foreign_nodes(&parsed(file, manifest.clone())?, registry);
    if nodes.is_empty() {
        return Ok(());
    }
    let described = nodes.iter().map(|node| format!("\"{}\" ({}) {}", node.id, node.node_type, node.reason));
    let message = format!(
        "nodes of a package that is not your own reach beyond the pipeline: {}; --trust-native runs it with all that \
         you may do",
        described.collect::<Vec<_>>().join(", ")
    );
    Err(Fault::new("foreign-nodes", message).in_file(&file.display().to_string()).into())
}

/// What is wrong with a package, a key or what is trusted.
pub(crate) fn fault(error: pkg::Error) -> Failure {
    Failure::new(error.kind().name(), error.message())
}

fn fault_in(file: &Path, error: pkg::Error) -> Failure {
    Fault::new(error.kind().name(), error.message()).in_file(&file.display().to_string()).into()
}
