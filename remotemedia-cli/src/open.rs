//! Opens the FILE of a command: a manifest, a package, a Python file, or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remotemedia::manifest::limits::MAX_TEXT_BYTES;
use remotemedia::pkg::Attached;
use remotemedia::{OpenPackage, Pipeline, Registry, Resolved, Runtime, names_packages};
use serde_json::Value;

use crate::args::RunArgs;
use crate::console::Style;
use crate::failure::{Failure, Fault};
use crate::host::{Host, OpenError, Opened, Packable, PythonFile};
use crate::package::{self, fault_in, is_package, is_remote, open_fault, user_packages};

/// A pipeline that was opened and checked.
pub(crate) struct Loaded {
    /// What messages call the file.
    pub(crate) label: String,
    /// The pipeline.
    pub(crate) pipeline: Pipeline,
    /// What the host found that the user should know, one line each.
    warnings: Vec<String>,
    /// The packages that it is made of.
    pub(crate) resolved: Option<Resolved>,
}

impl Loaded {
    /// What the user should know, one line each: what the host found, and what stands unused in the manifest.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        self.warnings.iter().chain(&self.pipeline.graph().warnings).map(String::as_str)
    }
}

/// Opens `file` to look at it, and checks its manifest. Packages that are nodes are fetched only if `fetch` says so.
pub(crate) fn open(
    file: &Path,
    args: &[String],
    fetch: bool,
    runtime: &Runtime,
    host: &dyn Host,
) -> Result<Loaded, Failure> {
    if !is_package(file) && !is_remote(file) {
        return load_source(open_source(file, args, runtime, host)?, Purpose::Look { fetch }, runtime, host);
    }
    no_args(&file.display().to_string(), args)?;
    load_to_look_at(file, &package::open_to_look_at(file, fetch, Style::default())?, runtime, host)
}

/// Opens the file of `run`: a package is unpacked, and may be refused for what its nodes do.
pub(crate) fn open_to_run(args: &RunArgs, style: Style, runtime: &Runtime, host: &dyn Host) -> Result<Loaded, Failure> {
    let file = &args.file;
    if !is_package(file) && !is_remote(file) {
        let purpose = Purpose::Run { trust_native: args.trust_native };
        return load_source(open_source(file, &args.args, runtime, host)?, purpose, runtime, host);
    }
    no_args(&file.display().to_string(), &args.args)?;
    let shown = if args.json { Style::default() } else { style };
    let package = package::open_to_run(file, args.trust_native, shown)?;
    let resolved = package.resolve(runtime.registry()).map_err(|error| fault_in(file, error))?;
    let source = Source::of_package(file, &package, &resolved, runtime);
    source.load_to_run(resolved, host)
}

/// Takes the pipeline of a package without its Python nodes, of which nothing is executed.
pub(crate) fn load_to_look_at(
    file: &Path,
    package: &OpenPackage,
    runtime: &Runtime,
    host: &dyn Host,
) -> Result<Loaded, Failure> {
    let resolved = package.resolve(runtime.registry()).map_err(|error| fault_in(file, error))?;
    let source = Source::of_package(file, package, &resolved, runtime);
    source.load_to_look_at(resolved, runtime.registry(), host)
}

/// The pipeline of a file that is no package; packages that are nodes of it are put in their places.
fn load_source(source: Source, purpose: Purpose, runtime: &Runtime, host: &dyn Host) -> Result<Loaded, Failure> {
    let manifest = serde_json::from_str(&source.opened.manifest).unwrap_or(Value::Null);
    if !names_packages(&manifest) {
        return source.load(None, host);
    }
    let file = source.path.clone().unwrap_or_default();
    let (folder, nodes) = (file.parent().unwrap_or(Path::new("")), runtime.registry());
    let wrong = |error| fault_in(&file, error);
    match purpose {
        Purpose::Look { fetch } => {
            let user = user_packages()?.fetch_nested(fetch);
            let resolved = user.resolve_to_look_at(manifest, folder, nodes).map_err(wrong)?;
            let registry = Arc::new(source.opened.registry.clone());
            source.load_to_look_at(resolved, &registry, host)
        }
        Purpose::Run { trust_native } => {
            let user = user_packages()?.trust_native(trust_native);
            source.load_to_run(user.resolve(manifest, folder, nodes).map_err(wrong)?, host)
        }
    }
}

/// What a pipeline is opened for.
#[derive(Clone, Copy)]
enum Purpose {
    /// To be looked at: none of its code is executed, whoever wrote it.
    Look {
        /// Whether packages in registries that are nodes are fetched.
        fetch: bool,
    },
    /// To run.
    Run {
        /// Whether packages of others may do all that the user may.
        trust_native: bool,
    },
}

