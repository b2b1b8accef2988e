//! What packages of registries need of the cache.

use std::io::{Read, Seek};
use std::time::SystemTime;

use cap_std::fs::{File, OpenOptions};
use jiff::Timestamp;

use crate::cache::Cache;
use crate::cache::documents::Documents;
use crate::cache::lock::Lock;
use crate::cache::references::Resolved;
use crate::cache::store::{Store, blob, partial, protect};
use crate::digest::Digest;
use crate::document::{Blob, PackedFile};
use crate::error::{Error, Result};
use crate::package::Package;
use crate::parts::Parts;
use crate::reference::Reference;
use crate::verify::{Authentic, Contents};

/// A package of a registry while its files come into the cache, which nobody clears meanwhile.
pub(crate) struct Incoming {
    cache: Cache,
    store: Store,
    digest: Digest,
    in_use: Lock,
    _standing: Lock,
}

impl Cache {
    /// What is known of a reference, with the package if it is here.
    pub(crate) fn known(&self, reference: &Reference) -> Result<Option<(Resolved, Package<Parts>)>> {
        let store = self.open()?;
        let resolved = store.resolve(reference)?;
        Ok(resolved.and_then(|resolved| Some((resolved.clone(), store.assembled(resolved.digest)?))))
    }

    /// The packages of the repository that are here, by tag, the youngest first.
    pub(crate) fn known_tags(&self, reference: &Reference) -> Result<Vec<Resolved>> {
        let store = self.open()?;
        let tags = store.tags(reference)?;
        Ok(tags.into_iter().filter(|known| store.assembled(known.digest).is_some()).collect())
    }

    /// The package whose documents are these.
    pub(crate) fn assemble(&self, documents: &Documents) -> Result<Package<Parts>> {
        self.open()?.assemble(documents)
    }

    /// Begins to take in the package.
    pub(crate) fn take_in(&self, digest: Digest) -> Result<Incoming> {
        let store = self.open()?;
        let standing = store.share_cache()?;
        let in_use = store.share_package(digest)?;
        Ok(Incoming { cache: self.clone(), store, digest, in_use, _standing: standing })
    }
}

impl Incoming {
    /// Keeps the documents.
    pub(crate) fn keep_documents(&self, documents: &Documents) -> Result<()> {
        self.store.keep_documents(documents)
    }

    /// Sees to it that the pipeline manifest is here, which `obtain` gives.
    pub(crate) fn pipeline(&self, pipeline: Blob, obtain: impl FnOnce() -> Result<Vec<u8>>) -> Result<()> {
        self.store.keep_pipeline(self.digest, pipeline, obtain)
    }

    /// Sees to it that a file of the package is here. What is missing `obtain` appends to the file that it is given,
    /// which may hold the beginning of it already, and then it checks the whole.
    pub(crate) fn file(&self, file: &PackedFile, obtain: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
        self.store.show(self.digest, file, &mut |_| {}, |_| self.store.resume(file.digest, obtain))
    }

    /// Gives the contents of the package, all of whose files are here. Notes that they are, and unless that is known
    /// since a time already, that the reference leads to them. Gives that time too.
    pub(crate) fn finish<F: Read + Seek>(
        self,
        package: &mut Authentic<F>,
        reference: &Reference,
        known_since: Option<Timestamp>,
        now: SystemTime,
    ) -> Result<(Contents, Timestamp)> {
        let manifest = package.manifest()?;
        self.store.note(package.package(), now)?;
        let resolved_at = match known_since {
            Some(time) => time,
            None => self.store.refer(reference, self.digest, now)?,
        };
        Ok((Contents::in_cache(self.digest, manifest, self.cache.view(self.digest)?, self.in_use), resolved_at))
    }
}

impl Store {
    /// Lets `fill` go on with a blob where it was cut off. The caller has its lock.
    fn resume(&self, digest: Digest, fill: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
        let name = blob(digest);
        let failed = |error| Error::io(format_args!("write {name} to the cache"), error);
        let partial = partial(&name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        let mut file = self.dir.open_with(&partial, &options).map_err(failed)?;
        fill(&mut file)?;
        // Protected before, it could not be gone on with if this process is killed in between.
        self.dir.rename(&partial, &self.dir, &name).and_then(|()| protect(&file)).map_err(failed)
    }
}
