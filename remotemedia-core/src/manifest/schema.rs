//! The manifest's JSON Schema, generated from its Rust types.

use schemars::SchemaGenerator;
use serde_json::Value;

use crate::manifest::Manifest;

impl Manifest {
    /// The JSON Schema of manifests.
    ///
    /// It tells what a schema can tell: fields, types, ranges and patterns. [`parse`](Self::parse) checks the rest, such
    /// as ids used twice.
    pub fn schema() -> Value {
        let mut schema = SchemaGenerator::default().into_root_schema_for::<Self>();
        schema.insert("title".to_owned(), "RemoteMedia pipeline manifest, version 1".into());
        schema.insert("description".to_owned(), "A pipeline: its nodes and which output feeds which input.".into());
        schema.to_value()
    }
}
