//! An inspection in Graphviz's DOT language.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::inspect::{EdgeView, Inspection, NodeView};

impl Inspection {
    /// The inspection in Graphviz's DOT language; stages of several nodes are clusters.
    pub fn to_dot(&self) -> String {
        let mut text = format!("digraph {} {{\n{HEAD}", quoted(&self.pipeline));
        for (index, port) in self.inputs.iter().enumerate() {
            line(&mut text, format_args!("  in{index} [label={}, shape=oval];", quoted(&port.name)));
        }
        let mut stages: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            stages.entry(node.stage).or_default().push(index);
        }
        for (stage, nodes) in stages {
            self.stage(&mut text, stage, &nodes);
        }
        for (index, port) in self.outputs.iter().enumerate() {
            line(&mut text, format_args!("  out{index} [label={}, shape=oval];", quoted(&port.name)));
        }
        for (index, port) in self.inputs.iter().enumerate() {
            line(&mut text, format_args!("  in{index} -> n{};", port.end.index));
        }
        for edge in &self.edges {
            line(&mut text, format_args!("  n{} -> n{}{};", edge.from.index, edge.to.index, attributes(edge)));
        }
        for (index, port) in self.outputs.iter().enumerate() {
            line(&mut text, format_args!("  n{} -> out{index};", port.end.index));
        }
        text.push_str("}\n");
        text
    }

    fn stage(&self, text: &mut String, stage: usize, nodes: &[usize]) {
        if let [only] = nodes {
            line(text, format_args!("  n{only} [label={}];", label(&self.nodes[*only])));
            return;
        }
        line(text, format_args!("  subgraph cluster_{stage} {{"));
        line(text, format_args!("    label=\"stage {stage}\"; style=\"rounded,filled\"; color=\"#f1f3f6\";"));
        for node in nodes {
            line(text, format_args!("    n{node} [label={}];", label(&self.nodes[*node])));
        }
        text.push_str("  }\n");
    }
}

fn attributes(edge: &EdgeView) -> String {
    let mut list = Vec::new();
    if edge.from.named {
        list.push(format!("taillabel={}", quoted(&edge.from.port)));
    }
    if edge.to.named {
        list.push(format!("headlabel={}", quoted(&edge.to.port)));
    }
    list.extend(edge.queue().map(|queue| format!("label={}", quoted(&queue))));
    if list.is_empty() { String::new() } else { format!(" [{}]", list.join(", ")) }
}

fn label(node: &NodeView) -> String {
    let node_type = if node.id_tells_type() { String::new() } else { format!("{} · ", node.node_type) };
    let conditions = node.conditions().map(|conditions| format!("\n{conditions}")).unwrap_or_default();
    quoted(&format!("{}\n{node_type}{}{conditions}", node.id, node.backend))
}

/// `text` as a string of the DOT language, which knows an escape for quotes and one for line feeds.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string does not fail");
}

const HEAD: &str = r##"  rankdir=LR;
  node [shape=box, style="rounded,filled", fillcolor=white, color="#8a94a6", fontname="sans-serif", fontsize=11];
  edge [color="#5b6678", fontname="sans-serif", fontsize=9];
"##;
