//! The life of an asynchronous node as one future: initialise, work, flush, clean up, with the failure policies.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tracing::field::{Empty, display};

use super::guard::{contain, lock, panicked};
use crate::driver::{Driver, sleep_until};
use crate::error::{Error, ErrorKind, NodeResult};
use crate::node::{AsyncNode, BoxFuture, NodeContext};
use crate::outputs::{AsyncOutputs, Inherited};
use crate::packet::Packet;
use crate::time::{Span, Timestamp};

/// What the stage and the node's future tell each other.
#[derive(Default)]
pub(super) struct Feed(pub(super) Mutex<Exchange>);

#[derive(Default)]
pub(super) struct Exchange {
    /// Whether the node waits for something to do; only then is a packet taken out of its queue.
    pub(super) asking: bool,
    pub(super) next: Option<(usize, Packet)>,
    pub(super) ended: bool,
    pub(super) stop: bool,
    pub(super) interrupted: bool,
    pub(super) epoch: u64,
    pub(super) initialized: bool,
    pub(super) reports: Vec<Report>,
}

/// What the node's future tells the stage.
pub(super) enum Report {
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

/// A node's whole life as one future, so that it can always be cleaned up.
pub(super) struct Life {
    pub(super) node: Box<dyn AsyncNode>,
    pub(super) fallback: Option<(Box<dyn AsyncNode>, NodeContext)>,
    pub(super) feed: Arc<Feed>,
    pub(super) out: AsyncOutputs,
    pub(super) context: NodeContext,
    pub(super) driver: Arc<dyn Driver>,
    pub(super) limit: Option<Span>,
    pub(super) retry: (u32, Span),
    pub(super) skips: bool,
    pub(super) items: u64,
    pub(super) is_source: bool,
    pub(super) alarm: Alarm,
}

impl Life {
    pub(super) async fn live(mut self) {
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
            match self.feed.unless_stopped(contained(node.initialize(context, &self.out)), false).await {
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
                    // All that a source makes, it makes in here.
                    let limit = self.limit.filter(|_| !self.is_source);
                    let flush = contained(self.node.flush(&self.out));
                    let limited = within(flush, limit, &self.driver, &mut self.alarm);
                    let called = self.feed.unless_stopped(limited, true).await;
                    self.out.end();
                    match called {
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
                Called::Done(Err(error)) => self.placed(error, port),
            };
            // What an item has emitted cannot be taken back.
            let once = error.kind() == ErrorKind::Panic || (again && self.out.has_emitted());
            if once {
                return Err(error);
            }
            if tries < attempts {
                self.report(Report::Retried);
                let at = self.driver.now() + backoff.saturating_mul(1 << tries.min(32));
                let slept = async {
                    sleep_until(Arc::clone(&self.driver), at).await;
                    Ok(())
                };
                if let Called::Abandoned = self.feed.unless_stopped(slept, true).await {
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
        let interruptible = !packet.uninterruptible;
        self.out.begin(Inherited::of(&packet), port);
        let span = tracing::trace_span!("process", node = %self.context.node, item = self.items, error = Empty);
        let call = contained(self.node.process(packet, &self.out));
        let limited = within(spanned(call, span.clone()), self.limit, &self.driver, &mut self.alarm);
        let called = self.feed.unless_stopped(limited, interruptible).await;
        self.out.end();
        if let Called::Done(Err(error)) = &called {
            span.record("error", display(error));
        }
        self.report(Report::Took { nanos: self.driver.now().since(began).as_nanos() });
        called
    }

    fn placed(&self, error: Error, port: usize) -> Error {
        let port = self.context.inputs.get(port).map(String::as_str);
        error.in_node(&self.context.pipeline, &self.context.node).at_port(port).at_item(Some(self.items))
    }

    fn report(&self, report: Report) {
        lock(&self.feed.0).reports.push(report);
    }
}

impl Exchange {
    fn event(&mut self) -> Option<Event> {
        if self.stop {
            return Some(Event::Stop);
        }
        if std::mem::take(&mut self.interrupted) {
            return Some(Event::Interrupt);
        }
        let packet = self.next.take().map(|(port, packet)| Event::Packet(port, packet));
        packet.or(self.ended.then_some(Event::End))
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
            let event = exchange.event();
            exchange.asking = event.is_none();
            event.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Drives `call` until it is done, or until the session ends or, if the call is `interruptible`, is interrupted.
    async fn unless_stopped(&self, call: impl Future<Output = Result<(), Error>>, interruptible: bool) -> Called {
        let mut call = pin!(call);
        poll_fn(|cx| {
            {
                let exchange = lock(&self.0);
                if exchange.stop || (interruptible && exchange.interrupted) {
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

/// `call` inside `span` whenever it is polled.
async fn spanned<T>(call: impl Future<Output = T>, span: tracing::Span) -> T {
    let mut call = pin!(call);
    poll_fn(|cx| span.in_scope(|| call.as_mut().poll(cx))).await
}

/// `call` with an error once `limit` has passed.
async fn within(
    call: impl Future<Output = Result<(), Error>>,
    limit: Option<Span>,
    driver: &Arc<dyn Driver>,
    alarm: &mut Alarm,
) -> Result<(), Error> {
    let Some(limit) = limit else { return call.await };
    let mut call = pin!(call);
    let at = driver.now() + limit;
    poll_fn(|cx| {
        if let Poll::Ready(done) = call.as_mut().poll(cx) {
            return Poll::Ready(done);
        }
        if driver.now() < at {
            alarm.set(at, driver, cx);
            return Poll::Pending;
        }
        let message = format!("the call took longer than its limit of {} ms", limit.as_nanos() / 1_000_000);
        Poll::Ready(Err(Error::new(ErrorKind::Timeout, message)))
    })
    .await
}

/// The one timer of a node with a time limit. Timers cannot be taken back, so the next is set when the last has passed.
#[derive(Default)]
pub(super) struct Alarm(Option<Timestamp>);

impl Alarm {
    /// Lets `cx` be woken at `at` or before; whoever is woken too early sets it again.
    fn set(&mut self, at: Timestamp, driver: &Arc<dyn Driver>, cx: &Context<'_>) {
        if self.0.is_none_or(|set| set <= driver.now()) {
            driver.wake_at(at, cx.waker().clone());
            self.0 = Some(at);
        }
    }
}
