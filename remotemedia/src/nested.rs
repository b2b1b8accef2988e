//! Packages as nodes: from a manifest that names packages to one in which their pipelines stand.

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use remotemedia_core::Registry;
use remotemedia_pkg::{Authentic, Contents, Digest, Error, ErrorKind, PackagePath, Result};
use serde_json::{Value, json};

use crate::fetched::Fetched;
use crate::user_packages::UserPackages;

/// A manifest all of whose packages are found, verified and unpacked.
#[derive(Debug)]
pub struct Resolved {
    /// The manifest, with the pipeline of each package in the place of its name.
    pub manifest: Value,
    /// The packages, each behind those that name it.
    pub packages: Vec<NestedPackage>,
}

/// A package whose pipeline is a node of another one.
#[derive(Debug)]
pub struct NestedPackage {
    /// The id of the node, with those of the pipelines around it.
    pub id: String,
    /// What is in it; its files stay as long as this.
    pub contents: Contents,
    /// The large parameters of its Python nodes, by path.
    pub data: Vec<(PackagePath, Vec<u8>)>,
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
        self.walk(manifest, Some(folder), registry, Vec::new(), false)
    }

    /// As [`resolve`](Self::resolve), for the manifest of `package`, which lies in `folder`, or in a registry. What is
    /// within a package of somebody else may do no more than that package, even if it is the user's own.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub fn resolve_package<F: Read + Seek>(
        &self,
        package: &Authentic<F>,
        manifest: Value,
        folder: Option<&Path>,
        registry: &Registry,
    ) -> Result<Resolved> {
        self.walk(manifest, folder, registry, vec![package.package().digest()], !package.is_own())
    }

    fn walk(
        &self,
        manifest: Value,
        folder: Option<&Path>,
        registry: &Registry,
        around: Vec<Digest>,
        is_foreign: bool,
    ) -> Result<Resolved> {
        let fetched = Fetched::default();
        let mut walk = Walk { user: self, registry, around, is_foreign, packages: Vec::new(), fetched };
        walk.fetched.fetch(self, &manifest)?;
        let manifest = walk.manifest(manifest, "", folder)?;
        Ok(Resolved { manifest, packages: walk.packages })
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
    packages: Vec<NestedPackage>,
    fetched: Fetched,
}

impl Walk<'_> {
    fn manifest(&mut self, mut manifest: Value, outer: &str, folder: Option<&Path>) -> Result<Value> {
        for node in manifest["nodes"].as_array_mut().into_iter().flatten() {
            let id = format!("{outer}{}", node["id"].as_str().unwrap_or_default());
            if let Some(reference) = named(node) {
                if self.user.leaves(reference) {
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
        if is_remote(reference) {
            let (mut package, contents) = self.fetched.take(self.user, reference)?;
            self.check_nesting(contents.digest())?;
            self.user.admit(&package, &contents, self.registry)?;
            return self.inner(id, &mut package, contents, None);
        }
        let path = self.path(reference, folder)?;
        let mut package = self.user.authenticate(&path)?;
        self.check_nesting(package.package().digest())?;
        let contents = self.user.unpack(&mut package, self.registry, &mut |_| {})?;
        self.inner(id, &mut package, contents, Some(path.parent().unwrap_or(Path::new(""))))
    }

    /// The manifest of a package, with those of the packages that it names in turn.
    fn inner<F: Read + Seek>(
        &mut self,
        id: &str,
        package: &mut Authentic<F>,
        contents: Contents,
        folder: Option<&Path>,
    ) -> Result<Value> {
        let around_is_foreign = self.is_foreign;
        if around_is_foreign {
            self.user.admit_foreign(&contents, self.registry)?;
        }
        let (digest, manifest) = (contents.digest(), contents.manifest()?);
        let data = package.read_data()?;
        self.packages.push(NestedPackage { id: id.to_owned(), contents, data });
        self.around.push(digest);
        self.is_foreign |= !package.is_own();
        self.fetched.fetch(self.user, &manifest)?;
        let manifest = self.manifest(manifest, &format!("{id}/"), folder)?;
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
