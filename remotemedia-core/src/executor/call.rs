//! Calls from node to node inside a stage: direct, without a queue, a wake-up or an allocation per hop.

use std::collections::VecDeque;
use std::mem;

use tracing::field::{Empty, display};

use super::SessionCore;
use super::plan::{Link, Target};
use crate::error::{Error, NodeError, NodeResult};
use crate::graph::{FailurePolicy, GraphNode};
use crate::metrics::NodeStats;
use crate::node::{Node, NodeContext};
use crate::outputs::{Inherited, Outputs, Sink};
use crate::packet::Packet;
use crate::time::Span;

/// How much of what one call emitted may wait for room.
const MAX_PENDING: usize = 1 << 20;

/// A node in its place within a stage.
pub(super) struct Slot {
    pub(super) node: Box<dyn Node>,
    /// What stands in for the node once it fails.
    pub(super) fallback: Option<(Box<dyn Node>, NodeContext)>,
    pub(super) index: usize,
    pub(super) retry: Option<(u32, Span)>,
    pub(super) context: NodeContext,
    skips: bool,
    links: Vec<Vec<Link>>,
}

/// What is shared by the calls of one run of a stage.
pub(super) struct Run<'a> {
    pub(super) core: &'a SessionCore,
    pub(super) stage: usize,
    /// What found no room outside, in order.
    pub(super) pending: &'a mut VecDeque<(Target, Packet)>,
    /// Whether everything goes to `pending`, because it counts only if the call succeeds.
    pub(super) hold: bool,
    /// Whether the first node has seen the packet before, so that it must not be counted again.
    pub(super) again: bool,
    /// Whether calls are measured.
    pub(super) timed: bool,
    /// The slot whose node is being called, for panics.
    pub(super) current: usize,
    /// The input port of the item that it is called with, if it is.
    pub(super) port: Option<usize>,
    /// What ended the run.
    pub(super) failure: Option<Failure>,
    nested_ns: u64,
}

/// An error that the node's policy does not absorb.
pub(super) struct Failure {
    pub(super) slot: usize,
    pub(super) item: Option<u64>,
    pub(super) port: Option<usize>,
    pub(super) error: Error,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        core: &'a SessionCore,
        stage: usize,
        pending: &'a mut VecDeque<(Target, Packet)>,
        timed: bool,
    ) -> Self {
        Self {
            core,
            stage,
            pending,
            hold: false,
            again: false,
            timed,
            current: 0,
            port: None,
            failure: None,
            nested_ns: 0,
        }
    }

    fn exit(&mut self, target: Target, packet: Packet) -> NodeResult {
        let waits = self.hold || !self.pending.is_empty();
        let undelivered = if waits { Err(packet) } else { self.core.deliver(target, packet, self.stage) };
        let Err(packet) = undelivered else { return Ok(()) };
        if self.pending.len() >= MAX_PENDING {
            let message = format!("emitted {MAX_PENDING} packets that nobody has taken, in one call");
            return Err(NodeError::new(format!("{message}: make them one at a time, as a generator does")));
        }
        self.pending.push_back((target, packet));
        Ok(())
    }

    /// How long the calls of this run took so far.
    pub(super) fn nested_ns(&self) -> u64 {
        self.nested_ns
    }

    fn now_ns(&self) -> u64 {
        if self.timed { self.core.driver.now().as_nanos() } else { 0 }
    }
}

/// Gives `packet` to the node in the first of `slots`, whose position in the stage is `position`.
pub(super) fn process(
    slots: &mut [Slot],
    position: usize,
    port: usize,
    packet: Packet,
    run: &mut Run<'_>,
) -> NodeResult<bool> {
    let stats = &run.core.stats[slots[0].index];
    if packet.is_stale(run.core.epoch()) {
        stats.dropped.add_one();
        return Ok(false);
    }
    let item = if mem::take(&mut run.again) { stats.items_in.value() } else { stats.items_in.add_one() };
    let inherited = Inherited::of(&packet);
    let call = |node: &mut dyn Node, out: &mut Outputs<'_>| {
        node.process(packet, out)?;
        Ok(out.wants_resume())
    };
    let outer = run.port.replace(port);
    let done = work(slots, position, run, (&inherited, port, Some(item)), call);
    run.port = outer;
    done
}

