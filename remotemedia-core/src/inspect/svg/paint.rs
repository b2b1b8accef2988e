//! Paints the picture: header, stages, wires, boxes, legend.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::Layout;
use super::measure::{fit, width};
use super::picture::{BOLDNESS, Labels, NORMAL, Picture, SMALL, SOFT, Shows};
use super::style;
use super::xml::{Number as N, Text};
use crate::inspect::{Inspection, NodeView, PortView};

/// The whole document.
pub(super) fn document(inspection: &Inspection, picture: &Picture<'_>, layout: &Layout) -> String {
    let mut paint = Paint { inspection, picture, layout, out: String::new() };
    paint.open();
    paint.header();
    paint.stages();
    paint.wires();
    paint.boxes();
    paint.legend();
    paint.out.push_str("</svg>\n");
    paint.out
}

struct Paint<'a> {
    inspection: &'a Inspection,
    picture: &'a Picture<'a>,
    layout: &'a Layout,
    out: String,
}

/// A box's place in the document.
#[derive(Clone, Copy)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Paint<'_> {
    fn open(&mut self) {
        let name = width(&self.inspection.pipeline, 16.0) * BOLDNESS;
        let least = f64::max(name, width(&self.summary(), SOFT)).min(600.0);
        let (w, h) = (self.layout.coordinates.width.max(least) + 2.0 * MARGIN, self.bottom() + LEGEND);
        let (name, summary) = (Text(&self.inspection.pipeline), self.summary());
        self.line(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"rm-graph\" role=\"img\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\">",
            w = N(w),
            h = N(h)
        ));
        self.line(format_args!("<title>{name}</title>"));
        self.line(format_args!("<desc>The graph of the pipeline {name}: {}.</desc>", Text(&summary)));
        self.line(format_args!("<style>{}</style>", style::SHEET));
        self.line(format_args!("<rect class=\"rm-card\" width=\"{w}\" height=\"{h}\" rx=\"14\"/>", w = N(w), h = N(h)));
    }

    fn header(&mut self) {
        let name = fit(&self.inspection.pipeline, 16.0 * BOLDNESS, 620.0);
        let summary = self.summary();
        self.text(MARGIN, 34.0, "rm-name", "start", &name);
        self.text(MARGIN, 52.0, "rm-soft", "start", &summary);
    }

    fn summary(&self) -> String {
        let stages = self.inspection.nodes.iter().map(|node| node.stage).max().map_or(0, |last| last + 1);
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (nodes, edges) = (self.inspection.nodes.len(), self.inspection.edges.len());
        format!("{}, {}, {}", count(nodes, "node"), count(edges, "connection"), count(stages, "stage"))
    }

    /// A ground behind the nodes of each stage that has several, joined along its connections.
    fn stages(&mut self) {
        let mut stages: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, shows) in self.picture.shows.iter().enumerate() {
            if let Some(stage) = shows.stage() {
                stages.entry(stage).or_default().push(index);
            }
        }
        for (stage, boxes) in stages.into_iter().filter(|(_, boxes)| boxes.len() > 1) {
            self.bands(stage);
            for item in &boxes {
                let at = self.place(*item).grown();
                self.rect(at, "rm-stage", 14.0);
            }
            let first = self.place(boxes[0]).grown();
            self.text(first.x + 12.0, first.y + 14.0, "rm-small", "start", &format!("stage {stage}"));
        }
    }

    fn bands(&mut self, stage: usize) {
        for index in 0..self.picture.wires.len() {
            let wire = self.picture.wires[index];
            if [wire.from, wire.to].iter().any(|item| self.picture.shows[*item].stage() != Some(stage)) {
                continue;
            }
            let (from, to) = (self.place(wire.from).grown(), self.place(wire.to).grown());
            let apart = to.x - from.x - from.width + 2.0 * ROUND;
            if (from.y - to.y).abs() < 0.5 && from.height == to.height && apart > 0.0 {
                let between = Place { x: from.x + from.width - ROUND, width: apart, ..from };
                self.rect(between, "rm-stage", 0.0);
            } else {
                let path = self.path(index);
                self.line(format_args!("<path class=\"rm-band\" stroke-width=\"34\" d=\"{path}\"/>"));
            }
        }
    }

    fn wires(&mut self) {
        for index in 0..self.picture.wires.len() {
            let path = self.path(index);
            self.line(format_args!("<path class=\"rm-line\" d=\"{path}\"/>"));
            let (x, y) = self.end(index);
            let (back, up, down) = (N(x - 7.0), N(y - 3.5), N(y + 3.5));
            self.line(format_args!("<path class=\"rm-tip\" d=\"M{} {}L{back} {up}V{down}Z\"/>", N(x), N(y)));
        }
        for index in 0..self.picture.wires.len() {
            self.labels(index);
        }
    }

    fn labels(&mut self, index: usize) {
        let Labels { from, to, queue } = &self.picture.labels[index];
        let points = self.points(index);
        let (start, next, end) = (points[0], points[1], points[points.len() - 1]);
        // Labels of the lower ports stand below their wires, so that those of neighbours keep apart.
        let beside = |y: f64, offset: f64| if offset > 0.0 { y + 13.0 } else { y - 6.0 };
        if let Some(name) = from {
            self.text(start.0 + 7.0, beside(start.1, self.layout.fixing.leaves[index]), "rm-label", "start", name);
        }
        if let Some(name) = to {
            self.text(end.0 - 11.0, beside(end.1, self.layout.fixing.arrives[index]), "rm-label", "end", name);
        }
        if let Some(queue) = queue {
            let (x, y) = ((start.0 + next.0) / 2.0, (start.1 + next.1) / 2.0);
            let width = width(queue, SMALL) + 14.0;
            self.rect(Place { x: x - width / 2.0, y: y - 9.0, width, height: 18.0 }, "rm-tag", 9.0);
            self.text(x, y + 3.5, "rm-small", "middle", queue);
        }
    }

    fn boxes(&mut self) {
        for (index, shows) in self.picture.shows.iter().enumerate() {
            let at = self.place(index);
            match shows {
                Shows::Node(node) => self.node(node, at),
                Shows::Input(port) | Shows::Output(port) => {
                    self.rect(at, "rm-port", at.height / 2.0);
                    let name = fit(&port.name, SOFT, at.width - 14.0);
                    self.text(at.x + at.width / 2.0, at.y + 17.0, "rm-soft", "middle", &name);
                }
            }
        }
    }

    fn node(&mut self, node: &NodeView, at: Place) {
        let room = at.width - 38.0;
        self.line(format_args!("<g><title>{}</title>", Text(&explanation(node))));
        self.rect(at, "rm-box", 9.0);
        let (x, y) = (N(at.x + 15.0), N(at.y + 19.0));
        let class = style::class(&node.backend);
        self.line(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>"));
        self.text(at.x + 26.0, at.y + 23.5, "rm-id", "start", &fit(&node.id, NORMAL * BOLDNESS, room));
        self.text(at.x + 26.0, at.y + 39.0, "rm-soft", "start", &fit(&node.second_line(), SOFT, room));
        if let Some(conditions) = node.conditions() {
            self.text(at.x + 26.0, at.y + 54.0, "rm-small", "start", &fit(&conditions, SMALL, room));
        }
        self.out.push_str("</g>\n");
    }

    /// The backends there are, each with its colour.
    fn legend(&mut self) {
        let mut backends: Vec<&str> = self.inspection.nodes.iter().map(|node| node.backend.as_str()).collect();
        backends.sort_unstable();
        backends.dedup();
        let (mut x, y) = (MARGIN, self.bottom() + 22.0);
        for backend in backends {
            let class = style::class(backend);
            self.line(format_args!("<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>", N(x + 4.0), N(y - 4.0)));
            self.text(x + 14.0, y, "rm-soft", "start", backend);
            x += width(backend, SOFT) + 34.0;
        }
    }

    fn bottom(&self) -> f64 {
        TOP + self.layout.coordinates.height + 14.0
    }

    /// Where a box stands: a node fills its column, a session port stands on the side of what it is joined to.
    fn place(&self, item: usize) -> Place {
        let column = self.layout.layers.column_of[item];
        let (left, room) = (MARGIN + self.layout.coordinates.left[column], self.layout.coordinates.widths[column]);
        let size = self.picture.boxes[item];
        let (x, width) = match self.picture.shows[item] {
            Shows::Node(_) => (left, room),
            Shows::Input(_) => (left + room - size.width, size.width),
            Shows::Output(_) => (left, size.width),
        };
        Place { x, y: TOP + self.layout.coordinates.middle[item] - size.height / 2.0, width, height: size.height }
    }

    /// The points that a wire runs through; at way points it crosses the column straight.
    fn points(&self, index: usize) -> Vec<(f64, f64)> {
        let (wire, route) = (&self.picture.wires[index], &self.layout.layers.routes[index]);
        let from = self.place(wire.from);
        let mut points = vec![(from.x + from.width, from.y + from.height / 2.0 + self.layout.fixing.leaves[index])];
        for item in &route[1..route.len() - 1] {
            let column = self.layout.layers.column_of[*item];
            let (left, y) =
                (MARGIN + self.layout.coordinates.left[column], TOP + self.layout.coordinates.middle[*item]);
            points.extend([(left, y), (left + self.layout.coordinates.widths[column], y)]);
        }
        points.push(self.end(index));
        points
    }

    fn end(&self, index: usize) -> (f64, f64) {
        let wire = &self.picture.wires[index];
        let to = self.place(wire.to);
        (to.x, to.y + to.height / 2.0 + self.layout.fixing.arrives[index])
    }

    fn path(&self, index: usize) -> String {
        let points = self.points(index);
        let mut path = format!("M{} {}", N(points[0].0), N(points[0].1));
        for pair in points.windows(2) {
            let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
            let step = if (y1 - y2).abs() < 0.05 {
                write!(path, "H{}", N(x2))
            } else {
                let middle = N((x1 + x2) / 2.0);
                write!(path, "C{middle} {} {middle} {} {} {}", N(y1), N(y2), N(x2), N(y2))
            };
            step.expect(WRITES);
        }
        path
    }

    fn rect(&mut self, at: Place, class: &str, round: f64) {
        self.line(format_args!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
            N(at.x),
            N(at.y),
            N(at.width),
            N(at.height),
            N(round)
        ));
    }

    fn text(&mut self, x: f64, y: f64, class: &str, anchor: &str, text: &str) {
        let anchor = if anchor == "start" { String::new() } else { format!(" text-anchor=\"{anchor}\"") };
        self.line(format_args!("<text class=\"{class}\" x=\"{}\" y=\"{}\"{anchor}>{}</text>", N(x), N(y), Text(text)));
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        writeln!(self.out, "{line}").expect(WRITES);
    }
}

impl Place {
    /// With the margin that a stage's ground has around its nodes.
    fn grown(self) -> Self {
        Self { x: self.x - 10.0, y: self.y - 20.0, width: self.width + 20.0, height: self.height + 30.0 }
    }
}

/// What a pointer that rests on a node shows.
fn explanation(node: &NodeView) -> String {
    let ports =
        |ports: &[PortView]| ports.iter().map(|port| format!("{} ({})", port.name, port.kind)).collect::<Vec<_>>();
    let mut lines = vec![format!("{}: {}", node.id, node.node_type)];
    lines.push(format!("{}, {}, stage {}: {}", node.place, node.backend, node.stage, node.why));
    lines.extend((!node.inputs.is_empty()).then(|| format!("takes {}", ports(&node.inputs).join(", "))));
    lines.extend((!node.outputs.is_empty()).then(|| format!("gives {}", ports(&node.outputs).join(", "))));
    lines.extend(node.conditions());
    lines.join("\n")
}

const MARGIN: f64 = 28.0;
/// The height of the header.
const TOP: f64 = 92.0;
/// The height of the legend.
const LEGEND: f64 = 38.0;
const ROUND: f64 = 14.0;
const WRITES: &str = "writing to a string does not fail";
