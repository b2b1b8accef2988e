//! The documents and signatures of packages that came from registries, which have no archive of their own.

use std::collections::HashMap;
use std::io;

use crate::cache::store::{PIPELINES, Store, shown};
use crate::digest::Digest;
use crate::document::{Blob, PackageManifest, SignatureManifest, index, parse_index};
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::limits::MAX_DOCUMENT_BYTES;
use crate::media;
use crate::package::Package;
use crate::parts::Parts;

/// What is read of a package before it is known who signed it: everything but the pipeline and the files.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    pub(crate) layout: Layout,
    /// What the signatures consist of.
    pub(crate) small: HashMap<Digest, Vec<u8>>,
}

impl Documents {
    /// The documents of a package that is not signed.
    pub(crate) fn unsigned(manifest: PackageManifest) -> Self {
        Self { layout: Layout { manifest, signatures: Vec::new() }, small: HashMap::new() }
    }

    /// Adds the signature whose manifest is `bytes`; `read` gives the bytes of a blob.
    pub(crate) fn sign(&mut self, bytes: &[u8], read: &mut dyn FnMut(Blob) -> Result<Vec<u8>>) -> Result<()> {
        let signature = SignatureManifest::parse(bytes)?;
        for blob in signature.blobs() {
            let is_empty = blob == Blob::of(media::EMPTY_BYTES);
            let bytes = if is_empty { media::EMPTY_BYTES.to_vec() } else { read(blob)? };
            self.small.insert(blob.digest, bytes);
        }
        self.layout.signatures.push(signature);
        Ok(())
    }
}

impl Store {
    /// The package whose documents are these. Its files are those of the cache.
    pub(super) fn assemble(&self, documents: &Documents) -> Result<Package<Parts>> {
        let digest = Digest::of(&documents.layout.manifest.to_bytes());
        let PackageManifest { pipeline, files, .. } = &documents.layout.manifest;
        // Files are read where they show, which is where they were compared with their digests.
        let mut names: HashMap<Digest, String> =
            files.iter().map(|file| (file.digest, shown(digest, &file.path))).collect();
        names.insert(pipeline.digest, document(digest, pipeline.digest));
        let dir = self.dir.try_clone().map_err(|error| Error::io("open the cache", error))?;
        // How large it may be was minded when its manifest came.
        Package::open_up_to(Parts::new(&documents.layout, &documents.small, dir, &names)?, u64::MAX)
    }

    /// The package, if its documents are here and fit together.
    pub(super) fn assembled(&self, digest: Digest) -> Option<Package<Parts>> {
        let mut read = |blob: Blob| self.read_small(&document(digest, blob.digest), blob.len_bytes);
        let (own, signatures) = parse_index(&self.read_small(&index_file(digest), MAX_DOCUMENT_BYTES).ok()?).ok()?;
        let mut documents = Documents::unsigned(PackageManifest::parse(&read(own).ok()?).ok()?);
        for signature in signatures {
            documents.sign(&read(signature).ok()?, &mut read).ok()?;
        }
        self.assemble(&documents).ok().filter(|package| package.digest() == digest)
    }

    /// Keeps the documents of a package in the place of those that were there.
    pub(super) fn keep_documents(&self, documents: &Documents) -> Result<()> {
        let Layout { manifest, signatures } = &documents.layout;
        let bytes = manifest.to_bytes();
        let digest = Digest::of(&bytes);
        let _writing = self.lock_to_write(digest)?;
        self.keep(&document(digest, digest), &bytes)?;
        for signature in signatures {
            self.keep(&document(digest, signature.blob().digest), &signature.bytes)?;
        }
        for (blob, bytes) in &documents.small {
            self.keep(&document(digest, *blob), bytes)?;
        }
        // Written last, it names only what is there.
        self.keep(&index_file(digest), &index(manifest, signatures))
    }

    /// Keeps the pipeline manifest of a package, unless it is here.
    pub(super) fn keep_pipeline(
        &self,
        digest: Digest,
        pipeline: Blob,
        obtain: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<()> {
        let name = document(digest, pipeline.digest);
        if self.holds(&name, pipeline, &mut |_| {})? {
            return Ok(());
        }
        let bytes = obtain()?;
        let _writing = self.lock_to_write(digest)?;
        self.keep(&name, &bytes)
    }

    /// Writes a small file, unless it is there. The caller has its lock.
    fn keep(&self, name: &str, bytes: &[u8]) -> Result<()> {
        if self.read_small(name, bytes.len() as u64).is_ok_and(|found| found == bytes) {
            return Ok(());
        }
        self.write(name, |out| out.write_all(bytes).map_err(|error| Error::io("write to the cache", error)))
    }

    /// Reads a file of up to `most` bytes, and one byte more of a larger one.
    fn read_small(&self, name: &str, most: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read =
            self.dir.open(name).and_then(|file| io::Read::read_to_end(&mut io::Read::take(file, most + 1), &mut bytes));
        read.map_err(|error| Error::io(format_args!("read {name} of the cache"), error))?;
        Ok(bytes)
    }
}

/// Where a document of a package lies.
fn document(package: Digest, digest: Digest) -> String {
    format!("{PIPELINES}/{}/oci/{}", package.hex(), digest.hex())
}

fn index_file(package: Digest) -> String {
    format!("{PIPELINES}/{}/oci/index.json", package.hex())
}
