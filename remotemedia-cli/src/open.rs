//! Opens the FILE of a command: a manifest, a package, a Python file, or standard input.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

use remotemedia::manifest::limits::MAX_TEXT_BYTES;
use remotemedia::pkg::{Authentic, Contents};
#[cfg(feature = "registry")]
use remotemedia::pkg::{Parts, Pulled};
use remotemedia::{Pipeline, Registry, Runtime};

use crate::args::RunArgs;
use crate::console::Style;
use crate::failure::{Failure, Fault};
use crate::host::{Host, OpenError, Opened, PythonFile};
use crate::package::{self, Bar, is_package, is_remote};

/// A pipeline that was opened and checked.
pub(crate) struct Loaded {
    /// What messages call the file.
    pub(crate) label: String,
    /// The pipeline.
    pub(crate) pipeline: Pipeline,
    /// What the host found that the user should know, one line each.
    warnings: Vec<String>,
    /// The files of a package, which stay in the cache as long as the pipeline.
    _files: Option<Contents>,
}

impl Loaded {
    /// What the user should know, one line each: what the host found, and what stands unused in the manifest.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        self.warnings.iter().chain(&self.pipeline.graph().warnings).map(String::as_str)
    }
}

/// Opens `file` to look at it, and checks its manifest.
pub(crate) fn open(file: &Path, args: &[String], runtime: &Runtime, host: &dyn Host) -> Result<Loaded, Failure> {
    #[cfg(feature = "registry")]
    if is_remote(file) {
        no_args(&file.display().to_string(), args)?;
        let Pulled { package, contents, .. } = package::pull(file, false, false, Style::default())?;
        return load_pulled(&package, contents, file, runtime, host);
    }
    if !is_package(file) {
        return open_source(file, args, runtime, host)?.load(None, host);
    }
    no_args(&file.display().to_string(), args)?;
    open_package(file, &mut package::authenticate(file)?, runtime, host)
}

/// Checks all of a package to look at its pipeline.
pub(crate) fn open_package(
    file: &Path,
    package: &mut Authentic,
    runtime: &Runtime,
    host: &dyn Host,
) -> Result<Loaded, Failure> {
    let manifest = package::check(file, package, &Bar::hidden())?;
    Source::of_package(file, package, manifest, runtime).load(None, host)
}

/// Opens the file of `run`: a package is unpacked, and may be refused for what its nodes do.
pub(crate) fn open_to_run(args: &RunArgs, style: Style, runtime: &Runtime, host: &dyn Host) -> Result<Loaded, Failure> {
    let file = &args.file;
    let shown = if args.json { Style::default() } else { style };
    #[cfg(feature = "registry")]
    if is_remote(file) {
        no_args(&file.display().to_string(), &args.args)?;
        let Pulled { package, contents, .. } = package::pull(file, false, false, shown)?;
        if !args.trust_native && !package.is_own() {
            let label = file.display().to_string();
            package::refuse_foreign(&label, contents.packed_manifest(), runtime.registry())?;
        }
        return load_pulled(&package, contents, file, runtime, host);
    }
    if !is_package(file) {
        return open_source(file, &args.args, runtime, host)?.load(None, host);
    }
    no_args(&file.display().to_string(), &args.args)?;
    let mut package = package::authenticate(file)?;
    let bar = Bar::new(shown, "unpacking", package.package().content_bytes());
    let (files, manifest) = package::unpack(file, &mut package, args.trust_native, runtime.registry(), &bar)?;
    Source::of_package(file, &package, manifest, runtime).load(Some(files), host)
}

/// Takes the pipeline of a package that was pulled.
#[cfg(feature = "registry")]
pub(crate) fn load_pulled(
    package: &Authentic<Parts>,
    contents: Contents,
    file: &Path,
    runtime: &Runtime,
    host: &dyn Host,
) -> Result<Loaded, Failure> {
    let manifest = contents.manifest().map_err(package::fault)?.to_string();
    Source::of_package(file, package, manifest, runtime).load(Some(contents), host)
}

/// A manifest that is not checked yet, and the node types that it refers to.
pub(crate) struct Source {
    /// What messages call the file.
    pub(crate) label: String,
    /// The file, unless it is standard input.
    pub(crate) path: Option<PathBuf>,
    /// What the file gave.
    pub(crate) opened: Opened,
}

