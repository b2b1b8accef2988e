//! Collection: from a running session's counters and queues to a report.

use super::report::{EdgeMetrics, NodeMetrics, SessionMetrics};
use crate::executor::SessionCore;

impl SessionMetrics {
    /// What the nodes and queues of `core` counted so far.
    pub(crate) fn of(core: &SessionCore) -> Self {
        let graph = &core.graph;
        let name = |node: usize, port: &str| format!("{}.{port}", graph.nodes[node].id);
        let inner = graph.edges.iter().enumerate().map(|(index, edge)| {
            let (depth, capacity, dropped) = core.edge_queue(index).unwrap_or((0, 0, 0));
            EdgeMetrics {
                from: name(edge.from.node, &graph.nodes[edge.from.node].outputs[edge.from.port]),
                to: name(edge.to.node, &graph.nodes[edge.to.node].inputs[edge.to.port]),
                depth,
                capacity,
                policy: edge.policy,
                dropped,
            }
        });
        let outer = graph.outputs.iter().enumerate().map(|(index, port)| {
            let (depth, capacity, dropped) = core.output_queue(index);
            let from = name(port.at.node, &graph.nodes[port.at.node].outputs[port.at.port]);
            EdgeMetrics { from, to: "caller".to_owned(), depth, capacity, policy: Default::default(), dropped }
        });
        Self {
            pipeline: graph.name.to_string(),
            session: core.id,
            elapsed_ns: core.driver.now().since(core.started).as_nanos(),
            nodes: (0..graph.nodes.len()).map(|index| NodeMetrics::of(core, index)).collect(),
            edges: inner.chain(outer).collect(),
        }
    }
}

impl NodeMetrics {
    fn of(core: &SessionCore, index: usize) -> Self {
        let node = &core.graph.nodes[index];
        let stats = &core.stats[index];
        let edges = core.graph.edges.iter().enumerate().filter(|(_, edge)| edge.to.node == index);
        let inner = edges.filter_map(|(edge, _)| core.edge_queue(edge));
        let inputs = core.graph.inputs.iter().enumerate().filter(|(_, port)| port.at.node == index);
        let queues: Vec<_> = inner.chain(inputs.map(|(input, _)| core.input_queue(input))).collect();
        let latency = stats.latency.report();
        let items_in = stats.items_in.value();
        Self {
            id: node.id.to_string(),
            node_type: node.spec.node_type.clone(),
            backend: node.spec.backend.clone(),
            stage: core.plan.placement[index].stage,
            items_in,
            items_out: stats.items_out.value(),
            dropped: stats.dropped.value() + queues.iter().map(|(_, _, dropped)| dropped).sum::<u64>(),
            errors: stats.errors.value(),
            skipped: stats.skipped.value(),
            retries: stats.retries.value(),
            queue_depth: queues.iter().map(|(depth, _, _)| depth).sum(),
            queue_capacity: queues.iter().map(|(_, capacity, _)| capacity).sum(),
            busy_ns: (latency.mean_ns * latency.count.max(items_in) as f64) as u64,
            latency,
        }
    }
}
