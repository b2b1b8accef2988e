//! Packages as nodes: from a manifest that names packages to one in which their pipelines stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use remotemedia_core::manifest::Manifest;
use remotemedia_core::{Pipeline, Registry};
use remotemedia_pkg::{Digest, Error, ErrorKind, PackagePath, PythonModule, Result};
use serde_json::{Value, json};

use crate::fetched::Fetched;
use crate::open_error::OpenError;
use crate::open_package::{OpenPackage, UnpackedPackage};
use crate::stand_in::{stand_in_for_packages, stand_in_for_python};
use crate::user_packages::UserPackages;

/// A pipeline all of whose packages are found, verified and unpacked.
#[derive(Debug)]
pub struct Resolved {
    /// The manifest, with the pipeline of each package in the place of its name.
    pub manifest: Value,
    /// The packages, each behind those that name it. Their files stay as long as this.
    pub packages: Vec<Arc<UnpackedPackage>>,
    /// The id and the reference of each node that stays a package, which was not fetched because it is only looked at.
    pub left: Vec<(String, String)>,
    /// What the package is that each node names, by the node's id.
    pub(crate) digests: BTreeMap<String, Digest>,
    /// Why the outermost package would have been refused, had a policy not let it through.
    pub(crate) warning: Option<String>,
}

impl Resolved {
    /// The source of the Python nodes, by the package's digest and the path.
    pub fn python_modules(&self) -> BTreeMap<String, &PythonModule> {
        let all = self.packages.iter().flat_map(|package| {
            let digest = package.contents.digest().hex();
            package.contents.python_modules().iter().map(move |(path, module)| (format!("{digest}/{path}"), module))
        });
        all.collect()
    }

    /// The large parameters of Python nodes, by the same.
    pub fn data(&self) -> Vec<(String, &[u8])> {
        let all = self.packages.iter().flat_map(|package| {
            let digest = package.contents.digest().hex();
            package.data.iter().map(move |(path, bytes)| (format!("{digest}/{path}"), bytes.as_slice()))
        });
        all.collect()
    }

    /// The class of the first node of a package that is in Python.
    pub fn python_class(&self) -> Option<&str> {
        let modules = self.packages.iter().flat_map(|package| package.contents.python_modules().values());
        modules.flat_map(PythonModule::nodes).next().map(|node| node.class.as_str())
    }

    /// The pipeline, checked, which holds its packages. What the user should know is logged.
    ///
    /// # Errors
    /// [`Unsupported`](ErrorKind::Unsupported) if nodes of a package are in Python, or packages were not fetched; every
    /// mistake in the pipeline that can be found before anything runs.
    pub fn pipeline(self, registry: &Registry) -> Result<Pipeline, OpenError> {
        if let Some(class) = self.python_class() {
            let message = format!(
                "the node {class} of a package is in Python, which this program does not run; the command of the \
                 Python package does, and Pipeline.from_package in a Python program"
            );
            return Err(Error::new(ErrorKind::Unsupported, message).into());
        }
        let manifest = Manifest::from_value(self.manifest.clone())?;
        self.into_pipeline(&manifest, registry)
    }

    /// As [`pipeline`](Self::pipeline), where `registry` knows the nodes of `manifest`, which is this one's, that are
    /// in Python.
    pub(crate) fn into_pipeline(self, manifest: &Manifest, registry: &Registry) -> Result<Pipeline, OpenError> {
        if let Some((id, reference)) = self.left.first() {
            let message = format!(
                "node \"{id}\" is {reference}, which was not fetched, since this was opened only to be looked at; open \
                 it to run it"
            );
            return Err(Error::new(ErrorKind::Unsupported, message).into());
        }
        if let Some(warning) = &self.warning {
            tracing::warn!(pipeline = manifest.metadata.name, "let through by the policy: {warning}");
        }
        let pipeline = Pipeline::holding(manifest, registry, self.packages)?;
        for warning in &pipeline.graph().warnings {
            tracing::warn!(pipeline = %pipeline.graph().name, "{warning}");
        }
        Ok(pipeline)
    }

    /// The pipeline without its Python nodes, of which nothing is executed, and with each package that was not fetched
    /// as one node of the backend `package`: no session of it can be started if it has some of these.
    ///
    /// # Errors
    /// Every mistake in the pipeline that can be found so.
    pub fn pipeline_to_look_at(&self, registry: &Arc<Registry>) -> remotemedia_core::Result<Pipeline> {
        let manifest = Manifest::from_value(self.manifest.clone())?;
        let mut registry = Registry::over(Arc::clone(registry));
        stand_in_for_python(&manifest, &mut registry);
        stand_in_for_packages(&manifest, &mut registry);
        Pipeline::holding(&manifest, &registry, self.packages.clone())
    }
}

