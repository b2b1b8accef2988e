//! From manifest to graph.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Graph;
use crate::manifest::Manifest;
use crate::registry::Registry;

pub(super) fn build(manifest: &Manifest, registry: &Registry) -> Result<Graph> {
    let _ = registry;
    Err(Error::new(ErrorKind::Graph, manifest.metadata.name.clone()))
}
