//! Which package a tag of a registry was on when it was asked last.

use std::io;
use std::time::SystemTime;

use cap_std::fs::Dir;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cache::store::{Store, second};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::reference::{Reference, Version};

/// What a tag was on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) reference: Reference,
    pub(crate) digest: Digest,
    pub(crate) at: Timestamp,
}

impl Store {
    /// What is known of a reference: for a digest, the package itself if it is here.
    pub(super) fn resolve(&self, reference: &Reference) -> Result<Option<Resolved>> {
        match reference.version() {
            Version::Tag(tag) => {
                let known = self.read_reference(&format!("{}/{tag}", tags(reference)))?;
                // Where names differ in upper and lower case only, some systems keep one file for both.
                Ok(known.filter(|known| known.reference == *reference))
            }
            Version::Digest(digest) => {
                let at = self.state(*digest)?.map(|package| package.unpacked_at);
                Ok(at.map(|at| Resolved { reference: reference.clone(), digest: *digest, at }))
            }
        }
    }

    /// Notes what a tag is on.
    pub(super) fn refer(&self, reference: &Reference, digest: Digest, now: SystemTime) -> Result<Timestamp> {
        let at = second(now);
        if let Version::Tag(tag) = reference.version() {
            let name = format!("{}/{tag}", tags(reference));
            let known = Known { reference: reference.to_string(), digest: digest.to_string(), resolved_at: at };
            let json = serde_json::to_vec_pretty(&known).expect("a reference has no keys but text");
            let _writing = self.lock_to_write(Digest::of(known.reference.as_bytes()))?;
            self.write(&name, |out| out.write_all(&json).map_err(|error| Error::io("write to the cache", error)))?;
        }
        Ok(at)
    }

    /// What is known of the tags of a repository, the youngest first.
    pub(super) fn tags(&self, reference: &Reference) -> Result<Vec<Resolved>> {
        let mut known = Vec::new();
        for name in names(&self.dir, &tags(reference))? {
            known.extend(self.read_reference(&format!("{}/{name}", tags(reference)))?);
        }
        known.sort_by_key(|known| std::cmp::Reverse(known.at));
        Ok(known)
    }

    /// Forgets all tags but those that are on one of `kept`.
    pub(super) fn forget_tags_but(&self, kept: &[Digest]) -> Result<()> {
        let mut folders = vec![REFS.to_owned()];
        while let Some(folder) = folders.pop() {
            for name in names(&self.dir, &folder)? {
                let path = format!("{folder}/{name}");
                if self.dir.metadata(&path).is_ok_and(|entry| entry.is_dir()) {
                    folders.push(path);
                } else if self.read_reference(&path)?.is_none_or(|known| !kept.contains(&known.digest)) {
                    self.dir.remove_file(&path).map_err(|error| Error::io(format_args!("remove {path}"), error))?;
                }
            }
        }
        Ok(())
    }

    /// Reads a file of a tag; none if it is not what [`refer`](Self::refer) writes.
    fn read_reference(&self, name: &str) -> Result<Option<Resolved>> {
        match self.dir.read(name) {
            Ok(bytes) => Ok(serde_json::from_slice::<Known>(&bytes).ok().and_then(Known::parse)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format_args!("read {name} of the cache"), error)),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    reference: String,
    digest: String,
    resolved_at: Timestamp,
}

impl Known {
    fn parse(self) -> Option<Resolved> {
        let digest = Digest::from_hex(self.digest.strip_prefix("sha256:")?)?;
        Some(Resolved { reference: self.reference.parse().ok()?, digest, at: self.resolved_at })
    }
}

/// The folder with the tags of a repository. No repository has a component that begins with an underscore.
fn tags(reference: &Reference) -> String {
    // Windows has no colons in names, and hosts have no underscores.
    format!("{REFS}/{}/{}/_tags", reference.registry().replace(':', "_"), reference.repository())
}

/// What lies in a folder, which need not be there.
fn names(dir: &Dir, folder: &str) -> Result<Vec<String>> {
    let failed = |error| Error::io(format_args!("read {} of the cache", folder), error);
    let entries = match dir.read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let names = entries.map(|entry| Ok(entry.map_err(failed)?.file_name().into_string()));
    Ok(names.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

const REFS: &str = "refs";
