//! Fixing: where on the side of its box each wire leaves and arrives.

use std::collections::BTreeMap;

use super::layers::{Layers, Wire};

/// For each wire, how far below the middle of its boxes it is fixed.
pub(super) struct Fixing {
    pub(super) leaves: Vec<f64>,
    pub(super) arrives: Vec<f64>,
}

/// The ports in use on one side of each box, each with the places that its wires come from or go to.
type Sides = BTreeMap<usize, BTreeMap<usize, Vec<f64>>>;

impl Fixing {
    /// Spreads the ports of each box so that their wires do not cross beside it: the port whose wires run highest is
    /// the highest.
    pub(super) fn of(wires: &[Wire], layers: &Layers) -> Self {
        let places = layers.places();
        let (mut outputs, mut inputs) = (Sides::new(), Sides::new());
        for (wire, route) in wires.iter().zip(&layers.routes) {
            let (next, before) = (places[route[1]], places[route[route.len() - 2]]);
            outputs.entry(wire.from).or_default().entry(wire.output).or_default().push(next);
            inputs.entry(wire.to).or_default().entry(wire.input).or_default().push(before);
        }
        let (outputs, inputs) = (offsets(outputs, layers), offsets(inputs, layers));
        Self {
            leaves: wires.iter().map(|wire| outputs[&(wire.from, wire.output)]).collect(),
            arrives: wires.iter().map(|wire| inputs[&(wire.to, wire.input)]).collect(),
        }
    }
}

fn offsets(sides: Sides, layers: &Layers) -> BTreeMap<(usize, usize), f64> {
    let mut offsets = BTreeMap::new();
    for (item, ports) in sides {
        let mean = |places: &[f64]| places.iter().sum::<f64>() / places.len() as f64;
        let mut ports: Vec<(f64, usize)> = ports.iter().map(|(port, places)| (mean(places), *port)).collect();
        ports.sort_by(|a, b| a.0.total_cmp(&b.0));
        let apart = PORT_GAP.min((layers.sizes[item].height - PORT_GAP / 2.0) / ports.len() as f64);
        let middle = (ports.len() as f64 - 1.0) / 2.0;
        let offset = |(rank, (_, port)): (usize, (f64, usize))| ((item, port), (rank as f64 - middle) * apart);
        offsets.extend(ports.into_iter().enumerate().map(offset));
    }
    offsets
}

/// How far apart the ports of a box are, where it is high enough.
pub(super) const PORT_GAP: f64 = 22.0;
