//! Coordinates: where each item of the ordered columns stands.

use super::fixing::Fixing;
use super::layers::{Layers, Wire};

/// The places of all items, and the size of the whole.
pub(super) struct Coordinates {
    /// The left edge of each column.
    pub(super) left: Vec<f64>,
    /// The width of each column.
    pub(super) widths: Vec<f64>,
    /// The middle of each item.
    pub(super) middle: Vec<f64>,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Coordinates {
    /// Gives each column its room and moves each item as near to the height of what it is joined to as the order lets
    /// it.
    pub(super) fn of(wires: &[Wire], layers: &Layers, fixing: &Fixing) -> Self {
        let (left, widths) = columns(wires, layers);
        let width = left.last().zip(widths.last()).map_or(0.0, |(left, width)| left + width);
        let mut middle = heights(layers, &Pulls::of(wires, layers, fixing));
        let half = |item: usize| layers.sizes[item].height / 2.0;
        let highest = (0..middle.len()).map(|item| middle[item] - half(item)).fold(f64::INFINITY, f64::min);
        middle.iter_mut().for_each(|y| *y -= highest);
        let height = (0..middle.len()).map(|item| middle[item] + half(item)).fold(0.0, f64::max);
        Self { left, widths, middle, width, height }
    }
}

fn columns(wires: &[Wire], layers: &Layers) -> (Vec<f64>, Vec<f64>) {
    let count = layers.columns.len();
    let width = |column: &Vec<usize>| column.iter().map(|item| layers.sizes[*item].width).fold(0.0, f64::max);
    let widths: Vec<f64> = layers.columns.iter().map(width).collect();
    let mut gaps = vec![COLUMN_GAP; count];
    for step in &layers.steps {
        let gap = &mut gaps[layers.column_of[step.from]];
        *gap = (*gap + GAP_PER_WIRE).min(MAX_CROWD_GAP);
    }
    for wire in wires {
        let (first, last) = (layers.column_of[wire.from], layers.column_of[wire.to] - 1);
        let [begins, ends] = wire.room;
        let room = if first == last { [begins + ends, 0.0] } else { wire.room };
        gaps[first] = gaps[first].max(room[0] + WIRE_ROOM);
        gaps[last] = gaps[last].max(room[1] + WIRE_ROOM);
    }
    let mut left = vec![0.0; count];
    for column in 1..count {
        left[column] = left[column - 1] + widths[column - 1] + gaps[column - 1];
    }
    (left, widths)
}

/// For each item, what pulls it.
struct Pulls(Vec<Vec<Pull>>);

struct Pull {
    /// The item at the other end of the wire.
    other: usize,
    /// How far below that item's middle this one's would make the wire straight.
    below: f64,
    weight: f64,
    from_left: bool,
}

impl Pulls {
    fn of(wires: &[Wire], layers: &Layers, fixing: &Fixing) -> Self {
        let mut pulls: Vec<Vec<Pull>> = layers.sizes.iter().map(|_| Vec::new()).collect();
        for step in &layers.steps {
            let wire = &wires[step.wire];
            let (begins, ends) = (step.from == wire.from, step.to == wire.to);
            let leaves = if begins { fixing.leaves[step.wire] } else { 0.0 };
            let arrives = if ends { fixing.arrives[step.wire] } else { 0.0 };
            let weight = if begins && ends { wire.weight } else { WAY_POINT_WEIGHT };
            pulls[step.to].push(Pull { other: step.from, below: leaves - arrives, weight, from_left: true });
            pulls[step.from].push(Pull { other: step.to, below: arrives - leaves, weight, from_left: false });
        }
        Self(pulls)
    }

    /// Where the item is wanted, and how strongly.
    fn on(&self, item: usize, middle: &[f64]) -> (f64, f64) {
        mean(self.0[item].iter(), middle).unwrap_or((middle[item], LEAST_WEIGHT))
    }

