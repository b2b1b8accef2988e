//! Packages of registries that nodes name: pulled before the nodes are looked at, so that they come side by side.

use serde_json::Value;

#[cfg(not(feature = "registry"))]
use remotemedia_pkg::{Authentic, Contents, Error, ErrorKind, Result};
#[cfg(feature = "registry")]
use remotemedia_pkg::{Authentic, Contents, Parts, Pulled, Reference, Result};

#[cfg(feature = "registry")]
use crate::nested::{is_remote, references};
use crate::user_packages::UserPackages;

/// What was pulled and not taken yet, by reference.
#[cfg(feature = "registry")]
#[derive(Default)]
pub(crate) struct Fetched(std::collections::BTreeMap<String, Result<Pulled>>);

#[cfg(feature = "registry")]
impl Fetched {
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
        let pulled = user.pull(&parsed)?;
        self.0.extend(names.into_iter().map(str::to_owned).zip(pulled));
        Ok(())
    }

    /// The package that a reference leads to. A second time it comes from the cache.
    pub(crate) fn take(&mut self, user: &UserPackages, reference: &str) -> Result<(Authentic<Parts>, Contents)> {
        let pulled = match self.0.remove(reference) {
            Some(pulled) => pulled?,
            None => user.pull(&[reference.parse()?])?.remove(0)?,
        };
        Ok((pulled.package, pulled.contents))
    }
}

/// Stands for registries in a build that knows none.
#[cfg(not(feature = "registry"))]
#[derive(Default)]
pub(crate) struct Fetched;

#[cfg(not(feature = "registry"))]
impl Fetched {
    pub(crate) fn fetch(&mut self, _: &UserPackages, _: &Value) -> Result<()> {
        Ok(())
    }

    pub(crate) fn take(&mut self, _: &UserPackages, reference: &str) -> Result<(Authentic, Contents)> {
        let message = format!("{reference} lies in a registry; switch on the cargo feature \"registry\"");
        Err(Error::new(ErrorKind::Nesting, message))
    }
}
