//! Statuses: the numbers by which hosts in every language know what became of a package.

use crate::error::ErrorKind;

impl ErrorKind {
    /// The number of what a host can do about it, which several kinds share. Never changes; `remotemedia.h` has the
    /// table.
    pub const fn status(self) -> i32 {
        match self {
            Self::Reference => INVALID_ARGUMENT,
            Self::Unsupported => UNSUPPORTED,
            Self::Pipeline
            | Self::ModelFile
            | Self::NotCarried
            | Self::PythonModule
            | Self::NotAPackage
            | Self::Truncated
            | Self::TrailingData
            | Self::HeaderChecksum
            | Self::HeaderForm
            | Self::HeaderSize
            | Self::Padding
            | Self::Extension
            | Self::SymbolicLink
            | Self::SpecialFile
            | Self::EntryType
            | Self::LinkTarget
            | Self::PathEmpty
            | Self::PathEncoding
            | Self::PathAbsolute
            | Self::PathTraversal
            | Self::PathCharacter
            | Self::PathControl
            | Self::PathDevice
            | Self::PathEnding
            | Self::PathNormalisation
            | Self::PathLength
            | Self::PathPlace
            | Self::PathDuplicate
            | Self::PathCase
            | Self::UnexpectedEntry
            | Self::MissingEntry
            | Self::PackageSize
            | Self::BlobSize
            | Self::DocumentSize
            | Self::PipelineSize
            | Self::EntryCount
            | Self::LayerCount
            | Self::SignatureCount
            | Self::LayoutVersion
            | Self::Document
            | Self::NotCanonical
            | Self::MediaType
            | Self::DigestForm
            | Self::Bundle
            | Self::Unpinned
            | Self::Nesting => -600,
            Self::Unsigned => -601,
            Self::UntrustedKey
            | Self::UntrustedChain
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::CertificateUse
            | Self::Policy
            | Self::Rollback => -602,
            Self::DigestMismatch
            | Self::SizeMismatch
            | Self::NameMismatch
            | Self::BadSignature
            | Self::WrongSubject
            | Self::Provenance => -603,
            Self::Revoked => -604,
            Self::ForeignNodes => -605,
            Self::Io | Self::SourceChanged | Self::CacheBusy => -606,
            Self::Key | Self::KeyUnknown | Self::KeyExists | Self::TrustFile | Self::RegistrySettings => -607,
            Self::RegistryUnreachable
            | Self::RegistryTls
            | Self::RegistryInsecure
            | Self::RegistryTimeout
            | Self::RegistryInterrupted
            | Self::RegistryBusy
            | Self::RegistryRefused
            | Self::RegistryAnswer => -610,
            Self::RegistryLogin | Self::RegistryDenied => -611,
            Self::RegistryUnknown => -612,
            Self::RegistryOffline => -613,
        }
    }
}

/// What calls of any kind say of an argument that names nothing.
const INVALID_ARGUMENT: i32 = -1;
/// What calls of any kind say of what a build cannot do.
const UNSUPPORTED: i32 = -3;
