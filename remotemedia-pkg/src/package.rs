//! An opened package: its structure is checked, its signature and the contents of its files are not yet.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::copy::copy;
use crate::digest::{Digest, Hashing};
use crate::document::{Blob, PackageManifest, PackedFile, SignatureManifest, not_canonical, parse_index};
use crate::error::{Error, ErrorKind, Result};
use crate::layout::{self, Entry, EntryKind, Layout, blob_path};
use crate::limits::{DEFAULT_PACKAGE_BYTES, MAX_DOCUMENT_BYTES};
use crate::path::PackagePath;
use crate::progress::Progress;
use crate::save::{save, write_archive};
use crate::scan::{Scanned, scan};

/// A package whose structure is checked: every header, every document, and that nothing else is in the file.
///
/// What it says of itself is not to be believed before [`authenticate`](Self::authenticate), which is also the only way
/// to its contents.
#[derive(Debug)]
pub struct Package<F = File> {
    pub(crate) file: F,
    len_bytes: u64,
    digest: Digest,
    pub(crate) layout: Layout,
    /// Where each blob begins.
    offsets: HashMap<Digest, u64>,
}

/// A signature as it stands in a package.
#[derive(Debug)]
pub(crate) struct StoredSignature {
    pub(crate) bundle: Vec<u8>,
    pub(crate) provenance: Option<Vec<u8>>,
}

impl Package {
    /// Opens the package in a file of the user, however large.
    ///
    /// # Errors
    /// As [`open`](Self::open); and if it is no regular file, or its name ends with the digest of another package.
    pub fn open_path(path: &Path) -> Result<Self> {
        let unopened = |error| Error::io("open the package", error);
        if !std::fs::metadata(path).map_err(unopened)?.is_file() {
            // To open a pipe would wait for whoever writes to it.
            let message = "it is a folder, a pipe or a device, expected a file that holds a package";
            return Err(Error::new(ErrorKind::NotAPackage, message));
        }
        let file = File::open(path).map_err(unopened)?;
        let package = Self::open_up_to(file, u64::MAX)?;
        match named_digest(path) {
            Some(named) if named != package.digest => {
                let message = format!("the file's name states {named}, but the package in it is {}", package.digest);
                Err(Error::new(ErrorKind::NameMismatch, message))
            }
            _ => Ok(package),
        }
    }
}

impl<F: Read + Seek> Package<F> {
    /// Opens a package from elsewhere, of up to [`DEFAULT_PACKAGE_BYTES`]. Reads its headers and documents, not its files.
    ///
    /// # Errors
    /// A kind of its own for each way in which a file is not a package.
    pub fn open(file: F) -> Result<Self> {
        Self::open_up_to(file, DEFAULT_PACKAGE_BYTES)
    }

