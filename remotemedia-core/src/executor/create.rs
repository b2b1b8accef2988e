//! Creation: from a graph and its plan to stages that are ready to run.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Wake, Waker};

use super::call::Slot;
use super::chain::Chain;
use super::ending::Ending;
use super::inbox::{EdgeQueue, Inbox};
use super::plan::{Plan, StagePlan};
use super::ready::Ready;
use super::status::Status;
use super::task::Task;
use super::watch::CallWatch;
use super::{Body, Callers, SessionCore, StageCell};
use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{FailurePolicy, Graph, GraphNode};
use crate::manifest::QueuePolicy;
use crate::metrics::NodeStats;
use crate::node::{AnyNode, AsyncNode, Node, NodeContext};
use crate::pipeline::SessionConfig;

static SESSIONS: AtomicU64 = AtomicU64::new(1);

impl SessionCore {
    /// Makes the nodes of `graph` and puts them into stages. Nothing runs yet.
    pub(crate) fn create(
        graph: &Arc<Graph>,
        plan: &Arc<Plan>,
        driver: &Arc<dyn Driver>,
        config: &SessionConfig,
    ) -> Result<Arc<Self>> {
        let id = SESSIONS.fetch_add(1, Ordering::Relaxed);
        let maker = Maker { id, graph, driver };
        let span = tracing::info_span!("session", pipeline = %graph.name, session = id, error = tracing::field::Empty);
        let mut bodies = plan.stages.iter().map(|stage| maker.body(stage)).collect::<Result<VecDeque<_>>>()?;
        Ok(Arc::new_cyclic(|this: &Weak<Self>| Self {
            id,
            graph: Arc::clone(graph),
            plan: Arc::clone(plan),
            driver: Arc::clone(driver),
            started: driver.now(),
            stats: graph.nodes.iter().map(|_| NodeStats::default()).collect(),
            measure: config.metrics,
            stages: plan
                .stages
                .iter()
                .enumerate()
                .map(|(index, stage)| StageCell {
                    status: Status::new(),
                    body: Mutex::new(bodies.pop_front().map(|body| (body, span.clone()))),
                    inbox: Mutex::new(inbox(graph, stage, config)),
                    watch: CallWatch::default(),
                    waker: Waker::from(Arc::new(StageWaker { session: Weak::clone(this), stage: index })),
                })
                .collect(),
            outlet: Mutex::new(Inbox::new(
                graph.outputs.iter().map(|_| EdgeQueue::new(config.output_capacity, QueuePolicy::Block)).collect(),
            )),
            epoch: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            uninitialized: AtomicUsize::new(plan.stages.len()),
            ready: Ready::new(),
            runs: AtomicU64::new(0),
            ending: Mutex::new(Ending::new(plan.stages.len(), span.clone())),
            callers: Callers::new(),
            this: Weak::clone(this),
        }))
    }
}

struct Maker<'a> {
    id: u64,
    graph: &'a Graph,
    driver: &'a Arc<dyn Driver>,
}

impl Maker<'_> {
    fn body(&self, stage: &StagePlan) -> Result<Body> {
        let head = &self.graph.nodes[stage.nodes[0]];
        let mut slots = Vec::with_capacity(stage.nodes.len());
        for (&index, links) in stage.nodes.iter().zip(&stage.links) {
            let node = &self.graph.nodes[index];
            match self.create(node)? {
                AnyNode::Async(made) => {
                    let fallback = self.fallback(node)?.map(|(made, node)| self.async_only(made, node)).transpose()?;
                    let task = Task::new(made, fallback, index, links.clone(), node, self.context(node), self.driver);
                    return Ok(Body::Task(task));
                }
                AnyNode::Sync(made) => {
                    let fallback = self.fallback(node)?.map(|(made, node)| self.sync_only(made, node)).transpose()?;
                    slots.push(Slot::new(made, fallback, index, links.clone(), node, self.context(node)));
                }
            }
        }
        Ok(Body::Chain(Chain::new(slots, head.spec.source, head.timeout, &stage.lane)))
    }

    fn create(&self, node: &GraphNode) -> Result<AnyNode> {
        let made = super::guard::contain(|| node.factory.create(&node.params));
        made.and_then(|made| made.map_err(Error::from_node)).map_err(|error| error.in_node(&self.graph.name, &node.id))
    }

    fn fallback<'n>(&self, node: &'n GraphNode) -> Result<Option<(AnyNode, &'n GraphNode)>> {
        match &node.failure {
            FailurePolicy::Fallback(other) => Ok(Some((self.create(other)?, other))),
            _ => Ok(None),
        }
    }

    fn sync_only(&self, made: AnyNode, node: &GraphNode) -> Result<(Box<dyn Node>, NodeContext)> {
        match made {
            AnyNode::Sync(made) => Ok((made, self.context(node))),
            AnyNode::Async(_) => Err(wrong_kind(node, "asynchronous", "synchronous")),
        }
    }

    fn async_only(&self, made: AnyNode, node: &GraphNode) -> Result<(Box<dyn AsyncNode>, NodeContext)> {
        match made {
            AnyNode::Async(made) => Ok((made, self.context(node))),
            AnyNode::Sync(_) => Err(wrong_kind(node, "synchronous", "asynchronous")),
        }
    }

    fn context(&self, node: &GraphNode) -> NodeContext {
        NodeContext {
            pipeline: Arc::clone(&self.graph.name),
            node: Arc::clone(&node.id),
            session: self.id,
            inputs: node.inputs.clone(),
            outputs: node.outputs.clone(),
            driver: Arc::clone(self.driver),
        }
    }
}

fn wrong_kind(node: &GraphNode, found: &str, expected: &str) -> Error {
    let message = format!("fallback \"{}\" is {found}, expected {expected} like the node it stands in for", node.id);
    Error::new(ErrorKind::Graph, message)
}

fn inbox(graph: &Graph, stage: &StagePlan, config: &SessionConfig) -> Inbox {
    let queue = |edge: Option<usize>| match edge {
        Some(edge) => EdgeQueue::new(graph.edges[edge].capacity, graph.edges[edge].policy),
        None => EdgeQueue::new(config.input_capacity, QueuePolicy::Block),
    };
    Inbox::new(stage.inputs.iter().map(|input| queue(input.edge)).collect())
}

struct StageWaker {
    session: Weak<SessionCore>,
    stage: usize,
}

impl Wake for StageWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(session) = self.session.upgrade() {
            // What the future waits for may have been changed without a lock.
            fence(Ordering::SeqCst);
            session.notify(self.stage);
            session.call_for_help();
        }
    }
}
