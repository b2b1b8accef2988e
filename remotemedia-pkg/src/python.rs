//! Python modules (`.pynode`): the source of the Python nodes of a pipeline, and what it needs to run.
//!
//! One document holds the classes of all nodes with every module of the user's that they import. So classes that nodes
//! have in common, and what modules remember, are one thing to all of them, as they were in the program.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical;
use crate::document::not_canonical;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{MAX_PYTHON_NAME_BYTES, MAX_PYTHON_PARTS};

/// A Python module as packages carry it, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonModule {
    format: u32,
    nodes: Vec<PythonClass>,
    python: String,
    requires: BTreeMap<String, String>,
    sources: BTreeMap<String, PythonSource>,
}

/// The class of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonClass {
    /// `module:Class`, a module of this document or of a distribution that it requires.
    pub class: String,
    /// The node type that it is in the manifest.
    pub node_type: String,
}

/// The source of one Python module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PythonSource {
    /// Whether modules may lie below it.
    pub package: bool,
    /// The source.
    pub text: String,
}

impl PythonModule {
    /// The document that `value` is.
    ///
    /// # Errors
    /// [`PythonModule`](ErrorKind::PythonModule) if it breaks a rule.
    pub fn from_value(value: Value) -> Result<Self> {
        let module: Self = serde_json::from_value(value).map_err(|error| wrong(format!("is not valid: {error}")))?;
        module.check()?;
        Ok(module)
    }

    /// The document that stands in `bytes`, in canonical JSON.
    ///
    /// # Errors
    /// As [`from_value`](Self::from_value), and if it is written in another way.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let module: Self = serde_json::from_slice(bytes)
            .map_err(|error| wrong(format!("is not valid: {error}")).with_source(error))?;
        module.check()?;
        if module.to_bytes() != bytes {
            return Err(not_canonical("a Python module"));
        }
        Ok(module)
    }

    /// The document in canonical JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// The classes of nodes, by class.
    pub fn nodes(&self) -> &[PythonClass] {
        &self.nodes
    }

    /// The versions of Python that it was made for, such as `>=3.11,<4`.
    pub fn python(&self) -> &str {
        &self.python
    }

    /// The distributions that it imports, with the versions that it was built with.
    pub fn requires(&self) -> &BTreeMap<String, String> {
        &self.requires
    }

    /// The source of each module, by name.
    pub fn sources(&self) -> &BTreeMap<String, PythonSource> {
        &self.sources
    }

    /// Whether a manifest may name `class` as a node of the type `node_type`.
    pub(crate) fn has(&self, class: &str, node_type: &str) -> bool {
        self.nodes.iter().any(|node| node.class == class && node.node_type == node_type)
    }

    fn check(&self) -> Result<()> {
        if self.format != FORMAT {
            return Err(wrong(format!("is of format {}, this version reads {FORMAT}", self.format)));
        }
        let parts = [self.nodes.len(), self.requires.len(), self.sources.len()];
        if parts.iter().any(|count| *count > MAX_PYTHON_PARTS) {
            return Err(wrong(format!(
                "has {parts:?} nodes, distributions and sources, at most {MAX_PYTHON_PARTS} each"
            )));
        }
        if self.nodes.is_empty() || !self.nodes.is_sorted_by(|a, b| a < b) {
            return Err(wrong("has no nodes, or not each of them once in the order of their classes"));
        }
        check_python(&self.python)?;
        self.nodes.iter().try_for_each(check_class)?;
        self.requires.iter().try_for_each(|(name, version)| check_requirement(name, version))?;
        self.sources.keys().try_for_each(|name| self.check_source(name))
    }

    /// Checks the name of a module, and that there is a package above it for it to lie in.
    fn check_source(&self, name: &str) -> Result<()> {
        if !is_dotted_name(name) {
            return Err(wrong(format!("has a source called {}, which no module may be called", quoted(name))));
        }
        match name.rsplit_once('.') {
            Some((above, _)) if !self.sources.get(above).is_some_and(|source| source.package) => {
                Err(wrong(format!("has the module {name:?}, but no package {above:?} for it to lie in")))
            }
            _ => Ok(()),
        }
    }
}

/// The modules of a package, by path.
pub(crate) type PythonModules = BTreeMap<String, PythonModule>;

/// All that some modules require: for each distribution, the versions.
pub(crate) fn requirements<'a>(modules: impl IntoIterator<Item = &'a PythonModule>) -> BTreeSet<(&'a str, &'a str)> {
    modules.into_iter().flat_map(|module| &module.requires).map(|(name, version)| (&**name, &**version)).collect()
}

fn check_python(range: &str) -> Result<()> {
    let minor = range.strip_prefix(">=3.").and_then(|rest| rest.strip_suffix(",<4"));
    match minor.filter(|minor| (1..=3).contains(&minor.len()) && minor.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(_) => Ok(()),
        None => Err(wrong(format!("is for Python {}, expected a range such as \">=3.11,<4\"", quoted(range)))),
    }
}

fn check_class(node: &PythonClass) -> Result<()> {
    let parts = node.class.split_once(':').filter(|(module, name)| is_dotted_name(module) && is_dotted_name(name));
    let Some((_, name)) = parts else {
        return Err(wrong(format!("has the class {}, expected \"module:Class\"", quoted(&node.class))));
    };
    if name.rsplit('.').next() != Some(&node.node_type) {
        return Err(wrong(format!(
            "calls the class {:?} {}, expected its own name",
            node.class,
            quoted(&node.node_type)
        )));
    }
    Ok(())
}

fn check_requirement(name: &str, version: &str) -> Result<()> {
    let plain = |text: &str, more: &[u8]| {
        (1..=MAX_PYTHON_NAME_BYTES).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
            && text.as_bytes()[0].is_ascii_alphanumeric()
    };
    // Both are shown in a command that users may run.
    if !plain(name, b"-") || name.bytes().any(|byte| byte.is_ascii_uppercase()) || !plain(version, b".+!-_") {
        let found = quoted(&format!("{name} {version}"));
        return Err(wrong(format!("requires {found}, expected the name of a distribution and its version")));
    }
    Ok(())
}

/// Whether `name` is made of ASCII identifiers with dots between.
fn is_dotted_name(name: &str) -> bool {
    let is_identifier = |part: &str| {
        part.bytes()
            .enumerate()
            .all(|(at, byte)| byte == b'_' || byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit())
            && !part.is_empty()
    };
    name.len() <= MAX_PYTHON_NAME_BYTES && name.split('.').all(is_identifier)
}

fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(60).collect::<String>())
}

fn wrong(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::PythonModule, format!("a Python module {what}"))
}

const FORMAT: u32 = 1;