    /// As [`open`](Self::open), for a package of up to `most` bytes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_up_to(mut file: F, most: u64) -> Result<Self> {
        let len_bytes = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        if len_bytes > most {
            let message = format!("the package is {len_bytes} bytes large, at most {most} are allowed");
            return Err(Error::new(ErrorKind::PackageSize, message));
        }
        let scanned = scan(&mut file, len_bytes)?;
        let archive = &mut Archive { file: &mut file, scanned: &scanned };
        archive.check_layout_version()?;
        let index = archive.document(&layout::fixed(layout::INDEX))?;
        let (own, signatures) = parse_index(&index)?;
        let manifest = PackageManifest::parse(&archive.blob(own)?)?;
        let signatures = signatures.into_iter().map(|blob| archive.signature(blob, own)).collect::<Result<_>>()?;
        let layout = Layout { manifest, signatures };
        compare(&layout.entries()?, &scanned)?;
        if layout.documents()[&layout::fixed(layout::INDEX)] != index {
            return Err(not_canonical("index.json"));
        }
        let offsets = scanned.iter().filter_map(|found| Some((digest_of(&found.entry)?, found.offset))).collect();
        Ok(Self { file, len_bytes, digest: own.digest, layout, offsets })
    }

    /// The package's identity: the digest of its manifest, whoever signed it.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The pipeline's name.
    pub fn name(&self) -> &str {
        &self.layout.manifest.name
    }

    /// How large the file is.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// The files in the package, by path.
    pub fn files(&self) -> &[PackedFile] {
        &self.layout.manifest.files
    }

    /// How many signatures it has.
    pub fn signature_count(&self) -> usize {
        self.layout.signatures.len()
    }

    /// How many bytes [`check`](crate::Authentic::check) and [`unpack`](crate::Authentic::unpack) read.
    pub fn content_bytes(&self) -> u64 {
        self.files().iter().map(|file| file.len_bytes).sum()
    }

    /// Every signature, as it stands in the file.
    pub(crate) fn signatures(&mut self) -> Result<Vec<StoredSignature>> {
        let blobs: Vec<_> = self.layout.signatures.iter().map(|found| (found.bundle, found.provenance())).collect();
        let mut read = |blob| self.bytes(blob);
        let signature = |(bundle, provenance): (Blob, Option<Blob>)| {
            Ok(StoredSignature { bundle: read(bundle)?, provenance: provenance.map(&mut read).transpose()? })
        };
        blobs.into_iter().map(signature).collect()
    }

    /// The pipeline manifest as it stands in the file.
    pub(crate) fn pipeline(&mut self) -> Result<Vec<u8>> {
        self.bytes(self.layout.manifest.pipeline)
    }

    /// Checks the config of each signature, which nothing else reads.
    pub(crate) fn check_rest(&mut self) -> Result<()> {
        let configs: Vec<Blob> = self.layout.signatures.iter().map(|signature| signature.config).collect();
        configs.into_iter().try_for_each(|config| self.bytes(config).map(drop))
    }

    pub(crate) fn bytes(&mut self, blob: Blob) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(blob.len_bytes as usize);
        self.copy(blob, &mut bytes, &mut |_| {})?;
        Ok(bytes)
    }

    /// Reads the bytes of a blob from `offset` on that `buffer` has room for.
    #[cfg(feature = "registry")]
    pub(crate) fn read_at(&mut self, blob: Blob, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let at = SeekFrom::Start(self.offsets[&blob.digest] + offset);
        self.file.seek(at).and_then(|_| self.file.read_exact(buffer)).map_err(unreadable)
    }

    /// Writes the whole package to a file, and checks what is written.
    pub(crate) fn save(&mut self, to: &Path, progress: Progress<'_>) -> Result<PathBuf> {
        let layout = self.layout.clone();
        save(to, &layout.file_name(), |out| {
            write_archive(&layout, out, |entry, out| {
                let digest = digest_of(entry).expect("what is no document is a blob");
                self.copy(Blob { digest, len_bytes: entry.len_bytes() }, out, progress)
            })
        })
    }

    /// Writes a blob to `out` and checks what was written.
    pub(crate) fn copy(&mut self, blob: Blob, out: &mut dyn Write, progress: Progress<'_>) -> Result<()> {
        self.file.seek(SeekFrom::Start(self.offsets[&blob.digest])).map_err(unreadable)?;
        let mut reader = Hashing::new((&mut self.file).take(blob.len_bytes));
        copy(&mut reader, out, progress)?;
        check(blob, reader)
    }
}

/// An archive whose headers are checked.
struct Archive<'a, F> {
    file: &'a mut F,
    scanned: &'a [Scanned],
}