impl UserPackages {
    /// Puts the pipelines of packages where a manifest names the packages: in nodes of the type `Pipeline` with the
    /// parameter `package`. A path is looked for from `folder`; one that stands in a package, beside that package. What
    /// lies in registries is pulled, side by side.
    ///
    /// Each package is verified and judged by itself, whoever signed what it is a part of.
    ///
    /// ```
    /// use remotemedia::pkg::{Home, Provenance, pack};
    /// use remotemedia::manifest::Manifest;
    /// use remotemedia::{Pipeline, UserPackages};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path();
    /// let user = UserPackages::at(Home::new(folder.join("home")));
    /// let nodes = remotemedia::standard_nodes();
    /// # let inner = r#"{"version": "v1", "metadata": {"name": "inner"}, "connections": [],
    /// #     "nodes": [{"id": "double", "node_type": "Multiply", "params": {"factor": 2}}]}"#;
    /// # let mut draft = pack(&Manifest::parse(inner)?, &nodes, folder, &mut |_| {})?;
    /// # let now = std::time::SystemTime::now();
    /// # draft.sign(&user.signing_key("default")?.0, &Provenance { source: None, built_at: now })?;
    /// # draft.save(&folder.join("inner.rmpkg"), &mut |_| {})?;
    /// let manifest = serde_json::json!({"version": "v1", "metadata": {"name": "outer"}, "connections": [],
    ///     "nodes": [{"id": "inner", "node_type": "Pipeline", "params": {"package": "inner.rmpkg"}}]});
    /// let resolved = user.resolve(manifest, folder, &nodes)?;
    /// let pipeline = Pipeline::from_json(&resolved.manifest.to_string(), &nodes)?;
    /// assert_eq!(pipeline.graph().nodes[0].id.as_ref(), "inner/double");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What is wrong with the first package, and with which node; [`Nesting`](ErrorKind::Nesting) if packages lead to
    /// themselves, or nest too deep.
    pub fn resolve(&self, manifest: Value, folder: &Path, registry: &Registry) -> Result<Resolved> {
        Walk::new(self, registry).resolve(manifest, Some(folder))
    }

    /// As [`resolve`](Self::resolve), to look at the pipeline: what its nodes would do is nobody's concern, and
    /// packages in registries are fetched only if [that is wanted](Self::fetch_nested).
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn resolve_to_look_at(&self, manifest: Value, folder: &Path, registry: &Registry) -> Result<Resolved> {
        self.to_look().resolve(manifest, folder, registry)
    }

    /// Reads a manifest in which nodes may be packages, as [`resolve`](Self::resolve) finds them, and checks it.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve) and [`Resolved::pipeline`].
    pub fn pipeline(&self, manifest: &str, folder: &Path, registry: &Registry) -> Result<Pipeline, OpenError> {
        let manifest = Manifest::parse(manifest)?.to_value();
        self.resolve(manifest, folder, registry)?.pipeline(registry)
    }

    /// As [`resolve`](Self::resolve), for the manifest of `package`. What is within a package of somebody else may do no
    /// more than that package, even if it is the user's own.
    pub(crate) fn resolve_within(&self, package: &OpenPackage, registry: &Registry) -> Result<Resolved> {
        let mut walk = Walk::new(self, registry);
        walk.is_foreign = !package.is_own();
        walk.around.push(package.digest());
        walk.packages.push(Arc::clone(package.unpacked()));
        let resolved = walk.resolve(package.unpacked().contents.manifest()?, package.folder())?;
        Ok(Resolved { warning: package.warning().map(str::to_owned), ..resolved })
    }
}

/// Whether a manifest names packages.
pub fn names_packages(manifest: &Value) -> bool {
    !references(manifest).is_empty()
}

/// The packages that a manifest names, in the pipelines within it too.
pub(crate) fn references(manifest: &Value) -> Vec<&str> {
    let nodes = manifest["nodes"].as_array().into_iter().flatten();
    let of = |node| named(node).map_or_else(|| references(&node["params"]["manifest"]), |name| vec![name]);
    nodes.flat_map(of).collect()
}

struct Walk<'a> {
    user: &'a UserPackages,
    registry: &'a Registry,
    /// The packages around the manifest.
    around: Vec<Digest>,
    /// Whether one of them is somebody else's.
    is_foreign: bool,
    packages: Vec<Arc<UnpackedPackage>>,
    left: Vec<(String, String)>,
    digests: BTreeMap<String, Digest>,
    fetched: Fetched,
}

