//! An inspection as text: a table of the nodes, and the connections where they are more than a chain.

use std::fmt;

use crate::inspect::{EdgeView, EndView, Inspection, NodeView};

impl Inspection {
    /// The inspection as text for a terminal, without a line feed at the end.
    pub fn to_text(&self) -> String {
        let mut lines = table(&self.rows());
        if !self.is_plain_chain() {
            lines.push(String::new());
            lines.extend(table(&self.connections()));
        }
        let conditions: Vec<Vec<String>> =
            self.nodes.iter().filter_map(|node| Some(vec![node.id.clone(), node.conditions()?])).collect();
        if !conditions.is_empty() {
            lines.push(String::new());
            lines.extend(table(&conditions));
        }
        if !self.warnings.is_empty() {
            lines.push(String::new());
            lines.extend(self.warnings.iter().map(|warning| format!("note: {warning}")));
        }
        lines.join("\n")
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let with_type = !self.nodes.iter().all(NodeView::id_tells_type);
        let row = |name: &str, node_type: &str, rest: [&str; 3]| {
            let mut row = vec![format!("{name:FIRST$}")];
            row.extend(with_type.then(|| node_type.to_owned()));
            row.extend([format!("{:PLACE$}", rest[0]), rest[1].to_owned(), rest[2].to_owned()]);
            row
        };
        let mut rows = vec![row(&self.pipeline, "type", ["place", "backend", "why"])];
        rows.extend(
            self.nodes.iter().map(|node| row(&node.id, &node.node_type, [&node.place, &node.backend, &node.why])),
        );
        rows
    }

    /// Whether each node feeds just the next, and the caller just the first and the last.
    fn is_plain_chain(&self) -> bool {
        let last = self.nodes.len().saturating_sub(1);
        let follows = |(index, edge): (usize, &EdgeView)| {
            edge.from.index == index && edge.to.index == index + 1 && edge.is_plain()
        };
        self.edges.len() == last
            && self.edges.iter().enumerate().all(follows)
            && self.inputs.iter().all(|port| port.end.index == 0 && !port.end.named)
            && self.outputs.iter().all(|port| port.end.index == last && !port.end.named)
    }

    fn connections(&self) -> Vec<Vec<String>> {
        let line =
            |from: String, to: String, queue: Option<String>| vec![from, format!("-> {to}"), queue.unwrap_or_default()];
        let inputs = self.inputs.iter().map(|port| line(format!("({})", port.name), port.end.to_string(), None));
        let edges = self.edges.iter().map(|edge| line(edge.from.to_string(), edge.to.to_string(), edge.queue()));
        let outputs = self.outputs.iter().map(|port| line(port.end.to_string(), format!("({})", port.name), None));
        inputs.chain(edges).chain(outputs).collect()
    }
}

impl EdgeView {
    /// Whether there is nothing to say but which node feeds which.
    fn is_plain(&self) -> bool {
        !self.from.named && !self.to.named && !self.declared
    }
}

/// The node's id, with the port where that tells something.
impl fmt::Display for EndView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.node)?;
        if self.named { write!(f, ".{}", self.port) } else { Ok(()) }
    }
}

/// Lines of aligned columns, without blanks at their ends.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// The least widths of the first two columns.
const FIRST: usize = 29;
const PLACE: usize = 10;
const GAP: &str = "   ";
