//! The OCI documents of a package: its manifest, the manifests of its signatures, and the index of both.

use std::collections::HashMap;

use oci_spec::image::{Descriptor, DescriptorBuilder, ImageIndex, ImageIndexBuilder, ImageManifest, MediaType};
use oci_spec::image::{ImageManifestBuilder, SCHEMA_VERSION};
use remotemedia_core::manifest::limits::MAX_ID_BYTES;
use serde::de::DeserializeOwned;

use crate::canonical;
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{MAX_BUNDLE_BYTES, MAX_DOCUMENT_BYTES, MAX_LAYERS, MAX_PIPELINE_BYTES, MAX_SIGNATURES};
use crate::media::{self, FileKind};
use crate::path::PackagePath;

/// Some bytes, by digest and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blob {
    pub(crate) digest: Digest,
    pub(crate) len_bytes: u64,
}

impl Blob {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), len_bytes: bytes.len() as u64 }
    }

    fn from_oci(descriptor: &Descriptor, most: u64, kind: ErrorKind) -> Result<Self> {
        let blob = Self { digest: Digest::from_oci(descriptor.digest())?, len_bytes: descriptor.size() };
        if blob.len_bytes > most {
            let message = format!("blob {} is {} bytes large, at most {most} are allowed", blob.digest, blob.len_bytes);
            return Err(Error::new(kind, message));
        }
        Ok(blob)
    }

    fn to_oci(self, media_type: MediaType) -> Descriptor {
        Descriptor::new(media_type, self.len_bytes, self.digest.to_oci())
    }

    fn titled(self, media_type: &str, title: &PackagePath) -> Descriptor {
        let mut descriptor = self.to_oci(media::other(media_type));
        descriptor.set_annotations(Some(HashMap::from([(media::TITLE.to_owned(), title.to_string())])));
        descriptor
    }
}

/// A file in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFile {
    /// Where it lies when the package is unpacked.
    pub path: PackagePath,
    /// What it is.
    pub kind: FileKind,
    /// The digest of its bytes.
    pub digest: Digest,
    /// How large it is.
    pub len_bytes: u64,
}

impl PackedFile {
    pub(crate) fn blob(&self) -> Blob {
        Blob { digest: self.digest, len_bytes: self.len_bytes }
    }

    fn from_oci(layer: &Descriptor) -> Result<Self> {
        let kind = FileKind::of(layer.media_type()).ok_or_else(|| unknown_media_type("a layer", layer.media_type()))?;
        let blob = Blob::from_oci(layer, kind.most_bytes(), ErrorKind::BlobSize)?;
        let path = title(layer)?.ok_or_else(|| {
            Error::new(ErrorKind::Document, format!("layer {} has no annotation {}", blob.digest, media::TITLE))
        })?;
        if !kind.belongs(&path) {
            let message = format!("path \"{path}\" is not where files of type {} belong", kind.media_type());
            return Err(Error::new(ErrorKind::PathPlace, message));
        }
        Ok(Self { path, kind, digest: blob.digest, len_bytes: blob.len_bytes })
    }
}

/// The manifest of a package, whose digest is the package's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackageManifest {
    /// The pipeline's name.
    pub(crate) name: String,
    /// The pipeline manifest.
    pub(crate) pipeline: Blob,
    /// Sorted by path.
    pub(crate) files: Vec<PackedFile>,
}

impl PackageManifest {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let layers = self.files.iter().map(|file| file.blob().titled(file.kind.media_type(), &file.path));
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .artifact_type(media::other(media::PACKAGE))
            .config(self.pipeline.to_oci(media::other(media::PIPELINE)))
            .layers(layers.collect::<Vec<_>>())
            .annotations(HashMap::from([(media::TITLE.to_owned(), self.name.clone())]))
            .build();
        canonical::to_vec(&manifest.expect("every required field is set"))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let manifest: ImageManifest = read("package manifest", bytes)?;
        artifact_type(&manifest, "the package manifest", media::PACKAGE)?;
        if manifest.config().media_type().as_ref() != media::PIPELINE {
            return Err(unknown_media_type("the config", manifest.config().media_type()));
        }
        let found = manifest.layers().len();
        if found > MAX_LAYERS {
            let message = format!("found {found} layers, at most {MAX_LAYERS} are allowed");
            return Err(Error::new(ErrorKind::LayerCount, message));
        }
        let name = manifest.annotations().as_ref().and_then(|all| all.get(media::TITLE));
        let name = name.filter(|name| is_name(name)).ok_or_else(|| {
            let message = format!("the package manifest has no name of a pipeline as its annotation {}", media::TITLE);
            Error::new(ErrorKind::Document, message)
        })?;
        let parsed = Self {
            name: name.clone(),
            pipeline: Blob::from_oci(manifest.config(), MAX_PIPELINE_BYTES, ErrorKind::PipelineSize)?,
            files: manifest.layers().iter().map(PackedFile::from_oci).collect::<Result<_>>()?,
        };
        let sorted = parsed.files.is_sorted_by(|a, b| a.path < b.path);
        if !sorted || parsed.to_bytes() != bytes {
            return Err(not_canonical("the package manifest"));
        }
        Ok(parsed)
    }

    /// The pipeline's name as it stands in file names and tags.
    pub(crate) fn slug(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
        let slug: String = self.name.chars().map(plain).take(MAX_SLUG).collect();
        // Tags begin with a letter, a digit or an underscore.
        slug.strip_prefix('-').map(|rest| format!("_{rest}")).unwrap_or(slug)
    }
}

