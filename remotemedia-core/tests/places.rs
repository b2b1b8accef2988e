//! Places: what errors say of the port and the item, whichever call of the node failed and however.

mod support;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use remotemedia_core::prelude::*;
use serde_json::{Map, Value, json};
use support::*;

/// Which call of the node goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Process,
    Resume,
    Flush,
}

/// How it goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Fails,
    Panics,
    TakesTooLong,
}

/// A node with two inputs, one of whose calls goes wrong.
struct Trouble {
    call: Call,
    fault: Fault,
}

impl Trouble {
    fn come(&self, call: Call) -> NodeResult {
        match self.fault {
            _ if call != self.call => Ok(()),
            Fault::Fails => Err(NodeError::new("as it should")),
            Fault::Panics => panic!("as it should"),
            Fault::TakesTooLong => {
                thread::sleep(Duration::from_millis(40));
                Ok(())
            }
        }
    }
}

impl Node for Trouble {
    fn process(&mut self, _: Packet, out: &mut Outputs<'_>) -> NodeResult {
        out.resume_later();
        self.come(Call::Process)
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        assert_eq!(out.input_port(), 1, "a call that goes on has the port of its item");
        self.come(Call::Resume).map(|()| Flow::Done)
    }

    fn flush(&mut self, _: &mut Outputs<'_>) -> NodeResult {
        self.come(Call::Flush)
    }
}

/// The error of a session whose node was sent one item, on its second port.
fn error_of(call: Call, fault: Fault) -> Error {
    let mut nodes = Registry::new();
    let spec = NodeSpec::new("Trouble").inputs(&[("left", PayloadKind::Any), ("right", PayloadKind::Any)]);
    let create = move |_: &Map<String, Value>| Ok(AnyNode::from(Trouble { call, fault }));
    nodes.insert(spec.lane(Lane::Blocking).resumable(), Arc::new(create)).unwrap();
    let fields = if fault == Fault::TakesTooLong { json!({"timeout_ms": 5}) } else { json!({}) };
    let pipeline = Pipeline::from_json(&chain(&[("Trouble", fields)]), &nodes).unwrap();
    let session = pipeline.start(&tokio()).unwrap();
    session.send(Some("n0.right"), 1, None).unwrap();
    session.drain(None).unwrap_err()
}

#[test]
fn an_error_names_the_port_that_the_item_of_its_call_came_on() {
    for fault in [Fault::Fails, Fault::Panics, Fault::TakesTooLong] {
        for call in [Call::Process, Call::Resume] {
            let error = error_of(call, fault);
            let place = (error.pipeline(), error.node(), error.port(), error.item());
            assert_eq!(place, (Some("test"), Some("n0"), Some("right"), Some(1)), "{call:?} {fault:?}: {error}");
        }
    }
}

#[test]
fn an_error_of_a_flush_names_neither_port_nor_item() {
    for fault in [Fault::Fails, Fault::Panics, Fault::TakesTooLong] {
        let error = error_of(Call::Flush, fault);
        assert_eq!((error.node(), error.port(), error.item()), (Some("n0"), None, None), "{fault:?}: {error}");
    }
}