/// Lets the node in the first of `slots` do its work, and everything it emits go on from there.
pub(super) fn work<T: Default>(
    slots: &mut [Slot],
    position: usize,
    run: &mut Run<'_>,
    (inherited, port, item): (&Inherited, usize, Option<u64>),
    call: impl FnOnce(&mut dyn Node, &mut Outputs<'_>) -> NodeResult<T>,
) -> NodeResult<T> {
    let Some((slot, rest)) = slots.split_first_mut() else { return Ok(T::default()) };
    let stats = &run.core.stats[slot.index];
    let caller = mem::replace(&mut run.current, position);
    let nested_before = mem::take(&mut run.nested_ns);
    let span = tracing::trace_span!("process", node = %slot.context.node, item, error = Empty);
    let _entered = span.enter();
    let began = run.now_ns();
    let mut downstream = Downstream { links: &slot.links, rest, position, stats, run };
    let result = call(&mut *slot.node, &mut Outputs::new(&mut downstream, inherited, port));
    if run.timed {
        let took = run.now_ns().saturating_sub(began);
        stats.latency.record(took.saturating_sub(run.nested_ns));
        run.nested_ns = nested_before + took;
    }
    run.current = caller;
    match result {
        Ok(value) => Ok(value),
        // A node behind this one failed; this one only passes the word on.
        Err(error) if run.failure.is_some() => Err(error),
        Err(error) => {
            stats.errors.add_one();
            span.record("error", display(&error));
            if slot.skips && item.is_some() {
                stats.skipped.add_one();
                tracing::warn!(node = %slot.context.node, item, %error, "item skipped");
                return Ok(T::default());
            }
            run.failure = Some(Failure { slot: position, item, port: run.port, error: Error::from_node(error) });
            Err(NodeError::new("the stream has ended"))
        }
    }
}

impl Slot {
    pub(super) fn new(
        node: Box<dyn Node>,
        fallback: Option<(Box<dyn Node>, NodeContext)>,
        index: usize,
        links: Vec<Vec<Link>>,
        spec: &GraphNode,
        context: NodeContext,
    ) -> Self {
        let retry = match spec.failure {
            FailurePolicy::Retry { attempts, backoff } => Some((attempts, backoff)),
            _ => None,
        };
        let skips = matches!(spec.failure, FailurePolicy::Skip);
        Self { node, fallback, index, retry, context, skips, links }
    }
}

/// The way from one node of a stage to the next.
struct Downstream<'d, 'r, 'c> {
    links: &'d [Vec<Link>],
    rest: &'d mut [Slot],
    position: usize,
    stats: &'d NodeStats,
    run: &'r mut Run<'c>,
}

impl Sink for Downstream<'_, '_, '_> {
    fn deliver(&mut self, port: usize, mut packet: Packet) -> NodeResult {
        let Some(links) = self.links.get(port) else {
            let ports = self.links.len();
            return Err(NodeError::new(format!("emitted on output port {port}, expected one of {ports} ports")));
        };
        if self.run.core.is_cancelled() {
            return Err(NodeError::new("the session was cancelled"));
        }
        let Some((last, others)) = links.split_last() else { return Ok(()) };
        let number = self.stats.items_out.add_one();
        packet.seq.get_or_insert(number);
        for link in others {
            self.follow(*link, packet.clone())?;
        }
        self.follow(*last, packet)
    }

    fn count_dropped(&mut self) {
        self.stats.dropped.add_one();
    }

    fn is_taken(&self, port: usize) -> bool {
        self.links.get(port).is_some_and(|links| !links.is_empty())
    }
}

impl Downstream<'_, '_, '_> {
    fn follow(&mut self, link: Link, packet: Packet) -> NodeResult {
        match link {
            Link::Next { slot, port } => {
                let ahead = slot - self.position - 1;
                process(&mut self.rest[ahead..], slot, port, packet, self.run).map(drop)
            }
            Link::Exit(target) => self.run.exit(target, packet),
        }
    }
}
