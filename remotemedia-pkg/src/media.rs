//! Media types and annotations of the documents in a package.

use oci_spec::image::MediaType;

use crate::limits::{MAX_BLOB_BYTES, MAX_PYTHON_BYTES};
use crate::path::PackagePath;

/// The artifact type of a package.
pub(crate) const PACKAGE: &str = "application/vnd.remotemedia.pipeline.v1";
/// The pipeline manifest, which is the package's config.
pub(crate) const PIPELINE: &str = "application/vnd.remotemedia.pipeline.manifest.v1+json";
/// A signature bundle.
pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// The statement that a bundle signs.
pub(crate) const STATEMENT: &str = "application/vnd.in-toto+json";
/// The config of a signature.
pub(crate) const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// The config of a signature, as bytes.
#[cfg(feature = "registry")]
pub(crate) const EMPTY_BYTES: &[u8] = b"{}";

/// The name of a package, or the path of a layer.
pub(crate) const TITLE: &str = "org.opencontainers.image.title";
/// The tag by which other tools find a package in its archive.
pub(crate) const REF_NAME: &str = "org.opencontainers.image.ref.name";

pub(crate) fn other(name: &str) -> MediaType {
    MediaType::Other(name.to_owned())
}

/// What a file in a package is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FileKind {
    /// A model, in the folder `models`.
    Model,
    /// The Python source of nodes, a `.pynode` in the folder `modules`.
    Python,
    /// A WebAssembly module, a `.wasm` in the folder `modules`.
    Wasm,
    /// A large parameter of a node, in the folder `data` under its digest.
    Data,
    /// What is known about the package, in the folder `meta`.
    Meta,
}

impl FileKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Model => "application/vnd.remotemedia.model.v1",
            Self::Python => "application/vnd.remotemedia.pynode.v1+json",
            Self::Wasm => "application/wasm",
            Self::Data => "application/vnd.remotemedia.data.v1",
            Self::Meta => "application/vnd.remotemedia.meta.v1+json",
        }
    }

    pub(crate) fn of(media_type: &MediaType) -> Option<Self> {
        [Self::Model, Self::Python, Self::Wasm, Self::Data, Self::Meta]
            .into_iter()
            .find(|kind| media_type.as_ref() == kind.media_type())
    }

    /// Whether `path` lies in the folder for files of this kind.
    pub(crate) fn belongs(self, path: &PackagePath) -> bool {
        let (folder, ending) = match self {
            Self::Model => ("models/", ""),
            Self::Python => ("modules/", ".pynode"),
            Self::Wasm => ("modules/", ".wasm"),
            Self::Data => ("data/", ""),
            Self::Meta => ("meta/", ""),
        };
        path.as_str().starts_with(folder) && path.as_str().ends_with(ending)
    }

    /// What messages call such a file.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Python => "Python",
            Self::Wasm => "WebAssembly",
            Self::Data => "data",
            Self::Meta => "metadata",
        }
    }

    /// How large such a file may be, in bytes.
    pub(crate) fn most_bytes(self) -> u64 {
        match self {
            Self::Python => MAX_PYTHON_BYTES,
            Self::Model | Self::Wasm | Self::Data | Self::Meta => MAX_BLOB_BYTES,
        }
    }
}
