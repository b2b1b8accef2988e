//! The inputs of a streaming node: handed over one at a time. A packet counts as worked on when the node asks for the
//! next one, so that its outputs and errors are known to belong to it.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use remotemedia_core::packet::Packet;

use super::pending::Pending;
use super::to_python::NodeInput;

/// Where a streaming node takes its inputs from.
#[pyclass(frozen)]
#[derive(Clone, Default)]
pub(super) struct Inbox(Arc<Mutex<Exchange>>);

#[derive(Default)]
struct Exchange {
    packet: Option<Packet>,
    /// Whether the node asked for a packet and has none.
    asks: bool,
    closed: bool,
    producer: Option<Waker>,
    consumer: Option<Waker>,
}

impl Inbox {
    /// Puts a packet where the node finds it.
    pub(super) fn put(&self, packet: Packet) {
        let consumer = {
            let mut exchange = self.lock();
            exchange.packet = Some(packet);
            exchange.asks = false;
            exchange.consumer.take()
        };
        wake(consumer);
    }

    /// Whether the node took the packet and asks for the next.
    pub(super) fn poll_asked(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut exchange = self.lock();
        if exchange.packet.is_none() && exchange.asks {
            return Poll::Ready(());
        }
        exchange.producer = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes back what the node has not taken.
    pub(super) fn clear(&self) {
        let packet = self.lock().packet.take();
        drop(packet);
    }

    fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Packet>> {
        let (result, producer) = {
            let mut exchange = self.lock();
            match exchange.packet.take() {
                Some(packet) => (Poll::Ready(Some(packet)), None),
                None if exchange.closed => (Poll::Ready(None), None),
                None => {
                    exchange.asks = true;
                    exchange.consumer = Some(cx.waker().clone());
                    (Poll::Pending, exchange.producer.take())
                }
            }
        };
        wake(producer);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Inbox {
    /// Ends the inputs.
    pub(super) fn close(&self) {
        let consumer = {
            let mut exchange = self.lock();
            exchange.closed = true;
            exchange.consumer.take()
        };
        wake(consumer);
    }

    /// The next input as a tuple of one, or `None` at the end.
    fn take(&self) -> Pending {
        let inbox = self.clone();
        Pending::new(async move {
            let packet = poll_fn(|cx| inbox.poll_take(cx)).await;
            Python::attach(|py| match packet {
                None => Ok(py.None()),
                Some(packet) => {
                    let input = NodeInput::new(py, packet)?;
                    Ok(PyTuple::new(py, [input.object])?.into_any().unbind())
                }
            })
        })
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
