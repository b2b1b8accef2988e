//! Pull: packages come from registries into the cache, and nothing of them is used before it is verified.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use jiff::Timestamp;

use crate::cache::{Documents, Incoming, Resolved};
use crate::digest::Digest;
use crate::document::{Blob, PackageManifest, PackedFile};
use crate::error::{Error, ErrorKind, Result};
use crate::package::Package;
use crate::parts::Parts;
use crate::progress::Meter;
use crate::reference::Reference;
use crate::registry::Registries;
use crate::registry::parallel::in_parallel;
use crate::registry::repository::Repository;
use crate::trust::Trust;
use crate::verify::{Authentic, Contents};

/// How packages are pulled.
#[derive(Clone, Copy, Debug)]
pub struct Pull {
    /// Whether the registry is asked also where the cache knows what a tag was on.
    pub refresh: bool,
    /// The time at which certificates must be valid, and which is noted for what is new.
    pub now: SystemTime,
}

/// A package of a registry that is verified, and whose files lie in the cache for as long as the contents are held.
#[derive(Debug)]
pub struct Pulled {
    /// What led to it.
    pub reference: Reference,
    /// The package.
    pub package: Authentic<Parts>,
    /// Its pipeline, and where its files are.
    pub contents: Contents,
    /// Whether the reference was known, so that the registry was not asked what it leads to.
    pub was_known: bool,
    resolved_at: Timestamp,
}

impl Pulled {
    /// When the registry said what the reference leads to, as RFC 3339 writes it.
    pub fn resolved_at(&self) -> String {
        self.resolved_at.to_string()
    }
}

/// What a reference leads to, of which nothing is verified yet.
#[derive(Debug)]
pub struct Found {
    /// The package, with the first of its signatures.
    pub package: Package<Parts>,
    resolved_at: Timestamp,
}

impl Found {
    /// When the registry said what the reference leads to, as RFC 3339 writes it.
    pub fn resolved_at(&self) -> String {
        self.resolved_at.to_string()
    }
}

/// A package that somebody vouches for, or that a policy lets through.
struct Vouched {
    package: Authentic<Parts>,
    /// What is to be kept of it, unless it is here already.
    documents: Option<Documents>,
    known: Option<Resolved>,
}

impl Registries {
    /// Pulls packages side by side: verifies them, and brings what is missing of them into the cache. What is known and
    /// whole there is used without asking anybody.
    ///
    /// For each reference the order is that of [`Package::authenticate`]: no file of a package is fetched before its
    /// signature is verified and the policy for the reference allows it, and its pipeline is not read before every
    /// file has its digest.
    ///
    /// # Errors
    /// For each reference on its own: what is wrong with the package, its signature or the registry. Where a registry
    /// cannot be asked, the message names what the cache has.
    pub fn pull(&self, references: &[Reference], pull: Pull, meter: &dyn Meter) -> Vec<Result<Pulled>> {
        let trust = match self.home.trust() {
            Ok(trust) => trust,
            Err(error) => return references.iter().map(|_| Err(error.again())).collect(),
        };
        in_parallel(references, PACKAGES, |reference| self.pull_one(reference, pull, &trust, meter))
    }

    /// Finds what a reference leads to, and reads its documents. None of that is verified, and nothing of it is kept.
    ///
    /// # Errors
    /// As [`pull`](Self::pull), but for what is found out by verifying.
    pub fn find(&self, reference: &Reference, pull: Pull) -> Result<Found> {
        if let Some((known, package)) = self.known(reference, pull)? {
            return Ok(Found { package, resolved_at: known.at });
        }
        let documents = self.ask(reference)?.swap_remove(0)?;
        let resolved_at = Timestamp::try_from(pull.now).unwrap_or_default();
        Ok(Found { package: self.cache.assemble(&documents)?, resolved_at })
    }

