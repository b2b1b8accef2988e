//! Scans an archive: every header, strictly, and where the contents lie, without reading them.
//!
//! The headers are those of the `tar` crate. Its reader is not used: it forgives a missing end, bytes between and behind
//! the entries, and every dialect of the format.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};

use tar::{EntryType, Header};

use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::header::{BLOCK_BYTES, header, padding};
use crate::layout::{Entry, EntryKind, OCI_LAYOUT, blob_path};
use crate::limits::{MAX_BLOB_BYTES, MAX_ENTRIES};
use crate::path::PackagePath;

/// An entry, and where its contents begin.
#[derive(Debug)]
pub(crate) struct Scanned {
    pub(crate) entry: Entry,
    pub(crate) offset: u64,
}

/// Every entry of the archive in `file`, which is `len_bytes` long.
pub(crate) fn scan(file: &mut (impl Read + Seek), len_bytes: u64) -> Result<Vec<Scanned>> {
    let mut scan = Scan { file, len_bytes, at: 0, entries: Vec::new(), names: HashMap::new() };
    scan.file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    while let Some(block) = scan.next_header()? {
        scan.entry(&block)?;
    }
    scan.end()?;
    Ok(scan.entries)
}

struct Scan<'a, F> {
    file: &'a mut F,
    len_bytes: u64,
    /// Where the next byte is read.
    at: u64,
    entries: Vec<Scanned>,
    /// The paths so far by what systems without upper and lower case take them for.
    names: HashMap<String, PackagePath>,
}

impl<F: Read + Seek> Scan<'_, F> {
    /// The next header, or none at the end.
    fn next_header(&mut self) -> Result<Option<Header>> {
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(&self.block()?);
        Ok(header.as_bytes().iter().any(|byte| *byte != 0).then_some(header))
    }

    fn entry(&mut self, found: &Header) -> Result<()> {
        self.check_begin(found)?;
        self.check_checksum(found)?;
        let kind = self.kind(found)?;
        let path = PackagePath::from_bytes(&name(found, kind))?;
        let entry = Entry { path, kind };
        if header(&entry).as_bytes() != found.as_bytes() {
            let message = format!(
                "the header of \"{}\" is not as packages have it: owner, time and unused fields 0, mode 0644 or 0755, \
                 format ustar",
                entry.path
            );
            return Err(Error::new(ErrorKind::HeaderForm, message));
        }
        self.check_unique(&entry.path)?;
        if self.entries.len() == MAX_ENTRIES {
            return Err(Error::new(ErrorKind::EntryCount, format!("found more than {MAX_ENTRIES} entries")));
        }
        self.entries.push(Scanned { entry, offset: self.at });
        self.skip(kind)
    }

    /// Tells files that are no packages at all from packages that are broken.
    fn check_begin(&self, found: &Header) -> Result<()> {
        if self.entries.is_empty() && !(found.as_ustar().is_some() && *found.path_bytes() == *OCI_LAYOUT.as_bytes()) {
            return Err(Error::new(
                ErrorKind::NotAPackage,
                "the file is no package: it does not begin with oci-layout",
            ));
        }
        Ok(())
    }

    fn check_checksum(&self, found: &Header) -> Result<()> {
        let mut again = found.clone();
        again.set_cksum();
        if again.as_bytes() == found.as_bytes() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::HeaderChecksum,
            format!("the checksum of header {} is wrong", self.entries.len() + 1),
        ))
    }

    fn kind(&self, found: &Header) -> Result<EntryKind> {
        match found.entry_type() {
            EntryType::Regular => Ok(EntryKind::File { len_bytes: size(found)? }),
            EntryType::Directory => Ok(EntryKind::Folder),
            EntryType::Link => self.link(found),
            other => Err(foreign_type(other, found)),
        }
    }

    fn link(&self, found: &Header) -> Result<EntryKind> {
        let target = found.link_name_bytes().unwrap_or_default();
        let hex = target.strip_prefix(b"blobs/sha256/").and_then(|hex| std::str::from_utf8(hex).ok());
        let digest = hex.and_then(Digest::from_hex).filter(|digest| {
            let path = blob_path(*digest);
            self.names.get(path.as_str()) == Some(&path)
        });
        digest.map(EntryKind::Link).ok_or_else(|| {
            let target = String::from_utf8_lossy(&target).into_owned();
            let message =
                format!("the hard link {:?} leads to {target:?}, which is no blob before it", path_text(found));
            Error::new(ErrorKind::LinkTarget, message)
        })
    }

    fn check_unique(&mut self, path: &PackagePath) -> Result<()> {
        match self.names.insert(path.folded(), path.clone()) {
            None => Ok(()),
            Some(other) if other == *path => {
                Err(Error::new(ErrorKind::PathDuplicate, format!("path \"{path}\" stands twice")))
            }
            Some(other) => {
                let message = format!("paths \"{other}\" and \"{path}\" differ in upper and lower case only");
                Err(Error::new(ErrorKind::PathCase, message))
            }
        }
    }

    /// Goes to the next header.
    fn skip(&mut self, kind: EntryKind) -> Result<()> {
        let EntryKind::File { len_bytes } = kind else { return Ok(()) };
        let padding = padding(len_bytes);
        if len_bytes + padding > self.len_bytes - self.at {
            return Err(self.truncated());
        }
        self.at += len_bytes;
        self.file.seek(SeekFrom::Start(self.at)).map_err(unreadable)?;
        let mut zeros = vec![0; padding as usize];
        self.file.read_exact(&mut zeros).map_err(unreadable)?;
        self.at += padding;
        match zeros.iter().all(|byte| *byte == 0) {
            true => Ok(()),
            false => {
                Err(Error::new(ErrorKind::Padding, format!("found bytes other than zero before byte {}", self.at)))
            }
        }
    }

    /// Checks that a second block of zeros follows the first, and nothing after that.
    fn end(&mut self) -> Result<()> {
        if self.block()?.iter().any(|byte| *byte != 0) || self.at != self.len_bytes {
            let message = format!("something follows the end of the package at byte {}", self.at);
            return Err(Error::new(ErrorKind::TrailingData, message));
        }
        Ok(())
    }

    fn block(&mut self) -> Result<[u8; BLOCK_BYTES as usize]> {
        if self.len_bytes - self.at < BLOCK_BYTES {
            return Err(self.truncated());
        }
        let mut block = [0; BLOCK_BYTES as usize];
        self.file.read_exact(&mut block).map_err(unreadable)?;
        self.at += BLOCK_BYTES;
        Ok(block)
    }

    fn truncated(&self) -> Error {
        Error::new(
            ErrorKind::Truncated,
            format!("the file ends after {} bytes, before the package does", self.len_bytes),
        )
    }
}

