//! Generator functions as nodes: each call gives many results, taken one at a time as there is room.

use pyo3::prelude::*;
use remotemedia_core::error::NodeResult;
use remotemedia_core::node::{Flow, Node, NodeContext};
use remotemedia_core::outputs::Outputs;
use remotemedia_core::packet::Packet;

use super::body::Body;

/// Calls `process` with each packet.
pub(super) struct Generator {
    body: Body,
    current: Option<Py<PyAny>>,
}

/// Calls `process` once, without a packet.
pub(super) struct Source {
    body: Body,
    current: Option<Py<PyAny>>,
}

impl Generator {
    pub(super) fn new(body: Body) -> Self {
        Self { body, current: None }
    }
}

impl Source {
    pub(super) fn new(body: Body) -> Self {
        Self { body, current: None }
    }
}

impl Node for Generator {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.body.place(cx);
        self.body.finished_hook("initialize")
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let port = out.input_port();
        Python::attach(|py| {
            let input = self.body.input(py, packet)?;
            self.current = Some(self.body.process(py, &input.object, port)?.unbind());
            if advance(py, &self.body, &mut self.current, out)? == Flow::More {
                out.resume_later();
            }
            Ok(())
        })
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        Python::attach(|py| advance(py, &self.body, &mut self.current, out))
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        flush(&self.body, out)
    }

    fn interrupt(&mut self) {
        close(&self.body, &mut self.current).unwrap_or_default();
        self.body.interrupt();
    }

    fn cleanup(&mut self) -> NodeResult {
        let closed = close(&self.body, &mut self.current);
        self.body.clean_up().and(closed)
    }
}

impl Node for Source {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.body.place(cx);
        self.body.finished_hook("initialize")
    }

    fn process(&mut self, _packet: Packet, _out: &mut Outputs<'_>) -> NodeResult {
        Ok(())
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        Python::attach(|py| {
            if self.current.is_none() {
                self.current = Some(self.body.process_nothing(py)?.unbind());
            }
            advance(py, &self.body, &mut self.current, out)
        })
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        flush(&self.body, out)
    }

    fn interrupt(&mut self) {
        self.body.interrupt();
    }

    fn cleanup(&mut self) -> NodeResult {
        let closed = close(&self.body, &mut self.current);
        self.body.clean_up().and(closed)
    }
}

/// Takes items up to the first that is emitted.
fn advance(py: Python<'_>, body: &Body, current: &mut Option<Py<PyAny>>, out: &mut Outputs<'_>) -> NodeResult<Flow> {
    let Some(generator) = current else { return Ok(Flow::Done) };
    match body.next(py, generator.bind(py))? {
        Some(value) => body.emit_value(value, out).map(|()| Flow::More),
        None => {
            *current = None;
            Ok(Flow::Done)
        }
    }
}

fn flush(body: &Body, out: &mut Outputs<'_>) -> NodeResult {
    Python::attach(|py| match body.hook(py, "flush")? {
        Some(result) => body.emit(py, result, out),
        None => Ok(()),
    })
}

/// Closes a generator that was not taken to its end, which runs its `finally` clauses.
fn close(body: &Body, current: &mut Option<Py<PyAny>>) -> NodeResult {
    let Some(generator) = current.take() else { return Ok(()) };
    Python::attach(|py| generator.call_method0(py, "close").map(drop).map_err(|error| body.error(py, error)))
}
