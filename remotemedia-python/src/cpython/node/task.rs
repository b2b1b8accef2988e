//! Coroutine and asynchronous generator functions as nodes, and sources on the event loop.

use pyo3::prelude::*;
use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::node::{AsyncNode, BoxFuture, NodeContext};
use remotemedia_core::outputs::AsyncOutputs;
use remotemedia_core::packet::Packet;

use super::body::Body;
use crate::cpython::call::LoopCall;
use crate::cpython::emission::Emit;
use crate::cpython::types::{Given, given};

pub(super) struct Task {
    body: Body,
    is_source: bool,
}

impl Task {
    pub(super) fn new(body: Body, is_source: bool) -> Self {
        Self { body, is_source }
    }

    fn begin(&mut self, packet: Packet, out: &AsyncOutputs) -> NodeResult<LoopCall> {
        let port = out.input_port();
        Python::attach(|py| {
            let input = self.body.input(py, packet)?;
            let mut begin = || {
                let process = self.body.process_on(py, port)?;
                let emit = Emit::new(py, &self.body.emission, out)?;
                self.body.call_glue(py, "call", (process, (&input.object,), emit))
            };
            begin().map_err(|error| self.body.error(py, error))
        })
    }

    fn begin_source(&mut self, out: &AsyncOutputs) -> NodeResult<LoopCall> {
        Python::attach(|py| {
            let mut begin = || {
                let process = self.body.process_on(py, 0)?;
                let emit = Emit::new(py, &self.body.emission, out)?;
                self.body.call_glue(py, "source", (process, emit))
            };
            begin().map_err(|error| self.body.error(py, error))
        })
    }
}

impl AsyncNode for Task {
    fn initialize<'a>(&'a mut self, cx: &'a NodeContext, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        self.body.place(cx);
        Box::pin(hook(&mut self.body, "initialize", out, false))
    }

    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            let call = self.begin(packet, out)?;
            finished(&self.body, call).await
        })
    }

    fn flush<'a>(&'a mut self, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            if self.is_source {
                let call = self.begin_source(out)?;
                finished(&self.body, call).await?;
            }
            hook(&mut self.body, "flush", out, true).await
        })
    }

    fn interrupt(&mut self) {
        self.body.interrupt();
    }

    fn cleanup(&mut self) -> BoxFuture<'_, NodeResult> {
        Box::pin(clean_up(&mut self.body))
    }
}

/// Calls an optional method; what it gives over time runs on the event loop, and is emitted if `emits`.
pub(super) async fn hook(body: &mut Body, name: &str, out: &AsyncOutputs, emits: bool) -> NodeResult {
    let step = Python::attach(|py| -> NodeResult<Option<LoopCall>> {
        let Some(result) = body.hook(py, name)? else { return Ok(None) };
        if given(&result) == Given::Value && !emits {
            return Ok(None);
        }
        let emit = if emits { Some(Emit::new(py, &body.emission, out)) } else { None };
        let begin = || match emit {
            Some(emit) => body.call_glue(py, "give", (result, emit?)),
            None => body.call_glue(py, "result_of", (result,)),
        };
        begin().map(Some).map_err(|error| body.error(py, error))
    });
    match step? {
        Some(call) => finished(body, call).await,
        None => Ok(()),
    }
}

/// Calls the optional method `cleanup` on the event loop and lets go of the object.
pub(super) async fn clean_up(body: &mut Body) -> NodeResult {
    let call = Python::attach(|py| body.begin_cleanup(py));
    let done = match call {
        Ok(Some(call)) => finished(body, call).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    body.release();
    done
}

/// Waits for a call to end.
pub(super) async fn finished(body: &Body, call: LoopCall) -> NodeResult {
    let result: Result<Py<PyAny>, PyErr> = call.await;
    result.map(drop).map_err(|error| Python::attach(|py| -> NodeError { body.error(py, error) }))
}
