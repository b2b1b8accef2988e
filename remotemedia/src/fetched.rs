//! Packages of registries that nodes name: pulled before the nodes are looked at, so that they come side by side.

use serde_json::Value;

use remotemedia_pkg::Result;
#[cfg(not(feature = "registry"))]
use remotemedia_pkg::{Error, ErrorKind};
#[cfg(feature = "registry")]
use remotemedia_pkg::{Pulled, Reference};

#[cfg(feature = "registry")]
use crate::nested::{is_remote, references};
use crate::open_package::OpenPackage;
use crate::user_packages::UserPackages;

/// What was pulled and not taken yet, by reference.
#[cfg(feature = "registry")]
pub(crate) struct Fetched(std::collections::BTreeMap<String, Result<Pulled>>);

#[cfg(feature = "registry")]
impl Fetched {
    pub(crate) fn new() -> Self {
        Self(std::collections::BTreeMap::new())
    }

    /// Pulls the packages that a manifest names.
    pub(crate) fn fetch(&mut self, user: &UserPackages, manifest: &Value) -> Result<()> {
        let is_wanted = |name: &&str| is_remote(name) && !user.leaves(name);
        let mut names: Vec<&str> = references(manifest).into_iter().filter(is_wanted).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(());
        }
        let parsed: Vec<Reference> = names.iter().map(|name| name.parse()).collect::<Result<_>>()?;
        let pulled = user.pull(&parsed, &())?;
        self.0.extend(names.into_iter().map(str::to_owned).zip(pulled));
        Ok(())
    }

    /// The package that a reference leads to. A second time it comes from the cache.
    pub(crate) fn take(&mut self, user: &UserPackages, reference: &str) -> Result<OpenPackage> {
        let pulled = match self.0.remove(reference) {
            Some(pulled) => pulled?,
            None => user.pull(&[reference.parse()?], &())?.remove(0)?,
        };
        OpenPackage::of_registry(user.clone(), pulled)
    }
}

/// Stands for registries in a build that knows none.
#[cfg(not(feature = "registry"))]
pub(crate) struct Fetched;

#[cfg(not(feature = "registry"))]
impl Fetched {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn fetch(&mut self, _: &UserPackages, _: &Value) -> Result<()> {
        Ok(())
    }

    pub(crate) fn take(&mut self, _: &UserPackages, reference: &str) -> Result<OpenPackage> {
        let message = format!("{reference} lies in a registry; switch on the cargo feature \"registry\"");
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}
