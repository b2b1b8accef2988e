//! The layout of the archive: which entries a package has, in which order, as its documents determine it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::digest::Digest;
use crate::document::{self, Blob, PackageManifest, SignatureManifest};
use crate::error::{Error, ErrorKind, Result};
use crate::path::PackagePath;

/// One entry of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: PackagePath,
    pub(crate) kind: EntryKind,
}

impl Entry {
    /// How large its contents are.
    pub(crate) fn len_bytes(&self) -> u64 {
        match self.kind {
            EntryKind::File { len_bytes } => len_bytes,
            EntryKind::Folder | EntryKind::Link(_) => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Folder,
    File {
        len_bytes: u64,
    },
    /// A hard link to a blob.
    Link(Digest),
}

/// What a package consists of beside the bytes of its files.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) manifest: PackageManifest,
    pub(crate) signatures: Vec<SignatureManifest>,
}

impl Layout {
    /// The documents that this layout has itself, by the path of their entry.
    pub(crate) fn documents(&self) -> BTreeMap<PackagePath, Vec<u8>> {
        let manifest = self.manifest.to_bytes();
        let signatures = self.signatures.iter().map(|signature| signature.bytes.clone());
        let mut documents: BTreeMap<_, _> = signatures.map(|bytes| (blob_path(Digest::of(&bytes)), bytes)).collect();
        documents.insert(blob_path(Digest::of(&manifest)), manifest);
        documents.insert(fixed(OCI_LAYOUT), OCI_LAYOUT_BYTES.to_vec());
        documents.insert(fixed(INDEX), document::index(&self.manifest, &self.signatures));
        documents
    }

    /// What the package's file is called.
    pub(crate) fn file_name(&self) -> String {
        let digest = Digest::of(&self.manifest.to_bytes());
        format!("{}-{}.rmpkg", self.manifest.slug(), digest.hex())
    }

    /// Every entry, in order.
    ///
    /// # Errors
    /// If two files would lie at the same place.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>> {
        let file = |path, len_bytes| Entry { path, kind: EntryKind::File { len_bytes } };
        let folder = |path| Entry { path, kind: EntryKind::Folder };
        let index = document::index(&self.manifest, &self.signatures);
        let mut entries = vec![
            file(fixed(OCI_LAYOUT), OCI_LAYOUT_BYTES.len() as u64),
            file(fixed(INDEX), index.len() as u64),
            folder(fixed("blobs")),
            folder(fixed("blobs/sha256")),
        ];
        entries.extend(self.blobs().into_iter().map(|blob| file(blob_path(blob.digest), blob.len_bytes)));
        let links = self.links()?;
        let folders: BTreeSet<PackagePath> = links.keys().flat_map(PackagePath::parents).collect();
        entries.extend(folders.into_iter().map(folder));
        entries.extend(links.into_iter().map(|(path, digest)| Entry { path, kind: EntryKind::Link(digest) }));
        Ok(entries)
    }

    /// Every blob once, in the order of the documents that name them.
    pub(crate) fn blobs(&self) -> Vec<Blob> {
        let own = [Blob::of(&self.manifest.to_bytes()), self.manifest.pipeline];
        let files = self.manifest.files.iter().map(|file| file.blob());
        let signatures =
            self.signatures.iter().flat_map(|signature| std::iter::once(signature.blob()).chain(signature.blobs()));
        let mut seen = HashSet::new();
        own.into_iter().chain(files).chain(signatures).filter(|blob| seen.insert(blob.digest)).collect()
    }

    /// What the literal folders show, and which blob it is.
    fn links(&self) -> Result<BTreeMap<PackagePath, Digest>> {
        let mut links = BTreeMap::from([(fixed(PIPELINE), self.manifest.pipeline.digest)]);
        let files = self.manifest.files.iter().map(|file| (file.path.clone(), file.digest));
        let signatures = self.signatures.iter().flat_map(|signature| signature.links.clone());
        for (path, digest) in files.chain(signatures) {
            let taken = format!("path \"{path}\" stands twice");
            if links.insert(path, digest).is_some() {
                return Err(Error::new(ErrorKind::PathDuplicate, taken));
            }
        }
        Ok(links)
    }
}

/// Where a blob lies.
pub(crate) fn blob_path(digest: Digest) -> PackagePath {
    fixed(&format!("blobs/sha256/{}", digest.hex()))
}

pub(crate) fn fixed(path: &str) -> PackagePath {
    PackagePath::new(path).expect("the format's own paths keep the rules")
}

/// The file that tells other tools what the archive is.
pub(crate) const OCI_LAYOUT: &str = "oci-layout";
/// What stands in it.
pub(crate) const OCI_LAYOUT_BYTES: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
/// The index.
pub(crate) const INDEX: &str = "index.json";
/// The pipeline manifest among the literal files.
pub(crate) const PIPELINE: &str = "manifest.json";
