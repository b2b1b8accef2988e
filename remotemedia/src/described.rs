//! Packages in words for programs: the parts of what `remotemedia inspect --json` writes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use remotemedia_pkg::{Digest, Package, PackedFile, PythonModule, Signer};
use serde_json::{Value, json};

use crate::nested::Resolved;

/// What stands in the documents of a package, be it trusted or not.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The name of its pipeline.
    pub name: String,
    /// Its identity.
    pub digest: Digest,
    /// How long it is as a file.
    pub len_bytes: u64,
    /// Its files, by path.
    pub files: Vec<PackedFile>,
}

impl Listing {
    /// What stands in the documents of `package`.
    pub fn of<F: Read + Seek>(package: &Package<F>) -> Self {
        Self {
            name: package.name().to_owned(),
            digest: package.digest(),
            len_bytes: package.len_bytes(),
            files: package.files().to_vec(),
        }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let file = |file: &PackedFile| {
            let digest = file.digest.to_string();
            json!({"path": file.path.as_str(), "digest": digest, "len_bytes": file.len_bytes})
        };
        json!({
            "pipeline": self.name,
            "digest": self.digest.to_string(),
            "len_bytes": self.len_bytes,
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
        })
    }
}

/// Who signed a package, for programs; null if nobody who is trusted did.
pub fn describe_signer(signer: Option<&Signer>) -> Value {
    let described = |signer: &Signer| {
        json!({
            "name": signer.name,
            "key": signer.key.to_string(),
            "own": signer.is_own,
            "provenance": signer.provenance,
        })
    };
    signer.map_or(Value::Null, described)
}

/// What the Python nodes of packages need, for programs; null if there are none.
pub(crate) fn describe_python(resolved: &Resolved) -> Value {
    let needs = PythonNeeds::of(resolved);
    if needs.versions.is_empty() {
        return Value::Null;
    }
    json!({"versions": needs.versions, "requires": needs.requires, "classes": needs.classes})
}

/// What the Python nodes of packages need.
#[derive(Clone, Debug)]
pub struct PythonNeeds<'a> {
    /// The versions of Python, one for each module that says another; none if there are no Python nodes.
    pub versions: BTreeSet<&'a str>,
    /// The distributions and their versions.
    pub requires: BTreeMap<&'a str, &'a str>,
    /// The classes, as `module:Class`.
    pub classes: Vec<&'a str>,
}

impl<'a> PythonNeeds<'a> {
    /// What those of a pipeline and all packages in it need.
    pub fn of(resolved: &'a Resolved) -> Self {
        let modules = || resolved.python_modules().into_values();
        let requires = modules().flat_map(PythonModule::requires);
        Self {
            versions: modules().map(PythonModule::python).collect(),
            requires: requires.map(|(name, version)| (name.as_str(), version.as_str())).collect(),
            classes: modules().flat_map(PythonModule::nodes).map(|node| node.class.as_str()).collect(),
        }
    }
}
