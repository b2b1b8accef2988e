//! The cache: the files of packages that ran here, each of them once.
//!
//! ```text
//! blobs/sha256/<hex>            every file once, whichever packages have it
//! pipelines/<hex>/              the files of one package by name, as hard links onto blobs
//! pipelines/<hex>/state.json    what the package has, and since when; written last
//! pipelines/<hex>/oci/          the documents and signatures of a package that came from a registry
//! refs/<registry>/<repository>/_tags/<tag>    which package a tag of a registry was on, and when
//! locks/                        empty files that processes lock
//! ```
//!
//! Nothing in it is believed: whoever uses a file compares it with the digest in the package's signed manifest, and what
//! is missing or differs is written anew. So a process that is killed at any point leaves nothing that must be cleaned,
//! and no file needs to be synced.

#[cfg(feature = "registry")]
mod documents;
mod keep;
mod lock;
#[cfg(feature = "registry")]
mod references;
#[cfg(feature = "registry")]
mod remote;
mod state;
mod store;

use std::io::{Read, Seek};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::verify::{Authentic, Contents};

#[cfg(feature = "registry")]
pub(crate) use documents::Documents;
pub use keep::{Checked, Cleared};
pub(crate) use lock::Lock;
#[cfg(feature = "registry")]
pub(crate) use references::Resolved;
#[cfg(feature = "registry")]
pub(crate) use remote::Incoming;
pub use state::CachedPackage;
use store::{PIPELINES, Store};

/// A folder with the files of packages, which many processes may use at once.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    patience: Duration,
}

impl Cache {
    /// The cache in `folder`, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), patience: PATIENCE }
    }

    /// The same cache for a caller who waits so long for other processes, instead of ten minutes.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Writes what is missing of the package, and checks every file of it that is there already. The files stay until
    /// the contents are dropped, whoever clears the cache; `now` becomes the time of a package that is new.
    ///
    /// # Errors
    /// If a file of the package was changed or cannot be written, or the manifest is not valid;
    /// [`CacheBusy`](crate::ErrorKind::CacheBusy) if another process writes one of the files for too long.
    pub fn unpack<F: Read + Seek>(
        &self,
        package: &mut Authentic<F>,
        now: SystemTime,
        progress: Progress<'_>,
    ) -> Result<Contents> {
        let store = self.open()?;
        let _standing = store.share_cache()?;
        let digest = package.package().digest();
        let in_use = store.share_package(digest)?;
        for file in package.package().files().to_vec() {
            store.show(digest, &file, progress, |progress| store.unpack(package, &file, progress))?;
        }
        let manifest = package.manifest()?;
        store.note(package.package(), now)?;
        Ok(Contents::in_cache(digest, manifest, self.view(digest)?, in_use))
    }

    /// The folder that shows the files of a package.
    fn view(&self, digest: Digest) -> Result<PathBuf> {
        let failed = |error| Error::io(format_args!("find the folder {}", self.folder.display()), error);
        Ok(std::path::absolute(&self.folder).map_err(failed)?.join(PIPELINES).join(digest.hex()))
    }

    fn open(&self) -> Result<Store> {
        Store::open(&self.folder, self.patience)
    }
}

/// Longer than it takes to write the largest file to a slow disk.
const PATIENCE: Duration = Duration::from_secs(600);
