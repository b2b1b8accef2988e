//! Verification: from an opened package to one that may be used.
//!
//! The order is fixed, and each step is done before the next one looks at more: sizes and documents when the package is
//! opened; the bundle; the key or the chain of certificates; the signature over the raw bytes; its subject; what is
//! revoked; the policy; the digest of every blob; and only then is the pipeline manifest parsed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cap_std::fs::{Dir, OpenOptions};
#[cfg(feature = "registry")]
use jiff::Timestamp;
use serde_json::Value;

use crate::bundle::{Bundle, ClaimedSigner};
use crate::cache::Lock;
use crate::digest::Digest;
use crate::document::PackedFile;
use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyId;
use crate::media::FileKind;
use crate::package::{Package, StoredSignature};
use crate::path::PackagePath;
use crate::pipeline;
use crate::policy::Mode;
use crate::progress::Progress;
use crate::python::{PythonModule, PythonModules};
use crate::statement::Statement;
use crate::trust::Trust;

/// A package whose signature is verified, or that a policy lets through without. Its files are not checked yet.
#[derive(Debug)]
pub struct Authentic<F = File> {
    package: Package<F>,
    signer: Option<Signer>,
    warning: Option<Error>,
}

/// Who signed a package.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The name of the trusted key, or the first name in the certificate.
    pub name: String,
    /// The id of the signing key.
    pub key: KeyId,
    /// Whether the key is one of the user's own.
    pub is_own: bool,
    /// How the package was made, as a predicate of SLSA, if the signature says so.
    pub provenance: Option<Value>,
}

impl Signer {
    /// When the package was built, if the signature says so.
    #[cfg(feature = "registry")]
    pub(crate) fn built_at(&self) -> Option<Timestamp> {
        self.provenance.as_ref()?.pointer("/runDetails/metadata/finishedOn")?.as_str()?.parse().ok()
    }
}

/// The pipeline of a package all of whose contents were checked.
#[derive(Debug)]
pub struct Contents {
    digest: Digest,
    manifest: Value,
    modules: PythonModules,
    /// Where the files were written, empty if they were not.
    folder: PathBuf,
    /// Keeps files in the cache.
    _in_use: Option<Lock>,
}

