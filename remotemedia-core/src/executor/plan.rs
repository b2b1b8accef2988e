//! The plan: which nodes of a graph share a stage, and where each output leads.

use crate::graph::{FailurePolicy, Graph, GraphNode, PortRef};
use crate::spec::Lane;

/// How a graph is cut into stages.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stages: Vec<StagePlan>,
    /// For each node: its stage and why it is there.
    pub(crate) placement: Vec<Placement>,
    /// Where each queue of the caller's inbox comes from: one per session output.
    pub(crate) caller_producers: Vec<usize>,
}

/// One stage: a tree of nodes without a queue between them.
#[derive(Debug)]
pub(crate) struct StagePlan {
    pub(crate) lane: Lane,
    /// Whether a time limit watches the stage, so that it must not run on the caller's thread.
    pub(crate) watched: bool,
    /// Graph indices; the first is the one that takes packets from the inbox.
    pub(crate) nodes: Vec<usize>,
    /// For each node, for each output port: where packets go.
    pub(crate) links: Vec<Vec<Vec<Link>>>,
    /// How many queues outside of the stage it fills.
    pub(crate) exits: usize,
    /// For each queue of the stage's inbox.
    pub(crate) inputs: Vec<InputPlan>,
}

/// One queue of a stage's inbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InputPlan {
    /// The input port of the stage's first node.
    pub(crate) port: usize,
    /// The stage that fills the queue; `None` for the caller.
    pub(crate) producer: Option<usize>,
    /// The edge behind the queue; `None` for a session input.
    pub(crate) edge: Option<usize>,
}

/// Where a packet goes from an output port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// To another node of the same stage, by its position there.
    Next { slot: usize, port: usize },
    /// Out of the stage.
    Exit(Target),
}

/// A queue outside of the stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// In another stage's inbox.
    Stage { stage: usize, queue: usize },
    /// To the caller, by session output.
    Caller { output: usize },
}

/// Where a node runs, and why.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    pub(crate) stage: usize,
    pub(crate) why: String,
}

/// Longer chains are cut, so that the calls from node to node stay shallow.
const MAX_NODES_PER_STAGE: usize = 64;

impl Plan {
    pub(crate) fn new(graph: &Graph) -> Self {
        let (placement, mut stages) = cut(graph);
        let queue_of_edge = plan_inputs(graph, &placement, &mut stages);
        plan_links(graph, &placement, &mut stages, &queue_of_edge);
        let caller_producers = graph.outputs.iter().map(|output| placement[output.at.node].stage).collect();
        Self { stages, placement, caller_producers }
    }

    /// The stage and queue behind each session input.
    pub(crate) fn session_input(&self, graph: &Graph, input: usize) -> (usize, usize) {
        let at = graph.inputs[input].at;
        let stage = self.placement[at.node].stage;
        let is_it = |plan: &InputPlan| plan.producer.is_none() && plan.port == at.port;
        let queue = self.stages[stage].inputs.iter().position(is_it);
        (stage, queue.expect("every session input was given a queue when the plan was made"))
    }
}

/// Gives each node a stage: its predecessor's if nothing forces a boundary, else one of its own.
fn cut(graph: &Graph) -> (Vec<Placement>, Vec<StagePlan>) {
    let mut placement: Vec<Placement> = Vec::with_capacity(graph.nodes.len());
    let mut stages: Vec<StagePlan> = Vec::new();
    let mut incoming: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for (index, edge) in graph.edges.iter().enumerate() {
        incoming[edge.to.node].push(index);
    }
    for (index, edges) in incoming.iter().enumerate() {
        let placed = match boundary(graph, index, edges) {
            None => {
                let before = graph.edges[edges[0]].from.node;
                let stage = placement[before].stage;
                (stages[stage].nodes.len() < MAX_NODES_PER_STAGE).then(|| {
                    let head = stages[stage].nodes[0];
                    Placement { stage, why: format!("runs inside {}'s stage", graph.nodes[head].id) }
                })
            }
            Some(_) => None,
        };
        let placed = placed.unwrap_or_else(|| {
            stages.push(StagePlan::of(graph, index));
            let why = boundary(graph, index, edges).unwrap_or_else(|| "own stage: the chain is long".to_owned());
            Placement { stage: stages.len() - 1, why }
        });
        let stage = &mut stages[placed.stage];
        if stage.nodes.first() != Some(&index) {
            stage.nodes.push(index);
        }
        placement.push(placed);
    }
    (placement, stages)
}

