//! Errors: what is wrong with a package, a signature or what is trusted, each kind under a stable name.

use std::error::Error as StdError;
use std::fmt;
use std::io;

type Source = Box<dyn StdError + Send + Sync + 'static>;

/// The one error of this crate: a kind, a message, and the cause.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Source>,
}

/// The result of this crate's fallible operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of a program's own about a package, such as a reason to refuse it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// A failure of the operating system while `what` was tried, such as `read a.rmpkg`.
    pub(crate) fn io(what: impl fmt::Display, error: io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {what}: {error}")).with_source(error)
    }

    /// The same error for a further caller, without what caused it.
    #[cfg(feature = "registry")]
    pub(crate) fn again(&self) -> Self {
        Self::new(self.kind, self.message.clone())
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident = $name:literal,)+) => {
        /// The stable kinds of [`Error`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])+ $kind,)+
        }

        impl ErrorKind {
            /// The name under which programs and `docs/packages.md` know this kind.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];
        }
    };
}

kinds! {
    /// The operating system refused to read or write.
    Io = "io",

    // Building.
    /// The pipeline manifest is not valid.
    Pipeline = "pipeline",
    /// A file that the pipeline refers to cannot be packed: it is missing, or no file.
    ModelFile = "model-file",
    /// The pipeline holds something that a package cannot carry.
    NotCarried = "not-carried",
    /// A file changed while it was packed.
    SourceChanged = "source-changed",

    /// A Python module (`.pynode`) is not valid, or is not the one that a node needs.
    PythonModule = "python-module",

    // The archive.
    /// The file does not begin as a package does.
    NotAPackage = "not-a-package",
    /// The file ends before the package does.
    Truncated = "truncated",
    /// Something follows the end of the package.
    TrailingData = "trailing-data",
    /// The checksum of an entry's header is wrong.
    HeaderChecksum = "header-checksum",
    /// A header is not written as packages write it: owner, time, mode, format or an unused field.
    HeaderForm = "header-form",
    /// A header states a size that is no size.
    HeaderSize = "header-size",
    /// The bytes between the end of an entry and the next header are not zero.
    Padding = "padding",
    /// An entry uses an extension of the tar format.
    Extension = "extension",
    /// An entry is a symbolic link.
    SymbolicLink = "symbolic-link",
    /// An entry is a device, a pipe or another special file.
    SpecialFile = "special-file",
    /// An entry is of a type that packages do not have.
    EntryType = "entry-type",
    /// A hard link leads to something that is no blob before it.
    LinkTarget = "link-target",
    /// A path is empty or has an empty component.
    PathEmpty = "path-empty",
    /// A path is not UTF-8 text.
    PathEncoding = "path-encoding",
    /// A path is absolute.
    PathAbsolute = "path-absolute",
    /// A path has a component `.` or `..`.
    PathTraversal = "path-traversal",
    /// A path has a backslash, a colon or another character that some system takes for more than a name.
    PathCharacter = "path-character",
    /// A path has a control character.
    PathControl = "path-control",
    /// A path has a component that names a device on Windows.
    PathDevice = "path-device",
    /// A path has a component that ends with a dot or a space, which Windows drops.
    PathEnding = "path-ending",
    /// A path is not in Unicode normalisation form C.
    PathNormalisation = "path-normalisation",
    /// A path is longer than is allowed.
    PathLength = "path-length",
    /// A path leads where files of its kind do not belong.
    PathPlace = "path-place",
    /// A path stands twice.
    PathDuplicate = "path-duplicate",
    /// Two paths differ in upper and lower case only.
    PathCase = "path-case",
    /// The package has more entries than its documents list, or they are in another order.
    UnexpectedEntry = "unexpected-entry",
    /// The package lacks an entry that its documents list.
    MissingEntry = "missing-entry",

    // Limits.
    /// The package is larger than is allowed.
    PackageSize = "package-size",
    /// A blob is larger than is allowed.
    BlobSize = "blob-size",
    /// An OCI document is larger than is allowed.
    DocumentSize = "document-size",
    /// The pipeline manifest is larger than is allowed.
    PipelineSize = "pipeline-size",
    /// The package has more entries than is allowed.
    EntryCount = "entry-count",
    /// The package has more layers than is allowed.
    LayerCount = "layer-count",
    /// The package has more signatures than is allowed.
    SignatureCount = "signature-count",

    // The documents.
    /// `oci-layout` is not of a version that is known.
    LayoutVersion = "layout-version",
    /// An OCI document is not valid.
    Document = "document",
    /// A JSON document is not in its canonical form.
    NotCanonical = "not-canonical",
    /// A document or layer is of a media type that packages do not have.
    MediaType = "media-type",
    /// A digest is not SHA-256 in lower-case hexadecimal.
    DigestForm = "digest-form",
    /// The bytes of a blob do not have its digest.
    DigestMismatch = "digest-mismatch",
    /// A blob does not have the size that a document states.
    SizeMismatch = "size-mismatch",
    /// The file's name states another digest than the package has.
    NameMismatch = "name-mismatch",

    // Signatures.
    /// The package has no signature.
    Unsigned = "unsigned",
    /// A signature bundle is not valid.
    Bundle = "bundle",
    /// A package is signed with a key that is not trusted.
    UntrustedKey = "untrusted-key",
    /// A certificate does not lead to a trusted authority.
    UntrustedChain = "untrusted-chain",
    /// A certificate is no longer valid.
    CertificateExpired = "certificate-expired",
    /// A certificate is not valid yet.
    CertificateNotYetValid = "certificate-not-yet-valid",
    /// A certificate is not for signing.
    CertificateUse = "certificate-use",
    /// A signature does not fit its key and the bytes that it covers.
    BadSignature = "bad-signature",
    /// A signature is for another package.
    WrongSubject = "wrong-subject",
    /// The provenance beside a signature is not the one that was signed, or cannot be one.
    Provenance = "provenance",
    /// The signing key, its authority or the package itself was revoked.
    Revoked = "revoked",
    /// The signature is good, but the policy asks for another signer.
    Policy = "policy",
    /// A tag leads to a package that was built before the one that it led to.
    Rollback = "rollback",

    // Keys and trust.
    /// A key cannot be read or is of another kind than ECDSA P-256.
    Key = "key",
    /// There is no key of that name.
    KeyUnknown = "key-unknown",
    /// There is a key of that name already.
    KeyExists = "key-exists",
    /// A file of the trust folder is not valid.
    TrustFile = "trust-file",

    // The cache.
    /// Another process keeps a part of the cache locked for too long.
    CacheBusy = "cache-busy",

    // Running.
    /// Nodes of a package that is not the user's own reach beyond the pipeline.
    ForeignNodes = "foreign-nodes",
    /// A package names another one in a registry by a tag, which may move.
    Unpinned = "unpinned",
    /// A package that is a node of a pipeline is a part of itself, nests too deep, or cannot be found there.
    Nesting = "nesting",
    /// This build, or the program, lacks what the package needs: registries, or Python.
    Unsupported = "unsupported",

    // Registries.
    /// A text is no reference to a package in a registry.
    Reference = "reference",
    /// What the user's files or the environment say of registries cannot be used.
    RegistrySettings = "registry-settings",
    /// A registry would have to be asked, and none may be.
    RegistryOffline = "registry-offline",
    /// A registry cannot be reached.
    RegistryUnreachable = "registry-unreachable",
    /// No encrypted connection to a registry can be made, or its certificate is not trusted.
    RegistryTls = "registry-tls",
    /// Something would be sent or taken without encryption that nobody said may be.
    RegistryInsecure = "registry-insecure",
    /// A registry takes longer than it may.
    RegistryTimeout = "registry-timeout",
    /// A transfer was cut off more often than it is tried again.
    RegistryInterrupted = "registry-interrupted",
    /// A registry has too much to do or fails, however often it is asked.
    RegistryBusy = "registry-busy",
    /// A registry wants to know who asks, or does not take the credentials.
    RegistryLogin = "registry-login",
    /// A registry does not allow the user to do this.
    RegistryDenied = "registry-denied",
    /// A registry has no such repository, tag or package.
    RegistryUnknown = "registry-unknown",
    /// A registry refuses what it was given.
    RegistryRefused = "registry-refused",
    /// A registry answers what the protocol does not allow.
    RegistryAnswer = "registry-answer",
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = ErrorKind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), ErrorKind::ALL.len());
    }
}
