//! A stage of one asynchronous node: a future that owns the node, fed from the inbox and polled when woken.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use super::guard::{contain, lock, panicked};
use super::inbox::Popped;
use super::plan::{Link, Target};
use super::{Outcome, SessionCore};
use crate::driver::{Driver, sleep_until};
use crate::error::{Error, ErrorKind, NodeResult};
use crate::graph::{FailurePolicy, GraphNode};
use crate::node::{AsyncNode, BoxFuture, NodeContext};
use crate::outputs::{AsyncOutputs, Inherited};
use crate::packet::Packet;
use crate::time::Span;

/// An asynchronous node and what lies between it and the rest of the graph.
pub(super) struct Task {
    index: usize,
    links: Vec<Vec<Link>>,
    context: NodeContext,
    is_source: bool,
    feed: Arc<Feed>,
    out: AsyncOutputs,
    pending: VecDeque<(Target, Packet)>,
    life: Option<BoxFuture<'static, ()>>,
    initialized: bool,
    epoch: u64,
}

/// What the stage and the node's future tell each other.
#[derive(Default)]
struct Feed(Mutex<Exchange>);

#[derive(Default)]
struct Exchange {
    next: Option<(usize, Packet)>,
    ended: bool,
    stop: bool,
    interrupted: bool,
    epoch: u64,
    initialized: bool,
    reports: Vec<Report>,
}

/// What the node's future tells the stage.
enum Report {
    Began,
    Took { nanos: u64 },
    Retried,
    Skipped(Error),
    Failed(Error),
    CleanupFailed(Error),
}

/// What the node does next.
enum Event {
    Packet(usize, Packet),
    Interrupt,
    End,
    Stop,
}

