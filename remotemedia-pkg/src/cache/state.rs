//! The state of a cached package: what it has, and since when it is here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document::Blob;
use crate::path::PackagePath;

/// A package in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedPackage {
    /// Its identity.
    pub digest: Digest,
    /// The pipeline's name.
    pub name: String,
    pub(super) unpacked_at: Timestamp,
    pub(super) files: Vec<(PackagePath, Blob)>,
}

impl CachedPackage {
    /// When it came here, as RFC 3339 writes it.
    pub fn unpacked_at(&self) -> String {
        self.unpacked_at.to_string()
    }

    /// How many bytes its files have, also those that other packages share.
    pub fn len_bytes(&self) -> u64 {
        self.files.iter().map(|(_, blob)| blob.len_bytes).sum()
    }

    /// How many files it has.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// What stands in `state.json`.
    pub(super) fn to_json(&self) -> String {
        let file = |(path, blob): &(PackagePath, Blob)| File {
            path: path.to_string(),
            digest: blob.digest.hex(),
            len_bytes: blob.len_bytes,
        };
        let state = State {
            name: self.name.clone(),
            unpacked_at: self.unpacked_at,
            files: self.files.iter().map(file).collect(),
        };
        serde_json::to_string_pretty(&state).expect("a state has no keys but text")
    }

    /// Reads a `state.json`; none if it is not what [`to_json`](Self::to_json) writes.
    pub(super) fn parse(digest: Digest, text: &str) -> Option<Self> {
        let state: State = serde_json::from_str(text).ok()?;
        let file = |file: &File| {
            let blob = Blob { digest: Digest::from_hex(&file.digest)?, len_bytes: file.len_bytes };
            Some((PackagePath::new(file.path.as_str()).ok()?, blob))
        };
        let files = state.files.iter().map(file).collect::<Option<_>>()?;
        Some(Self { digest, name: state.name, unpacked_at: state.unpacked_at, files })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    name: String,
    unpacked_at: Timestamp,
    files: Vec<File>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    digest: String,
    len_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_paths_that_lead_out_are_not() {
        let blob = Blob { digest: Digest::of(b"x"), len_bytes: 1 };
        let files = vec![(PackagePath::new("models/a.onnx").unwrap(), blob)];
        let package =
            CachedPackage { digest: Digest::of(b"p"), name: "p".to_owned(), unpacked_at: Timestamp::UNIX_EPOCH, files };
        let text = package.to_json();
        assert_eq!(CachedPackage::parse(package.digest, &text), Some(package.clone()));
        assert_eq!(CachedPackage::parse(package.digest, &text.replace("models", "..")), None);
        assert_eq!(CachedPackage::parse(package.digest, &text[..text.len() / 2]), None);
    }
}