impl Source {
    fn of_package<F: Read + Seek>(file: &Path, package: &Authentic<F>, manifest: String, runtime: &Runtime) -> Self {
        let warnings = package.warning().map(|warning| format!("let through by the policy: {warning}"));
        let registry = Registry::over(runtime.registry().clone());
        let opened = Opened { manifest, registry, warnings: warnings.into_iter().collect() };
        Self { label: file.display().to_string(), path: Some(file.to_owned()), opened }
    }

    fn load(self, files: Option<Contents>, host: &dyn Host) -> Result<Loaded, Failure> {
        let Self { label, opened, .. } = self;
        let pipeline = Pipeline::from_json(&opened.manifest, &opened.registry)
            .map_err(|error| Fault::of(&error, host).in_file(&label))?;
        Ok(Loaded { label, pipeline, warnings: opened.warnings, _files: files })
    }
}

/// Reads the manifest of `file`, which is no package.
pub(crate) fn open_source(file: &Path, args: &[String], runtime: &Runtime, host: &dyn Host) -> Result<Source, Failure> {
    if is_remote(file) {
        let message = match cfg!(feature = "registry") {
            true => "a package in a registry is built already",
            false => "this build knows no registries",
        };
        return Err(Failure::new("usage", format!("{}: {message}", file.display())));
    }
    let label = if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() };
    let opened = match python(file) {
        Some((path, variable)) => open_python(&PythonFile { path, variable, args }, &label, host)?,
        None => {
            no_args(&label, args)?;
            let manifest = read(file).map_err(|message| Fault::from(message).in_file(&label))?;
            Opened { manifest, registry: Registry::over(runtime.registry().clone()), warnings: Vec::new() }
        }
    };
    let path = python(file).map_or(file, |(path, _)| path);
    Ok(Source { label, path: (!is_stdin(file)).then(|| path.to_owned()), opened })
}

/// Whether `file` means standard input.
pub(crate) fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn no_args(label: &str, args: &[String]) -> Result<(), Failure> {
    if args.is_empty() {
        return Ok(());
    }
    Err(Failure::new("usage", format!("{label}: arguments after -- are for Python files only")))
}

fn open_python(file: &PythonFile<'_>, label: &str, host: &dyn Host) -> Result<Opened, Failure> {
    if !file.path.is_file() {
        let message = read(file.path).err().unwrap_or_else(|| "cannot read it".to_owned());
        return Err(Fault::from(message).in_file(label).into());
    }
    host.open_python(file).map_err(|error| match error {
        OpenError::Failed { message, detail } => Fault::from(message).in_file(label).explained(detail).into(),
        OpenError::Exit(code) => Failure::Exit(code),
    })
}

/// The path of a Python file and the variable behind its colon, if `file` is one.
fn python(file: &Path) -> Option<(&Path, Option<&str>)> {
    let is_python = |path: &Path| path.extension().is_some_and(|extension| extension == "py");
    if is_python(file) {
        return Some((file, None));
    }
    let (path, variable) = file.to_str()?.rsplit_once(':')?;
    is_python(Path::new(path)).then_some((Path::new(path), Some(variable)))
}

fn read(file: &Path) -> Result<String, String> {
    let reader: Box<dyn Read> = if is_stdin(file) {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| format!("cannot open it: {error}"))?)
    };
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that the manifest's own check of its size speaks.
    let limit = MAX_TEXT_BYTES as u64 + 1;
    reader.take(limit).read_to_end(&mut bytes).map_err(|error| format!("cannot read it: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("not UTF-8 text: the byte at position {at} is none; expected a JSON manifest")
    })
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::new("file", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_files_are_told_by_their_ending_with_or_without_a_variable() {
        assert_eq!(python(Path::new("a/voice.py")), Some((Path::new("a/voice.py"), None)));
        assert_eq!(python(Path::new("voice.py:notes")), Some((Path::new("voice.py"), Some("notes"))));
        assert_eq!(python(Path::new("voice.json")), None);
        assert_eq!(python(Path::new("c:voice.json")), None);
    }
}
