//! An inspection as a Mermaid flowchart.

use std::collections::BTreeMap;

use crate::inspect::{EdgeView, Inspection, NodeView};

impl Inspection {
    /// The inspection as a Mermaid flowchart; stages of several nodes are subgraphs.
    pub fn to_mermaid(&self) -> String {
        let mut lines = vec!["flowchart LR".to_owned()];
        lines.extend(
            self.inputs.iter().enumerate().map(|(index, port)| format!("  in{index}([{}])", quoted(&port.name))),
        );
        let mut stages: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, node) in self.nodes.iter().enumerate() {
            stages.entry(node.stage).or_default().push(index);
        }
        for (stage, nodes) in stages {
            self.stage_lines(&mut lines, stage, &nodes);
        }
        lines.extend(
            self.outputs.iter().enumerate().map(|(index, port)| format!("  out{index}([{}])", quoted(&port.name))),
        );
        lines
            .extend(self.inputs.iter().enumerate().map(|(index, port)| format!("  in{index} --> n{}", port.end.index)));
        lines.extend(
            self.edges.iter().map(|edge| format!("  n{} -->{} n{}", edge.from.index, edge_label(edge), edge.to.index)),
        );
        lines.extend(
            self.outputs.iter().enumerate().map(|(index, port)| format!("  n{} --> out{index}", port.end.index)),
        );
        lines.join("\n") + "\n"
    }

    fn stage_lines(&self, lines: &mut Vec<String>, stage: usize, nodes: &[usize]) {
        if let [only] = nodes {
            lines.push(format!("  n{only}[{}]", label(&self.nodes[*only])));
            return;
        }
        lines.push(format!("  subgraph s{stage}[\"stage {stage}\"]"));
        lines.extend(nodes.iter().map(|node| format!("    n{node}[{}]", label(&self.nodes[*node]))));
        lines.push("  end".to_owned());
    }
}

fn edge_label(edge: &EdgeView) -> String {
    let mut parts = Vec::new();
    match (edge.from.named, edge.to.named) {
        (true, true) => parts.push(format!("{} to {}", edge.from.port, edge.to.port)),
        (true, false) => parts.push(edge.from.port.clone()),
        (false, true) => parts.push(format!("to {}", edge.to.port)),
        (false, false) => {}
    }
    parts.extend(edge.queue());
    if parts.is_empty() { String::new() } else { format!("|{}|", quoted(&parts.join(", "))) }
}

fn label(node: &NodeView) -> String {
    let node_type = if node.id_tells_type() { String::new() } else { format!("{} · ", node.node_type) };
    let conditions = node.conditions().map(|conditions| format!("\n{conditions}")).unwrap_or_default();
    quoted(&format!("{}\n{node_type}{}{conditions}", node.id, node.backend))
}

/// `text` as a quoted string, with Mermaid's codes for what has a meaning there.
fn quoted(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '\n' => escaped.push_str("<br/>"),
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '&' => escaped.push_str("#amp;"),
            '`' => escaped.push_str("#96;"),
            other => escaped.push(other),
        }
    }
    format!("\"{escaped}\"")
}
