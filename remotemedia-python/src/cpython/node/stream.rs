//! Streaming nodes: called once, with an iterator of all inputs.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use pyo3::prelude::*;
use remotemedia_core::error::NodeResult;
use remotemedia_core::node::{AsyncNode, BoxFuture, NodeContext};
use remotemedia_core::outputs::AsyncOutputs;
use remotemedia_core::packet::Packet;

use super::body::Body;
use super::task::{clean_up, hook};
use crate::cpython::call::LoopCall;
use crate::cpython::emission::Emit;
use crate::cpython::inbox::Inbox;

pub(super) struct Stream {
    body: Body,
    inbox: Inbox,
    running: Option<LoopCall>,
    /// Whether the node's function has returned; it takes nothing more.
    over: bool,
}

impl Stream {
    pub(super) fn new(body: Body) -> Self {
        Self { body, inbox: Inbox::default(), running: None, over: false }
    }

    /// Calls the node's function, the first time.
    fn begin(&mut self, out: &AsyncOutputs) -> NodeResult {
        if self.running.is_some() || self.over {
            return Ok(());
        }
        let inbox = self.inbox.clone();
        let call = Python::attach(|py| {
            let begin = || {
                let process = self.body.process_on(py, 0)?;
                let emit = Emit::new(py, &self.body.emission, out)?;
                self.body.call_glue(py, "stream", (process, Py::new(py, inbox)?, emit))
            };
            begin().map_err(|error| self.body.error(py, error))
        });
        self.running = Some(call?);
        Ok(())
    }

    /// Whether the node's function has returned, and with what error.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<NodeResult> {
        let Some(running) = &mut self.running else { return Poll::Ready(Ok(())) };
        let result = std::task::ready!(Pin::new(running).poll(cx));
        self.running = None;
        self.over = true;
        Poll::Ready(result.map(drop).map_err(|error| Python::attach(|py| self.body.error(py, error))))
    }
}

impl AsyncNode for Stream {
    fn initialize<'a>(&'a mut self, cx: &'a NodeContext, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        self.body.place(cx);
        Box::pin(hook(&mut self.body, "initialize", out, false))
    }

    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            self.begin(out)?;
            if self.over {
                return Ok(());
            }
            self.body.emission.begin(packet.pts);
            self.inbox.put(packet);
            poll_fn(|cx| match self.poll_over(cx) {
                Poll::Ready(result) => Poll::Ready(result),
                Poll::Pending => self.inbox.poll_asked(cx).map(Ok),
            })
            .await
        })
    }

    fn flush<'a>(&'a mut self, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            self.begin(out)?;
            self.inbox.close();
            poll_fn(|cx| self.poll_over(cx)).await?;
            hook(&mut self.body, "flush", out, true).await
        })
    }

    fn interrupt(&mut self) {
        self.inbox.clear();
        self.body.interrupt();
    }

    fn cleanup(&mut self) -> BoxFuture<'_, NodeResult> {
        self.inbox.close();
        self.running = None;
        Box::pin(clean_up(&mut self.body))
    }
}
