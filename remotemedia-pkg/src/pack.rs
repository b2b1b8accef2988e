//! Packs a pipeline: finds what it refers to, hashes it, and writes the package.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use remotemedia_core::Registry;
use remotemedia_core::manifest::Manifest;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use crate::canonical;
use crate::copy::copy;
use crate::digest::{Digest, Hashing};
use crate::document::{Blob, PackageManifest, PackedFile, SignatureManifest};
use crate::error::{Error, ErrorKind, Result};
use crate::layout::{Entry, Layout, blob_path};
use crate::limits::{MAX_BLOB_BYTES, MAX_LAYERS};
use crate::media::FileKind;
use crate::onnx::check_whole;
use crate::path::PackagePath;
use crate::pipeline::{self, FileParam};
use crate::progress::Progress;
use crate::python::{PythonModule, PythonModules, requirements};
use crate::save::{save, write_archive};

/// A package that is ready to be signed and written.
#[derive(Debug)]
pub struct Draft {
    layout: Layout,
    /// The small blobs, by their place in the archive.
    small: BTreeMap<PackagePath, Vec<u8>>,
    /// Where the others are read from.
    sources: HashMap<PackagePath, PathBuf>,
    /// The distributions that the Python nodes need, with their versions.
    pub(crate) requires: BTreeMap<String, String>,
}

/// What goes into a package beside what its manifest names.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    /// Modules and data of Python nodes, to which their entries in the manifest refer.
    pub attached: Vec<Attached>,
    /// Files that are read instead of [`models`]; what they become in the package is called as the models are.
    pub substitutes: BTreeMap<PathBuf, PathBuf>,
    /// The manifest with the pipelines of packages in the place of their names, if it names any. What they hold stays
    /// outside of the package.
    pub resolved: Option<Manifest>,
}