    /// Where the wires from one side would have the item that matter more than others, or are its only ones, or are
    /// nearly straight.
    fn straight(&self, item: usize, from_left: bool, middle: &[f64]) -> (f64, f64) {
        let side = || self.0[item].iter().filter(|pull| pull.from_left == from_left);
        let alone = side().count() == 1;
        let at_the_end = self.0[item].len() == 1;
        let near = |pull: &Pull| (middle[pull.other] + pull.below - middle[item]).abs() < NEARLY_STRAIGHT;
        let matters = side().filter(|pull| pull.weight > 1.0 || at_the_end || alone && near(pull));
        mean(matters, middle).unwrap_or((middle[item], LEAST_WEIGHT))
    }
}

/// The mean of where `pulls` would have an item, and their weight, if there are any.
fn mean<'a>(pulls: impl Iterator<Item = &'a Pull>, middle: &[f64]) -> Option<(f64, f64)> {
    let (sum, weight) = pulls.fold((0.0, 0.0), |(sum, weight), pull| {
        (sum + (middle[pull.other] + pull.below) * pull.weight, weight + pull.weight)
    });
    (weight > 0.0).then(|| (sum / weight, weight))
}

fn heights(layers: &Layers, pulls: &Pulls) -> Vec<f64> {
    let mut middle = vec![0.0; layers.sizes.len()];
    for column in &layers.columns {
        place(layers, column, &vec![(0.0, 1.0); column.len()], &mut middle);
    }
    for _ in 0..SWEEPS {
        for column in layers.columns.iter().chain(layers.columns.iter().rev()) {
            let wanted: Vec<(f64, f64)> = column.iter().map(|item| pulls.on(*item, &middle)).collect();
            place(layers, column, &wanted, &mut middle);
        }
    }
    for _ in 0..STRAIGHTENINGS {
        let backwards = layers.columns.iter().rev().map(|column| (column, false));
        for (column, from_left) in backwards.chain(layers.columns.iter().map(|column| (column, true))) {
            let wanted: Vec<(f64, f64)> = column.iter().map(|item| pulls.straight(*item, from_left, &middle)).collect();
            place(layers, column, &wanted, &mut middle);
        }
    }
    middle
}

/// Places the items of a column in their order, without overlap, at the least squared distance from where they are
/// wanted: items that would overlap form a block, whose place is the mean of what its items want.
fn place(layers: &Layers, column: &[usize], wanted: &[(f64, f64)], middle: &mut [f64]) {
    let mut offsets = vec![0.0; column.len()];
    for index in 1..column.len() {
        let (above, below) = (layers.sizes[column[index - 1]].height, layers.sizes[column[index]].height);
        offsets[index] = offsets[index - 1] + (above + below) / 2.0 + ROW_GAP;
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (index, (y, weight)) in wanted.iter().enumerate() {
        let mut block = Block { start: index, end: index + 1, sum: (y - offsets[index]) * weight, weight: *weight };
        while let Some(above) = blocks.pop_if(|above| above.mean() > block.mean()) {
            block = above.joined(&block);
        }
        blocks.push(block);
    }
    for block in &blocks {
        for index in block.start..block.end {
            middle[column[index]] = block.mean() + offsets[index];
        }
    }
}

/// Items of a column that stand as close as they may.
struct Block {
    start: usize,
    end: usize,
    sum: f64,
    weight: f64,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }

    fn joined(&self, below: &Self) -> Self {
        let (sum, weight) = (self.sum + below.sum, self.weight + below.weight);
        Self { start: self.start, end: below.end, sum, weight }
    }
}

const COLUMN_GAP: f64 = 52.0;
/// How much room a wire needs besides its labels.
const WIRE_ROOM: f64 = 28.0;
/// Wires that share a gap widen it, up to a limit, so that they are less steep.
const GAP_PER_WIRE: f64 = 4.0;
const MAX_CROWD_GAP: f64 = 110.0;
const ROW_GAP: f64 = 40.0;
const SWEEPS: usize = 16;
const STRAIGHTENINGS: usize = 4;
/// How much it matters that a wire is straight where it passes columns.
const WAY_POINT_WEIGHT: f64 = 4.0;
/// How strongly an item that nothing pulls stays where it is.
const LEAST_WEIGHT: f64 = 0.01;
/// Wires with a smaller step than this are made straight.
const NEARLY_STRAIGHT: f64 = 16.0;