impl<'a> Walk<'a> {
    fn new(user: &'a UserPackages, registry: &'a Registry) -> Self {
        Self {
            user,
            registry,
            around: Vec::new(),
            is_foreign: false,
            packages: Vec::new(),
            left: Vec::new(),
            digests: BTreeMap::new(),
            fetched: Fetched::new(),
        }
    }

    fn resolve(mut self, manifest: Value, folder: Option<&Path>) -> Result<Resolved> {
        self.fetched.fetch(self.user, &manifest)?;
        let manifest = self.manifest(manifest, "", folder)?;
        Ok(Resolved { manifest, packages: self.packages, left: self.left, digests: self.digests, warning: None })
    }

    fn manifest(&mut self, mut manifest: Value, outer: &str, folder: Option<&Path>) -> Result<Value> {
        for node in manifest["nodes"].as_array_mut().into_iter().flatten() {
            let id = format!("{outer}{}", node["id"].as_str().unwrap_or_default());
            if let Some(reference) = named(node) {
                if self.user.leaves(reference) {
                    self.left.push((id, reference.to_owned()));
                    continue;
                }
                let inner = self.package(&id, reference, folder).map_err(|error| in_node(&id, &error))?;
                node["params"] = json!({ "manifest": inner });
            } else if node["params"]["manifest"].is_object() && node.get("python").is_none() {
                let inner = node["params"]["manifest"].take();
                node["params"]["manifest"] = self.manifest(inner, &format!("{id}/"), folder)?;
            }
        }
        Ok(manifest)
    }

    /// The manifest of the package that `reference` names.
    fn package(&mut self, id: &str, reference: &str, folder: Option<&Path>) -> Result<Value> {
        let package = self.open(reference, folder)?;
        // One within a package of somebody else does what that one decided.
        let is_own = package.is_own() && !self.is_foreign;
        self.user.admit(is_own, &package.unpacked().contents, self.registry)?;
        self.inner(id, &package)
    }

    fn open(&mut self, reference: &str, folder: Option<&Path>) -> Result<OpenPackage> {
        if is_remote(reference) {
            let package = self.fetched.take(self.user, reference)?;
            self.check_nesting(package.digest())?;
            return Ok(package);
        }
        let path = self.path(reference, folder)?;
        let package = self.user.authenticate(&path)?;
        self.check_nesting(package.package().digest())?;
        self.user.unpack(&path, package, &())
    }

    /// The manifest of a package, with those of the packages that it names in turn.
    fn inner(&mut self, id: &str, package: &OpenPackage) -> Result<Value> {
        let manifest = package.unpacked().contents.manifest()?;
        let around_is_foreign = self.is_foreign;
        self.packages.push(Arc::clone(package.unpacked()));
        self.digests.insert(id.to_owned(), package.digest());
        self.around.push(package.digest());
        self.is_foreign |= !package.is_own();
        self.fetched.fetch(self.user, &manifest)?;
        let manifest = self.manifest(manifest, &format!("{id}/"), package.folder())?;
        self.is_foreign = around_is_foreign;
        self.around.pop();
        Ok(manifest)
    }

    /// Where the package lies that `reference` names.
    fn path(&self, reference: &str, folder: Option<&Path>) -> Result<PathBuf> {
        let Some(folder) = folder else {
            let message = format!("{reference:?} is a file, and beside a package of a registry there are none");
            return Err(Error::new(ErrorKind::Nesting, message));
        };
        if !self.around.is_empty() {
            // A package says what lies beside it, and nothing of the rest of the disk.
            PackagePath::new(reference)?;
        }
        Ok(folder.join(reference))
    }

    fn check_nesting(&self, digest: Digest) -> Result<()> {
        if self.around.contains(&digest) {
            return Err(Error::new(ErrorKind::Nesting, format!("the package {digest} is a part of itself")));
        }
        if self.around.len() >= MAX_NESTING {
            let message = format!("packages nest deeper than {MAX_NESTING}, which is the most");
            return Err(Error::new(ErrorKind::Nesting, message));
        }
        Ok(())
    }
}

/// The package that a node is.
pub(crate) fn named(node: &Value) -> Option<&str> {
    let is_python = node.get("python").is_some();
    (node["node_type"] == "Pipeline" && !is_python).then(|| node["params"]["package"].as_str()).flatten()
}

/// Whether a package lies in a registry.
pub(crate) fn is_remote(reference: &str) -> bool {
    reference.starts_with("oci://")
}

fn in_node(id: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("node \"{id}\": {error}"))
}

/// How deep packages may nest.
const MAX_NESTING: usize = 8;
