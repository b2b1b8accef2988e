//! The pipeline manifest in a package: what it refers to, and how it is written.
//!
//! A parameter that names a file becomes `{"$file": "models/name"}`, where the path is one of the package's own. So are
//! the module of a Python node, and the large parameters that lie in files of their own.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use remotemedia_core::Registry;
use remotemedia_core::manifest::{Manifest, NodeEntry};
use serde_json::{Map, Value, json};

use crate::canonical;
use crate::digest::Digest;
use crate::document::PackedFile;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_PIPELINE_BYTES;
use crate::media::FileKind;
use crate::path::PackagePath;
use crate::python::PythonModules;
use crate::reference::{Reference, SCHEME, Version};

/// A parameter of a node that names a file.
#[derive(Debug)]
pub(crate) struct FileParam<'a> {
    /// The node's id, with those of the pipelines around it.
    pub(crate) node: String,
    /// The file's name as the parameter, or its default, gives it.
    pub(crate) name: String,
    /// What the file is.
    pub(crate) kind: FileKind,
    params: &'a mut Map<String, Value>,
    key: String,
}

impl FileParam<'_> {
    /// Lets the parameter refer to a file of the package.
    pub(crate) fn refer_to(&mut self, path: &PackagePath) {
        self.params.insert(self.key.clone(), json!({ FILE: path.as_str() }));
    }
}

/// Goes through all nodes of `manifest`, of the pipelines within it too, and hands every parameter that names a file to
/// `each`. The Python nodes must be of `modules`, and refer to no other files than `data`. Gives the native node types.
pub(crate) fn visit_files(
    manifest: &mut Value,
    registry: &Registry,
    carried: (&PythonModules, &BTreeSet<&str>),
    each: &mut dyn FnMut(FileParam<'_>) -> Result<()>,
) -> Result<BTreeSet<String>> {
    let (modules, data) = carried;
    let mut visit = Visit { registry, modules, data, each, node_types: BTreeSet::new() };
    visit.manifest(manifest, "")?;
    Ok(visit.node_types)
}

struct Visit<'a> {
    registry: &'a Registry,
    modules: &'a PythonModules,
    data: &'a BTreeSet<&'a str>,
    each: &'a mut dyn FnMut(FileParam<'_>) -> Result<()>,
    node_types: BTreeSet<String>,
}

impl Visit<'_> {
    fn manifest(&mut self, manifest: &mut Value, outer: &str) -> Result<()> {
        let nodes = manifest.get_mut("nodes").and_then(Value::as_array_mut);
        nodes.into_iter().flatten().try_for_each(|node| self.node(node, outer))
    }

    fn node(&mut self, node: &mut Value, outer: &str) -> Result<()> {
        let entry: NodeEntry = serde_json::from_value(node.clone())
            .map_err(|error| Error::new(ErrorKind::Pipeline, format!("a node of \"{outer}\": {error}")))?;
        let id = if outer.is_empty() { entry.id.clone() } else { format!("{outer}/{}", entry.id) };
        if !node.get("params").is_some_and(Value::is_object) {
            node["params"] = json!({});
        }
        let params = node["params"].as_object_mut().expect("it was made an object");
        let is_python = entry.unknown.contains_key(PYTHON);
        let is_known = self.registry.bound(&id).is_some() || self.registry.node_type(&entry.node_type).is_some();
        if !is_python && !is_known {
            return self.pipeline(params, &entry, &id);
        }
        let data = if is_python { self.data } else { &BTreeSet::new() };
        if let Some(reserved) = reserved_key(&Value::Object(params.clone()), data) {
            let message =
                format!("node \"{id}\": a parameter holds {reserved:?}, which packages do not carry; {REMEDY}");
            return Err(Error::new(ErrorKind::NotCarried, message));
        }
        if is_python && self.modules.is_empty() {
            let message = format!("node \"{id}\" of type {:?} is in Python; {FOR_PYTHON}", entry.node_type);
            return Err(Error::new(ErrorKind::NotCarried, message));
        }
        if is_python {
            check_python(&entry, self.modules)?;
            return self.files(params, &entry, &id);
        }
        self.native(params, &entry, &id)
    }

    fn native(&mut self, params: &mut Map<String, Value>, entry: &NodeEntry, id: &str) -> Result<()> {
        let node_type = self.registry.bound(id).or_else(|| self.registry.node_type(&entry.node_type));
        let spec = &node_type.expect("the caller looked it up").spec;
        if spec.backend != "native" {
            let message = format!(
                "node \"{id}\" of type {:?} runs in {}, which packages do not carry; use native nodes",
                entry.node_type, spec.backend
            );
            return Err(Error::new(ErrorKind::NotCarried, message));
        }
        self.node_types.insert(spec.node_type.clone());
        self.files(params, entry, id)
    }

    /// The parameters of a node that name files, as its type describes them.
    fn files(&mut self, params: &mut Map<String, Value>, entry: &NodeEntry, id: &str) -> Result<()> {
        let node_type = self.registry.bound(id).or_else(|| self.registry.node_type(&entry.node_type));
        let Some(spec) = node_type.map(|node_type| &node_type.spec) else { return Ok(()) };
        for (key, schema) in spec.params["properties"].as_object().into_iter().flatten() {
            let Some(name) = params.get(key).unwrap_or(&schema["default"]).as_str().map(str::to_owned) else {
                continue;
            };
            let Some(kind) = kind_of(schema, &name) else { continue };
            (self.each)(FileParam { node: id.to_owned(), name, kind, params, key: key.clone() })?;
        }
        Ok(())
    }

    /// A pipeline within the pipeline, which must be written in place.
    fn pipeline(&mut self, params: &mut Map<String, Value>, entry: &NodeEntry, id: &str) -> Result<()> {
        if let Some(reference) = params.get("package") {
            return check_reference(reference, id);
        }
        match params.get_mut("manifest") {
            Some(inner @ Value::Object(_)) => self.manifest(inner, id),
            _ => {
                let message = format!(
                    "node \"{id}\" refers to the registered pipeline {:?}, which the package would lack; write its \
                     manifest in place",
                    params.get("name").and_then(Value::as_str).unwrap_or(&entry.node_type)
                );
                Err(Error::new(ErrorKind::NotCarried, message))
            }
        }
    }
}