/// A manifest that is not checked yet, and the node types that it refers to.
pub(crate) struct Source {
    /// What messages call the file.
    pub(crate) label: String,
    /// The file, unless it is standard input.
    pub(crate) path: Option<PathBuf>,
    /// What the file gave.
    pub(crate) opened: Opened,
    /// Modules and data of Python nodes, if the file is to be packed.
    pub(crate) attached: Vec<Attached>,
    /// The manifest with the pipelines of packages in the place of their names, where the host knows it.
    pub(crate) resolved: Option<String>,
}

impl Source {
    fn of_package(file: &Path, package: &OpenPackage, resolved: &Resolved, runtime: &Runtime) -> Self {
        let warnings = package.warning().map(|warning| format!("let through by the policy: {warning}"));
        let registry = Registry::over(runtime.registry().clone());
        let manifest = resolved.manifest.to_string();
        Self {
            label: file.display().to_string(),
            path: Some(file.to_owned()),
            opened: Opened { manifest, registry, warnings: warnings.into_iter().collect() },
            attached: Vec::new(),
            resolved: None,
        }
    }

    /// The pipeline without its Python nodes, of which nothing is executed.
    fn load_to_look_at(self, resolved: Resolved, registry: &Arc<Registry>, host: &dyn Host) -> Result<Loaded, Failure> {
        let Self { label, opened: Opened { mut warnings, .. }, .. } = self;
        let pipeline = resolved.pipeline_to_look_at(registry);
        let pipeline = pipeline.map_err(|error| open_fault(Path::new(&label), error.into(), host))?;
        for (id, reference) in &resolved.left {
            warnings.push(format!("node \"{id}\" is {reference}, which was not fetched; --fetch looks into it"));
        }
        Ok(Loaded { label, pipeline, warnings, resolved: Some(resolved) })
    }

    /// The pipeline with the Python nodes of its packages.
    fn load_to_run(mut self, resolved: Resolved, host: &dyn Host) -> Result<Loaded, Failure> {
        self.opened.manifest = resolved.manifest.to_string();
        if let Some(made) = package::open_python(&resolved, &self.label, host)? {
            self.opened = Opened { warnings: self.opened.warnings, ..made };
        }
        self.load(Some(resolved), host)
    }

    fn load(self, resolved: Option<Resolved>, host: &dyn Host) -> Result<Loaded, Failure> {
        let Self { label, opened, .. } = self;
        let pipeline = Pipeline::from_json(&opened.manifest, &opened.registry)
            .map_err(|error| Fault::of(&error, host).in_file(&label))?;
        Ok(Loaded { label, pipeline, warnings: opened.warnings, resolved })
    }
}

/// Reads the manifest of `file`, which is to be packed, with what its Python nodes need.
pub(crate) fn open_to_pack(
    file: &Path,
    args: &[String],
    runtime: &Runtime,
    host: &dyn Host,
) -> Result<Source, Failure> {
    let mut source = if python(file).is_some() { None } else { Some(open_source(file, args, runtime, host)?) };
    if let Some(source) = source.take_if(|source| is_stdin(file) || !has_python(&source.opened.manifest)) {
        return Ok(source);
    }
    let label = file.display().to_string();
    let (path, variable) = python(file).unwrap_or((file, None));
    is_there(path, &label)?;
    let made = host.open_to_pack(&PythonFile { path, variable, args }).map_err(|error| refused(error, &label))?;
    let Packable { opened, resolved, attached } = made;
    Ok(Source { label, path: Some(path.to_owned()), opened, attached, resolved: Some(resolved) })
}

/// Whether a manifest has a node in Python, be it in a pipeline within it.
fn has_python(manifest: &str) -> bool {
    fn in_value(value: &Value) -> bool {
        let nodes = value["nodes"].as_array().into_iter().flatten();
        nodes.into_iter().any(|node| node.get("python").is_some() || in_value(&node["params"]["manifest"]))
    }
    serde_json::from_str(manifest).is_ok_and(|manifest: Value| in_value(&manifest))
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
    Ok(Source { label, path: (!is_stdin(file)).then(|| path.to_owned()), opened, attached: Vec::new(), resolved: None })
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
    is_there(file.path, label)?;
    host.open_python(file).map_err(|error| refused(error, label))
}

fn is_there(path: &Path, label: &str) -> Result<(), Failure> {
    if path.is_file() {
        return Ok(());
    }
    let message = read(path).err().unwrap_or_else(|| "cannot read it".to_owned());
    Err(Fault::from(message).in_file(label).into())
}

/// Why the host did not open a file.
pub(crate) fn refused(error: OpenError, label: &str) -> Failure {
    match error {
        OpenError::Failed { message, detail } => {
            // A message that begins with a line of the file need not name the file again.
            let has_place = message.strip_prefix(label).is_some_and(|rest| rest.starts_with(':'));
            let fault = Fault::from(message).explained(detail);
            if has_place { fault.into() } else { fault.in_file(label).into() }
        }
        OpenError::Exit(code) => Failure::Exit(code),
    }
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
