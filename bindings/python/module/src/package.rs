//! Packages: written from a pipeline of this interpreter, and opened to become one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use remotemedia::manifest::Manifest;
use remotemedia::pkg::{self, Additions, Attached, Digest, FileKind, PackagePath, Provenance, PythonModule, Reference};
use remotemedia::{DEFAULT_KEY, Resolved, UserPackages};
use remotemedia_python::cpython::{PySession, package_files};

use crate::errors;
use crate::graph::{MemberTuple, bind};
use crate::hearing::while_hearing;
use crate::runtime::runtime;

/// A file of a package: its kind, its path and its bytes.
pub(crate) type AttachedTuple = (String, String, Vec<u8>);

/// A package that was written: its path, name, digest, and the path and size of each file.
type Written = (PathBuf, String, String, Vec<(String, u64)>);

/// Packs, signs and writes a pipeline. `manifests` are its manifest, and the same with the pipelines of
/// packages in their places.
#[pyfunction]
#[pyo3(signature = (manifests, members, files, program=None, output=PathBuf::from("."), key=DEFAULT_KEY.to_owned()))]
pub(crate) fn export_package(
    py: Python<'_>,
    manifests: (String, String),
    members: Vec<MemberTuple>,
    files: Vec<AttachedTuple>,
    program: Option<PathBuf>,
    output: PathBuf,
    key: String,
) -> PyResult<Written> {
    let session = PySession::new(py, None)?;
    let registry = bind(py, members, &session)?;
    let parse = |text: &str| Manifest::parse(text).map_err(|error| errors::to_python(py, &error));
    let (manifest, resolved) = (parse(&manifests.0)?, parse(&manifests.1)?);
    let additions = Additions { attached: attached(files)?, resolved: Some(resolved), ..Additions::default() };
    let folder = program.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
    let write = || {
        let mut draft = pkg::pack_with(&manifest, &registry, &folder, additions, &mut |_| {})?;
        let (key, _) = UserPackages::of_user()?.signing_key(&key)?;
        draft.sign(&key, &Provenance { source: source_of(program.as_deref()), built_at: SystemTime::now() })?;
        let path = draft.save(&output, &mut |_| {})?;
        let files = draft.files().iter().map(|file| (file.path.to_string(), file.len_bytes)).collect();
        Ok((path, draft.name().to_owned(), draft.digest().to_string(), files))
    };
    py.detach(write).map_err(|error| refused(py, &error))
}

/// Pushes the package in the file `path` to a registry. Gives the reference that leads to it whatever becomes of the tag.
#[pyfunction]
pub(crate) fn push_package(py: Python<'_>, path: PathBuf, reference: String) -> PyResult<String> {
    let push = move |stop| {
        let to: Reference = reference.parse()?;
        let pushed = UserPackages::of_user()?.until(stop).push(&path, &to)?;
        Ok(to.at(pushed.digest).to_string())
    };
    while_hearing(py, push)?.map_err(|error| refused(py, &error))
}

/// A package whose files are unpacked: they stay as long as this object.
#[pyclass(frozen, module = "remotemedia._native")]
pub(crate) struct OpenedPackage {
    /// Its manifest, in which models are named by where they lie.
    #[pyo3(get)]
    manifest: String,
    /// Its Python modules as JSON, by path.
    #[pyo3(get)]
    modules: Py<PyDict>,
    /// Its large parameters, by path.
    #[pyo3(get)]
    data: Py<PyDict>,
    /// Why it would have been refused, had a policy not let it through.
    #[pyo3(get)]
    warning: Option<String>,
    /// The reference with the digest that it led to, if it came from a registry.
    #[pyo3(get)]
    pinned: Option<String>,
    /// The package and those that are nodes of it.
    _resolved: Resolved,
}

#[pymethods]
impl OpenedPackage {
    /// Verifies and unpacks the package that `path` or a reference leads to, and those that are nodes of it; nothing of them is executed.
    #[new]
    fn new(py: Python<'_>, path: PathBuf, trust_native: bool) -> PyResult<Self> {
        let (registry, file) = (runtime()?.registry(), path.clone());
        let open = move |stop| {
            let package = UserPackages::of_user()?.trust_native(trust_native).until(stop).open(&file, &())?;
            Ok((package.resolve(registry)?, package))
        };
        let (resolved, package) = while_hearing(py, open)?.map_err(|error| refused_file(py, &path, &error))?;
        let (modules, data) = files_of(py, &resolved.python_modules(), &resolved.data())?;
        let (warning, pinned) = (package.warning().map(str::to_owned), package.pinned().map(ToString::to_string));
        let (manifest, modules, data) = (resolved.manifest.to_string(), modules.unbind(), data.unbind());
        Ok(Self { manifest, modules, data, warning, pinned, _resolved: resolved })
    }
}

/// Python modules as JSON and large parameters as bytes, by the package's digest and their path.
pub(crate) fn files_of<'py>(
    py: Python<'py>,
    modules: &BTreeMap<String, &PythonModule>,
    data: &[(String, &[u8])],
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    package_files(py, modules.iter().map(|(path, module)| (path, module.to_bytes())), data)
}

/// The files as packages hold them. The documents of Python modules get their canonical form here.
pub(crate) fn attached(files: Vec<AttachedTuple>) -> PyResult<Vec<Attached>> {
    let wrong = |error: &dyn std::fmt::Display| PyValueError::new_err(error.to_string());
    let attach = |(kind, path, bytes): AttachedTuple| {
        let path = PackagePath::new(path).map_err(|error| wrong(&error))?;
        if kind == "data" {
            return Ok(Attached { path, kind: FileKind::Data, bytes });
        }
        let value = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
        let module = PythonModule::from_value(value).map_err(|error| wrong(&error))?;
        Ok(Attached { path, kind: FileKind::Python, bytes: module.to_bytes() })
    };
    files.into_iter().map(attach).collect()
}

/// The name of the program without its folder, which is nobody's business, and the digest of what is in it.
fn source_of(program: Option<&Path>) -> Option<(String, Digest)> {
    let program = program?;
    let content = std::fs::read(program).ok()?;
    Some((program.file_name()?.to_string_lossy().into_owned(), Digest::of(&content)))
}

/// Why the package that `path` leads to was not opened.
fn refused_file(py: Python<'_>, path: &Path, error: &pkg::Error) -> PyErr {
    errors::named(py, "PackageError", &format!("{}: {}", path.display(), error.message()))
}

fn refused(py: Python<'_>, error: &pkg::Error) -> PyErr {
    errors::named(py, "PackageError", error.message())
}