    fn pull_one(&self, reference: &Reference, pull: Pull, trust: &Trust, meter: &dyn Meter) -> Result<Pulled> {
        let Vouched { mut package, documents, known } = self.vouched(reference, pull, trust)?;
        if known.is_none() {
            self.check_rollback(&package, reference, pull, trust)?;
        }
        let incoming = self.cache.take_in(package.package().digest())?;
        let brought = self.bring_files(reference, package.package(), &incoming, meter);
        brought.map_err(|error| match known {
            Some(_) => Error::new(error.kind(), format!("{}; a file of it is missing in the cache", error.message())),
            None => self.with_advice(reference, error),
        })?;
        if let Some(documents) = &documents {
            incoming.keep_documents(documents)?;
        }
        let (was_known, known_since) = (known.is_some(), known.map(|known| known.at));
        let (contents, resolved_at) = incoming.finish(&mut package, reference, known_since, pull.now)?;
        Ok(Pulled { reference: reference.clone(), package, contents, was_known, resolved_at })
    }

    /// The package of a reference, after its signature was verified.
    fn vouched(&self, reference: &Reference, pull: Pull, trust: &Trust) -> Result<Vouched> {
        let Some((known, package)) = self.known(reference, pull)? else {
            return self.vouch(self.ask(reference)?, reference, pull, trust);
        };
        match package.authenticate(trust, &reference.place(), pull.now) {
            Ok(package) => Ok(Vouched { package, documents: None, known: Some(known) }),
            // It may have been signed anew since it came here. Where nobody can be asked, what is wrong stays wrong.
            Err(error) => match self.ask(reference) {
                Ok(documents) => self.vouch(documents, reference, pull, trust),
                Err(_) => Err(error),
            },
        }
    }

