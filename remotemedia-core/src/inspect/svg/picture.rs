//! What the picture shows: a box for each node and session port, and a wire for each connection, with their labels.

use std::collections::BTreeSet;

use super::fixing::PORT_GAP;
use super::layers::{Size, Wire};
use super::measure::width;
use crate::inspect::{EndView, Inspection, NodeView, PortView, SessionPortView};

/// Boxes and wires, with what is written on them.
pub(super) struct Picture<'a> {
    /// What each box shows: inputs from the caller, nodes in topological order, outputs to the caller.
    pub(super) shows: Vec<Shows<'a>>,
    /// The size of each box.
    pub(super) boxes: Vec<Size>,
    /// The wires: of inputs, connections, outputs.
    pub(super) wires: Vec<Wire>,
    /// What is written on each wire.
    pub(super) labels: Vec<Labels<'a>>,
}

/// What a box shows.
#[derive(Clone, Copy)]
pub(super) enum Shows<'a> {
    Input(&'a SessionPortView),
    Node(&'a NodeView),
    Output(&'a SessionPortView),
}

/// What is written on a wire.
#[derive(Default)]
pub(super) struct Labels<'a> {
    /// The output's name, where its node has several.
    pub(super) from: Option<&'a str>,
    /// The input's name, where its node has several.
    pub(super) to: Option<&'a str>,
    /// The settings of the queue.
    pub(super) queue: Option<String>,
}

impl<'a> Picture<'a> {
    pub(super) fn of(inspection: &'a Inspection) -> Self {
        let inputs = inspection.inputs.iter().map(Shows::Input);
        let nodes = inspection.nodes.iter().map(Shows::Node);
        let shows: Vec<Shows<'a>> = inputs.chain(nodes).chain(inspection.outputs.iter().map(Shows::Output)).collect();
        let boxes = shows.iter().map(Shows::size).collect();
        let mut picture = Self { shows, boxes, wires: Vec::new(), labels: Vec::new() };
        picture.add_wires(inspection);
        picture.make_room_for_ports();
        picture
    }

    fn add_wires(&mut self, inspection: &'a Inspection) {
        let (nodes, first) = (&inspection.nodes, inspection.inputs.len());
        let input = |end: &EndView| (first + end.index, place(&nodes[end.index].inputs, end));
        let output = |end: &EndView| (first + end.index, place(&nodes[end.index].outputs, end));
        for (index, port) in inspection.inputs.iter().enumerate() {
            self.add_wire((index, 0), input(&port.end), Labels { to: label(&port.end), ..Labels::default() });
        }
        for edge in &inspection.edges {
            let labels = Labels { from: label(&edge.from), to: label(&edge.to), queue: edge.queue() };
            self.add_wire(output(&edge.from), input(&edge.to), labels);
        }
        for (index, port) in inspection.outputs.iter().enumerate() {
            let labels = Labels { from: label(&port.end), ..Labels::default() };
            self.add_wire(output(&port.end), (first + nodes.len() + index, 0), labels);
        }
    }

    /// Adds a wire from a box's output to a box's input.
    fn add_wire(&mut self, from: (usize, usize), to: (usize, usize), labels: Labels<'a>) {
        let room = |name: Option<&str>| name.map_or(0.0, |name| width(name, SMALL) + 16.0);
        let queue = labels.queue.as_ref().map_or(0.0, |queue| width(queue, SMALL) + 32.0);
        // The queue's label stands in the middle of the wire's first step.
        let begins = if queue > 0.0 { 2.0 * room(labels.from) + queue } else { room(labels.from) };
        let room = [begins, room(labels.to)];
        let weight = if self.shows[from.0].stage() == self.shows[to.0].stage() { STAGE_WEIGHT } else { 1.0 };
        self.wires.push(Wire { from: from.0, to: to.0, output: from.1, input: to.1, room, weight });
        self.labels.push(labels);
    }

    /// Makes boxes high enough for their ports.
    fn make_room_for_ports(&mut self) {
        let mut ports = vec![[BTreeSet::new(), BTreeSet::new()]; self.boxes.len()];
        for wire in &self.wires {
            ports[wire.from][0].insert(wire.output);
            ports[wire.to][1].insert(wire.input);
        }
        for (size, [outputs, inputs]) in self.boxes.iter_mut().zip(ports) {
            size.height = size.height.max(outputs.len().max(inputs.len()) as f64 * PORT_GAP + 4.0);
        }
    }
}

impl Shows<'_> {
    /// The stage of a node.
    pub(super) fn stage(&self) -> Option<usize> {
        match self {
            Self::Node(node) => Some(node.stage),
            Self::Input(_) | Self::Output(_) => None,
        }
    }

    fn size(&self) -> Size {
        match self {
            Self::Input(port) | Self::Output(port) => {
                Size { width: (width(&port.name, SOFT) + 24.0).clamp(40.0, MAX_WIDTH), height: 26.0 }
            }
            Self::Node(node) => {
                let texts = [width(&node.id, NORMAL) * BOLDNESS, width(&node.second_line(), SOFT)];
                let third = node.conditions().map_or(0.0, |conditions| width(&conditions, SMALL));
                let widest = texts.into_iter().fold(third, f64::max);
                let height = if third > 0.0 { 64.0 } else { 48.0 };
                Size { width: (widest + 44.0).clamp(MIN_WIDTH, MAX_WIDTH), height }
            }
        }
    }
}

impl NodeView {
    /// The type, where the id does not tell it, the backend, and the lane, where it is not the usual one.
    pub(super) fn second_line(&self) -> String {
        let mut parts = Vec::new();
        if !self.id_tells_type() {
            parts.push(self.node_type.as_str());
        }
        parts.push(&self.backend);
        if self.lane != "native" && !self.backend.contains(&self.lane) {
            parts.push(&self.lane);
        }
        parts.join(" · ")
    }
}

fn place(ports: &[PortView], end: &EndView) -> usize {
    ports.iter().position(|port| port.name == end.port).unwrap_or_default()
}

fn label(end: &EndView) -> Option<&str> {
    end.named.then_some(end.port.as_str())
}

/// Sizes of text, in pixels, as the style sheet has them.
pub(super) const NORMAL: f64 = 13.0;
pub(super) const SOFT: f64 = 11.0;
pub(super) const SMALL: f64 = 10.0;
/// How much wider bold text is.
pub(super) const BOLDNESS: f64 = 1.07;
const MIN_WIDTH: f64 = 112.0;
const MAX_WIDTH: f64 = 280.0;
/// How much more it matters that a wire within a stage is straight.
const STAGE_WEIGHT: f64 = 6.0;