/// Checks that a package that is a node lies where the package around it may name it.
fn check_reference(reference: &Value, id: &str) -> Result<()> {
    let name = reference.as_str().unwrap_or_default();
    if name.starts_with(SCHEME) {
        return check_pinned(name, id);
    }
    PackagePath::new(name).map(drop).map_err(|error| {
        let message = format!(
            "node \"{id}\" is the package {reference}, which the package around it could not find: {error}; name one \
             that lies beside it, or in a registry"
        );
        Error::new(ErrorKind::NotCarried, message)
    })
}

/// Checks that a package in a registry is named by its digest, so that a signature over its name is one over it.
fn check_pinned(name: &str, id: &str) -> Result<()> {
    let reference: Reference = name.parse()?;
    if matches!(reference.version(), Version::Digest(_)) {
        return Ok(());
    }
    let message = format!(
        "node \"{id}\" is {reference} by its tag, which may move, so that no signature covers the package; \
         `remotemedia build` and export() put the digest in its place"
    );
    Err(Error::new(ErrorKind::Unpinned, message))
}

/// The pipeline manifest as it stands in a package.
pub(crate) fn to_bytes(manifest: &Value) -> Result<Vec<u8>> {
    let bytes = canonical::to_vec(manifest);
    if bytes.len() as u64 > MAX_PIPELINE_BYTES {
        let found = bytes.len();
        let message = format!("the pipeline manifest is {found} bytes long, at most {MAX_PIPELINE_BYTES} are allowed");
        return Err(Error::new(ErrorKind::PipelineSize, message));
    }
    Ok(bytes)
}

/// The manifest in `bytes`, whose references must be among `files`, and its Python nodes among those of `modules`.
pub(crate) fn parse(bytes: &[u8], files: &[PackedFile], modules: &PythonModules) -> Result<Value> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::new(ErrorKind::Pipeline, format!("manifest.json is not UTF-8 text: {error}")))?;
    let fault = |error: remotemedia_core::Error| Error::new(ErrorKind::Pipeline, error.to_string()).with_source(error);
    let manifest = Manifest::parse(text).map_err(fault)?;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Error::new(ErrorKind::Pipeline, format!("manifest.json: {error}")))?;
    if canonical::to_vec(&value) != bytes {
        return Err(crate::document::not_canonical("manifest.json"));
    }
    resolve(&value, &mut |path| match files.iter().any(|file| file.path.as_str() == path) {
        true => Ok(path.into()),
        false => {
            Err(Error::new(ErrorKind::Pipeline, format!("manifest.json refers to {path:?}, which the package lacks")))
        }
    })?;
    check_nodes(&manifest, "", modules)?;
    Ok(value)
}

