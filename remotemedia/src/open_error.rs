//! Why no pipeline came of a package: the package, or the pipeline in it.

use std::fmt;

use remotemedia_core::Error;
use remotemedia_pkg::Error as PackageError;

/// Why no pipeline was opened that is, or is made of, packages.
#[derive(Debug)]
pub enum OpenError {
    /// A package cannot be had, is not what it should be, or is not trusted.
    Package(PackageError),
    /// The pipeline is not valid here.
    Pipeline(Error),
}

impl OpenError {
    /// The number of the kind, by which hosts in every language know it; `remotemedia.h` has the table.
    pub fn status(&self) -> i32 {
        match self {
            Self::Package(error) => error.kind().status(),
            Self::Pipeline(error) => error.kind().status(),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Package(error) => error.fmt(f),
            Self::Pipeline(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Package(error) => error.source(),
            Self::Pipeline(error) => error.source(),
        }
    }
}

impl From<PackageError> for OpenError {
    fn from(error: PackageError) -> Self {
        Self::Package(error)
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Pipeline(error)
    }
}
