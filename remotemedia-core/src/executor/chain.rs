//! A stage of synchronous nodes: takes packets from its inbox and calls the nodes, through to its end.

use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};

use super::call::{self, Failure, Run, Slot};
use super::guard::contain;
use super::inbox::Popped;
use super::plan::Target;
use super::watch::Item;
use super::{Outcome, SessionCore};
use crate::error::{Error, NodeResult};
use crate::metrics::NodeStats;
use crate::node::{Flow, Node, NodeContext};
use crate::outputs::{Inherited, Outputs};
use crate::packet::Packet;
use crate::spec::Lane;
use crate::time::{Span, Timestamp};

/// Nodes that follow each other, and where they are in their life.
pub(super) struct Chain {
    slots: Vec<Slot>,
    phase: Phase,
    /// Emitted, but found no room; nothing new is taken before it is delivered.
    pending: VecDeque<(Target, Packet)>,
    /// The item whose node asked to be resumed, and its envelope; always there for a source.
    resuming: Option<(Option<Item>, Inherited)>,
    retrying: Option<Retrying>,
    /// Whether the first node has yet to hear of an interrupt that its item survives.
    interrupt_owed: bool,
    epoch: u64,
    limit: Option<Span>,
    is_source: bool,
    is_cheap: bool,
    /// How many slots were initialised and not cleaned up.
    initialized: usize,
    /// How long the last measured call took, with the nodes behind the first.
    last_call_ns: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    New,
    Running,
    /// The slot to flush next.
    Flushing(usize),
    /// Only what is pending is still delivered.
    Ending,
}

struct Retrying {
    packet: Packet,
    port: usize,
    tries: u32,
    at: Timestamp,
}

/// What a stage does after one step.
type Step = ControlFlow<Outcome>;

/// Items before others have their turn.
const ITEMS_PER_RUN: usize = 64;
/// Time before others have their turn, and a caller that helps looks for its output; for nodes that are not cheap.
const TIME_PER_RUN: Span = Span::from_millis(1);
/// Reading the clock takes as long as a cheap node does. So calls are measured for this many items, then for one in
/// `SAMPLE`, and all of them while they take longer than `SLOW_CALL_NS`.
const MEASURED_ITEMS: u64 = 256;
const SAMPLE: u64 = 16;
const SLOW_CALL_NS: u64 = 10_000;

impl Chain {
    pub(super) fn new(slots: Vec<Slot>, is_source: bool, limit: Option<Span>, lane: &Lane) -> Self {
        Self {
            slots,
            phase: Phase::New,
            pending: VecDeque::new(),
            resuming: None,
            retrying: None,
            interrupt_owed: false,
            epoch: 0,
            limit,
            is_source,
            is_cheap: matches!(lane, Lane::Native),
            initialized: 0,
            last_call_ns: 0,
        }
    }

    pub(super) fn run(&mut self, core: &SessionCore, stage: usize) -> Outcome {
        let began = if self.is_cheap { Timestamp::ZERO } else { core.driver.now() };
        for _ in 0..ITEMS_PER_RUN {
            if let ControlFlow::Break(outcome) = self.step(core, stage) {
                return outcome;
            }
            if !self.is_cheap && core.driver.now().since(began) > TIME_PER_RUN {
                return Outcome::Again;
            }
        }
        Outcome::Again
    }

    /// Cleans up every node that was initialised; gives the first error.
    pub(super) fn release(&mut self) -> Option<Error> {
        let mut first = None;
        for slot in &mut self.slots[..std::mem::take(&mut self.initialized)] {
            let own = (&mut slot.node, &slot.context);
            let stand_in = slot.fallback.as_mut().map(|(node, context)| (node, &*context));
            for (node, context) in std::iter::once(own).chain(stand_in) {
                if let Err(error) = clean_up(&mut **node, context) {
                    first.get_or_insert(error);
                }
            }
        }
        first
    }

