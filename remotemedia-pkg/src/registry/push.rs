//! Push: a package goes to a registry, what is missing there first and the tag last.

use std::io::{Read, Seek};
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;
use crate::document::{Blob, SignatureManifest, with_referrer};
use crate::error::{Error, ErrorKind, Result};
use crate::package::Package;
use crate::progress::Meter;
use crate::reference::{Reference, Version};
use crate::registry::Registries;
use crate::registry::parallel::in_parallel;
use crate::registry::repository::{INDEX, MANIFEST, Repository, fallback_tag};

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The package's digest, which is the same in every registry.
    pub digest: Digest,
    /// How many bytes of blobs were uploaded; the others were there.
    pub uploaded_bytes: u64,
}

impl Registries {
    /// Pushes a package with its signatures, and moves the tag of `to` onto it.
    ///
    /// Nobody sees the tag on a package that is not there as a whole, or without its signatures. Every blob is compared
    /// with its digest before it is sent. Whether the package is to be trusted is for those to judge who pull it.
    ///
    /// # Errors
    /// If a blob was changed; if `to` names the digest of another package; a kind of its own for each way in which the
    /// registry cannot be reached, refuses the user or what it is given.
    pub fn push<F: Read + Seek + Send>(
        &self,
        package: &mut Package<F>,
        to: &Reference,
        meter: &dyn Meter,
    ) -> Result<Pushed> {
        let digest = package.digest();
        check_digest(to, digest)?;
        let layout = package.layout.clone();
        let repository = Repository::to_push(&self.client, to);
        let missing = missing(&repository, layout.blobs())?;
        let uploaded_bytes = missing.iter().map(|blob| blob.len_bytes).sum();
        meter.expect(uploaded_bytes);
        for blob in &missing {
            package.copy(*blob, &mut std::io::sink(), &mut |_| {})?;
        }
        let package = Mutex::new(package);
        let uploads = in_parallel(&missing, UPLOADS, |blob| {
            let read = |offset, buffer: &mut [u8]| {
                package.lock().unwrap_or_else(PoisonError::into_inner).read_at(*blob, offset, buffer)
            };
            repository.upload(*blob, &read, meter)
        });
        uploads.into_iter().collect::<Result<()>>()?;
        let manifest = layout.manifest.to_bytes();
        repository.put_manifest(&digest.to_string(), MANIFEST, &manifest)?;
        for signature in &layout.signatures {
            repository.put_signature(signature, digest)?;
        }
        if let Version::Tag(tag) = to.version() {
            repository.put_manifest(tag, MANIFEST, &manifest)?;
        }
        Ok(Pushed { digest, uploaded_bytes })
    }
}

impl Repository<'_> {
    /// Puts the manifest of a signature, and lists it where the registry does not do so itself.
    fn put_signature(&self, signature: &SignatureManifest, package: Digest) -> Result<()> {
        let headers = self.put_manifest(&signature.blob().digest.to_string(), MANIFEST, &signature.bytes)?;
        if headers.contains_key("oci-subject") {
            return Ok(());
        }
        // Somebody else may add a signature of theirs at the same time, and take this one away.
        for _ in 0..LIST_ATTEMPTS {
            let list = self.fallback_list(package)?;
            match with_referrer(list.as_deref(), signature)? {
                Some(list) => drop(self.put_manifest(&fallback_tag(package), INDEX, &list)?),
                None => return Ok(()),
            }
        }
        let message = format!("{}: others change it all the time", self.what("the list of signatures"));
        Err(Error::new(ErrorKind::RegistryInterrupted, message))
    }
}

/// The blobs that the registry lacks.
fn missing(repository: &Repository<'_>, blobs: Vec<Blob>) -> Result<Vec<Blob>> {
    // The first call gets the token that the others share.
    let Some((first, rest)) = blobs.split_first() else { return Ok(Vec::new()) };
    let first = repository.has(*first);
    let rest = in_parallel(rest, UPLOADS, |blob| repository.has(*blob));
    let known = std::iter::once(first).chain(rest);
    let missing = blobs.iter().zip(known).map(|(blob, known)| Ok((!known?).then_some(*blob)));
    Ok(missing.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn check_digest(to: &Reference, digest: Digest) -> Result<()> {
    match to.version() {
        Version::Digest(named) if *named != digest => {
            let message = format!("{to} names another package than {digest}; push to a tag");
            Err(Error::new(ErrorKind::NameMismatch, message))
        }
        _ => Ok(()),
    }
}

/// How many blobs are sent at once.
const UPLOADS: usize = 4;
/// How often a list is written before others win.
const LIST_ATTEMPTS: usize = 4;
