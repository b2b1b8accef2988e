//! From text to a checked manifest.

use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{Manifest, Path, json, shape};

impl Manifest {
    /// Reads a manifest and checks everything that can be told without knowing the node types.
    ///
    /// Fields that this version does not know are kept and written again by [`to_json`](Self::to_json).
    ///
    /// ```
    /// use remotemedia_core::manifest::Manifest;
    /// let text = r#"{"version": "v1", "metadata": {"name": "p"}, "nodes": [{"id": "a"}], "connections": []}"#;
    /// let error = Manifest::parse(text).unwrap_err();
    /// assert_eq!(error.message(), "nodes[0]: missing node_type (a node requires id, node_type)");
    /// ```
    ///
    /// # Errors
    /// Of kind [`ErrorKind::Manifest`]: text that is no JSON or exceeds a [limit](crate::manifest::limits), a version
    /// other than 1, missing fields (all of them in one message), wrong types and values, and ids used twice. The
    /// message says where, what was found and what was expected.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_at(text, Path::Root(""))
    }

    /// Checks a manifest that is a JSON value already.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_value(value: Value) -> Result<Self> {
        Self::read(value, Path::Root(""))
    }

    /// The manifest as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a manifest has no keys but text")
    }

    /// The manifest as a JSON value.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("a manifest has no keys but text")
    }

    /// As [`parse`](Self::parse), for a manifest that stands at `at`.
    pub(crate) fn parse_at(text: &str, at: Path<'_>) -> Result<Self> {
        Self::read(json::read(text, at)?, at)
    }

    /// As [`from_value`](Self::from_value), for a manifest that stands at `at`.
    pub(crate) fn read(value: Value, at: Path<'_>) -> Result<Self> {
        shape::check(&value, at)?;
        let manifest: Self =
            serde_json::from_value(value).map_err(|error| Error::new(ErrorKind::Manifest, format!("{at}: {error}")))?;
        manifest.check(at)?;
        Ok(manifest)
    }
}
