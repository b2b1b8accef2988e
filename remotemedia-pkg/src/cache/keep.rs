//! Keeping the cache: what is in it, whether it is whole, and how it is emptied.

use std::collections::{BTreeSet, HashSet};
use std::io;

use cap_std::fs::DirEntry;

use crate::cache::Cache;
use crate::cache::state::CachedPackage;
use crate::cache::store::{BLOBS, PIPELINES, Store, shown};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::path::PackagePath;
use crate::progress::Progress;

/// What was found of a package in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The package.
    pub package: CachedPackage,
    /// Its files that are missing or were changed. The next run of the package writes them anew.
    pub damaged: Vec<PackagePath>,
}

/// What was removed from the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// The packages that are gone.
    pub removed: Vec<Digest>,
    /// Those that stay, because they run.
    pub in_use: Vec<Digest>,
    /// How many bytes are free now.
    pub freed_bytes: u64,
}

impl Cache {
    /// The packages that are here as a whole, by name and digest.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn packages(&self) -> Result<Vec<CachedPackage>> {
        let store = self.open()?;
        let mut packages = Vec::new();
        for digest in store.digests()? {
            packages.extend(store.state(digest)?);
        }
        packages.sort_by(|a, b| (&a.name, a.digest).cmp(&(&b.name, b.digest)));
        Ok(packages)
    }

    /// Compares every file of every package with its digest.
    ///
    /// # Errors
    /// If the cache cannot be read; not if a file was changed.
    pub fn verify(&self, progress: Progress<'_>) -> Result<Vec<Checked>> {
        let store = self.open()?;
        let _standing = store.share_cache()?;
        self.packages()?.into_iter().map(|package| store.check(package, progress)).collect()
    }

    /// Removes every package that does not run, and all files that no other package has.
    ///
    /// # Errors
    /// If something cannot be removed; [`CacheBusy`](crate::ErrorKind::CacheBusy) if another process unpacks a package
    /// for too long.
    pub fn clear(&self) -> Result<Cleared> {
        let store = self.open()?;
        let _alone = store.own_cache()?;
        let mut cleared = Cleared::default();
        for digest in store.digests()? {
            let Some(_unused) = store.try_own_package(digest)? else {
                cleared.in_use.push(digest);
                continue;
            };
            let folder = format!("{PIPELINES}/{}", digest.hex());
            store.dir.remove_dir_all(folder).map_err(unremovable)?;
            cleared.removed.push(digest);
        }
        let mut kept = HashSet::new();
        for digest in &cleared.in_use {
            let files = store.state(*digest)?.into_iter().flat_map(|package| package.files);
            kept.extend(files.map(|(_, blob)| blob.digest));
        }
        #[cfg(feature = "registry")]
        store.forget_tags_but(&cleared.in_use)?;
        cleared.freed_bytes = store.remove_blobs_but(&kept)?;
        Ok(cleared)
    }
}

impl Store {
    /// The packages that have a folder.
    fn digests(&self) -> Result<BTreeSet<Digest>> {
        let entries = self.entries(PIPELINES)?;
        Ok(entries.iter().filter_map(|entry| Digest::from_hex(entry.file_name().to_str()?)).collect())
    }

    fn check(&self, package: CachedPackage, progress: Progress<'_>) -> Result<Checked> {
        let mut damaged = Vec::new();
        for (path, blob) in &package.files {
            if !self.holds(&shown(package.digest, path), *blob, progress)? {
                damaged.push(path.clone());
            }
        }
        Ok(Checked { package, damaged })
    }

    /// Removes the blobs that are not in `kept`, what killed processes left there too, and gives their bytes.
    fn remove_blobs_but(&self, kept: &HashSet<Digest>) -> Result<u64> {
        let kept: HashSet<String> = kept.iter().map(Digest::hex).collect();
        let mut freed_bytes = 0;
        for entry in self.entries(BLOBS)? {
            if entry.file_name().to_str().is_some_and(|name| kept.contains(name)) {
                continue;
            }
            freed_bytes += entry.metadata().map_err(unremovable)?.len();
            entry.remove_file().map_err(unremovable)?;
        }
        Ok(freed_bytes)
    }

    fn entries(&self, folder: &str) -> Result<Vec<DirEntry>> {
        let entries = self.dir.read_dir(folder).and_then(|entries| entries.collect::<io::Result<_>>());
        entries.map_err(|error| Error::io(format_args!("read {folder} of the cache"), error))
    }
}

fn unremovable(error: io::Error) -> Error {
    Error::io("remove a file of the cache", error)
}
