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
use crate::media::{self, FileKind};
use crate::path::PackagePath;
use crate::pipeline;
use crate::progress::Progress;
use crate::save::{save, write_archive};

/// A package that is ready to be signed and written.
#[derive(Debug)]
pub struct Draft {
    layout: Layout,
    /// The small blobs, by their place in the archive.
    small: BTreeMap<PackagePath, Vec<u8>>,
    /// Where the others are read from.
    sources: HashMap<PackagePath, PathBuf>,
}

/// Packs the pipeline in `manifest`, whose node types are those of `registry`. Models are looked for in `folder` and in
/// its folder `models`, then as the nodes would: in the working directory and its folder `models`.
///
/// The same pipeline and models give the same package, wherever and whenever.
///
/// # Errors
/// If the pipeline is not valid, names a model that is not there, or holds what a package cannot carry.
pub fn pack(manifest: &Manifest, registry: &Registry, folder: &Path, progress: Progress<'_>) -> Result<Draft> {
    let graph = remotemedia_core::Pipeline::from_manifest(manifest, registry);
    graph.map_err(|error| Error::new(ErrorKind::Pipeline, error.to_string()).with_source(error))?;
    let mut manifest = manifest.clone();
    // When it was made stands in the provenance, so that the package depends on the pipeline alone.
    manifest.metadata.created_at = None;
    let mut content = serde_json::to_value(&manifest).expect("a manifest has no keys but text");
    let mut named: BTreeMap<String, PathBuf> = BTreeMap::new();
    let node_types = pipeline::visit_models(&mut content, registry, &mut |param| {
        let found = locate(&param.name, folder, &param.node)?;
        named.insert(param.name, found);
        Ok(())
    })?;
    let models = Models::hash(&named, progress)?;
    pipeline::visit_models(&mut content, registry, &mut |mut param| {
        param.refer_to(&models.paths[&named[&param.name]]);
        Ok(())
    })?;
    Draft::new(&manifest.metadata.name, &content, models, &node_types)
}

impl Draft {
    fn new(name: &str, pipeline: &Value, models: Models, node_types: &BTreeSet<String>) -> Result<Self> {
        let runtime = canonical::to_vec(&json!({
            "node_types": node_types,
            "runtime": {"name": "remotemedia", "version": env!("CARGO_PKG_VERSION")},
        }));
        let pipeline = pipeline::to_bytes(pipeline)?;
        let mut files = models.files;
        let blob = Blob::of(&runtime);
        let path = PackagePath::new("meta/runtime.json")?;
        files.push(PackedFile { path, kind: FileKind::Meta, digest: blob.digest, len_bytes: blob.len_bytes });
        files.sort_by(|a, b| a.path.cmp(&b.path));
        if files.len() > MAX_LAYERS {
            let message = format!("found {} files, at most {MAX_LAYERS} are allowed", files.len());
            return Err(Error::new(ErrorKind::LayerCount, message));
        }
        let manifest = PackageManifest { name: name.to_owned(), pipeline: Blob::of(&pipeline), files };
        let small = [pipeline, runtime].into_iter().map(stored).collect();
        let draft = Self { layout: Layout { manifest, signatures: Vec::new() }, small, sources: models.sources };
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
        self.small.extend([bundle, statement, media::EMPTY_BYTES.to_vec()].map(stored));
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

/// The models of a pipeline.
struct Models {
    files: Vec<PackedFile>,
    /// Where each file of the user lies in the package.
    paths: HashMap<PathBuf, PackagePath>,
    /// Where each blob is read from.
    sources: HashMap<PackagePath, PathBuf>,
}

impl Models {
    fn hash(named: &BTreeMap<String, PathBuf>, progress: Progress<'_>) -> Result<Self> {
        let files: BTreeSet<&PathBuf> = named.values().collect();
        let hashed: Vec<(&PathBuf, Blob)> =
            files.into_iter().map(|path| Ok((path, hash(path, progress)?))).collect::<Result<_>>()?;
        let mut contents: HashMap<String, BTreeSet<Digest>> = HashMap::new();
        for (source, blob) in &hashed {
            contents.entry(folded_name(source)).or_default().insert(blob.digest);
        }
        let mut models = Self { files: Vec::new(), paths: HashMap::new(), sources: HashMap::new() };
        let mut files = BTreeMap::new();
        for (source, Blob { digest, len_bytes }) in hashed {
            let clashes = contents[&folded_name(source)].len() > 1;
            let path = place(source, digest, clashes)?;
            models.paths.insert(source.clone(), path.clone());
            models.sources.insert(blob_path(digest), source.clone());
            let taken = format!("two models would both be \"{path}\"; rename {}", source.display());
            let file = PackedFile { path: path.clone(), kind: FileKind::Model, digest, len_bytes };
            if files.insert(path, file).is_some_and(|other| other.digest != digest) {
                return Err(Error::new(ErrorKind::PathDuplicate, taken));
            }
        }
        models.files = files.into_values().collect();
        Ok(models)
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

/// The file that a node means by `name`.
fn locate(name: &str, folder: &Path, node: &str) -> Result<PathBuf> {
    let bases = [folder, Path::new("")];
    let places = bases.map(|base| [base.join(name), base.join("models").join(name)]);
    let mut places = places.as_flattened().iter();
    match places.clone().find(|place| place.is_file()) {
        Some(found) => Ok(found.clone()),
        None => {
            let first = places.next().expect("there are four places").display().to_string();
            let message =
                format!("node \"{node}\": no model file at {first}; give the path of the file beside the manifest");
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

/// Where a model lies in the package. Models of the same name that differ get a part of their digest.
fn place(source: &Path, digest: Digest, clashes: bool) -> Result<PackagePath> {
    if !clashes {
        return PackagePath::new(format!("models/{}", text(source.file_name())));
    }
    let ending = source.extension().map(|ending| format!(".{}", text(Some(ending)))).unwrap_or_default();
    PackagePath::new(format!("models/{}-{}{ending}", text(source.file_stem()), &digest.hex()[..8]))
}

fn stored(bytes: Vec<u8>) -> (PackagePath, Vec<u8>) {
    (blob_path(Digest::of(&bytes)), bytes)
}