    fn step(&mut self, core: &SessionCore, stage: usize) -> Step {
        if core.is_cancelled() {
            self.pending.clear();
            return self.end(core, stage);
        }
        if self.phase == Phase::New {
            self.initialize(core)?;
        }
        if !core.is_initialized() && !core.is_failed() {
            return Step::Break(Outcome::Idle);
        }
        self.notice_interrupt(core);
        self.deliver_pending(core, stage)?;
        match self.phase {
            Phase::Ending => self.end(core, stage),
            Phase::Flushing(slot) => self.flush(core, stage, slot),
            _ if self.retrying.is_some() => self.retry(core, stage),
            _ if self.resuming.is_some() => self.resume(core, stage),
            _ => self.take(core, stage),
        }
    }

    fn initialize(&mut self, core: &SessionCore) -> Step {
        self.phase = Phase::Running;
        if core.is_failed() {
            self.phase = Phase::Ending;
            return Step::Continue(());
        }
        self.epoch = core.epoch();
        for slot in &mut self.slots {
            self.initialized += 1;
            let _span = tracing::debug_span!("initialize", node = %slot.context.node).entered();
            let own = (&mut slot.node, &slot.context);
            let stand_in = slot.fallback.as_mut().map(|(node, context)| (node, &*context));
            for (node, context) in std::iter::once(own).chain(stand_in) {
                let done = contain(|| node.initialize(context)).and_then(|made| made.map_err(Error::from_node));
                if let Err(error) = done {
                    core.stats[slot.index].errors.add_one();
                    core.fail(error.in_node(&context.pipeline, &context.node));
                    self.phase = Phase::Ending;
                    return Step::Continue(());
                }
            }
        }
        if self.is_source {
            self.resuming = Some((None, Inherited::epoch(self.epoch)));
        }
        core.stage_initialized();
        Step::Continue(())
    }

    fn notice_interrupt(&mut self, core: &SessionCore) {
        let epoch = core.epoch();
        if epoch == self.epoch {
            return;
        }
        self.epoch = epoch;
        self.pending.retain(|(_, packet)| !packet.is_stale(epoch));
        self.retrying.take_if(|retrying| retrying.packet.is_stale(epoch));
        // An item that survives goes on; its node hears of the interrupt when it is done.
        let survives = self.resuming.as_ref().is_some_and(|(_, inherited)| inherited.survives());
        if !survives {
            self.resuming = self.is_source.then(|| (None, Inherited::epoch(epoch)));
        }
        self.interrupt_owed = survives;
        self.interrupt_slots(core, usize::from(survives)..self.slots.len());
    }

    fn interrupt_slots(&mut self, core: &SessionCore, slots: Range<usize>) {
        for slot in &mut self.slots[slots] {
            if let Err(error) = contain(|| slot.node.interrupt()) {
                core.fail(error.in_node(&slot.context.pipeline, &slot.context.node));
                self.phase = Phase::Ending;
            }
        }
    }

    /// Delivers what found no room before.
    fn deliver_pending(&mut self, core: &SessionCore, stage: usize) -> Step {
        if self.pending.is_empty() {
            return Step::Continue(());
        }
        if core.deliver_all(&mut self.pending, stage) {
            return Step::Continue(());
        }
        core.use_room_of_inbox(stage);
        Step::Break(Outcome::Idle)
    }

    fn take(&mut self, core: &SessionCore, stage: usize) -> Step {
        let popped = core.take_input(stage);
        // An interrupt may have come since the last look; the nodes hear of it before they see what came after it.
        self.notice_interrupt(core);
        match popped {
            Popped::Packet { queue: port, packet, .. } => self.process(core, stage, port, packet, 0),
            Popped::Empty => Step::Break(Outcome::Idle),
            Popped::Ended => {
                self.phase = if core.is_failed() { Phase::Ending } else { Phase::Flushing(0) };
                Step::Continue(())
            }
        }
    }

