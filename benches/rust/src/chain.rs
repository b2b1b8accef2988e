//! Chains of pass-through nodes, as every case needs them.

use std::sync::Arc;

use remotemedia_core::buffer::Buffer;
use remotemedia_core::driver::{Driver, TokioDriver};
use remotemedia_core::pipeline::{Pipeline, SessionConfig};
use remotemedia_core::prelude::*;
use remotemedia_core::session::{Received, Session};
use serde_json::{Value, json};

use crate::measure::Outcome;

/// Hands every packet on.
struct PassThrough;

impl Node for PassThrough {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        out.emit(packet)
    }
}

/// What stands on the edges between the nodes.
#[derive(Clone, Copy)]
pub(crate) enum Edges {
    /// Nothing: all nodes are one stage.
    Direct,
    /// A queue of this capacity and policy: each node is a stage of its own.
    Queued(usize, &'static str),
}

/// A driver with two worker threads.
pub(crate) fn driver() -> Outcome<Arc<dyn Driver>> {
    Ok(Arc::new(TokioDriver::new(2)?))
}

/// A pipeline of `length` pass-through nodes, in as many stages as `edges` asks for.
pub(crate) fn pipeline(length: usize, edges: Edges) -> Outcome<Pipeline> {
    let mut nodes = Registry::new();
    nodes.register("PassThrough", |_params| Ok(PassThrough))?;
    let pipeline = Pipeline::from_json(&manifest(length, edges).to_string(), &nodes)?;
    let stages = pipeline.placement().map(|(stage, _)| stage + 1).max().unwrap_or(0);
    let expected = if matches!(edges, Edges::Direct) { 1 } else { length };
    match stages == expected {
        true => Ok(pipeline),
        false => Err(format!("{length} nodes run in {stages} stages, what is measured needs {expected}").into()),
    }
}

/// A running session of `length` pass-through nodes.
pub(crate) fn session(length: usize, edges: Edges, metrics: bool, driver: &Arc<dyn Driver>) -> Outcome<Session> {
    let config = SessionConfig { metrics, ..SessionConfig::default() };
    let session = pipeline(length, edges)?.launch(driver, &config)?;
    session.wait_ready(None)?;
    Ok(session)
}

/// A packet of `len` bytes.
pub(crate) fn packet(len: usize) -> Packet {
    Packet::new(Payload::Bytes(Buffer::from(vec![1u8; len])))
}

/// Sends `packet` and takes what comes of it.
pub(crate) fn round_trip(session: &Session, packet: &Packet) -> Outcome<()> {
    session.send(None, packet.clone(), None)?;
    receive(session).map(drop)
}

/// The next packet of the session.
pub(crate) fn receive(session: &Session) -> Outcome<Packet> {
    match session.recv(None, None)? {
        Received::Packet(_, packet) => Ok(packet),
        _ => Err("the session ended early".into()),
    }
}

fn manifest(length: usize, edges: Edges) -> Value {
    let nodes: Vec<Value> = (0..length).map(|i| json!({"id": format!("n{i}"), "node_type": "PassThrough"})).collect();
    let connections: Vec<Value> = (1..length).map(|i| connection(i, edges)).collect();
    json!({"version": "v1", "metadata": {"name": "bench"}, "nodes": nodes, "connections": connections})
}

fn connection(to: usize, edges: Edges) -> Value {
    let (from, to) = (format!("n{}", to - 1), format!("n{to}"));
    match edges {
        Edges::Direct => json!({"from": from, "to": to}),
        Edges::Queued(capacity, policy) => json!({"from": from, "to": to, "capacity": capacity, "policy": policy}),
    }
}