/// The manifest of a signature, which refers to that of the package.
#[derive(Clone, Debug)]
pub(crate) struct SignatureManifest {
    pub(crate) bytes: Vec<u8>,
    pub(crate) subject: Blob,
    pub(crate) config: Blob,
    pub(crate) bundle: Blob,
    /// Whether the config is the statement in readable form.
    pub(crate) has_provenance: bool,
    /// What shows as files.
    pub(crate) links: Vec<(PackagePath, Digest)>,
}

impl SignatureManifest {
    /// The manifest of the signature of `subject` in `bundle`, whose statement is `provenance`. The bundle is the only
    /// layer, which is how cosign knows signatures in registries; so the statement is the config.
    pub(crate) fn new(subject: Blob, bundle: Blob, provenance: Blob) -> Self {
        let path = |path: &str| PackagePath::new(path).expect("it is a constant that keeps the rules");
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .artifact_type(media::other(media::BUNDLE))
            .config(provenance.titled(media::STATEMENT, &path("meta/provenance.json")))
            .layers(vec![bundle.titled(media::BUNDLE, &path("meta/signature.sigstore.json"))])
            .subject(subject.to_oci(MediaType::ImageManifest))
            .build();
        let bytes = canonical::to_vec(&manifest.expect("every required field is set"));
        Self::parse(&bytes).expect("what is written here can be read here")
    }

    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let manifest: ImageManifest = read("signature manifest", bytes)?;
        artifact_type(&manifest, "the signature manifest", media::BUNDLE)?;
        let subject = manifest.subject().as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Document, "the signature manifest names no subject, expected the package manifest")
        })?;
        let [bundle] = &manifest.layers()[..] else {
            let message = format!("a signature has {} layers, expected the bundle alone", manifest.layers().len());
            return Err(Error::new(ErrorKind::LayerCount, message));
        };
        if bundle.media_type().as_ref() != media::BUNDLE {
            return Err(unknown_media_type("the layer of a signature", bundle.media_type()));
        }
        let has_provenance = match manifest.config().media_type().as_ref() {
            media::STATEMENT => true,
            media::EMPTY => false,
            _ => return Err(unknown_media_type("the config of a signature", manifest.config().media_type())),
        };
        let small = |descriptor| Blob::from_oci(descriptor, MAX_BUNDLE_BYTES, ErrorKind::BlobSize);
        let links = [manifest.config(), bundle].into_iter().filter_map(|blob| link(blob).transpose());
        Ok(Self {
            bytes: bytes.to_vec(),
            subject: Blob::from_oci(subject, MAX_DOCUMENT_BYTES, ErrorKind::DocumentSize)?,
            config: small(manifest.config())?,
            bundle: small(bundle)?,
            has_provenance,
            links: links.collect::<Result<_>>()?,
        })
    }

    pub(crate) fn blob(&self) -> Blob {
        Blob::of(&self.bytes)
    }

    /// What the signature consists of beside its manifest.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = Blob> {
        [self.config, self.bundle].into_iter()
    }

    /// The statement in readable form, if it is there.
    pub(crate) fn provenance(&self) -> Option<Blob> {
        self.has_provenance.then_some(self.config)
    }
}

/// The index of a package's archive.
pub(crate) fn index(package: &PackageManifest, signatures: &[SignatureManifest]) -> Vec<u8> {
    let mut manifest = described(Blob::of(&package.to_bytes()), media::PACKAGE);
    manifest.set_annotations(Some(HashMap::from([(media::REF_NAME.to_owned(), package.slug())])));
    let signatures = signatures.iter().map(|signature| described(signature.blob(), media::BUNDLE));
    canonical::to_vec(&image_index(std::iter::once(manifest).chain(signatures).collect()))
}

