//! Layers: in which column of the picture each box stands, with way points where wires pass columns.

/// The size of a box.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A wire between two boxes, the first with a lower index than the second.
#[derive(Clone, Copy)]
pub(super) struct Wire {
    pub(super) from: usize,
    pub(super) to: usize,
    /// From which of its box's outputs it comes.
    pub(super) output: usize,
    /// To which of its box's inputs it leads.
    pub(super) input: usize,
    /// How much room its labels need, at its beginning and at its end.
    pub(super) room: [f64; 2],
    /// How much it matters that it is straight.
    pub(super) weight: f64,
}

/// The columns of a picture. Its items are the boxes and, after them, the way points of wires that pass columns.
pub(super) struct Layers {
    /// The items of each column, from left to right.
    pub(super) columns: Vec<Vec<usize>>,
    /// The column of each item.
    pub(super) column_of: Vec<usize>,
    /// The size of each item.
    pub(super) sizes: Vec<Size>,
    /// The items that each wire runs through, its boxes included.
    pub(super) routes: Vec<Vec<usize>>,
    /// The steps of all wires from an item to one in the next column.
    pub(super) steps: Vec<Step>,
}

/// A part of a wire, between neighbouring columns.
pub(super) struct Step {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The wire that it is a part of.
    pub(super) wire: usize,
}

impl Layers {
    /// Puts each box as far left as its wires let it, and boxes where no wire arrives next to what they lead to.
    pub(super) fn of(boxes: &[Size], wires: &[Wire]) -> Self {
        let mut column_of = vec![0; boxes.len()];
        for wire in sorted(wires) {
            column_of[wire.to] = column_of[wire.to].max(column_of[wire.from] + 1);
        }
        draw_beginnings_closer(wires, &mut column_of);
        let mut layers = Self {
            columns: Vec::new(),
            column_of,
            sizes: boxes.to_vec(),
            routes: Vec::with_capacity(wires.len()),
            steps: Vec::new(),
        };
        let passed: usize = wires.iter().map(|wire| layers.span(wire) - 1).sum();
        for wire in wires {
            let route = if passed <= MAX_WAY_POINTS { layers.route(wire) } else { vec![wire.from, wire.to] };
            layers.routes.push(route);
        }
        layers.collect_columns();
        layers.collect_steps();
        layers
    }

    fn span(&self, wire: &Wire) -> usize {
        self.column_of[wire.to] - self.column_of[wire.from]
    }

    fn route(&mut self, wire: &Wire) -> Vec<usize> {
        let mut route = vec![wire.from];
        for column in self.column_of[wire.from] + 1..self.column_of[wire.to] {
            route.push(self.sizes.len());
            self.sizes.push(Size { width: 0.0, height: WAY_POINT_HEIGHT });
            self.column_of.push(column);
        }
        route.push(wire.to);
        route
    }

    fn collect_columns(&mut self) {
        let count = self.column_of.iter().max().map_or(0, |last| last + 1);
        self.columns = vec![Vec::new(); count];
        for (item, column) in self.column_of.iter().enumerate() {
            self.columns[*column].push(item);
        }
    }

    fn collect_steps(&mut self) {
        for (wire, route) in self.routes.iter().enumerate() {
            let pairs = route.windows(2).map(|pair| Step { from: pair[0], to: pair[1], wire });
            self.steps.extend(pairs.filter(|step| self.column_of[step.from] + 1 == self.column_of[step.to]));
        }
    }

    /// Each item's place in its column, counted from the middle.
    pub(super) fn places(&self) -> Vec<f64> {
        let mut places = vec![0.0; self.sizes.len()];
        for column in &self.columns {
            let middle = (column.len() as f64 - 1.0) / 2.0;
            for (place, item) in column.iter().enumerate() {
                places[*item] = place as f64 - middle;
            }
        }
        places
    }
}

fn sorted(wires: &[Wire]) -> Vec<Wire> {
    let mut wires = wires.to_vec();
    wires.sort_by_key(|wire| wire.from);
    wires
}

fn draw_beginnings_closer(wires: &[Wire], column_of: &mut [usize]) {
    let mut nearest = vec![usize::MAX; column_of.len()];
    let mut has_predecessor = vec![false; column_of.len()];
    for wire in wires {
        has_predecessor[wire.to] = true;
        nearest[wire.from] = nearest[wire.from].min(column_of[wire.to]);
    }
    for item in 0..column_of.len() {
        if !has_predecessor[item] && nearest[item] != usize::MAX {
            column_of[item] = nearest[item] - 1;
        }
    }
}

/// Beyond this many, wires run straight through the columns they pass.
const MAX_WAY_POINTS: usize = 4000;
const WAY_POINT_HEIGHT: f64 = 10.0;