/// Why the node cannot share its predecessor's stage, if it cannot.
fn boundary(graph: &Graph, index: usize, edges: &[usize]) -> Option<String> {
    let node = &graph.nodes[index];
    let own = |why: &str| Some(format!("own stage: {why}"));
    let heavy = match &node.spec.lane {
        Lane::Native => None,
        Lane::Blocking => own("blocking"),
        Lane::Scoped(scope) => own(scope.name()),
        Lane::Async => own("async"),
    };
    if node.spec.source {
        return heavy.or_else(|| Some("begins the pipeline".to_owned()));
    }
    match edges {
        [] => return heavy.or_else(|| Some("begins the pipeline".to_owned())),
        [_] => {}
        _ => return Some(format!("own stage: joins {} paths", edges.len())),
    }
    let edge = &graph.edges[edges[0]];
    let before = &graph.nodes[edge.from.node];
    if edge.declared {
        return own("a queue is declared before it");
    }
    if !before.spec.lane.joins(&node.spec.lane) {
        return heavy.or_else(|| own("native"));
    }
    if node.timeout.is_some() || before.timeout.is_some() {
        return own("a time limit");
    }
    if stands_alone(&node.failure) || stands_alone(&before.failure) {
        return own("a failure policy");
    }
    if node.spec.resumable {
        return own("makes many items of one");
    }
    None
}

fn stands_alone(failure: &FailurePolicy) -> bool {
    matches!(failure, FailurePolicy::Retry { .. } | FailurePolicy::Fallback(_))
}

impl StagePlan {
    fn of(graph: &Graph, head: usize) -> Self {
        let node = &graph.nodes[head];
        Self {
            lane: lane_of(node),
            watched: node.timeout.is_some() && !matches!(node.spec.lane, Lane::Async),
            nodes: vec![head],
            links: Vec::new(),
            exits: 0,
            inputs: Vec::new(),
        }
    }
}

/// The lane that suits the node and whatever may stand in for it.
fn lane_of(node: &GraphNode) -> Lane {
    match (&node.spec.lane, &node.failure) {
        (Lane::Native, FailurePolicy::Fallback(other)) if !matches!(other.spec.lane, Lane::Native) => Lane::Blocking,
        (lane, _) => lane.clone(),
    }
}

/// Gives each edge between stages, and each session input, a queue in its reader's inbox.
fn plan_inputs(graph: &Graph, placement: &[Placement], stages: &mut [StagePlan]) -> Vec<Option<usize>> {
    for input in &graph.inputs {
        let stage = &mut stages[placement[input.at.node].stage];
        stage.inputs.push(InputPlan { port: input.at.port, producer: None, edge: None });
    }
    let mut queue_of_edge = vec![None; graph.edges.len()];
    for (index, edge) in graph.edges.iter().enumerate() {
        let (from, to) = (placement[edge.from.node].stage, placement[edge.to.node].stage);
        if from != to {
            let inputs = &mut stages[to].inputs;
            queue_of_edge[index] = Some(inputs.len());
            inputs.push(InputPlan { port: edge.to.port, producer: Some(from), edge: Some(index) });
        }
    }
    queue_of_edge
}

fn plan_links(graph: &Graph, placement: &[Placement], stages: &mut [StagePlan], queue_of_edge: &[Option<usize>]) {
    let mut slot_of = vec![0; graph.nodes.len()];
    for stage in stages.iter_mut() {
        for (slot, &node) in stage.nodes.iter().enumerate() {
            slot_of[node] = slot;
        }
        stage.links = stage.nodes.iter().map(|&node| vec![Vec::new(); graph.nodes[node].outputs.len()]).collect();
    }
    let mut add = |from: PortRef, link: Link| {
        let stage = &mut stages[placement[from.node].stage];
        stage.exits += usize::from(matches!(link, Link::Exit(_)));
        stage.links[slot_of[from.node]][from.port].push(link);
    };
    for (index, edge) in graph.edges.iter().enumerate() {
        let link = match queue_of_edge[index] {
            Some(queue) => Link::Exit(Target::Stage { stage: placement[edge.to.node].stage, queue }),
            None => Link::Next { slot: slot_of[edge.to.node], port: edge.to.port },
        };
        add(edge.from, link);
    }
    for (output, port) in graph.outputs.iter().enumerate() {
        add(port.at, Link::Exit(Target::Caller { output }));
    }
}