/// A file of a package that does not lie on the disk.
#[derive(Clone, Debug)]
pub struct Attached {
    /// Where it lies in the package; data lies under its digest, `data/<64 hexadecimal digits>`.
    pub path: PackagePath,
    /// What it is.
    pub kind: FileKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Packs the pipeline in `manifest`, whose node types are those of `registry`. Models are looked for in `folder` and in
/// its folder `models`, then as the nodes would: in the working directory and its folder `models`.
///
/// The same pipeline and models give the same package, wherever and whenever.
///
/// # Errors
/// If the pipeline is not valid, names a model that is not there, or holds what a package cannot carry.
pub fn pack(manifest: &Manifest, registry: &Registry, folder: &Path, progress: Progress<'_>) -> Result<Draft> {
    pack_with(manifest, registry, folder, Additions::default(), progress)
}

/// As [`pack`], with what goes into the package beside what the manifest names.
///
/// # Errors
/// As [`pack`], and if an attached file is not what its kind says.
pub fn pack_with(
    manifest: &Manifest,
    registry: &Registry,
    folder: &Path,
    additions: Additions,
    progress: Progress<'_>,
) -> Result<Draft> {
    let Additions { attached, substitutes, resolved } = additions;
    let mut content = checked(manifest, resolved.as_ref(), registry)?;
    let modules = attached_modules(&attached)?;
    let data = data_paths(&attached);
    let carried = (&modules, &data);
    let (named, node_types) = located(&mut content, registry, carried, folder)?;
    let files = Files::hash(&named, &substitutes, progress)?;
    pipeline::visit_files(&mut content, registry, carried, &mut |mut param| {
        let source = &named[&(param.kind, param.name.clone())];
        param.refer_to(&files.paths[&(param.kind, source.clone())]);
        Ok(())
    })?;
    let runtime = runtime(&node_types, &modules);
    let mut draft = Draft::new(&manifest.metadata.name, &content, files, attached, runtime)?;
    draft.requires = requirements(modules.values())
        .into_iter()
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect();
    Ok(draft)
}

/// The models that [`pack_with`] would pack.
///
/// # Errors
/// As [`pack_with`].
pub fn models(
    manifest: &Manifest,
    registry: &Registry,
    folder: &Path,
    additions: &Additions,
) -> Result<BTreeSet<PathBuf>> {
    let Additions { attached, resolved, .. } = additions;
    let (modules, data) = (attached_modules(attached)?, data_paths(attached));
    let mut content = checked(manifest, resolved.as_ref(), registry)?;
    let (named, _) = located(&mut content, registry, (&modules, &data), folder)?;
    Ok(named.into_iter().filter(|((kind, _), _)| *kind == FileKind::Model).map(|(_, path)| path).collect())
}

/// The pipeline as a package holds it, but for the files that it names.
fn checked(manifest: &Manifest, resolved: Option<&Manifest>, registry: &Registry) -> Result<Value> {
    let graph = remotemedia_core::Pipeline::from_manifest(resolved.unwrap_or(manifest), registry);
    graph.map_err(|error| Error::new(ErrorKind::Pipeline, error.to_string()).with_source(error))?;
    let mut manifest = manifest.clone();
    // When it was made stands in the provenance, so that the package depends on the pipeline alone.
    manifest.metadata.created_at = None;
    Ok(serde_json::to_value(&manifest).expect("a manifest has no keys but text"))
}

/// Where the files are that a pipeline names, by what they are and how they are named.
type Named = BTreeMap<(FileKind, String), PathBuf>;

/// Finds the files that a pipeline names. Gives its native node types too.
fn located(
    content: &mut Value,
    registry: &Registry,
    carried: (&PythonModules, &BTreeSet<&str>),
    folder: &Path,
) -> Result<(Named, BTreeSet<String>)> {
    let mut named = Named::new();
    let node_types = pipeline::visit_files(content, registry, carried, &mut |param| {
        let found = locate(&param, folder)?;
        named.insert((param.kind, param.name), found);
        Ok(())
    })?;
    Ok((named, node_types))
}

fn data_paths(attached: &[Attached]) -> BTreeSet<&str> {
    attached.iter().filter(|file| file.kind == FileKind::Data).map(|file| file.path.as_str()).collect()
}

/// The Python modules among the attached files, each of which must be what its kind says.
fn attached_modules(attached: &[Attached]) -> Result<PythonModules> {
    let mut modules = PythonModules::new();
    for file in attached {
        let in_place = match file.kind {
            FileKind::Python => file.kind.belongs(&file.path),
            FileKind::Data => file.path.as_str() == format!("data/{}", Digest::of(&file.bytes).hex()),
            FileKind::Model | FileKind::Wasm | FileKind::Meta => false,
        };
        if !in_place {
            let message = format!("\"{}\" is not where attached files of its kind belong", file.path);
            return Err(Error::new(ErrorKind::PathPlace, message));
        }
        if file.kind == FileKind::Python {
            modules.insert(file.path.to_string(), PythonModule::parse(&file.bytes)?);
        }
    }
    Ok(modules)
}

/// What the package needs of whoever runs it.
fn runtime(node_types: &BTreeSet<String>, modules: &PythonModules) -> Value {
    let mut runtime = json!({
        "node_types": node_types,
        "runtime": {"name": "remotemedia", "version": env!("CARGO_PKG_VERSION")},
    });
    if !modules.is_empty() {
        let nodes = modules.values().flat_map(PythonModule::nodes).map(|node| &node.node_type);
        let versions: BTreeSet<&str> = modules.values().map(PythonModule::python).collect();
        let requires: BTreeMap<&str, &str> = requirements(modules.values()).into_iter().collect();
        runtime["python"] = json!({
            "node_types": nodes.collect::<BTreeSet<_>>(), "versions": versions, "requires": requires,
        });
    }
    runtime
}

impl Draft {
    fn new(name: &str, pipeline: &Value, hashed: Files, mut attached: Vec<Attached>, runtime: Value) -> Result<Self> {
        let pipeline = pipeline::to_bytes(pipeline)?;
        let Files { mut files, sources, .. } = hashed;
        let path = PackagePath::new("meta/runtime.json")?;
        attached.push(Attached { path, kind: FileKind::Meta, bytes: canonical::to_vec(&runtime) });
        files.extend(attached.iter().map(|Attached { path, kind, bytes }| {
            let Blob { digest, len_bytes } = Blob::of(bytes);
            PackedFile { path: path.clone(), kind: *kind, digest, len_bytes }
        }));
        files.sort_by(|a, b| a.path.cmp(&b.path));
        if files.len() > MAX_LAYERS {
            let message = format!("found {} files, at most {MAX_LAYERS} are allowed", files.len());
            return Err(Error::new(ErrorKind::LayerCount, message));
        }
        let manifest = PackageManifest { name: name.to_owned(), pipeline: Blob::of(&pipeline), files };
        let small = attached.into_iter().map(|file| file.bytes).chain([pipeline]).map(stored).collect();
        let layout = Layout { manifest, signatures: Vec::new() };
        let draft = Self { layout, small, sources, requires: BTreeMap::new() };
        draft.layout.entries()?;
        Ok(draft)
    }

