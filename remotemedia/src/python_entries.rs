//! Which nodes of a manifest are Python classes, and what the manifest says of each.

use remotemedia_core::Registry;
use remotemedia_core::manifest::{Manifest, NodeEntry};
use serde_json::{Map, Value};

/// A node that is an instance of a Python class.
#[derive(Clone, Debug, PartialEq)]
pub struct PythonEntry {
    /// Its id, with those of the pipelines around it: `outer/inner`.
    pub id: String,
    /// Its type.
    pub node_type: String,
    /// Where its class is: `module:Class`.
    pub class: String,
    /// The module of a package that its class is in, by the package's digest and the path; `None` for one that is not
    /// from a package.
    pub module: Option<String>,
    /// The name that its instances get.
    pub name: String,
    /// The constructor's arguments by name, as the manifest holds them.
    pub params: Map<String, Value>,
    /// What instances are given back by `set_state()`.
    pub state: Option<Value>,
    /// Whether only Python nodes follow, so that whatever it gives may stay as it is.
    pub python_follows: bool,
}

/// The nodes of `manifest`, and of the pipelines in it, that name a Python class: in their field `python`, or by a type
/// for which `class_of` gives one.
pub fn python_entries(
    manifest: &Manifest,
    registry: &Registry,
    class_of: &dyn Fn(&str) -> Option<String>,
) -> Vec<PythonEntry> {
    let mut search = Search { registry, class_of, found: Vec::new() };
    search.visit(manifest, "", &mut Vec::new());
    search.found
}

struct Search<'a> {
    registry: &'a Registry,
    class_of: &'a dyn Fn(&str) -> Option<String>,
    found: Vec<PythonEntry>,
}

impl Search<'_> {
    /// `inside` are the registered pipelines around this one: one that holds itself is refused when the graph is built.
    fn visit(&mut self, manifest: &Manifest, outer: &str, inside: &mut Vec<String>) {
        for entry in &manifest.nodes {
            let id = format!("{outer}{}", entry.id);
            if let Some(class) = self.class(entry) {
                let python_follows = self.python_follows(manifest, &entry.id);
                self.found.push(python_entry(entry, id, class, python_follows));
            } else if let Some(name) = self.pipeline(entry) {
                let text = self.registry.pipeline(&name).filter(|_| !inside.contains(&name));
                let Some(Ok(inner)) = text.map(|text| Manifest::parse(text)) else { continue };
                inside.push(name);
                self.visit(&inner, &format!("{id}/"), inside);
                inside.pop();
            } else if let Some(Ok(inner)) = inline(entry) {
                self.visit(&inner, &format!("{id}/"), inside);
            }
        }
    }

    fn class(&self, entry: &NodeEntry) -> Option<String> {
        let written = entry.unknown.get("python").and_then(|python| python.get("class")?.as_str());
        written.map(str::to_owned).or_else(|| (self.class_of)(&entry.node_type))
    }

    /// The name of the registered pipeline that a node stands for.
    fn pipeline(&self, entry: &NodeEntry) -> Option<String> {
        let named = match entry.node_type.as_str() {
            "Pipeline" => entry.params.get("name")?.as_str()?,
            node_type => node_type,
        };
        self.registry.node_type(&entry.node_type).is_none().then(|| named.to_owned())
    }

    fn python_follows(&self, manifest: &Manifest, id: &str) -> bool {
        let mut targets = manifest.connections.iter().filter(|connection| node_of(&connection.from) == id).peekable();
        let is_python = |id: &str| {
            let entry = manifest.nodes.iter().find(|entry| entry.id == id);
            entry.is_some_and(|entry| self.class(entry).is_some())
        };
        targets.peek().is_some() && targets.all(|connection| is_python(node_of(&connection.to)))
    }
}

fn python_entry(entry: &NodeEntry, id: String, class: String, python_follows: bool) -> PythonEntry {
    let python = entry.unknown.get("python");
    let name = python.and_then(|python| python.get("name")?.as_str()).unwrap_or(&entry.id);
    let module = python.and_then(|python| python.get("module")?.get("$file")?.as_str());
    PythonEntry {
        id,
        node_type: entry.node_type.clone(),
        class,
        module: module.map(str::to_owned),
        name: name.to_owned(),
        params: entry.params.clone(),
        state: python.and_then(|python| python.get("state")).cloned(),
        python_follows,
    }
}

fn inline(entry: &NodeEntry) -> Option<remotemedia_core::Result<Manifest>> {
    (entry.node_type == "Pipeline").then(|| entry.params.get("manifest").cloned().map(Manifest::from_value)).flatten()
}

/// The node of an end of a connection: `node` or `node.port`.
fn node_of(end: &str) -> &str {
    end.split('.').next().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(nodes: &str, connections: &str, registry: &Registry) -> Vec<PythonEntry> {
        let manifest = format!(
            r#"{{"version": "v1", "metadata": {{"name": "test"}}, "nodes": {nodes}, "connections": {connections}}}"#
        );
        let manifest = Manifest::parse(&manifest).expect("the manifest is valid");
        python_entries(&manifest, registry, &|node_type| (node_type == "Known").then(|| "voice:Known".to_owned()))
    }

    #[test]
    fn classes_are_named_by_the_manifest_or_by_their_type() {
        let nodes = r#"[
            {"id": "a", "node_type": "Loudness", "params": {"floor": 2},
                "python": {"class": "voice:Loudness", "name": "loud", "state": {"n": 1}}},
            {"id": "b", "node_type": "Known"},
            {"id": "c", "node_type": "PassThrough"},
            {"id": "d", "node_type": "Loudness",
                "python": {"class": "voice:Loudness", "module": {"$file": "0a/modules/voice.pynode"}}}]"#;
        let found = entries(nodes, r#"[{"from": "a", "to": "b"}, {"from": "b", "to": "c"}]"#, &Registry::new());
        assert_eq!(found.len(), 3);
        assert_eq!((&*found[0].class, &*found[0].name), ("voice:Loudness", "loud"));
        assert_eq!((found[0].params["floor"].as_i64(), found[0].python_follows), (Some(2), true));
        assert_eq!(found[0].state, Some(serde_json::json!({"n": 1})));
        assert_eq!((&*found[1].class, &*found[1].name), ("voice:Known", "b"));
        assert!(!found[1].python_follows, "a native node follows");
        let modules: Vec<Option<&str>> = found.iter().map(|entry| entry.module.as_deref()).collect();
        assert_eq!(modules, [None, None, Some("0a/modules/voice.pynode")]);
    }

    #[test]
    fn classes_are_found_in_pipelines_within_the_pipeline() {
        let inner = r#"{"version": "v1", "metadata": {"name": "inner"}, "connections": [],
            "nodes": [{"id": "known", "node_type": "Known"}, {"id": "again", "node_type": "named"}]}"#;
        let mut registry = Registry::new();
        registry.register_pipeline("named", inner).expect("the name is free");
        let nodes = format!(
            r#"[{{"id": "a", "node_type": "Pipeline", "params": {{"manifest": {inner}}}}},
                {{"id": "b", "node_type": "Pipeline", "params": {{"name": "named"}}}},
                {{"id": "c", "node_type": "named"}}]"#
        );
        let ids: Vec<String> = entries(&nodes, "[]", &registry).into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids, ["a/known", "a/again/known", "b/known", "c/known"]);
    }
}
