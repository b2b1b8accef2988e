//! Containers that are known and not supported, told by their first bytes: an error can name them, and nothing in them
//! is taken for sound.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What the file at `path` holds, in words, if that is a container which nothing here reads, or nothing at all.
pub(super) fn unsupported(path: &Path) -> Option<&'static str> {
    let mut head = Vec::new();
    // Where the file cannot be read, whoever opens it says so.
    File::open(path).and_then(|file| file.take(HEAD_BYTES).read_to_end(&mut head)).ok()?;
    if head.is_empty() { Some("the file is empty") } else { known(&head) }
}

fn known(head: &[u8]) -> Option<&'static str> {
    let is =
        |(offset, magic, _): &&(usize, &[u8], &str)| head.get(*offset..).is_some_and(|rest| rest.starts_with(magic));
    MAGIC.iter().find(is).map(|(_, _, what)| *what)
}

/// Where a container's mark stands, and what it is.
const MAGIC: &[(usize, &[u8], &str)] = &[
    (8, b"AIFF", "AIFF is not supported"),
    (8, b"AIFC", "AIFF is not supported"),
    (4, b"ftyp", "MP4 (M4A, MOV) is not supported"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska (WebM) is not supported"),
    (0, b"caff", "CAF is not supported"),
    (0, b".snd", "AU is not supported"),
    (0, b"#!AMR", "AMR is not supported"),
    (0, b"\x30\x26\xb2\x75", "WMA is not supported"),
    (0, b"wvpk", "WavPack is not supported"),
];

const HEAD_BYTES: u64 = 16;