    /// The package's identity.
    pub fn digest(&self) -> Digest {
        self.blob().digest
    }

    /// The pipeline's name.
    pub fn name(&self) -> &str {
        &self.layout.manifest.name
    }

    /// The files that are packed, by path.
    pub fn files(&self) -> &[PackedFile] {
        &self.layout.manifest.files
    }

    /// How many bytes [`save`](Self::save) reads of files.
    pub fn content_bytes(&self) -> u64 {
        self.files().iter().map(|file| file.len_bytes).sum()
    }

    /// What the package's file is called: the pipeline's name and the digest.
    pub fn file_name(&self) -> String {
        self.layout.file_name()
    }

    /// The digest of the pipeline manifest in the package.
    pub(crate) fn pipeline(&self) -> Digest {
        self.layout.manifest.pipeline.digest
    }

    /// Adds a signature; the package's identity stays what it is.
    pub(crate) fn attach(&mut self, bundle: Vec<u8>, statement: Vec<u8>) {
        let signature = SignatureManifest::new(self.blob(), Blob::of(&bundle), Blob::of(&statement));
        self.layout.signatures = vec![signature];
        self.small.extend([bundle, statement].map(stored));
    }

    /// Writes the package to a file in `folder` under its own name, or to the file `folder` if that ends in `.rmpkg`.
    /// The file is there as a whole, or not at all. Gives its path.
    ///
    /// # Errors
    /// If it cannot be written, or a model changed since it was hashed.
    pub fn save(&self, folder: &Path, progress: Progress<'_>) -> Result<PathBuf> {
        save(folder, &self.file_name(), |out| self.write(out, progress))
    }

    /// Writes the package to `out`.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn write(&self, out: &mut dyn Write, progress: Progress<'_>) -> Result<()> {
        write_archive(&self.layout, out, |entry, out| match self.small.get(&entry.path) {
            Some(bytes) => out.write_all(bytes).map_err(|error| Error::io("write the package", error)),
            None => self.copy_source(entry, out, progress),
        })
    }

    /// Copies a model, which must still be what was hashed.
    fn copy_source(&self, entry: &Entry, out: &mut dyn Write, progress: Progress<'_>) -> Result<()> {
        let source = &self.sources[&entry.path];
        let file = File::open(source).map_err(|error| Error::io(format_args!("open {}", source.display()), error))?;
        // One byte more than there should be shows that the file grew.
        let most = entry.len_bytes() + 1;
        let mut reader = Hashing::new(io::Read::take(file, most));
        copy(&mut reader, out, progress)?;
        let (digest, found) = reader.finish();
        if found + 1 != most || blob_path(digest) != entry.path {
            let message = format!("{} changed while it was packed; build again", source.display());
            return Err(Error::new(ErrorKind::SourceChanged, message));
        }
        Ok(())
    }

    fn blob(&self) -> Blob {
        Blob::of(&self.layout.manifest.to_bytes())
    }
}

/// The files of the user that a pipeline names.
struct Files {
    files: Vec<PackedFile>,
    /// Where each lies in the package, as what it is to the pipeline.
    paths: HashMap<(FileKind, PathBuf), PackagePath>,
    /// Where each blob is read from.
    sources: HashMap<PackagePath, PathBuf>,
}