/// How a call ended.
enum Called {
    Done(Result<(), Error>),
    /// The session was interrupted or is being ended.
    Abandoned,
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
        };
        Self {
            index,
            links,
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
            let blocked = !self.deliver_pending(core, stage);
            if !blocked {
                self.feed(core, stage);
            }
            let fed = lock(&self.feed.0).next.is_some();
            let over = self.poll(core, stage);
            self.hear(core);
            let emitted = !blocked && self.collect(core, stage);
            if over && self.pending.is_empty() && !emitted {
                return self.end(core, stage);
            }
            let took = fed && lock(&self.feed.0).next.is_none();
            if !emitted && !took {
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

    fn feed(&mut self, core: &SessionCore, stage: usize) {
        let mut exchange = lock(&self.feed.0);
        if exchange.next.is_some() || !core.is_initialized() {
            return;
        }
        match core.take_input(stage) {
            Popped::Packet { queue: port, packet, .. } => exchange.next = Some((port, packet)),
            Popped::Ended if core.is_failed() => exchange.stop = true,
            Popped::Ended => exchange.ended = true,
            Popped::Empty => {}
        }
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

    fn exit(&mut self, core: &SessionCore, stage: usize, port: usize, packet: Packet) {
        let Some(links) = self.links.get(port) else {
            let ports = self.links.len();
            let message = format!("emitted on output port {port}, expected one of {ports} ports");
            lock(&self.feed.0).stop = true;
            return self.fail(core, Error::new(ErrorKind::Node, message));
        };
        core.stats[self.index].items_out.add_one();
        for link in links {
            if let Link::Exit(target) = link {
                self.pending.push_back((*target, packet.clone()));
            }
        }
        self.deliver_pending(core, stage);
    }

    /// Delivers what waits; gives whether nothing waits any more.
    fn deliver_pending(&mut self, core: &SessionCore, stage: usize) -> bool {
        let mut full: Vec<Target> = Vec::new();
        for (target, packet) in std::mem::take(&mut self.pending) {
            if full.contains(&target) {
                self.pending.push_back((target, packet));
            } else if let Err(packet) = core.deliver(target, packet, stage) {
                full.push(target);
                self.pending.push_back((target, packet));
            }
        }
        self.pending.is_empty()
    }

    fn end(&mut self, core: &SessionCore, stage: usize) -> Outcome {
        self.out.close();
        core.detach_stage(stage);
        core.stage_over(stage);
        Outcome::Done
    }
}

/// A node's whole life as one future, so that it can always be cleaned up.
struct Life {
    node: Box<dyn AsyncNode>,
    fallback: Option<(Box<dyn AsyncNode>, NodeContext)>,
    feed: Arc<Feed>,
    out: AsyncOutputs,
    context: NodeContext,
    driver: Arc<dyn Driver>,
    limit: Option<Span>,
    retry: (u32, Span),
    skips: bool,
    items: u64,
    is_source: bool,
}

impl Life {
    async fn live(mut self) {
        match self.initialize().await {
            Ok(()) => {
                lock(&self.feed.0).initialized = true;
                if let Err(error) = self.work().await {
                    self.report(Report::Failed(error));
                }
            }
            Err(error) => self.report(Report::Failed(error)),
        }
        self.clean_up().await;
        if let Some((fallback, context)) = self.fallback.take() {
            (self.node, self.context) = (fallback, context);
            self.clean_up().await;
        }
    }

    async fn clean_up(&mut self) {
        if let Err(error) = contained(self.node.cleanup()).await {
            self.report(Report::CleanupFailed(error.in_node(&self.context.pipeline, &self.context.node)));
        }
    }

    async fn initialize(&mut self) -> Result<(), Error> {
        let own = (&mut self.node, &self.context);
        let stand_in = self.fallback.as_mut().map(|(node, context)| (node, &*context));
        for (node, context) in std::iter::once(own).chain(stand_in) {
            match self.feed.unless_stopped(contained(node.initialize(context, &self.out))).await {
                Called::Done(done) => done.map_err(|error| error.in_node(&context.pipeline, &context.node))?,
                Called::Abandoned => return Ok(()),
            }
        }
        Ok(())
    }

    async fn work(&mut self) -> Result<(), Error> {
        loop {
            match self.feed.event().await {
                Event::Packet(port, packet) => self.process(port, packet).await?,
                Event::Interrupt => contain(|| self.node.interrupt())?,
                Event::End => {
                    self.out.begin(Inherited::epoch(self.feed.epoch()), 0);
                    match self.feed.unless_stopped(contained(self.node.flush(&self.out))).await {
                        Called::Done(done) => return done,
                        // A source goes on after an interrupt; what others still held was discarded by it.
                        Called::Abandoned if self.is_source => {}
                        Called::Abandoned => return Ok(()),
                    }
                }
                Event::Stop => return Ok(()),
            }
        }
    }

    async fn process(&mut self, port: usize, packet: Packet) -> Result<(), Error> {
        self.report(Report::Began);
        self.items += 1;
        let (attempts, backoff) = self.retry;
        let mut tries = 0;
        let mut next = Some(packet);
        while let Some(packet) = next.take() {
            let again = tries < attempts || self.fallback.is_some();
            let kept = again.then(|| packet.clone());
            let error = match self.call(port, packet).await {
                Called::Done(Ok(())) | Called::Abandoned => return Ok(()),
                Called::Done(Err(error)) => self.placed(error),
            };
            if error.kind() == ErrorKind::Panic {
                return Err(error);
            }
            if tries < attempts {
                self.report(Report::Retried);
                let at = self.driver.now() + backoff.saturating_mul(1 << tries.min(32));
                let slept = async {
                    sleep_until(Arc::clone(&self.driver), at).await;
                    Ok(())
                };
                if let Called::Abandoned = self.feed.unless_stopped(slept).await {
                    return Ok(());
                }
                tries += 1;
            } else if let Some((fallback, context)) = self.fallback.take() {
                tracing::warn!(node = %self.context.node, %error, "falls back to {}", context.node);
                self.clean_up().await;
                (self.node, self.context) = (fallback, context);
            } else if self.skips {
                self.report(Report::Skipped(error));
                return Ok(());
            } else {
                return Err(error);
            }
            next = kept;
        }
        Ok(())
    }

    /// Calls the node once, within its time limit.
    async fn call(&mut self, port: usize, packet: Packet) -> Called {
        let began = self.driver.now();
        self.out.begin(Inherited::of(&packet), port);
        let call = contained(self.node.process(packet, &self.out));
        let limited = within(call, self.limit, &self.driver);
        let called = self.feed.unless_stopped(limited).await;
        self.report(Report::Took { nanos: self.driver.now().since(began).as_nanos() });
        called
    }

    fn placed(&self, error: Error) -> Error {
        error.in_node(&self.context.pipeline, &self.context.node).at_item(Some(self.items))
    }

    fn report(&self, report: Report) {
        lock(&self.feed.0).reports.push(report);
    }
}

impl Feed {
    fn epoch(&self) -> u64 {
        lock(&self.0).epoch
    }

    /// The next thing for the node to do. The stage polls again whenever there may be one.
    async fn event(&self) -> Event {
        poll_fn(|_| {
            let mut exchange = lock(&self.0);
            if exchange.stop {
                return Poll::Ready(Event::Stop);
            }
            if std::mem::take(&mut exchange.interrupted) {
                return Poll::Ready(Event::Interrupt);
            }
            if let Some((port, packet)) = exchange.next.take() {
                return Poll::Ready(Event::Packet(port, packet));
            }
            if exchange.ended { Poll::Ready(Event::End) } else { Poll::Pending }
        })
        .await
    }

    /// Drives `call` until it is done, or until the session is interrupted or ends.
    async fn unless_stopped(&self, call: impl Future<Output = Result<(), Error>>) -> Called {
        let mut call = pin!(call);
        poll_fn(|cx| {
            {
                let exchange = lock(&self.0);
                if exchange.stop || exchange.interrupted {
                    return Poll::Ready(Called::Abandoned);
                }
            }
            call.as_mut().poll(cx).map(Called::Done)
        })
        .await
    }
}

/// `call` with panics as errors.
async fn contained(mut call: BoxFuture<'_, NodeResult>) -> Result<(), Error> {
    poll_fn(|cx| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.as_mut().poll(cx)));
        match polled {
            Ok(polled) => polled.map(|done| done.map_err(Error::from_node)),
            Err(payload) => Poll::Ready(Err(panicked(&*payload))),
        }
    })
    .await
}

/// `call` with an error once `limit` has passed.
async fn within(
    call: impl Future<Output = Result<(), Error>>,
    limit: Option<Span>,
    driver: &Arc<dyn Driver>,
) -> Result<(), Error> {
    let Some(limit) = limit else { return call.await };
    let mut call = pin!(call);
    let mut alarm = sleep_until(Arc::clone(driver), driver.now() + limit);
    poll_fn(|cx| {
        if let Poll::Ready(done) = call.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        alarm.as_mut().poll(cx).map(|()| {
            let message = format!("the call took longer than its limit of {} ms", limit.as_nanos() / 1_000_000);
            Err(Error::new(ErrorKind::Timeout, message))
        })
    })
    .await
}