/// Checks that every Python node is one of the package's modules, and every package in a registry one for good.
fn check_nodes(manifest: &Manifest, outer: &str, modules: &PythonModules) -> Result<()> {
    for entry in &manifest.nodes {
        let id = format!("{outer}{}", entry.id);
        if entry.unknown.contains_key(PYTHON) {
            check_python(entry, modules)?;
        } else if let Some(name) = entry.params.get("package").and_then(Value::as_str)
            && entry.node_type == "Pipeline"
            && name.starts_with(SCHEME)
        {
            check_pinned(name, &id)?;
        }
        // What stands in a parameter of that name is a pipeline, or is nothing to anybody.
        if let Some(Ok(inner)) = entry.params.get("manifest").map(|inner| Manifest::from_value(inner.clone())) {
            check_nodes(&inner, &format!("{id}/"), modules)?;
        }
    }
    Ok(())
}

/// Checks that a Python node is of a class that one of `modules` lists.
fn check_python(entry: &NodeEntry, modules: &PythonModules) -> Result<()> {
    let python = &entry.unknown[PYTHON];
    let path = python["module"][FILE].as_str();
    let Some(module) = path.and_then(|path| modules.get(path)) else {
        let message = format!("node \"{}\" is in Python, but names no module of the package for it", entry.id);
        return Err(Error::new(ErrorKind::PythonModule, message));
    };
    let class = python["class"].as_str().unwrap_or_default();
    if !module.has(class, &entry.node_type) {
        let message = format!("node \"{}\" is of the class {class:?}, which its module does not list", entry.id);
        return Err(Error::new(ErrorKind::PythonModule, message));
    }
    Ok(())
}

/// The manifest with the path in `folder` in the place of every reference to a file that nodes open. Those to modules and
/// data of Python nodes, which are read with the package, get its digest in front, so that they mean the same within the
/// manifest of another one.
pub(crate) fn in_folder(manifest: &Value, folder: &Path, digest: Digest) -> Result<Value> {
    resolve(manifest, &mut |path| {
        if path.starts_with("data/") || path.ends_with(".pynode") {
            return Ok(json!({ FILE: format!("{}/{path}", digest.hex()) }));
        }
        let path: PathBuf = folder.join(path);
        let not_text = || Error::new(ErrorKind::Io, format!("the path {} is not UTF-8 text", path.display()));
        path.to_str().map(Value::from).ok_or_else(not_text)
    })
}

/// The manifest with what `place` makes of its path in the place of every reference.
fn resolve(value: &Value, place: &mut dyn FnMut(&str) -> Result<Value>) -> Result<Value> {
    Ok(match value {
        Value::Object(entries) => match (entries.len(), entries.get(FILE)) {
            (1, Some(Value::String(path))) => place(path)?,
            _ => {
                let entry = |(key, value): (&String, &Value)| Ok((key.clone(), resolve(value, place)?));
                Value::Object(entries.iter().map(entry).collect::<Result<_>>()?)
            }
        },
        Value::Array(elements) => elements.iter().map(|value| resolve(value, place)).collect::<Result<_>>()?,
        other => other.clone(),
    })
}

/// A key in `value` that means something to packages or beside a manifest's file, but for references to `data`.
fn reserved_key(value: &Value, data: &BTreeSet<&str>) -> Option<&'static str> {
    let is_data = |path: &Value| path.as_str().is_some_and(|path| data.contains(path));
    match value {
        Value::Object(entries) if entries.len() == 1 && entries.get(FILE).is_some_and(is_data) => None,
        Value::Object(entries) => RESERVED
            .iter()
            .copied()
            .find(|key| entries.contains_key(*key))
            .or_else(|| entries.values().find_map(|value| reserved_key(value, data))),
        Value::Array(elements) => elements.iter().find_map(|value| reserved_key(value, data)),
        _ => None,
    }
}

/// The key of a reference to a file of the package.
const FILE: &str = "$file";
/// Keys that parameters may not have: references to files of packages, and to blobs beside a manifest's file.
const RESERVED: &[&str] = &[FILE, "$blob"];
const REMEDY: &str = "give a path, or the value in place";
const FOR_PYTHON: &str = "build with the command of the Python package (pip install remotemedia)";
/// Where a manifest says of which class a Python node is.
const PYTHON: &str = "python";

/// The kind of the file `name`, if a node type's schema says that the parameter names one.
fn kind_of(schema: &Value, name: &str) -> Option<FileKind> {
    match schema["format"].as_str()? {
        "model-file" => Some(FileKind::Model),
        "file" if name.ends_with(".wasm") => Some(FileKind::Wasm),
        "file" => Some(FileKind::Model),
        _ => None,
    }
}
