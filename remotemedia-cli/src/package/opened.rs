//! Opens packages: verified, and their files in the cache for as long as they are used.

use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::path::Path;
use std::time::SystemTime;

use remotemedia::manifest::Manifest;
use remotemedia::pkg::{self, Authentic, Contents, PackagePath, PythonModule};
use remotemedia::{NestedPackage, Registry, Resolved, UserPackages};
use serde_json::Value;

use crate::failure::{Failure, Fault};
use crate::host::{Host, Opened, PackagedPython};
use crate::open::refused;
use crate::package::Bar;
use crate::package::home::{home, user_packages};

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
    user_packages()?.authenticate(file).map_err(|error| fault_in(file, error))
}

/// Unpacks a package into the cache, where its files stay as long as the contents that are given back.
pub(crate) fn unpack(file: &Path, package: &mut Authentic, bar: &Bar) -> Result<Contents, Failure> {
    let mut progress = |count| bar.advance(count);
    let contents = home()?.cache().unpack(package, SystemTime::now(), &mut progress);
    contents.map_err(|error| fault_in(file, error))
}

/// Checks all contents of a package that is to be looked at.
pub(crate) fn check(file: &Path, package: &mut Authentic, bar: &Bar) -> Result<Contents, Failure> {
    package.check(&mut |count| bar.advance(count)).map_err(|error| fault_in(file, error))
}

/// The manifest of a package, parsed.
pub(crate) fn parsed(file: &Path, manifest: Value) -> Result<Manifest, Failure> {
    let label = file.display().to_string();
    Manifest::from_value(manifest).map_err(|error| Fault::new("pipeline", error.to_string()).in_file(&label).into())
}

/// Packages that a pipeline is made of, unpacked.
pub(crate) struct Unpacked {
    /// The manifest, with the pipelines of packages in their places.
    pub(crate) manifest: Value,
    /// What is in each package.
    pub(crate) contents: Vec<Contents>,
    /// Large parameters of Python nodes, by the package's digest and their path.
    data: Vec<(String, Vec<u8>)>,
}

impl Unpacked {
    /// A package, and those that are nodes of it, as `user` opens them. One of somebody else is refused if its nodes reach
    /// beyond the pipeline, unless that is trusted. Inner packages are looked for beside `file`.
    pub(crate) fn of_package<F: Read + Seek>(
        file: &Path,
        package: &mut Authentic<F>,
        contents: Contents,
        user: &UserPackages,
        registry: &Registry,
    ) -> Result<Self, Failure> {
        let wrong = |error| fault_in(file, error);
        user.admit(package, &contents, registry).map_err(wrong)?;
        let folder = if is_remote(file) { None } else { Some(file.parent().unwrap_or(Path::new(""))) };
        let manifest = contents.manifest().map_err(wrong)?;
        let resolved = user.resolve_package(package, manifest, folder, registry).map_err(wrong)?;
        let mut unpacked = Self { manifest: Value::Null, contents: Vec::new(), data: Vec::new() };
        unpacked.add(contents, package.read_data().map_err(wrong)?);
        Ok(unpacked.with(resolved))
    }

    /// The packages that are nodes of the manifest in `file`.
    pub(crate) fn of_manifest(
        file: &Path,
        manifest: Value,
        user: &UserPackages,
        registry: &Registry,
    ) -> Result<Self, Failure> {
        let wrong = |error| fault_in(file, error);
        let folder = file.parent().unwrap_or(Path::new(""));
        let resolved = user.resolve(manifest, folder, registry).map_err(wrong)?;
        Ok(Self { manifest: Value::Null, contents: Vec::new(), data: Vec::new() }.with(resolved))
    }

    fn with(mut self, resolved: Resolved) -> Self {
        self.manifest = resolved.manifest;
        resolved.packages.into_iter().for_each(|NestedPackage { contents, data, .. }| self.add(contents, data));
        self
    }

    fn add(&mut self, contents: Contents, data: Vec<(PackagePath, Vec<u8>)>) {
        let digest = contents.digest().hex();
        self.data.extend(data.into_iter().map(|(path, bytes)| (format!("{digest}/{path}"), bytes)));
        self.contents.push(contents);
    }

    /// Lets the host make the Python nodes, if there are any.
    pub(crate) fn open_python(&mut self, label: &str, host: &dyn Host) -> Result<Option<Opened>, Failure> {
        let modules = self.contents.iter().flat_map(|contents| {
            let digest = contents.digest().hex();
            contents.python_modules().iter().map(move |(path, module)| (format!("{digest}/{path}"), module))
        });
        let modules: BTreeMap<String, &PythonModule> = modules.collect();
        if modules.is_empty() {
            return Ok(None);
        }
        let packaged = PackagedPython { manifest: &self.manifest, modules, data: std::mem::take(&mut self.data) };
        host.open_package(&packaged).map(Some).map_err(|error| refused(error, label))
    }
}

/// What is wrong with a package, a key or what is trusted.
pub(crate) fn fault(error: pkg::Error) -> Failure {
    Failure::new(error.kind().name(), error.message())
}

/// The same, found in `file`.
pub(crate) fn fault_in(file: &Path, error: pkg::Error) -> Failure {
    Fault::new(error.kind().name(), error.message()).in_file(&file.display().to_string()).into()
}