impl<F: Read + Seek> Package<F> {
    /// Verifies the signature. `place` is where the package came from, such as `file:///home/me/voice.rmpkg`; the
    /// policy may ask for a certain signer there. `now` is the time at which certificates must be valid.
    ///
    /// Of several signatures one that is good is enough.
    ///
    /// # Errors
    /// What is wrong with the first signature, a kind of its own for each way.
    pub fn authenticate(mut self, trust: &Trust, place: &str, now: SystemTime) -> Result<Authentic<F>> {
        trust.check_package(self.digest())?;
        let mut failure = None;
        for signature in self.signatures()? {
            match self.verify_signature(&signature, trust, place, now) {
                Ok(signer) => return Ok(Authentic { package: self, signer: Some(signer), warning: None }),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let failure = failure.unwrap_or_else(|| Error::new(ErrorKind::Unsigned, UNSIGNED));
        if trust.policy.mode(place) == Mode::Warn && can_be_waived(failure.kind()) {
            return Ok(Authentic { package: self, signer: None, warning: Some(failure) });
        }
        Err(failure)
    }

    fn verify_signature(
        &self,
        stored: &StoredSignature,
        trust: &Trust,
        place: &str,
        now: SystemTime,
    ) -> Result<Signer> {
        let bundle = Bundle::parse(&stored.bundle)?;
        let verified = verify_bytes(&bundle, trust, now)?;
        let statement = Statement::parse(&bundle.payload)?;
        statement.check_subject(self.digest())?;
        if stored.provenance.as_ref().is_some_and(|provenance| *provenance != bundle.payload) {
            let message = "the provenance beside the signature is not the one that was signed";
            return Err(Error::new(ErrorKind::Provenance, message));
        }
        trust.check_keys(&verified.keys)?;
        trust.policy.check(place, &verified.identities)?;
        let key = verified.keys[0];
        let name = verified.identities.first().cloned().unwrap_or_else(|| key.to_string());
        let name = trust.key(key).map_or(name, |(name, _)| name.to_owned());
        Ok(Signer { name, key, is_own: trust.own.contains(&key), provenance: statement.into_provenance() })
    }
}

/// A signature that fits its key.
struct VerifiedBytes {
    /// By which the policy knows the signer.
    identities: Vec<String>,
    /// The signer's key, then those of the authorities above.
    keys: Vec<KeyId>,
}

fn verify_bytes(bundle: &Bundle, trust: &Trust, now: SystemTime) -> Result<VerifiedBytes> {
    match &bundle.signer {
        ClaimedSigner::Certificate(certificate) => {
            let signer = trust.authorities.verify(certificate, &bundle.message(), &bundle.signature, now)?;
            Ok(VerifiedBytes { identities: signer.identities, keys: signer.keys })
        }
        ClaimedSigner::Key(claimed) => {
            let id = claimed.ok_or_else(|| untrusted("a key without an id"))?;
            let Some((_, key)) = trust.key(id) else {
                // A key that is no longer trusted because it was revoked is told as such.
                trust.check_keys(&[id])?;
                return Err(untrusted(&format!("the key {id}")));
            };
            if !key.verifies(&bundle.message(), &bundle.signature) {
                let message = format!("the signature does not fit the key {id} and what it covers");
                return Err(Error::new(ErrorKind::BadSignature, message));
            }
            Ok(VerifiedBytes { identities: vec![id.to_string()], keys: vec![id] })
        }
    }
}

/// What is said of a package that nobody vouches for.
const UNSIGNED: &str = "the package is not signed; `remotemedia build` signs, and `remotemedia trust policy` can let packages \
                        of a place through without";

fn untrusted(who: &str) -> Error {
    let message =
        format!("signed with {who}, which is not trusted; `remotemedia trust add` takes the signer's public key");
    Error::new(ErrorKind::UntrustedKey, message)
}

/// Whether a policy may let a package through with this failure: nobody vouches for it, but nothing speaks against it.
fn can_be_waived(kind: ErrorKind) -> bool {
    use ErrorKind::{CertificateExpired, CertificateNotYetValid, Policy, Unsigned, UntrustedChain, UntrustedKey};
    [Unsigned, UntrustedKey, UntrustedChain, CertificateExpired, CertificateNotYetValid, Policy].contains(&kind)
}

impl<F: Read + Seek> Authentic<F> {
    /// Who signed it; none if a policy let it through without a good signature.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Whether it was signed by the user.
    pub fn is_own(&self) -> bool {
        self.signer.as_ref().is_some_and(|signer| signer.is_own)
    }

    /// Why it would have been refused, had a policy not let it through.
    pub fn warning(&self) -> Option<&Error> {
        self.warning.as_ref()
    }

    /// The package.
    pub fn package(&self) -> &Package<F> {
        &self.package
    }

    /// Checks every file.
    ///
    /// # Errors
    /// If a file was changed, or the pipeline manifest is not valid.
    pub fn check(&mut self, progress: Progress<'_>) -> Result<Contents> {
        for file in self.package.files().to_vec() {
            self.package.copy(file.blob(), &mut std::io::sink(), progress)?;
        }
        let (manifest, modules) = self.manifest()?;
        Ok(Contents { digest: self.package.digest(), manifest, modules, folder: PathBuf::new(), _in_use: None })
    }

    /// Writes the files below `folder`, which should be empty, and checks what is written: from the file that was
    /// opened, whatever lies under its name by now. Nothing is written elsewhere.
    ///
    /// What was written before an error stays for the caller to remove.
    ///
    /// # Errors
    /// If a file was changed or cannot be written, or the manifest is not valid.
    pub fn unpack(&mut self, folder: &Path, progress: Progress<'_>) -> Result<Contents> {
        let failed = |error| Error::io(format_args!("open the folder {}", folder.display()), error);
        let dir = Dir::open_ambient_dir(folder, cap_std::ambient_authority()).map_err(failed)?;
        for file in self.package.files().to_vec() {
            self.write(&file, &dir, progress)?;
        }
        let (manifest, modules) = self.manifest()?;
        let folder = std::path::absolute(folder).map_err(failed)?;
        Ok(Contents { digest: self.package.digest(), manifest, modules, folder, _in_use: None })
    }

    fn write(&mut self, file: &PackedFile, dir: &Dir, progress: Progress<'_>) -> Result<()> {
        let failed = |error| Error::io(format_args!("write {}", file.path), error);
        if let Some(parent) = file.path.parents().last() {
            dir.create_dir_all(parent.as_str()).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut out = dir.open_with(file.path.as_str(), &options).map_err(failed)?;
        self.package.copy(file.blob(), &mut out, progress)
    }

    /// Writes the package to a file under its own name in the folder `to`, or to the file `to` if that ends in `.rmpkg`.
    /// Checks every byte of it. The file is there as a whole, or not at all. Gives its path.
    ///
    /// # Errors
    /// If a file was changed, or it cannot be written.
    pub fn save(&mut self, to: &Path, progress: Progress<'_>) -> Result<PathBuf> {
        self.package.save(to, progress)
    }

    /// Writes a file of the package to `out`, and checks what was written.
    pub(crate) fn copy_file(&mut self, file: &PackedFile, out: &mut dyn Write, progress: Progress<'_>) -> Result<()> {
        self.package.copy(file.blob(), out, progress)
    }

    /// The large parameters of Python nodes, by path, checked again.
    ///
    /// # Errors
    /// If a file was changed.
    pub fn read_data(&mut self) -> Result<Vec<(PackagePath, Vec<u8>)>> {
        let files = self.package.files().to_vec().into_iter().filter(|file| file.kind == FileKind::Data);
        files.map(|file| Ok((file.path.clone(), self.package.bytes(file.blob())?))).collect()
    }

    /// The pipeline manifest and the Python modules. Every file must have been checked.
    pub(crate) fn manifest(&mut self) -> Result<(Value, PythonModules)> {
        self.package.check_rest()?;
        let bytes = self.package.pipeline()?;
        let files = self.package.files().to_vec();
        let mut modules = PythonModules::new();
        for file in files.iter().filter(|file| file.kind == FileKind::Python) {
            let module = PythonModule::parse(&self.package.bytes(file.blob())?)?;
            modules.insert(file.path.to_string(), module);
        }
        Ok((pipeline::parse(&bytes, &files, &modules)?, modules))
    }
}

impl Contents {
    /// Contents whose files lie below `folder` as long as `in_use` is held.
    pub(crate) fn in_cache(digest: Digest, parsed: (Value, PythonModules), folder: PathBuf, in_use: Lock) -> Self {
        let (manifest, modules) = parsed;
        Self { digest, manifest, modules, folder, _in_use: Some(in_use) }
    }

    /// The package's identity.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The Python modules, by path: the source of all nodes that the manifest names as Python's.
    pub fn python_modules(&self) -> &BTreeMap<String, PythonModule> {
        &self.modules
    }

    /// The pipeline manifest, in which models and the like are named by their paths: those that were written, or where
    /// nothing was, those within the package. Python modules and data stay `{"$file": …}`, with the package's
    /// digest before their path: see [`python_modules`](Self::python_modules) and [`Authentic::read_data`].
    ///
    /// # Errors
    /// If the path of the folder is not text.
    pub fn manifest(&self) -> Result<Value> {
        pipeline::in_folder(&self.manifest, &self.folder, self.digest)
    }

    /// The pipeline manifest as it stands in the package, in which files are named as `{"$file": "models/name"}`.
    pub fn packed_manifest(&self) -> &Value {
        &self.manifest
    }
}
