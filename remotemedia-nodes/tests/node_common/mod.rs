//! What the tests of the math, text and flow nodes share: a node on its own, with ports and a clock.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test crate uses a part of it")]

use std::sync::Arc;

use remotemedia_core::driver::SingleThreaded;
use remotemedia_core::outputs::collect;
use remotemedia_core::prelude::*;
use serde_json::Value;

/// A node of a standard type, initialised, on a clock that stands still until it is moved.
pub struct Bench {
    pub node: Box<dyn Node>,
    pub clock: Arc<SingleThreaded>,
}

impl Bench {
    /// A node with the ports `in` and `out`, which its type and parameters make.
    pub fn new(node_type: &str, params: Value) -> Self {
        Self::with_ports(node_type, params, &["in"], &["out"])
    }

    /// A node with the ports that connections gave it.
    pub fn with_ports(node_type: &str, params: Value, inputs: &[&str], outputs: &[&str]) -> Self {
        Self::try_with_ports(node_type, params, inputs, outputs).unwrap()
    }

    /// The same, or why there is none.
    pub fn try_with_ports(node_type: &str, params: Value, inputs: &[&str], outputs: &[&str]) -> NodeResult<Self> {
        let mut registry = Registry::new();
        remotemedia_nodes::register(&mut registry)?;
        let known = registry.node_type(node_type).unwrap_or_else(|| panic!("{node_type} is registered"));
        let AnyNode::Sync(mut node) = known.factory.create(params.as_object().unwrap())? else {
            panic!("{node_type} works on the calling thread")
        };
        let clock = Arc::new(SingleThreaded::new());
        let names = |ports: &[&str]| ports.iter().map(|port| (*port).to_owned()).collect();
        node.initialize(&NodeContext {
            pipeline: "test".into(),
            node: format!("{node_type}_0").into(),
            session: 1,
            inputs: names(inputs),
            outputs: names(outputs),
            driver: Arc::clone(&clock) as _,
        })?;
        Ok(Self { node, clock })
    }

    /// Why there is no such node.
    pub fn refusal(node_type: &str, params: Value) -> String {
        Self::try_with_ports(node_type, params, &["in"], &["out"]).err().unwrap().to_string()
    }

    /// What the node gives for a packet on input port `port`.
    pub fn give(&mut self, port: usize, packet: impl Into<Packet>) -> NodeResult<Vec<(usize, Packet)>> {
        let packet = packet.into();
        Ok(collect(port, |out| self.node.process(packet, out))?.1)
    }

    /// What the node gives for a packet on its first port, which is one packet on its first port.
    pub fn one(&mut self, packet: impl Into<Packet>) -> Packet {
        let mut given = self.give(0, packet).unwrap();
        assert_eq!(given.len(), 1, "{given:?}");
        assert_eq!(given[0].0, 0);
        given.remove(0).1
    }

    /// Why the node refuses a packet.
    pub fn error(&mut self, packet: impl Into<Packet>) -> String {
        self.give(0, packet).unwrap_err().to_string()
    }

    /// What the node gives at the end of the stream.
    pub fn flush(&mut self) -> NodeResult<Vec<(usize, Packet)>> {
        Ok(collect(0, |out| self.node.flush(out))?.1)
    }
}

/// The payloads as they print, with the port before each.
pub fn printed(given: &[(usize, Packet)]) -> Vec<String> {
    given.iter().map(|(port, packet)| format!("{port}: {}", packet.payload)).collect()
}

/// A point in time.
pub fn at_ms(ms: u64) -> Timestamp {
    Timestamp::from_nanos(ms * 1_000_000)
}

/// Where the bytes of a payload begin.
pub fn address(packet: &Packet) -> *const u8 {
    match &packet.payload {
        Payload::Audio(audio) => audio.buffer().as_bytes().as_ptr(),
        Payload::Tensor(tensor) => tensor.buffer().as_bytes().as_ptr(),
        Payload::Bytes(bytes) => bytes.as_bytes().as_ptr(),
        Payload::Text(text) => text.as_ptr(),
        Payload::Json(value) => Arc::as_ptr(value).cast(),
        other => panic!("{} has no bytes", other.describe()),
    }
}

/// Cases that the earlier package was asked, with its answers; see `data/make_earlier.py`.
pub fn earlier(what: &str) -> Value {
    let mut all: Value = serde_json::from_str(include_str!("../data/earlier.json")).unwrap();
    all[what].take()
}
