//! Virtual time: a graph with an aligned join, a throttle, retries and time limits gives the same trace every run.
#![cfg(feature = "flow")]

use std::sync::Arc;

use remotemedia_core::driver::{Driver, SingleThreaded, sleep_until};
use remotemedia_core::prelude::*;
use serde_json::{Map, Value, json};

/// Makes a packet every 10 ms of the stream's time.
struct Ticks(u64);

impl Node for Ticks {
    fn process(&mut self, _: Packet, _: &mut Outputs<'_>) -> NodeResult {
        Err(NodeError::new("a source takes no packets"))
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        self.0 += 1;
        out.emit(Packet::new(self.0 as i64).at(Timestamp::from_nanos(self.0 * 10_000_000)))?;
        Ok(if self.0 < 40 { Flow::More } else { Flow::Done })
    }
}

/// Takes `wait_ms` for each packet, ten times as long for each one divisible by `slow`, and fails on each one divisible
/// by `fail` the first time it sees it.
struct Service {
    params: Map<String, Value>,
    driver: Option<Arc<dyn Driver>>,
    failed: Vec<i64>,
}

impl Service {
    fn number(&self, key: &str) -> u64 {
        self.params.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX)
    }
}

impl AsyncNode for Service {
    fn initialize<'a>(&'a mut self, cx: &'a NodeContext, _: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        self.driver = Some(Arc::clone(&cx.driver));
        Box::pin(async { Ok(()) })
    }

    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            let value = packet.payload.as_f64()? as i64;
            let driver = self.driver.clone().ok_or_else(|| NodeError::new("not initialised"))?;
            let slow = (value as u64).is_multiple_of(self.number("slow"));
            let wait = Span::from_millis(self.number("wait_ms") * if slow { 10 } else { 1 });
            sleep_until(Arc::clone(&driver), driver.now() + wait).await;
            if (value as u64).is_multiple_of(self.number("fail")) && !self.failed.contains(&value) {
                self.failed.push(value);
                return Err(NodeError::new("not the first time"));
            }
            out.emit(packet).await
        })
    }
}

fn registry() -> Registry {
    let mut nodes = Registry::new();
    remotemedia_nodes::register(&mut nodes).unwrap();
    let ticks = |_: &Map<String, Value>| Ok(AnyNode::from(Ticks(0)));
    nodes.insert(NodeSpec::new("Ticks").source(), Arc::new(ticks)).unwrap();
    let service = |params: &Map<String, Value>| {
        Ok(AnyNode::from_async(Service { params: params.clone(), driver: None, failed: Vec::new() }))
    };
    nodes.insert(NodeSpec::new("Service").lane(Lane::Async), Arc::new(service)).unwrap();
    nodes
}

fn manifest() -> String {
    json!({
        "version": "v1",
        "metadata": {"name": "trace"},
        "nodes": [
            {"id": "ticks", "node_type": "Ticks"},
            {"id": "fast", "node_type": "Service", "params": {"wait_ms": 2, "fail": 7},
             "on_error": {"retry": {"attempts": 2, "backoff_ms": 3}}},
            {"id": "slow", "node_type": "Service", "params": {"wait_ms": 5, "slow": 9},
             "timeout_ms": 20, "on_error": "skip"},
            {"id": "align", "node_type": "Align", "params": {"tolerance_ms": 1.0}},
            {"id": "throttle", "node_type": "Throttle", "params": {"min_interval_ms": 30}},
        ],
        "connections": [
            {"from": "ticks", "to": "fast"}, {"from": "ticks", "to": "slow"},
            {"from": "fast", "to": "align.a"}, {"from": "slow", "to": "align.b"},
            {"from": "align", "to": "throttle"},
        ],
    })
    .to_string()
}

fn trace(pipeline: &Pipeline) -> Vec<String> {
    let driver: Arc<dyn Driver> = Arc::new(SingleThreaded::new());
    let session = pipeline.start(&driver).unwrap();
    let mut trace = Vec::new();
    while let Received::Packet(port, packet) = session.recv(None, None).unwrap() {
        let (now, pts) = (driver.now().as_nanos(), packet.pts.unwrap_or_default().as_nanos());
        trace.push(format!("{now} {port} {pts} {} {:?}", packet.payload, packet.attributes));
    }
    let metrics = session.metrics();
    trace.extend(metrics.nodes.iter().map(|node| {
        format!("{} {} {} {} {} {}", node.id, node.items_in, node.items_out, node.errors, node.skipped, node.retries)
    }));
    trace
}

#[test]
fn the_trace_is_the_same_in_a_thousand_runs() {
    let pipeline = Pipeline::from_json(&manifest(), &registry()).unwrap();
    let first = trace(&pipeline);
    assert!(first.iter().any(|line| line.starts_with("fast 40 40 5 0 5")), "five retries: {first:#?}");
    assert!(first.iter().any(|line| line.starts_with("slow 40 36 4 4 0")), "four time limits: {first:#?}");
    assert!(first.len() > 10, "{first:#?}");
    for run in 1..1000 {
        assert_eq!(trace(&pipeline), first, "run {run}");
    }
}
