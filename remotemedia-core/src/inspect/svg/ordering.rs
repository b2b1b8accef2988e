//! Ordering: which item stands above which in each column, so that few lines cross.

use super::layers::{Layers, Step, Wire};

/// Orders the items of each column.
pub(super) fn order(layers: &mut Layers, wires: &[Wire]) {
    if layers.steps.len() > MAX_STEPS {
        return;
    }
    let steps = Steps::of(layers, wires);
    let mut best = (crossings(layers, &steps), layers.columns.clone());
    for sweep in 0..SWEEPS {
        let columns: Vec<usize> = match sweep % 2 {
            0 => (1..layers.columns.len()).collect(),
            _ => (0..layers.columns.len().saturating_sub(1)).rev().collect(),
        };
        for column in columns {
            sort_column(layers, &steps, column, sweep % 2 == 0);
        }
        let found = crossings(layers, &steps);
        if found < best.0 {
            best = (found, layers.columns.clone());
        }
    }
    layers.columns = best.1;
}

/// The steps into and out of each item, as indices into the layers' steps.
struct Steps<'a> {
    wires: &'a [Wire],
    into: Vec<Vec<usize>>,
    out_of: Vec<Vec<usize>>,
}

impl<'a> Steps<'a> {
    fn of(layers: &Layers, wires: &'a [Wire]) -> Self {
        let nothing = vec![Vec::new(); layers.sizes.len()];
        let mut steps = Self { wires, into: nothing.clone(), out_of: nothing };
        for (index, step) in layers.steps.iter().enumerate() {
            steps.into[step.to].push(index);
            steps.out_of[step.from].push(index);
        }
        steps
    }

    /// The place of one end of a step; a further port of a box counts as a little lower.
    fn end(&self, step: &Step, places: &[f64], left: bool) -> f64 {
        let wire = &self.wires[step.wire];
        let (item, port) = if left { (step.from, wire.output) } else { (step.to, wire.input) };
        places[item] + port as f64 / 1e4
    }
}

/// Sorts a column by the mean place of what its items are joined to on one side; items without keep their place.
fn sort_column(layers: &mut Layers, steps: &Steps<'_>, column: usize, by_left: bool) {
    let places = layers.places();
    let joined = if by_left { &steps.into } else { &steps.out_of };
    let mut keyed: Vec<(f64, usize)> = layers.columns[column]
        .iter()
        .map(|item| {
            let ends = joined[*item].iter().map(|step| steps.end(&layers.steps[*step], &places, by_left));
            let (sum, count) = ends.fold((0.0, 0_u32), |(sum, count), place| (sum + place, count + 1));
            (if count == 0 { places[*item] } else { sum / f64::from(count) }, *item)
        })
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers.columns[column] = keyed.into_iter().map(|(_, item)| item).collect();
}

/// How many pairs of steps cross.
fn crossings(layers: &Layers, steps: &Steps<'_>) -> usize {
    let places = layers.places();
    layers.columns.iter().map(|column| crossings_behind(layers, steps, column, &places)).sum()
}

fn crossings_behind(layers: &Layers, steps: &Steps<'_>, column: &[usize], places: &[f64]) -> usize {
    let mut ends: Vec<(f64, f64)> = column
        .iter()
        .flat_map(|item| &steps.out_of[*item])
        .map(|step| {
            let step = &layers.steps[*step];
            (steps.end(step, places, true), steps.end(step, places, false))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let below = |index: usize| ends[index + 1..].iter().filter(|end| end.1 < ends[index].1).count();
    (0..ends.len()).map(below).sum()
}

/// Beyond this many, the order of the manifest stays.
const MAX_STEPS: usize = 3000;
const SWEEPS: usize = 8;
