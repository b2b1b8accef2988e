//! Packages that are open: verified, with their files where their nodes find them.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remotemedia_core::{Pipeline, Registry};
#[cfg(feature = "registry")]
use remotemedia_pkg::Pulled;
use remotemedia_pkg::{Authentic, Contents, Digest, PackagePath, Reference, Result, Signer};
use serde_json::Value;

use crate::described::{Listing, describe_python, describe_signer};
use crate::nested::Resolved;
use crate::open_error::OpenError;
use crate::user_packages::UserPackages;

/// A package that is verified, and whose files stay in the cache for as long as it, or a pipeline of it, or one of their
/// sessions is held. Cheap to clone.
#[derive(Clone, Debug)]
pub struct OpenPackage {
    user: UserPackages,
    listing: Arc<Listing>,
    signer: Option<Signer>,
    warning: Option<String>,
    unpacked: Arc<UnpackedPackage>,
    /// Where the packages lie that it names; none if it comes from a registry.
    folder: Option<PathBuf>,
    pinned: Option<Reference>,
    resolved_at: Option<String>,
}

/// What is in a package.
#[derive(Debug)]
pub struct UnpackedPackage {
    /// Its pipeline and its Python modules. Files in the cache stay as long as this.
    pub contents: Contents,
    /// The large parameters of its Python nodes, by path.
    pub data: Vec<(PackagePath, Vec<u8>)>,
}

impl OpenPackage {
    pub(crate) fn of_file(user: UserPackages, file: &Path, package: Authentic, contents: Contents) -> Result<Self> {
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        Ok(Self { folder: Some(folder), ..Self::new(user, package, contents)? })
    }

    #[cfg(feature = "registry")]
    pub(crate) fn of_registry(user: UserPackages, pulled: Pulled) -> Result<Self> {
        let pinned = Some(pulled.reference.at(pulled.contents.digest()));
        let resolved_at = Some(pulled.resolved_at());
        Ok(Self { pinned, resolved_at, ..Self::new(user, pulled.package, pulled.contents)? })
    }

    fn new<F: Read + Seek>(user: UserPackages, mut package: Authentic<F>, contents: Contents) -> Result<Self> {
        let data = package.read_data()?;
        Ok(Self {
            user,
            listing: Arc::new(Listing::of(package.package())),
            signer: package.signer().cloned(),
            warning: package.warning().map(ToString::to_string),
            unpacked: Arc::new(UnpackedPackage { contents, data }),
            folder: None,
            pinned: None,
            resolved_at: None,
        })
    }

    /// What stands in its documents: its name, its digest, its files.
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// The package's identity.
    pub fn digest(&self) -> Digest {
        self.unpacked.contents.digest()
    }

    /// Who signed it; none if a policy let it through without a good signature.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Whether it was signed by the user.
    pub fn is_own(&self) -> bool {
        self.signer.as_ref().is_some_and(|signer| signer.is_own)
    }

    /// Why it would have been refused, had a policy not let it through.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// The reference with the digest that it led to, which leads there whatever becomes of a tag; none for a file.
    pub fn pinned(&self) -> Option<&Reference> {
        self.pinned.as_ref()
    }

    /// When the registry said what the reference leads to, as RFC 3339 writes it; none for a file.
    pub fn resolved_at(&self) -> Option<&str> {
        self.resolved_at.as_deref()
    }

    /// Its manifest with the pipelines of all packages in it in the place of their names. What its nodes may do, and what
    /// those of the packages in it may, is judged here.
    ///
    /// # Errors
    /// [`ForeignNodes`](remotemedia_pkg::ErrorKind::ForeignNodes) if it is somebody else's, its nodes reach beyond the
    /// pipeline, and that is not trusted; what is wrong with a package in it.
    pub fn resolve(&self, registry: &Registry) -> Result<Resolved> {
        self.user.admit(self.is_own(), &self.unpacked.contents, registry)?;
        self.user.resolve_within(self, registry)
    }

    /// Its pipeline, checked, which holds what the package holds. What the user should know is logged.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve); [`Unsupported`](remotemedia_pkg::ErrorKind::Unsupported) if nodes are in Python; and
    /// every mistake in the pipeline that can be found before anything runs.
    pub fn pipeline(&self, registry: &Registry) -> Result<Pipeline, OpenError> {
        self.resolve(registry)?.pipeline(registry)
    }

    /// What is in it, who signed it and its graph, as `remotemedia inspect --json` writes them. Nothing of it is
    /// executed, and packages in registries that are nodes are fetched only if [that is wanted](UserPackages::fetch_nested).
    ///
    /// # Errors
    /// What is wrong with a package in it, or with the pipeline.
    pub fn inspect(&self, registry: &Arc<Registry>) -> Result<Value, OpenError> {
        let resolved = self.user.to_look().resolve_within(self, registry)?;
        let graph = resolved.pipeline_to_look_at(registry)?.inspect().to_json();
        let graph = serde_json::from_str(&graph).expect("a graph's JSON is JSON");
        Ok(self.describe(&resolved, graph))
    }

    fn describe(&self, resolved: &Resolved, graph: Value) -> Value {
        let mut package = self.listing.to_json();
        package["python"] = describe_python(resolved);
        package["trusted"] = self.warning.is_none().into();
        package["signer"] = describe_signer(self.signer());
        package["error"] = Value::Null;
        package["resolved_at"] = self.resolved_at.as_deref().into();
        serde_json::json!({"package": package, "graph": graph})
    }

    pub(crate) fn unpacked(&self) -> &Arc<UnpackedPackage> {
        &self.unpacked
    }

    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
}
