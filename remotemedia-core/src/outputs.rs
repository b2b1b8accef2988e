//! Outputs: what a node emits through while it works.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use serde_json::{Map, Value};

use crate::error::{NodeError, NodeResult};
use crate::packet::Packet;
use crate::time::{Span, Timestamp};

/// Takes what a node emits.
pub(crate) trait Sink {
    /// Delivers `packet` from output port `port`.
    fn deliver(&mut self, port: usize, packet: Packet) -> NodeResult;

    /// Counts a packet that the node took and will not emit.
    fn count_dropped(&mut self) {}

    fn is_taken(&self, _port: usize) -> bool {
        true
    }
}

/// What emitted packets take from the packet that is being worked on, where they do not say it themselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inherited {
    pts: Option<Timestamp>,
    duration: Option<Span>,
    seq: Option<u64>,
    attributes: Option<Arc<Map<String, Value>>>,
    epoch: u64,
    stream: u32,
    uninterruptible: bool,
}

/// Where a [`Node`](crate::node::Node) puts its results.
///
/// A packet emitted without a presentation time takes time, duration and attributes of the packet that is being worked
/// on; number and stream it takes wherever it has none of its own.
pub struct Outputs<'a> {
    sink: &'a mut dyn Sink,
    inherited: &'a Inherited,
    input_port: usize,
    resume: bool,
}

impl<'a> Outputs<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink, inherited: &'a Inherited, input_port: usize) -> Self {
        Self { sink, inherited, input_port, resume: false }
    }

    /// Emits on the first output port.
    ///
    /// # Errors
    /// If the stream has ended behind this node; return it.
    pub fn emit(&mut self, packet: impl Into<Packet>) -> NodeResult {
        self.emit_to(0, packet)
    }

    /// Emits on the output port with this index.
    ///
    /// # Errors
    /// If there is no such port, or the stream has ended behind this node; return it.
    pub fn emit_to(&mut self, port: usize, packet: impl Into<Packet>) -> NodeResult {
        let mut packet = packet.into();
        self.inherited.complete(&mut packet);
        self.sink.deliver(port, packet)
    }

    /// Counts a packet that the node drops on purpose, so that metrics show it.
    pub fn count_dropped(&mut self) {
        self.sink.count_dropped();
    }

    /// Whether anybody takes what is emitted on the output port with this index: an optional one may lead nowhere.
    pub fn is_taken(&self, port: usize) -> bool {
        self.sink.is_taken(port)
    }

    /// The index of the input port on which the packet came.
    pub fn input_port(&self) -> usize {
        self.input_port
    }

    /// Asks for [`Node::resume`](crate::node::Node::resume) before the next packet: there is more to emit than should
    /// be emitted at once. Only for nodes whose specification says `resumable`.
    pub fn resume_later(&mut self) {
        self.resume = true;
    }

    pub(crate) fn wants_resume(&self) -> bool {
        self.resume
    }
}

impl Inherited {
    /// Remembers the envelope of `packet`.
    pub(crate) fn of(packet: &Packet) -> Self {
        Self {
            pts: packet.pts,
            duration: packet.duration,
            seq: packet.seq,
            attributes: packet.attributes.clone(),
            epoch: packet.epoch,
            stream: packet.stream,
            uninterruptible: packet.uninterruptible,
        }
    }

    /// Nothing but the epoch, for sources.
    pub(crate) fn epoch(epoch: u64) -> Self {
        Self { epoch, ..Self::default() }
    }

    /// Whether what is worked on survives interrupts.
    pub(crate) fn survives(&self) -> bool {
        self.uninterruptible
    }

    fn complete(&self, packet: &mut Packet) {
        packet.epoch = self.epoch;
        packet.uninterruptible |= self.uninterruptible;
        packet.seq = packet.seq.or(self.seq);
        if packet.stream == 0 {
            packet.stream = self.stream;
        }
        if packet.pts.is_some() {
            return;
        }
        packet.pts = self.pts;
        packet.duration = packet.duration.or(self.duration);
        if packet.attributes.is_none() {
            packet.attributes.clone_from(&self.attributes);
        }
    }
}