    fn process(&mut self, core: &SessionCore, stage: usize, port: usize, packet: Packet, tries: u32) -> Step {
        let policy_needs_it = self.slots[0].retry.is_some() || self.slots[0].fallback.is_some();
        let kept = policy_needs_it.then(|| packet.clone());
        let inherited = Inherited::of(&packet);
        let stats = &core.stats[self.slots[0].index];
        let item = Item { number: stats.items_in.value() + u64::from(tries == 0), port };
        let timed = self.is_measured(core, stats);
        let done = self.limited(core, stage, Some(item), |chain| {
            chain.call(core, stage, timed, kept.is_some(), |slots, run| {
                run.again = tries > 0;
                call::process(slots, 0, port, packet, run)
            })
        });
        let Some(done) = done else { return Step::Continue(()) };
        match (done, kept) {
            (Ok(true), _) => self.resuming = Some((Some(item), inherited)),
            (Ok(false), _) => {}
            (Err(failure), Some(packet)) => return self.recover(core, stage, failure, packet, port, tries),
            (Err(failure), None) => return self.fail(core, failure.error),
        }
        Step::Continue(())
    }

    /// Applies the failure policies that work on the packet again.
    fn recover(
        &mut self,
        core: &SessionCore,
        stage: usize,
        failure: Failure,
        packet: Packet,
        port: usize,
        tries: u32,
    ) -> Step {
        let slot = &mut self.slots[0];
        if let Some((attempts, backoff)) = slot.retry {
            if tries < attempts {
                core.stats[slot.index].retries.add_one();
                let at = core.driver.now() + backoff.saturating_mul(1 << tries.min(32));
                core.driver.wake_at(at, core.stages[stage].waker.clone());
                self.retrying = Some(Retrying { packet, port, tries: tries + 1, at });
                return Step::Continue(());
            }
        } else if let Some((fallback, context)) = slot.fallback.take() {
            tracing::warn!(node = %slot.context.node, error = %failure.error, "falls back to {}", context.node);
            let mut failed = std::mem::replace(&mut slot.node, fallback);
            let failed_context = std::mem::replace(&mut slot.context, context);
            if let Err(error) = clean_up(&mut *failed, &failed_context) {
                core.report_cleanup(error);
            }
            return self.process(core, stage, port, packet, tries + 1);
        }
        self.fail(core, failure.error)
    }

    fn retry(&mut self, core: &SessionCore, stage: usize) -> Step {
        match self.retrying.take() {
            Some(retrying) if core.driver.now() < retrying.at && !core.is_failed() => {
                self.retrying = Some(retrying);
                Step::Break(Outcome::Idle)
            }
            Some(Retrying { packet, port, tries, .. }) => self.process(core, stage, port, packet, tries),
            None => Step::Continue(()),
        }
    }

    fn resume(&mut self, core: &SessionCore, stage: usize) -> Step {
        let Some((item, inherited)) = self.resuming.take() else { return Step::Continue(()) };
        if core.is_failed() || (self.is_source && core.is_stopping()) {
            if self.is_source {
                self.phase = if core.is_failed() { Phase::Ending } else { Phase::Flushing(0) };
            }
            return Step::Continue(());
        }
        let timed = self.is_measured(core, &core.stats[self.slots[0].index]);
        let done = self.limited(core, stage, item, |chain| {
            chain.call(core, stage, timed, false, |slots, run| {
                run.port = item.map(|item| item.port);
                let about = (&inherited, run.port.unwrap_or(0), item.map(|item| item.number));
                call::work(slots, 0, run, about, |node, out| node.resume(out).map(Resumed))
            })
        });
        let Some(done) = done else { return Step::Continue(()) };
        if self.interrupt_owed && !matches!(done, Ok(Resumed(Flow::More))) {
            self.interrupt_owed = false;
            self.interrupt_slots(core, 0..1);
        }
        match done {
            Ok(Resumed(Flow::More)) => self.resuming = Some((item, inherited)),
            Ok(Resumed(Flow::Done)) if self.is_source => self.phase = Phase::Flushing(0),
            Ok(Resumed(Flow::Done)) => {}
            Err(failure) => return self.fail(core, failure.error),
        }
        Step::Continue(())
    }

