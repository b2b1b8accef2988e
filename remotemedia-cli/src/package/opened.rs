//! Opens packages with the user's trust and cache, and lets the host make their Python nodes.

use std::path::Path;

use remotemedia::pkg::{self, Authentic};
use remotemedia::{OpenError, OpenPackage, Resolved};

use crate::console::Style;
use crate::failure::{Failure, Fault};
use crate::host::{Host, Opened, PackagedPython};
use crate::open::refused;
use crate::package::Bar;
use crate::package::home::user_packages;

/// Whether `file` is called like a package.
pub(crate) fn is_package(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rmpkg")
}

/// Whether `file` is a reference to a package in a registry.
pub(crate) fn is_remote(file: &Path) -> bool {
    file.as_os_str().as_encoded_bytes().starts_with(b"oci://")
}

/// Opens the package that is to run, and shows how far that is.
pub(crate) fn open_to_run(file: &Path, trust_native: bool, shown: Style) -> Result<OpenPackage, Failure> {
    let bar = Bar::new(shown, if is_remote(file) { "pulling" } else { "unpacking" }, 0);
    let user = user_packages()?.trust_native(trust_native);
    user.open(file, &bar).map_err(|error| fault_in(file, error))
}

/// Opens the package that is to be looked at, and shows how far that is. Packages that are nodes are fetched only if
/// `fetch` says so.
pub(crate) fn open_to_look_at(file: &Path, fetch: bool, shown: Style) -> Result<OpenPackage, Failure> {
    let bar = Bar::new(shown, if is_remote(file) { "pulling" } else { "verifying" }, 0);
    user_packages()?.fetch_nested(fetch).open_to_look_at(file, &bar).map_err(|error| fault_in(file, error))
}

/// Opens a package and verifies who signed it.
pub(crate) fn authenticate(file: &Path) -> Result<Authentic, Failure> {
    user_packages()?.authenticate(file).map_err(|error| fault_in(file, error))
}

/// Checks all contents of a package that was verified, to look at it as [`open_to_look_at`] does.
pub(crate) fn check(file: &Path, package: Authentic, fetch: bool) -> Result<OpenPackage, Failure> {
    user_packages()?.fetch_nested(fetch).check(file, package, &()).map_err(|error| fault_in(file, error))
}

/// Lets the host make the Python nodes of packages, if there are any.
pub(crate) fn open_python(resolved: &Resolved, label: &str, host: &dyn Host) -> Result<Option<Opened>, Failure> {
    let modules = resolved.python_modules();
    if modules.is_empty() {
        return Ok(None);
    }
    let packaged = PackagedPython { manifest: &resolved.manifest, modules, data: resolved.data() };
    host.open_package(&packaged).map(Some).map_err(|error| refused(error, label))
}

/// What is wrong with a package, a key or what is trusted.
pub(crate) fn fault(error: pkg::Error) -> Failure {
    Failure::new(error.kind().name(), error.message())
}

/// The same about `file`.
pub(crate) fn fault_in(file: &Path, error: pkg::Error) -> Failure {
    Fault::new(error.kind().name(), error.message()).in_file(&file.display().to_string()).into()
}

/// What is wrong with a package, or the pipeline in it.
pub(crate) fn open_fault(file: &Path, error: OpenError, host: &dyn Host) -> Failure {
    match error {
        OpenError::Package(error) => fault_in(file, error),
        OpenError::Pipeline(error) => Fault::of(&error, host).in_file(&file.display().to_string()).into(),
    }
}