impl Sink for Vec<(usize, Packet)> {
    fn deliver(&mut self, port: usize, packet: Packet) -> NodeResult {
        self.push((port, packet));
        Ok(())
    }
}

/// Calls `work` with outputs that collect what is emitted, as pairs of port index and packet: for testing a node alone.
///
/// # Errors
/// What `work` returns.
pub fn collect<T>(
    input_port: usize,
    work: impl FnOnce(&mut Outputs<'_>) -> NodeResult<T>,
) -> NodeResult<(T, Vec<(usize, Packet)>)> {
    let mut collected = Vec::new();
    let result = work(&mut Outputs::new(&mut collected, &Inherited::default(), input_port))?;
    Ok((result, collected))
}

/// Where an [`AsyncNode`](crate::node::AsyncNode) puts its results. Clones emit into the same place, at any time.
#[derive(Clone)]
pub struct AsyncOutputs {
    pending: Arc<Mutex<Pending>>,
    /// The call that they are for, if they end with it.
    call: Option<u64>,
}

struct Pending {
    /// The number of the call that is under way, or of the next one.
    call: u64,
    packets: VecDeque<(usize, Packet)>,
    inherited: Inherited,
    input_port: usize,
    emitted: bool,
    closed: bool,
    failure: Option<NodeError>,
    producers: Vec<Waker>,
    consumer: Option<Waker>,
}

impl AsyncOutputs {
    /// How many packets wait for delivery before `emit` waits.
    const CAPACITY: usize = 16;

    pub(crate) fn new() -> Self {
        let pending = Mutex::new(Pending {
            call: 0,
            packets: VecDeque::new(),
            inherited: Inherited::default(),
            input_port: 0,
            emitted: false,
            closed: false,
            failure: None,
            producers: Vec::new(),
            consumer: None,
        });
        Self { pending: Arc::new(pending), call: None }
    }

    /// The same outputs until the call that is under way is over, for whoever may not notice in time that it is:
    /// nothing that is emitted through them afterwards lands in the next call.
    #[must_use]
    pub fn of_call(&self) -> Self {
        Self { call: Some(self.lock().call), ..self.clone() }
    }

    /// Emits on the first output port, waiting for room.
    ///
    /// # Errors
    /// If the session, or the call that the outputs are [for](Self::of_call), has ended; return it.
    pub async fn emit(&self, packet: impl Into<Packet>) -> NodeResult {
        self.emit_to(0, packet).await
    }

    /// Emits on the output port with this index, waiting for room.
    ///
    /// # Errors
    /// If the session, or the call that the outputs are [for](Self::of_call), has ended; return it.
    pub async fn emit_to(&self, port: usize, packet: impl Into<Packet>) -> NodeResult {
        let mut waiting = Some(packet.into());
        poll_fn(|cx| {
            let mut pending = self.lock();
            if pending.closed {
                return Poll::Ready(Err(NodeError::new("the session has ended")));
            }
            if self.call.is_some_and(|call| call != pending.call) {
                return Poll::Ready(Err(NodeError::new("the call is over")));
            }
            if pending.packets.len() >= Self::CAPACITY {
                pending.producers.push(cx.waker().clone());
                return Poll::Pending;
            }
            if let Some(mut packet) = waiting.take() {
                pending.inherited.complete(&mut packet);
                pending.emitted = true;
                pending.packets.push_back((port, packet));
            }
            let consumer = pending.consumer.take();
            drop(pending);
            if let Some(waker) = consumer {
                waker.wake();
            }
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// The index of the input port on which the packet that is being worked on came.
    pub fn input_port(&self) -> usize {
        self.lock().input_port
    }

    /// Reports an error that happened outside of a call. It ends the session like any error of the node.
    pub fn fail(&self, error: NodeError) {
        let mut pending = self.lock();
        pending.failure.get_or_insert(error);
        let consumer = pending.consumer.take();
        drop(pending);
        if let Some(waker) = consumer {
            waker.wake();
        }
    }

    pub(crate) fn begin(&self, inherited: Inherited, input_port: usize) {
        let mut pending = self.lock();
        pending.inherited = inherited;
        pending.input_port = input_port;
        pending.emitted = false;
    }

    /// Ends the call: outputs that are for it alone take nothing any more.
    pub(crate) fn end(&self) {
        let mut pending = self.lock();
        pending.call += 1;
        let producers = std::mem::take(&mut pending.producers);
        drop(pending);
        producers.into_iter().for_each(Waker::wake);
    }

    /// Whether anything was emitted since the call began.
    pub(crate) fn has_emitted(&self) -> bool {
        self.lock().emitted
    }

    /// Takes the next packet; leaves `waker` to be woken when there is one.
    pub(crate) fn take(&self, waker: &Waker) -> Option<Result<(usize, Packet), NodeError>> {
        let mut pending = self.lock();
        if let Some(error) = pending.failure.take() {
            return Some(Err(error));
        }
        let Some(next) = pending.packets.pop_front() else {
            pending.consumer = Some(waker.clone());
            return None;
        };
        let producers = std::mem::take(&mut pending.producers);
        drop(pending);
        producers.into_iter().for_each(Waker::wake);
        Some(Ok(next))
    }

    /// Forgets what waits for delivery but what survives an interrupt.
    pub(crate) fn discard(&self) {
        let mut pending = self.lock();
        let dropped: VecDeque<_> = std::mem::take(&mut pending.packets);
        let (kept, dropped): (VecDeque<_>, VecDeque<_>) =
            dropped.into_iter().partition(|(_, packet)| packet.uninterruptible);
        pending.packets = kept;
        let producers = std::mem::take(&mut pending.producers);
        drop(pending);
        drop(dropped);
        producers.into_iter().for_each(Waker::wake);
    }

    /// Ends every present and future `emit` with an error.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.discard();
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        // Nothing panics while the lock is held, so the data behind it is whole.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::Context;

    use super::*;

    fn poll(emit: Pin<&mut impl Future<Output = NodeResult>>) -> Poll<Result<(), String>> {
        let polled = emit.poll(&mut Context::from_waker(Waker::noop()));
        polled.map(|emitted| emitted.map_err(|error| error.to_string()))
    }

    #[test]
    fn what_was_meant_for_a_call_that_is_over_does_not_land_in_the_next() {
        let outputs = AsyncOutputs::new();
        outputs.begin(Inherited::default(), 0);
        let of_call = outputs.of_call();
        let mut late = pin!(of_call.emit(1i64));
        outputs.end();
        outputs.begin(Inherited::default(), 0);
        assert_eq!(poll(late.as_mut()), Poll::Ready(Err("the call is over".to_owned())));
        assert!(!outputs.has_emitted());
        assert_eq!(poll(pin!(outputs.of_call().emit(2i64))), Poll::Ready(Ok(())));
    }

    #[test]
    fn whoever_waits_for_room_hears_that_the_call_is_over() {
        let outputs = AsyncOutputs::new();
        outputs.begin(Inherited::default(), 0);
        let of_call = outputs.of_call();
        for number in 0..AsyncOutputs::CAPACITY {
            assert_eq!(poll(pin!(of_call.emit(number as i64))), Poll::Ready(Ok(())));
        }
        let mut waiting = pin!(of_call.emit(-1i64));
        assert_eq!(poll(waiting.as_mut()), Poll::Pending);
        assert_eq!(outputs.lock().producers.len(), 1);
        outputs.end();
        assert!(outputs.lock().producers.is_empty(), "all are woken");
        assert_eq!(poll(waiting.as_mut()), Poll::Ready(Err("the call is over".to_owned())));
    }
}
