//! A stage of one asynchronous node: a future that owns the node, fed from the inbox and polled when woken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

use super::guard::lock;
use super::inbox::Popped;
use super::life::{Alarm, Feed, Life, Report};
use super::plan::{Link, Target};
use super::{Outcome, SessionCore};
use crate::driver::Driver;
use crate::error::{Error, ErrorKind};
use crate::graph::{FailurePolicy, GraphNode};
use crate::node::{AsyncNode, BoxFuture, NodeContext};
use crate::outputs::AsyncOutputs;
use crate::packet::Packet;
use crate::time::Span;

/// An asynchronous node and what lies between it and the rest of the graph.
pub(super) struct Task {
    index: usize,
    /// For each output port: where packets go. The node is its stage's only one, so every way leads out.
    links: Vec<Vec<Target>>,
    context: NodeContext,
    is_source: bool,
    feed: Arc<Feed>,
    out: AsyncOutputs,
    pending: VecDeque<(Target, Packet)>,
    life: Option<BoxFuture<'static, ()>>,
    initialized: bool,
    epoch: u64,
}

impl Task {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        node: Box<dyn AsyncNode>,
        fallback: Option<(Box<dyn AsyncNode>, NodeContext)>,
        index: usize,
        links: Vec<Vec<Link>>,
        spec: &GraphNode,
        context: NodeContext,
        driver: &Arc<dyn Driver>,
    ) -> Self {
        let feed = Arc::new(Feed::default());
        let out = AsyncOutputs::new();
        let retry = match spec.failure {
            FailurePolicy::Retry { attempts, backoff } => (attempts, backoff),
            _ => (0, Span::ZERO),
        };
        let life = Life {
            node,
            fallback,
            feed: Arc::clone(&feed),
            out: out.clone(),
            context: context.clone(),
            driver: Arc::clone(driver),
            limit: spec.timeout,
            retry,
            skips: matches!(spec.failure, FailurePolicy::Skip),
            items: 0,
            is_source: spec.spec.source,
            alarm: Alarm::default(),
        };
        Self {
            index,
            links: links.into_iter().map(targets).collect(),
            context,
            is_source: spec.spec.source,
            feed,
            out,
            pending: VecDeque::new(),
            life: Some(Box::pin(life.live())),
            initialized: false,
            epoch: 0,
        }
    }

    pub(super) fn run(&mut self, core: &SessionCore, stage: usize) -> Outcome {
        if core.is_cancelled() || (core.is_failed() && !core.is_initialized()) {
            lock(&self.feed.0).stop = true;
            self.out.close();
            self.pending.clear();
        }
        if self.is_source && core.is_stopping() {
            lock(&self.feed.0).stop = true;
        }
        self.notice_interrupt(core);
        loop {
            let blocked = !core.deliver_all(&mut self.pending, stage);
            let asked = std::mem::take(&mut lock(&self.feed.0).asking);
            let fed = asked && !blocked && self.feed(core, stage);
            let over = self.poll(core, stage);
            self.hear(core);
            let emitted = !blocked && self.collect(core, stage);
            if over && self.pending.is_empty() && !emitted {
                return self.end(core, stage);
            }
            let asks_anew = lock(&self.feed.0).asking && (fed || !asked);
            if !emitted && !asks_anew {
                if !self.pending.is_empty() {
                    core.use_room_of_inbox(stage);
                }
                return Outcome::Idle;
            }
        }
    }

    /// Drops the node without running it any further.
    pub(super) fn release(&mut self) {
        self.out.close();
        self.life = None;
    }

    fn notice_interrupt(&mut self, core: &SessionCore) {
        let epoch = core.epoch();
        if epoch != self.epoch {
            self.epoch = epoch;
            self.pending.retain(|(_, packet)| !packet.is_stale(epoch));
            self.out.discard();
            let mut exchange = lock(&self.feed.0);
            exchange.interrupted = true;
            exchange.epoch = epoch;
            exchange.next.take_if(|(_, packet)| packet.is_stale(epoch));
        }
    }

    /// Gives the node the next thing to do, if there is one; gives whether there was.
    fn feed(&mut self, core: &SessionCore, stage: usize) -> bool {
        if !core.is_initialized() {
            return false;
        }
        let mut popped = core.take_input(stage);
        // An interrupt may have come since the last look; the node hears of it before it sees what came after it.
        self.notice_interrupt(core);
        while matches!(&popped, Popped::Packet { packet, .. } if packet.is_stale(self.epoch)) {
            core.stats[self.index].dropped.add_one();
            popped = core.take_input(stage);
            self.notice_interrupt(core);
        }
        let mut exchange = lock(&self.feed.0);
        match popped {
            Popped::Packet { queue: port, packet, .. } => exchange.next = Some((port, packet)),
            Popped::Ended if core.is_failed() => exchange.stop = true,
            Popped::Ended => exchange.ended = true,
            Popped::Empty => return false,
        }
        true
    }

    /// Polls the node's future; gives whether its life is over.
    fn poll(&mut self, core: &SessionCore, stage: usize) -> bool {
        let Some(life) = &mut self.life else { return true };
        let waker = &core.stages[stage].waker;
        let over = life.as_mut().poll(&mut Context::from_waker(waker)).is_ready();
        if over {
            self.life = None;
        }
        over
    }

    fn hear(&mut self, core: &SessionCore) {
        let (reports, initialized) = {
            let mut exchange = lock(&self.feed.0);
            (std::mem::take(&mut exchange.reports), exchange.initialized)
        };
        let stats = &core.stats[self.index];
        for report in reports {
            match report {
                Report::Began => drop(stats.items_in.add_one()),
                Report::Took { nanos } => stats.latency.record(nanos),
                Report::Retried => drop((stats.errors.add_one(), stats.retries.add_one())),
                Report::Skipped(error) => {
                    tracing::warn!(node = %self.context.node, %error, "item skipped");
                    stats.errors.add_one();
                    stats.skipped.add_one();
                }
                Report::Failed(error) => self.fail(core, error),
                Report::CleanupFailed(error) => core.report_cleanup(error),
            }
        }
        if initialized && !std::mem::replace(&mut self.initialized, true) {
            core.stage_initialized();
        }
    }

    fn fail(&mut self, core: &SessionCore, error: Error) {
        let stats = &core.stats[self.index];
        stats.errors.add_one();
        let placed = error.node().is_some();
        core.fail(if placed { error } else { error.in_node(&self.context.pipeline, &self.context.node) });
    }

    /// Takes what the node emitted; gives whether it was anything.
    fn collect(&mut self, core: &SessionCore, stage: usize) -> bool {
        let mut emitted = false;
        while self.pending.is_empty() {
            match self.out.take(&core.stages[stage].waker) {
                None => break,
                Some(Ok((port, packet))) => self.exit(core, stage, port, packet),
                Some(Err(error)) => {
                    lock(&self.feed.0).stop = true;
                    self.fail(core, Error::from_node(error));
                }
            }
            emitted = true;
        }
        emitted
    }

    fn exit(&mut self, core: &SessionCore, stage: usize, port: usize, mut packet: Packet) {
        let Some(links) = self.links.get(port) else {
            let ports = self.links.len();
            let message = format!("emitted on output port {port}, expected one of {ports} ports");
            lock(&self.feed.0).stop = true;
            return self.fail(core, Error::new(ErrorKind::Node, message));
        };
        let Some((last, others)) = links.split_last() else { return };
        let number = core.stats[self.index].items_out.add_one();
        packet.seq.get_or_insert(number);
        let copies = others.iter().map(|target| (*target, packet.clone()));
        self.pending.extend(copies);
        self.pending.push_back((*last, packet));
        core.deliver_all(&mut self.pending, stage);
    }

    fn end(&mut self, core: &SessionCore, stage: usize) -> Outcome {
        self.out.close();
        core.detach_stage(stage);
        Outcome::Done
    }
}

fn targets(links: Vec<Link>) -> Vec<Target> {
    let target = |link| match link {
        Link::Exit(target) => Some(target),
        Link::Next { .. } => None,
    };
    links.into_iter().filter_map(target).collect()
}