    /// Verifies the signatures, of which one that is good is enough.
    fn vouch(
        &self,
        offered: Vec<Result<Documents>>,
        reference: &Reference,
        pull: Pull,
        trust: &Trust,
    ) -> Result<Vouched> {
        let (mut failure, mut let_through) = (None, None);
        for documents in offered {
            let verified = documents.and_then(|documents| {
                let package = self.cache.assemble(&documents)?;
                let package = package.authenticate(trust, &reference.place(), pull.now)?;
                Ok(Vouched { package, documents: Some(documents), known: None })
            });
            match verified {
                Ok(vouched) if vouched.package.signer().is_some() => return Ok(vouched),
                Ok(vouched) => let_through = let_through.or(Some(vouched)),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let_through.ok_or_else(|| failure.expect("a package without a signature is offered once"))
    }

    /// Refuses a package that was built before the one that the reference led to until now. Its signature is as good as
    /// it ever was, so whoever has the registry could bring a mistake back that was repaired since.
    fn check_rollback(&self, found: &Authentic<Parts>, reference: &Reference, pull: Pull, trust: &Trust) -> Result<()> {
        let Some((_, known)) = self.cache.known(reference)? else { return Ok(()) };
        // What is not trusted any more says nothing of what came later.
        let Ok(known) = known.authenticate(trust, &reference.place(), pull.now) else { return Ok(()) };
        let built_at = |package: &Authentic<Parts>| package.signer()?.built_at();
        match (built_at(&known), built_at(found)) {
            (Some(before), Some(now)) if now < before => {
                let (old, new) = (found.package().digest(), known.package().digest());
                let message = format!(
                    "{reference} leads to {old}, which was built at {now}, expected none older than {new} of {before}, \
                     to which it led; if the older one is meant, name it by its digest: {}@{old}",
                    reference.place()
                );
                Err(Error::new(ErrorKind::Rollback, message))
            }
            _ => Ok(()),
        }
    }

    /// What the cache knows of a reference, unless it is not to be asked.
    fn known(&self, reference: &Reference, pull: Pull) -> Result<Option<(Resolved, Package<Parts>)>> {
        if pull.refresh { Ok(None) } else { self.cache.known(reference) }
    }

    /// Asks the registry: the documents of the package once with each of its signatures, or once without.
    fn ask(&self, reference: &Reference) -> Result<Vec<Result<Documents>>> {
        let repository = Repository::to_pull(&self.client, reference);
        repository.offers().map_err(|error| self.with_advice(reference, error))
    }

    /// Sees to it that every blob is in the cache.
    fn bring_files(
        &self,
        reference: &Reference,
        package: &Package<Parts>,
        incoming: &Incoming,
        meter: &dyn Meter,
    ) -> Result<()> {
        let repository = Repository::to_pull(&self.client, reference);
        let pipeline = package.layout.manifest.pipeline;
        let parts: Vec<Part<'_>> =
            std::iter::once(Part::Pipeline(pipeline)).chain(package.files().iter().map(Part::File)).collect();
        meter.expect(package.content_bytes());
        // Where one file cannot be had, the others are of no use.
        let is_over = AtomicBool::new(false);
        let brought = in_parallel(&parts, FILES, |part| {
            let brought = match part {
                _ if is_over.load(Ordering::Relaxed) => Ok(()),
                Part::Pipeline(blob) => incoming.pipeline(*blob, || repository.small(*blob)),
                Part::File(file) => bring(&repository, file, incoming, meter),
            };
            is_over.fetch_or(brought.is_err(), Ordering::Relaxed);
            brought
        });
        brought.into_iter().collect()
    }

    /// The same error, with what to do where the registry cannot be asked.
    fn with_advice(&self, reference: &Reference, error: Error) -> Error {
        use ErrorKind::{RegistryBusy, RegistryInterrupted, RegistryOffline, RegistryTimeout, RegistryUnreachable};
        let passing = [RegistryBusy, RegistryInterrupted, RegistryOffline, RegistryTimeout, RegistryUnreachable];
        if !passing.contains(&error.kind()) {
            return error;
        }
        let known = self.cache.known_tags(reference).unwrap_or_default();
        let advice = match known.iter().find(|known| known.reference == *reference) {
            Some(known) => format!("the cache has the version of {}, which is used without --refresh", known.at),
            None if known.is_empty() => "a package that is a file needs no registry".to_owned(),
            None => {
                let tags = known.iter().take(MOST_TAGS).map(|known| format!("{} of {}", known.reference, known.at));
                format!("the cache has {}", tags.collect::<Vec<_>>().join(", "))
            }
        };
        let message = format!("{}; {advice}", error.message());
        Error::new(error.kind(), message).with_source(error)
    }
}

/// What of a package is still to come.
enum Part<'a> {
    Pipeline(Blob),
    File(&'a PackedFile),
}

fn bring(repository: &Repository<'_>, file: &PackedFile, incoming: &Incoming, meter: &dyn Meter) -> Result<()> {
    let mut is_new = false;
    incoming.file(file, |partial| {
        is_new = true;
        repository.download(file.blob(), partial, meter)
    })?;
    if !is_new {
        meter.advance(file.len_bytes);
    }
    Ok(())
}

impl Repository<'_> {
    fn offers(&self) -> Result<Vec<Result<Documents>>> {
        let bytes = self.manifest()?;
        let documents = Documents::unsigned(PackageManifest::parse(&bytes)?);
        self.check_size(&documents.layout.manifest)?;
        let signatures = self.signatures(Digest::of(&bytes))?;
        if signatures.is_empty() {
            return Ok(vec![Ok(documents)]);
        }
        let offer = |signature: &Blob| {
            let mut documents = documents.clone();
            documents.sign(&self.signature(*signature)?, &mut |blob| self.small(blob))?;
            Ok(documents)
        };
        Ok(in_parallel(&signatures, FILES, offer))
    }

    /// Checks how large the package says it is, before more of it is fetched.
    fn check_size(&self, manifest: &PackageManifest) -> Result<()> {
        let most = self.client.settings.most_bytes;
        let found = manifest.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.len_bytes));
        if found <= most {
            return Ok(());
        }
        let message = format!("{} has files of {found} bytes, at most {most} are allowed", self.reference);
        Err(Error::new(ErrorKind::PackageSize, message))
    }
}

/// How many tags a message names.
const MOST_TAGS: usize = 5;
/// How many packages come at once.
const PACKAGES: usize = 8;
/// How many files of one package come at once.
const FILES: usize = 4;
