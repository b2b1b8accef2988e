//! Topological order: every edge leads forward, and the manifest's order holds where it can.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::Edge;

/// The order of `count` nodes in which every edge leads forward, as indices into the given order.
///
/// # Errors
/// The nodes of a cycle, in the direction of its edges.
pub(super) fn order(count: usize, edges: &[Edge]) -> Result<Vec<usize>, Vec<usize>> {
    let successors = Successors::of(count, edges);
    let mut waiting_for = vec![0_usize; count];
    edges.iter().for_each(|edge| waiting_for[edge.to.node] += 1);
    let mut ready: BinaryHeap<_> = (0..count).filter(|node| waiting_for[*node] == 0).map(Reverse).collect();
    let mut ordered = Vec::with_capacity(count);
    while let Some(Reverse(node)) = ready.pop() {
        ordered.push(node);
        for next in successors.after(node) {
            waiting_for[*next] -= 1;
            if waiting_for[*next] == 0 {
                ready.push(Reverse(*next));
            }
        }
    }
    if ordered.len() == count { Ok(ordered) } else { Err(cycle(edges, &waiting_for)) }
}

/// The nodes that each node feeds, in one list.
struct Successors {
    starts: Vec<usize>,
    nodes: Vec<usize>,
}

impl Successors {
    fn of(count: usize, edges: &[Edge]) -> Self {
        let mut starts = vec![0; count + 1];
        edges.iter().for_each(|edge| starts[edge.from.node + 1] += 1);
        for node in 0..count {
            starts[node + 1] += starts[node];
        }
        let mut free = starts.clone();
        let mut nodes = vec![0; edges.len()];
        for edge in edges {
            nodes[free[edge.from.node]] = edge.to.node;
            free[edge.from.node] += 1;
        }
        Self { starts, nodes }
    }

    fn after(&self, node: usize) -> &[usize] {
        &self.nodes[self.starts[node]..self.starts[node + 1]]
    }
}

/// A cycle among the nodes that still wait for others: each has a predecessor that waits too, so walking back must come
/// round.
fn cycle(edges: &[Edge], waiting_for: &[usize]) -> Vec<usize> {
    let mut before = vec![None; waiting_for.len()];
    for edge in edges.iter().filter(|edge| waiting_for[edge.from.node] > 0) {
        before[edge.to.node].get_or_insert(edge.from.node);
    }
    let mut visited = vec![false; waiting_for.len()];
    let mut node = waiting_for.iter().position(|count| *count > 0).unwrap_or_default();
    while !visited[node] {
        visited[node] = true;
        node = before[node].unwrap_or(node);
    }
    let mut path = vec![node];
    let mut back = before[node].unwrap_or(node);
    while back != node {
        path.push(back);
        back = before[back].unwrap_or(node);
    }
    path.reverse();
    let first = (0..path.len()).min_by_key(|index| path[*index]).unwrap_or_default();
    path.rotate_left(first);
    path
}