    fn flush(&mut self, core: &SessionCore, stage: usize, slot: usize) -> Step {
        if slot == self.slots.len() || core.is_failed() {
            self.phase = Phase::Ending;
            return Step::Continue(());
        }
        if self.resuming.is_some() {
            self.is_source = false;
            return self.resume(core, stage);
        }
        let inherited = Inherited::epoch(self.epoch);
        let call = |node: &mut dyn Node, out: &mut Outputs<'_>| {
            node.flush(out)?;
            Ok(out.wants_resume())
        };
        let done = self.limited(core, stage, None, |chain| {
            chain.call(core, stage, false, false, |slots, run| {
                call::work(&mut slots[slot..], slot, run, (&inherited, 0, None), call)
            })
        });
        let Some(done) = done else { return Step::Continue(()) };
        match done {
            Ok(more) => {
                self.phase = Phase::Flushing(slot + 1);
                self.resuming = (more && slot == 0).then_some((None, inherited));
                Step::Continue(())
            }
            Err(failure) => self.fail(core, failure.error),
        }
    }

    /// Makes a call that the stage's time limit watches; gives nothing if it took longer, which ends the stream.
    fn limited<T>(
        &mut self,
        core: &SessionCore,
        stage: usize,
        item: Option<Item>,
        call: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let Some(limit) = self.limit else { return Some(call(self)) };
        core.begin_call(stage, item, limit);
        let done = call(self);
        if !core.end_call(stage, limit) {
            return Some(done);
        }
        self.give_up(core, core.over_limit(stage, limit, item));
        None
    }

    fn call<T>(
        &mut self,
        core: &SessionCore,
        stage: usize,
        timed: bool,
        hold: bool,
        work: impl FnOnce(&mut [Slot], &mut Run<'_>) -> NodeResult<T>,
    ) -> Result<T, Failure> {
        let mut run = Run::new(core, stage, &mut self.pending, timed);
        run.hold = hold;
        let slots = &mut self.slots;
        let done = contain(|| work(slots, &mut run));
        let (current, port, failure) = (run.current, run.port, run.failure.take());
        if timed {
            self.last_call_ns = run.nested_ns();
        }
        let failed = match (done, failure) {
            (Ok(Ok(value)), None) => return Ok(value),
            (Err(panic), _) => {
                let stats = &core.stats[self.slots[current].index];
                stats.errors.add_one();
                // Without a port it was no item that the node was called with.
                Failure { slot: current, item: port.map(|_| stats.items_in.value()), port, error: panic }
            }
            (_, Some(failure)) => failure,
            (Ok(Err(error)), None) => Failure { slot: current, item: None, port: None, error: Error::from_node(error) },
        };
        if hold {
            self.pending.clear();
        }
        let context = &self.slots[failed.slot].context;
        let port = failed.port.and_then(|port| context.inputs.get(port)).map(String::as_str);
        let error = failed.error.in_node(&context.pipeline, &context.node).at_port(port).at_item(failed.item);
        Err(Failure { error, ..failed })
    }

    fn fail(&mut self, core: &SessionCore, error: Error) -> Step {
        self.give_up(core, error);
        Step::Continue(())
    }

    fn give_up(&mut self, core: &SessionCore, error: Error) {
        core.fail(error);
        self.phase = Phase::Ending;
        self.resuming = None;
        self.retrying = None;
    }

    fn end(&mut self, core: &SessionCore, stage: usize) -> Step {
        core.detach_stage(stage);
        if let Some(error) = self.release() {
            core.report_cleanup(error);
        }
        Step::Break(Outcome::Done)
    }

    fn is_measured(&self, core: &SessionCore, stats: &NodeStats) -> bool {
        let items = stats.items_in.value();
        core.measure && (items < MEASURED_ITEMS || items.is_multiple_of(SAMPLE) || self.last_call_ns > SLOW_CALL_NS)
    }
}

fn clean_up(node: &mut dyn Node, context: &NodeContext) -> Result<(), Error> {
    let cleaned = contain(|| node.cleanup()).and_then(|result| result.map_err(Error::from_node));
    cleaned.map_err(|error| error.in_node(&context.pipeline, &context.node))
}

/// [`Flow`] with a default, for calls whose failure is skipped.
struct Resumed(Flow);

impl Default for Resumed {
    fn default() -> Self {
        Self(Flow::Done)
    }
}