impl<F: Read + Seek> Archive<'_, F> {
    fn check_layout_version(&mut self) -> Result<()> {
        if self.document(&layout::fixed(layout::OCI_LAYOUT))? == layout::OCI_LAYOUT_BYTES {
            return Ok(());
        }
        let expected = String::from_utf8_lossy(layout::OCI_LAYOUT_BYTES);
        Err(Error::new(ErrorKind::LayoutVersion, format!("oci-layout is of another version, expected {expected}")))
    }

    fn signature(&mut self, blob: Blob, package: Blob) -> Result<SignatureManifest> {
        let signature = SignatureManifest::parse(&self.blob(blob)?)?;
        if signature.subject == package {
            return Ok(signature);
        }
        let (found, expected) = (signature.subject.digest, package.digest);
        Err(Error::new(ErrorKind::WrongSubject, format!("a signature is for {found}, the package is {expected}")))
    }

    /// A document by its digest.
    fn blob(&mut self, blob: Blob) -> Result<Vec<u8>> {
        let bytes = self.document(&blob_path(blob.digest))?;
        let mut reader = Hashing::new(&bytes[..]);
        copy(&mut reader, &mut std::io::sink(), &mut |_| {})?;
        check(blob, reader)?;
        Ok(bytes)
    }

    fn document(&mut self, path: &PackagePath) -> Result<Vec<u8>> {
        let found = self.scanned.iter().find(|found| found.entry.path == *path).ok_or_else(|| missing(path))?;
        let EntryKind::File { len_bytes } = found.entry.kind else { return Err(unexpected(path)) };
        if len_bytes > MAX_DOCUMENT_BYTES {
            let message = format!("\"{path}\" is {len_bytes} bytes large, at most {MAX_DOCUMENT_BYTES} are allowed");
            return Err(Error::new(ErrorKind::DocumentSize, message));
        }
        let mut bytes = vec![0; len_bytes as usize];
        self.file.seek(SeekFrom::Start(found.offset)).map_err(unreadable)?;
        self.file.read_exact(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    }
}

/// Checks that what was read is `blob`.
pub(crate) fn check(blob: Blob, reader: Hashing<impl Read>) -> Result<()> {
    let (digest, len_bytes) = reader.finish();
    if len_bytes != blob.len_bytes {
        let message = format!("blob {} has {len_bytes} bytes, expected {}", blob.digest, blob.len_bytes);
        return Err(Error::new(ErrorKind::SizeMismatch, message));
    }
    if digest != blob.digest {
        let message = format!("a blob was changed: expected {}, its bytes have {digest}", blob.digest);
        return Err(Error::new(ErrorKind::DigestMismatch, message));
    }
    Ok(())
}

/// Finds the first entry that is not as the documents say.
fn compare(expected: &[Entry], found: &[Scanned]) -> Result<()> {
    for (index, entry) in expected.iter().enumerate() {
        let Some(found_here) = found.get(index).map(|scanned| &scanned.entry) else { return Err(missing(&entry.path)) };
        if found_here == entry {
            continue;
        }
        return Err(match (found_here.kind, entry.kind) {
            (EntryKind::File { len_bytes }, EntryKind::File { len_bytes: expected })
                if found_here.path == entry.path =>
            {
                let message = format!("\"{}\" has {len_bytes} bytes, expected {expected}", entry.path);
                Error::new(ErrorKind::SizeMismatch, message)
            }
            _ if found.iter().all(|scanned| scanned.entry.path != entry.path) => missing(&entry.path),
            _ => unexpected(&found_here.path),
        });
    }
    found.get(expected.len()).map_or(Ok(()), |extra| Err(unexpected(&extra.entry.path)))
}

/// The digest of the blob that an entry is, if it is one.
pub(crate) fn digest_of(entry: &Entry) -> Option<Digest> {
    Digest::from_hex(entry.path.as_str().strip_prefix("blobs/sha256/")?)
}

/// The digest at the end of a package's file name.
fn named_digest(path: &Path) -> Option<Digest> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".rmpkg")?;
    Digest::from_hex(stem.rsplit_once('-')?.1)
}

fn missing(path: &PackagePath) -> Error {
    Error::new(ErrorKind::MissingEntry, format!("the package lacks \"{path}\""))
}

fn unexpected(path: &PackagePath) -> Error {
    let message = format!("\"{path}\" is not what the package's documents list at its place");
    Error::new(ErrorKind::UnexpectedEntry, message)
}

fn unreadable(error: std::io::Error) -> Error {
    Error::io("read the package", error)
}
