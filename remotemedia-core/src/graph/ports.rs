//! Session ports: the unconnected ports of a graph, their names, and how callers find them.

use std::collections::HashMap;

use crate::graph::units::{Side, Unit, UnitPort};
use crate::graph::{Graph, SessionPort};

/// The unconnected ports on one side of `units`, named for the caller.
///
/// One port is called `in` or `out`; of several each is called by its own name where no other has it, else `node.port`.
/// A name with a dot comes from a pipeline within and would look like the latter, so it always stands behind its node.
pub(super) fn open_ports(units: &mut [Unit<'_>], side: Side) -> Vec<UnitPort> {
    let mut open: Vec<(&str, UnitPort)> = Vec::new();
    for unit in units.iter_mut() {
        let id = unit.id;
        let ports = unit.ports(side);
        let only = ports.len() == 1;
        let free = ports.iter().filter(|port| !port.connected).cloned();
        open.extend(free.map(|port| (id, UnitPort { optional: port.optional && !only, ..port })));
    }
    let names = names(&open, side);
    open.into_iter().zip(names).map(|((_, port), name)| UnitPort { name, ..port }).collect()
}

fn names(open: &[(&str, UnitPort)], side: Side) -> Vec<String> {
    let given = open.iter().filter(|(_, port)| !port.optional).count();
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for (_, port) in open {
        *uses.entry(&port.name).or_default() += 1;
    }
    let name = |(id, port): &(&str, UnitPort)| {
        if given == 1 && !port.optional {
            return side.default_name().to_owned();
        }
        let taken = given == 1 && port.name == side.default_name();
        let clear = uses[port.name.as_str()] == 1 && !taken && !port.name.contains('.');
        if clear { port.name.clone() } else { format!("{id}.{}", port.name) }
    };
    open.iter().map(name).collect()
}

impl Graph {
    /// The index in [`inputs`](Self::inputs) of the port that `name` means: its name, `node`, or `node.port`.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.find(name, &self.inputs, Side::Input)
    }

    /// The index in [`outputs`](Self::outputs) of the port that `name` means: its name, `node`, or `node.port`.
    pub fn output(&self, name: &str) -> Option<usize> {
        self.find(name, &self.outputs, Side::Output)
    }

    fn find(&self, name: &str, ports: &[SessionPort], side: Side) -> Option<usize> {
        let (node, port) = name.split_once('.').map_or((name, None), |(node, port)| (node, Some(port)));
        let means = |candidate: &SessionPort| {
            let behind = &self.nodes[candidate.at.node];
            let names = if side == Side::Input { &behind.inputs } else { &behind.outputs };
            within(&behind.id, node) && port.is_none_or(|port| names[candidate.at.port] == port)
        };
        let by_name = ports.iter().position(|candidate| &*candidate.name == name);
        by_name.or_else(|| ports.iter().position(means))
    }
}

/// Whether `id` is `node` or a node within the pipeline `node`.
fn within(id: &str, node: &str) -> bool {
    id.strip_prefix(node).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