/// The package manifest that an index names, and the manifests of the signatures.
pub(crate) fn parse_index(bytes: &[u8]) -> Result<(Blob, Vec<Blob>)> {
    let index: ImageIndex = read("index.json", bytes)?;
    let small = |descriptor| Blob::from_oci(descriptor, MAX_DOCUMENT_BYTES, ErrorKind::DocumentSize);
    let mut manifests = index.manifests().iter().map(small);
    let package = manifests
        .next()
        .ok_or_else(|| Error::new(ErrorKind::Document, "index.json names no manifest, expected the package's"))??;
    if manifests.len() > MAX_SIGNATURES {
        let message = format!("found {} signatures, at most {MAX_SIGNATURES} are allowed", manifests.len());
        return Err(Error::new(ErrorKind::SignatureCount, message));
    }
    Ok((package, manifests.collect::<Result<_>>()?))
}

/// The manifests in a list of what refers to a package that may be signatures, as many as a package may have.
#[cfg(feature = "registry")]
pub(crate) fn parse_referrers(bytes: &[u8]) -> Result<Vec<Blob>> {
    #[derive(serde::Deserialize)]
    struct List {
        /// Some registries write `null` where there is nothing.
        manifests: Option<Vec<Descriptor>>,
    }
    let list: List = read("list of signatures", bytes)?;
    let may_be_signature = |found: &&Descriptor| match found.artifact_type() {
        // Some registries state the type of the config in the place of the artifact's.
        Some(kind) => [media::BUNDLE, media::STATEMENT, media::EMPTY].contains(&kind.as_ref()),
        None => true,
    };
    let manifests = list.manifests.iter().flatten().filter(|found| *found.media_type() == MediaType::ImageManifest);
    let small = |found| Blob::from_oci(found, MAX_DOCUMENT_BYTES, ErrorKind::DocumentSize);
    manifests.filter(may_be_signature).take(MAX_SIGNATURES).map(small).collect()
}

/// The list of what refers to a package with a signature added, for registries that keep none themselves; none if it is
/// there already.
#[cfg(feature = "registry")]
pub(crate) fn with_referrer(list: Option<&[u8]>, signature: &SignatureManifest) -> Result<Option<Vec<u8>>> {
    let list: Option<ImageIndex> = list.map(|list| read("list of signatures", list)).transpose()?;
    let mut list = list.unwrap_or_else(|| image_index(Vec::new()));
    let mut manifests = list.manifests().clone();
    let added = described(signature.blob(), media::BUNDLE);
    if manifests.iter().any(|known| known.digest() == added.digest()) {
        return Ok(None);
    }
    manifests.push(added);
    list.set_manifests(manifests);
    Ok(Some(canonical::to_vec(&list)))
}

fn described(blob: Blob, artifact_type: &str) -> Descriptor {
    DescriptorBuilder::default()
        .media_type(MediaType::ImageManifest)
        .digest(blob.digest.to_oci())
        .size(blob.len_bytes)
        .artifact_type(media::other(artifact_type))
        .build()
        .expect("every required field is set")
}

fn image_index(manifests: Vec<Descriptor>) -> ImageIndex {
    let index = ImageIndexBuilder::default().schema_version(SCHEMA_VERSION).media_type(MediaType::ImageIndex);
    index.manifests(manifests).build().expect("every required field is set")
}

fn read<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::new(ErrorKind::Document, format!("{what}: {error}")).with_source(error))
}

/// Whether a pipeline may be called `name`.
fn is_name(name: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
}

fn artifact_type(manifest: &ImageManifest, what: &str, expected: &str) -> Result<()> {
    match manifest.artifact_type() {
        Some(found) if found.as_ref() == expected => Ok(()),
        Some(found) => Err(unknown_media_type(what, found)),
        None => Err(Error::new(ErrorKind::MediaType, format!("{what} has no artifact type, expected {expected}"))),
    }
}

fn title(layer: &Descriptor) -> Result<Option<PackagePath>> {
    let title = layer.annotations().as_ref().and_then(|all| all.get(media::TITLE));
    title.map(PackagePath::new).transpose()
}

/// The path of a part of a signature, if it shows as a file.
fn link(layer: &Descriptor) -> Result<Option<(PackagePath, Digest)>> {
    let Some(path) = title(layer)? else { return Ok(None) };
    if !FileKind::Meta.belongs(&path) {
        let message = format!("path \"{path}\" is not where signatures belong, expected the folder meta");
        return Err(Error::new(ErrorKind::PathPlace, message));
    }
    Ok(Some((path, Digest::from_oci(layer.digest())?)))
}

fn unknown_media_type(what: &str, found: &MediaType) -> Error {
    let message = format!("{what} has the media type {:?}, which this version does not know", found.as_ref());
    Error::new(ErrorKind::MediaType, message)
}

pub(crate) fn not_canonical(what: &str) -> Error {
    let message =
        format!("{what} is not in its canonical form, expected what RFC 8785 makes of it and nothing unknown");
    Error::new(ErrorKind::NotCanonical, message)
}

/// How long the pipeline's name may be in file names and tags.
const MAX_SLUG: usize = 100;
