//! Fields that this version does not know: kept in the manifest, reported once each.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::manifest::{Capabilities, Manifest, Path, hint};

/// Collects unknown fields of one or several manifests.
#[derive(Default)]
pub(crate) struct UnknownFields {
    fields: Vec<UnknownField>,
    /// The index in `fields` of each owner's field.
    known: HashMap<(&'static str, String), usize>,
    /// How many different fields did not fit in `fields`.
    more: usize,
}

struct UnknownField {
    owner: &'static str,
    name: String,
    /// Where it stands first.
    first: String,
    count: usize,
}

impl UnknownFields {
    /// Adds the unknown fields of a manifest that stands at `at`.
    pub(crate) fn add(&mut self, manifest: &Manifest, at: Path<'_>) {
        self.note("manifest", &manifest.unknown, at);
        self.note("metadata", &manifest.metadata.unknown, at.field("metadata"));
        let nodes = at.field("nodes");
        for (index, node) in manifest.nodes.iter().enumerate() {
            let at = nodes.index(index);
            self.note("node", &node.unknown, at);
            if let Some(needs) = &node.capabilities {
                self.capabilities(needs, at.field("capabilities"));
            }
        }
        let connections = at.field("connections");
        for (index, connection) in manifest.connections.iter().enumerate() {
            self.note("connection", &connection.unknown, connections.index(index));
        }
    }

    /// One line for each field.
    pub(crate) fn into_warnings(self) -> Vec<String> {
        let mut lines: Vec<String> = self.fields.iter().map(UnknownField::describe).collect();
        if self.more > 0 {
            lines.push(format!("{} more fields are not known to this version", self.more));
        }
        lines
    }

    fn capabilities(&mut self, needs: &Capabilities, at: Path<'_>) {
        self.note("capabilities", &needs.unknown, at);
        if let Some(gpu) = &needs.gpu {
            self.note("gpu", &gpu.unknown, at.field("gpu"));
        }
        if let Some(cpu) = &needs.cpu {
            self.note("cpu", &cpu.unknown, at.field("cpu"));
        }
    }

    fn note(&mut self, owner: &'static str, fields: &Map<String, Value>, at: Path<'_>) {
        for name in fields.keys().filter(|name| (owner, name.as_str()) != OF_PYTHON) {
            let key = (owner, name.clone());
            if let Some(index) = self.known.get(&key) {
                self.fields[*index].count += 1;
            } else if self.fields.len() == MAX_REPORTED {
                self.more += 1;
            } else {
                self.known.insert(key, self.fields.len());
                let first = at.field(name).to_string();
                self.fields.push(UnknownField { owner, name: name.clone(), first, count: 1 });
            }
        }
    }
}

impl UnknownField {
    fn describe(&self) -> String {
        let more = match (self.count, self.owner) {
            (1, _) => String::new(),
            (count, "node" | "connection" | "manifest") => format!(", on {count} {}s", self.owner),
            (count, _) => format!(", {count} times"),
        };
        let hint = hint(&self.name, known_fields(self.owner).iter().copied());
        format!("{} is not known to this version, kept but not used{more}{hint}", self.first)
    }
}

fn known_fields(owner: &str) -> &'static [&'static str] {
    match owner {
        "manifest" => &["metadata", "nodes", "connections", "runtime_target"],
        "metadata" => &["name", "description", "created_at"],
        "node" => &["params", "capabilities", "host", "on_error", "timeout_ms"],
        "connection" => &["from_port", "to_port", "capacity", "policy"],
        "capabilities" => &["gpu", "cpu", "memory_gb"],
        "gpu" => &["min_memory_gb", "required"],
        _ => &["cores", "arch"],
    }
}

/// How many different fields are reported by name.
const MAX_REPORTED: usize = 100;
/// Where Python keeps what it knows of its nodes.
const OF_PYTHON: (&str, &str) = ("node", "python");
