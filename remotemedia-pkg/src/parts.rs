//! A package in parts: blobs in memory and in the cache, read as the archive that they would make.
//!
//! So a package that comes from a registry, where there is no archive, goes the same way as one that comes as a file.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};

use cap_std::fs::{Dir, File};

use crate::digest::Digest;
use crate::error::Result;
use crate::header::{BLOCK_BYTES, header, padding};
use crate::layout::{EntryKind, Layout};
use crate::package::digest_of;

/// The archive of a package whose blobs lie in memory and in the cache.
#[derive(Debug)]
pub struct Parts {
    segments: Vec<Segment>,
    len_bytes: u64,
    /// Where the next byte is read.
    at: u64,
    /// The folder of the cache.
    dir: Dir,
    /// The file that was read last, and its segment.
    open: Option<(usize, File)>,
}

/// A run of bytes in the archive.
#[derive(Debug)]
struct Segment {
    start: u64,
    len_bytes: u64,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Bytes(Vec<u8>),
    /// A file of the cache, which need not be there before it is read.
    File(String),
}

impl Parts {
    /// The archive of `layout`. The blobs that are not in `small` are files below `dir`, called as `names` says.
    pub(crate) fn new(
        layout: &Layout,
        small: &HashMap<Digest, Vec<u8>>,
        dir: Dir,
        names: &HashMap<Digest, String>,
    ) -> Result<Self> {
        let documents = layout.documents();
        let mut parts = Self { segments: Vec::new(), len_bytes: 0, at: 0, dir, open: None };
        for entry in layout.entries()? {
            parts.push_bytes(header(&entry).as_bytes().to_vec());
            let EntryKind::File { len_bytes } = entry.kind else { continue };
            let digest = digest_of(&entry);
            let known = documents.get(&entry.path).or_else(|| small.get(&digest?));
            match (known, digest) {
                (Some(bytes), _) => parts.push_bytes(bytes.clone()),
                (None, Some(digest)) => parts.push(len_bytes, Content::File(names[&digest].clone())),
                (None, None) => unreachable!("what is no document is a blob"),
            }
            parts.push_bytes(vec![0; padding(len_bytes) as usize]);
        }
        parts.push_bytes(vec![0; 2 * BLOCK_BYTES as usize]);
        Ok(parts)
    }

    fn push_bytes(&mut self, bytes: Vec<u8>) {
        self.push(bytes.len() as u64, Content::Bytes(bytes));
    }

    fn push(&mut self, len_bytes: u64, content: Content) {
        self.segments.push(Segment { start: self.len_bytes, len_bytes, content });
        self.len_bytes += len_bytes;
    }

    /// The segment with the byte at `at`, which must be within the archive.
    fn segment(&self) -> usize {
        self.segments.partition_point(|segment| segment.start + segment.len_bytes <= self.at)
    }

    fn read_file(&mut self, index: usize, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != index) {
            let Content::File(name) = &self.segments[index].content else { unreachable!("the caller saw a file") };
            self.open = Some((index, self.dir.open(name)?));
        }
        let (_, file) = self.open.as_mut().expect("it was just opened");
        file.seek(SeekFrom::Start(offset))?;
        match file.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a file of the cache was cut off")),
            count => Ok(count),
        }
    }
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.len_bytes || buffer.is_empty() {
            return Ok(0);
        }
        let index = self.segment();
        let Segment { start, len_bytes, content } = &self.segments[index];
        let offset = self.at - start;
        let most = usize::try_from(len_bytes - offset).unwrap_or(usize::MAX).min(buffer.len());
        let count = match content {
            Content::Bytes(bytes) => {
                buffer[..most].copy_from_slice(&bytes[offset as usize..][..most]);
                most
            }
            Content::File(_) => self.read_file(index, offset, &mut buffer[..most])?,
        };
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Parts {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len_bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