fn size(found: &Header) -> Result<u64> {
    let wrong = |what: String| Error::new(ErrorKind::HeaderSize, what);
    let len_bytes = found
        .entry_size()
        .map_err(|error| wrong(format!("the header of {:?} states no size: {error}", path_text(found))))?;
    if len_bytes > MAX_BLOB_BYTES {
        let message =
            format!("{:?} is {len_bytes} bytes large, at most {MAX_BLOB_BYTES} are allowed", path_text(found));
        return Err(Error::new(ErrorKind::BlobSize, message));
    }
    Ok(len_bytes)
}

/// The path of a header without the mark of a folder, as two fields hold it.
fn name(found: &Header, kind: EntryKind) -> Vec<u8> {
    let mut path = found.path_bytes().into_owned();
    if kind == EntryKind::Folder && path.ends_with(b"/") {
        path.pop();
    }
    path
}

fn foreign_type(kind: EntryType, found: &Header) -> Error {
    let (error, what) = match kind {
        EntryType::Symlink => (ErrorKind::SymbolicLink, "is a symbolic link"),
        EntryType::Char | EntryType::Block | EntryType::Fifo => (ErrorKind::SpecialFile, "is a special file"),
        EntryType::XHeader | EntryType::XGlobalHeader => (ErrorKind::Extension, "is an extension of PAX"),
        EntryType::GNULongName | EntryType::GNULongLink | EntryType::GNUSparse => {
            (ErrorKind::Extension, "is an extension of GNU")
        }
        _ => (ErrorKind::EntryType, "is of an unknown type"),
    };
    let message = format!("{:?} {what}, expected a file, a folder or a hard link", path_text(found));
    Error::new(error, message)
}

fn path_text(found: &Header) -> String {
    String::from_utf8_lossy(&found.path_bytes()).into_owned()
}

fn unreadable(error: std::io::Error) -> Error {
    Error::io("read the package", error)
}
