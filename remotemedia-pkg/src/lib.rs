//! Packages: a pipeline with its models in one file that is signed, reproducible and an OCI image layout.
//!
//! [`pack`] makes a [`Draft`], which is signed and saved. [`Package::open_path`] opens the file again; what is in it can
//! be had only from [`Package::authenticate`] on, which verifies the signature against a user's [`Trust`].
//!
//! ```
//! use std::time::SystemTime;
//! use remotemedia_core::{Registry, manifest::Manifest, registry::map};
//! use remotemedia_pkg::{Home, Package, Provenance, pack};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let mut registry = Registry::new();
//! # registry.register("Double", |_| Ok(map(|x: f64| 2.0 * x)))?;
//! let manifest = Manifest::parse(
//!     r#"{"version": "v1", "metadata": {"name": "twice"}, "connections": [],
//!         "nodes": [{"id": "double", "node_type": "Double"}]}"#,
//! )?;
//! let home = Home::new(folder.path().join("home"));
//! home.new_key("me")?;
//! let now = SystemTime::now();
//! let mut draft = pack(&manifest, &registry, folder.path(), &mut |_bytes| {})?;
//! draft.sign(&home.signing_key("me")?, &Provenance { source: None, built_at: now })?;
//! let path = draft.save(folder.path(), &mut |_bytes| {})?;
//!
//! let package = Package::open_path(&path)?;
//! assert_eq!(package.digest(), draft.digest());
//! let mut package = package.authenticate(&home.trust()?, "file:///", now)?;
//! assert!(package.is_own());
//! assert_eq!(package.check(&mut |_bytes| {})?.packed_manifest()["metadata"]["name"], "twice");
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod authority;
mod bundle;
mod cache;
mod canonical;
mod copy;
mod digest;
mod document;
mod durable;
mod error;
mod header;
mod home;
mod key;
mod layout;
pub mod limits;
mod media;
mod onnx;
mod pack;
mod package;
#[cfg(feature = "registry")]
mod parts;
mod path;
mod pipeline;
mod policy;
mod progress;
mod python;
mod reference;
#[cfg(feature = "registry")]
mod registry;
mod save;
mod scan;
mod signing;
mod statement;
mod status;
mod trust;
mod verify;

pub use cache::{Cache, CachedPackage, Checked, Cleared};
pub use digest::Digest;
pub use document::PackedFile;
pub use error::{Error, ErrorKind, Result};
pub use home::{Home, NamedKey};
pub use key::{KeyId, PublicKey, SigningKey};
pub use media::FileKind;
pub use pack::{Additions, Attached, Draft, models, pack, pack_with};
pub use package::Package;
#[cfg(feature = "registry")]
pub use parts::Parts;
pub use path::PackagePath;
pub use policy::{Mode, Policy, Rule};
pub use progress::{Meter, Progress};
pub use python::{PythonClass, PythonModule, PythonSource};
pub use reference::{Reference, Version};
#[cfg(feature = "registry")]
pub use registry::{Found, Patience, Pull, Pulled, Pushed, Registries, Settings, Stop};
pub use statement::Provenance;
pub use trust::{Revoked, Trust};
pub use verify::{Authentic, Contents, Signer};