impl Files {
    fn hash(named: &Named, substitutes: &BTreeMap<PathBuf, PathBuf>, progress: Progress<'_>) -> Result<Self> {
        let read = |path: &PathBuf| substitutes.get(path).unwrap_or(path).clone();
        let files: BTreeSet<(FileKind, &PathBuf)> = named.iter().map(|((kind, _), path)| (*kind, path)).collect();
        let hashed: Vec<(FileKind, &PathBuf, Blob)> = files
            .into_iter()
            .map(|(kind, path)| Ok((kind, path, hash(&read(path), progress)?)))
            .collect::<Result<_>>()?;
        for (_, path, _) in hashed.iter().filter(|(kind, ..)| *kind == FileKind::Model) {
            check_whole(path, &read(path))?;
        }
        let mut contents: HashMap<(FileKind, String), BTreeSet<Digest>> = HashMap::new();
        for (kind, source, blob) in &hashed {
            contents.entry((*kind, folded_name(source))).or_default().insert(blob.digest);
        }
        let mut packed = Self { files: Vec::new(), paths: HashMap::new(), sources: HashMap::new() };
        let mut files = BTreeMap::new();
        for (kind, source, Blob { digest, len_bytes }) in hashed {
            let clashes = contents[&(kind, folded_name(source))].len() > 1;
            let path = place(kind, source, digest, clashes)?;
            packed.paths.insert((kind, source.clone()), path.clone());
            packed.sources.insert(blob_path(digest), read(source));
            let taken = format!("two files would both be \"{path}\"; rename {}", source.display());
            let file = PackedFile { path: path.clone(), kind, digest, len_bytes };
            if files.insert(path, file).is_some_and(|other| other.digest != digest) {
                return Err(Error::new(ErrorKind::PathDuplicate, taken));
            }
        }
        packed.files = files.into_values().collect();
        Ok(packed)
    }
}

/// The name of a file as systems without upper and lower case take it.
fn folded_name(path: &Path) -> String {
    caseless::default_case_fold_str(&text(path.file_name()))
}

/// A part of a path as packages write it.
fn text(part: Option<&OsStr>) -> String {
    part.map(|part| part.to_string_lossy().nfc().collect()).unwrap_or_default()
}

/// The file that a parameter of a node means.
fn locate(param: &FileParam<'_>, folder: &Path) -> Result<PathBuf> {
    let FileParam { name, node, kind, .. } = param;
    let bases = [folder, Path::new("")];
    let places = bases.map(|base| [base.join(name), base.join("models").join(name)]);
    let mut places = places.as_flattened().iter();
    match places.clone().find(|place| place.is_file()) {
        Some(found) => Ok(found.clone()),
        None => {
            let first = places.next().expect("there are four places").display().to_string();
            let message = format!(
                "node \"{node}\": no {} file at {first}; give the path of the file beside the manifest",
                kind.word()
            );
            Err(Error::new(ErrorKind::ModelFile, message))
        }
    }
}

fn hash(path: &Path, progress: Progress<'_>) -> Result<Blob> {
    let file = File::open(path).map_err(|error| Error::io(format_args!("open {}", path.display()), error))?;
    let mut reader = Hashing::new(io::Read::take(file, MAX_BLOB_BYTES + 1));
    copy(&mut reader, &mut io::sink(), progress)?;
    let (digest, len_bytes) = reader.finish();
    if len_bytes > MAX_BLOB_BYTES {
        let message = format!("{} is larger than {MAX_BLOB_BYTES} bytes, which is the most", path.display());
        return Err(Error::new(ErrorKind::BlobSize, message));
    }
    Ok(Blob { digest, len_bytes })
}

/// Where a file lies in the package. Files of the same name that differ get a part of their digest.
fn place(kind: FileKind, source: &Path, digest: Digest, clashes: bool) -> Result<PackagePath> {
    let folder = if kind == FileKind::Wasm { "modules" } else { "models" };
    let ending = source.extension().map(|ending| format!(".{}", text(Some(ending)))).unwrap_or_default();
    let ending = if kind == FileKind::Wasm { ".wasm".to_owned() } else { ending };
    let mark = if clashes { format!("-{}", &digest.hex()[..8]) } else { String::new() };
    PackagePath::new(format!("{folder}/{}{mark}{ending}", text(source.file_stem())))
}

fn stored(bytes: Vec<u8>) -> (PackagePath, Vec<u8>) {
    (blob_path(Digest::of(&bytes)), bytes)
}
