//! A plain function as a node: one call, one result.

use pyo3::prelude::*;
use remotemedia_core::error::NodeResult;
use remotemedia_core::node::{Node, NodeContext};
use remotemedia_core::outputs::Outputs;
use remotemedia_core::packet::Packet;

use super::body::Body;

pub(super) struct Plain {
    body: Body,
}

impl Plain {
    pub(super) fn new(body: Body) -> Self {
        Self { body }
    }
}

impl Node for Plain {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.body.place(cx);
        self.body.finished_hook("initialize")
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let port = out.input_port();
        Python::attach(|py| {
            let input = self.body.input(py, packet)?;
            let result = self.body.process(py, &input.object, port)?;
            let result = input.behind(result);
            drop(input);
            self.body.emit(py, result, out)
        })
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        Python::attach(|py| match self.body.hook(py, "flush")? {
            Some(result) => self.body.emit(py, result, out),
            None => Ok(()),
        })
    }

    fn interrupt(&mut self) {
        self.body.interrupt();
    }

    fn cleanup(&mut self) -> NodeResult {
        self.body.clean_up()
    }
}
