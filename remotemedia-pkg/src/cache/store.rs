//! The store: how files get into the cache, through a folder handle that cannot be left.

use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::{Duration, SystemTime};

use cap_std::fs::{Dir, OpenOptions};
use jiff::Timestamp;

use crate::cache::lock::{self, Hold, Lock};
use crate::cache::state::CachedPackage;
use crate::copy::copy;
use crate::digest::{Digest, Hashing};
use crate::document::{Blob, PackedFile};
use crate::error::{Error, Result};
use crate::package::Package;
use crate::path::PackagePath;
use crate::progress::Progress;
use crate::verify::Authentic;

/// The folder of a cache.
pub(super) struct Store {
    pub(super) dir: Dir,
    patience: Duration,
}

impl Store {
    /// Opens the folder, and makes what it lacks.
    pub(super) fn open(folder: &Path, patience: Duration) -> Result<Self> {
        let failed = |error| Error::io(format_args!("open the cache {}", folder.display()), error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let dir = Dir::open_ambient_dir(folder, cap_std::ambient_authority()).map_err(failed)?;
        [BLOBS, PIPELINES, LOCKS].iter().try_for_each(|name| dir.create_dir_all(name)).map_err(failed)?;
        Ok(Self { dir, patience })
    }

    /// Keeps others from clearing the cache.
    pub(super) fn share_cache(&self) -> Result<Lock> {
        self.lock("cache", Hold::Shared)
    }

    /// Waits until nobody unpacks, and keeps others from it.
    pub(super) fn own_cache(&self) -> Result<Lock> {
        self.lock("cache", Hold::Alone)
    }

    /// Keeps others from removing the package.
    pub(super) fn share_package(&self, digest: Digest) -> Result<Lock> {
        self.lock(&in_use(digest), Hold::Shared)
    }

    /// Keeps others from using the package, unless somebody does.
    pub(super) fn try_own_package(&self, digest: Digest) -> Result<Option<Lock>> {
        lock::try_take(&self.dir, &format!("{LOCKS}/{}", in_use(digest)), Hold::Alone)
    }

    /// Sees to it that a file of the package lies under its name and is what it should be. If it is not here,
    /// `obtain` puts it where [`blob`] says and checks it.
    pub(super) fn show(
        &self,
        digest: Digest,
        file: &PackedFile,
        progress: Progress<'_>,
        obtain: impl FnOnce(Progress<'_>) -> Result<()>,
    ) -> Result<()> {
        let (name, source) = (shown(digest, &file.path), blob(file.digest));
        if self.holds(&name, file.blob(), progress)? {
            return Ok(());
        }
        let _writing = self.lock_to_write(file.digest)?;
        // Another process may have been faster, and may be at work with the file by now.
        if self.holds(&name, file.blob(), &mut |_| {})? {
            return Ok(());
        }
        if !self.holds(&source, file.blob(), progress)? {
            obtain(progress)?;
        }
        self.link(&source, &name)
    }

    /// Takes a file of a package that is a file itself.
    pub(super) fn unpack<F: Read + Seek>(
        &self,
        package: &mut Authentic<F>,
        file: &PackedFile,
        progress: Progress<'_>,
    ) -> Result<()> {
        self.write(&blob(file.digest), |out| package.copy_file(file, out, progress))
    }

    /// Notes that the package is here as a whole.
    pub(super) fn note<F: Read + Seek>(&self, package: &Package<F>, now: SystemTime) -> Result<()> {
        let digest = package.digest();
        let files = package.files().iter().map(|file| (file.path.clone(), file.blob())).collect();
        let mut state = CachedPackage { digest, name: package.name().to_owned(), unpacked_at: second(now), files };
        if self.is_noted(&mut state)? {
            return Ok(());
        }
        let _writing = self.lock_to_write(digest)?;
        if self.is_noted(&mut state)? {
            return Ok(());
        }
        let write = |out: &mut dyn io::Write| out.write_all(state.to_json().as_bytes());
        self.write(&state_file(digest), |out| write(out).map_err(|error| Error::io("write to the cache", error)))
    }

    /// Whether the cache says this of the package already, since whatever time, which is taken over.
    fn is_noted(&self, state: &mut CachedPackage) -> Result<bool> {
        let known = self.state(state.digest)?;
        state.unpacked_at = known.as_ref().map_or(state.unpacked_at, |known| known.unpacked_at);
        Ok(known.as_ref() == Some(state))
    }

    /// What the cache says of a package; none if it is not here as a whole.
    pub(super) fn state(&self, digest: Digest) -> Result<Option<CachedPackage>> {
        match self.dir.read(state_file(digest)) {
            Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().and_then(|text| CachedPackage::parse(digest, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read the state of a package in the cache", error)),
        }
    }

    /// Whether the file called `name` is `blob`.
    pub(super) fn holds(&self, name: &str, blob: Blob, progress: Progress<'_>) -> Result<bool> {
        let file = match self.dir.open(name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Error::io(format_args!("open {name} in the cache"), error)),
        };
        // One byte more than there should be shows that the file grew.
        let mut reader = Hashing::new(file.take(blob.len_bytes + 1));
        copy(&mut reader, &mut io::sink(), progress)?;
        Ok(reader.finish() == (blob.digest, blob.len_bytes))
    }

    /// Keeps others from writing the blob, or the state of the package. Waits for as long as whoever does gets on.
    pub(super) fn lock_to_write(&self, digest: Digest) -> Result<Lock> {
        let partial = partial(&blob(digest));
        let written = || self.dir.metadata(&partial).map_or(0, |file| file.len());
        lock::take(&self.dir, &format!("{LOCKS}/{}.write", digest.hex()), Hold::Alone, self.patience, &written)
    }

    /// Writes a file that is there as a whole or not at all. The caller has its lock.
    pub(super) fn write(&self, name: &str, fill: impl FnOnce(&mut dyn io::Write) -> Result<()>) -> Result<()> {
        let failed = |error| Error::io(format_args!("write {name} to the cache"), error);
        let partial = partial(name);
        let folder = Path::new(name).parent().expect("files of the cache lie in folders");
        self.dir.create_dir_all(folder).and_then(|()| self.remove(&partial)).map_err(failed)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut out = self.dir.open_with(&partial, &options).map_err(failed)?;
        fill(&mut out)?;
        protect(&out).and_then(|()| self.dir.rename(&partial, &self.dir, name)).map_err(failed)
    }

    /// Lets `name` be another name of the file `source`.
    fn link(&self, source: &str, name: &str) -> Result<()> {
        let failed = |error| Error::io(format_args!("link {name} in the cache"), error);
        let folder = Path::new(name).parent().expect("files of the cache lie in folders");
        self.dir.create_dir_all(folder).and_then(|()| self.remove(name)).map_err(failed)?;
        self.dir.hard_link(source, &self.dir, name).map_err(failed)
    }

    /// Removes a file that need not be there.
    fn remove(&self, name: &str) -> io::Result<()> {
        match self.dir.remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn lock(&self, name: &str, hold: Hold) -> Result<Lock> {
        lock::take(&self.dir, &format!("{LOCKS}/{name}"), hold, self.patience, &|| 0)
    }
}

/// Keeps programs from changing a file by mistake that many packages share.
pub(super) fn protect(file: &cap_std::fs::File) -> io::Result<()> {
    if cfg!(windows) {
        // What is read-only cannot be removed there.
        return Ok(());
    }
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

/// The second of `now`; times that no calendar has become the first one.
pub(super) fn second(now: SystemTime) -> Timestamp {
    let time = Timestamp::try_from(now).and_then(|time| Timestamp::from_second(time.as_second()));
    time.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Where a file of a package lies under its name.
pub(super) fn shown(digest: Digest, path: &PackagePath) -> String {
    format!("{PIPELINES}/{}/{path}", digest.hex())
}

/// Where a blob lies.
pub(super) fn blob(digest: Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}

/// Where a file lies that is not here as a whole.
pub(super) fn partial(name: &str) -> String {
    format!("{name}.partial")
}

fn state_file(digest: Digest) -> String {
    format!("{PIPELINES}/{}/state.json", digest.hex())
}

fn in_use(digest: Digest) -> String {
    format!("{}.use", digest.hex())
}

pub(super) const BLOBS: &str = "blobs/sha256";
pub(super) const PIPELINES: &str = "pipelines";
const LOCKS: &str = "locks";
