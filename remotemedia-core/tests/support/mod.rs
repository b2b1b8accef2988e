//! What the executor's tests share: a registry of small nodes, manifests in a line, and a journal of what happened.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use remotemedia_core::driver::{Driver, SingleThreaded, TokioDriver, sleep_until};
use remotemedia_core::prelude::*;
use serde_json::{Map, Value, json};

/// What nodes did, in order.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    pub fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn count(&self, what: &str) -> usize {
        self.lines().iter().filter(|line| line.as_str() == what).count()
    }
}

/// Both drivers, with their names.
pub fn drivers() -> Vec<(&'static str, Arc<dyn Driver>)> {
    vec![("single", single()), ("tokio", tokio())]
}

pub fn single() -> Arc<dyn Driver> {
    Arc::new(SingleThreaded::new())
}

pub fn tokio() -> Arc<dyn Driver> {
    Arc::new(TokioDriver::new(2).unwrap())
}

/// A manifest from `a:Type {params} | b:Type`-like parts: nodes as (id, type, fields), connections as (from, to).
pub fn manifest(nodes: &[(&str, &str, Value)], connections: &[(&str, &str)]) -> String {
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|(id, node_type, fields)| {
            let mut node = json!({"id": id, "node_type": node_type, "params": {}});
            for (key, value) in fields.as_object().unwrap() {
                node[key] = value.clone();
            }
            node
        })
        .collect();
    let connections: Vec<Value> = connections.iter().map(|(from, to)| json!({"from": from, "to": to})).collect();
    json!({"version": "v1", "metadata": {"name": "test"}, "nodes": nodes, "connections": connections}).to_string()
}

/// A chain of nodes of the given types, called `n0`, `n1`, …
pub fn chain(types: &[(&str, Value)]) -> String {
    let ids: Vec<String> = (0..types.len()).map(|index| format!("n{index}")).collect();
    let nodes: Vec<_> = ids.iter().zip(types).map(|(id, (t, fields))| (id.as_str(), *t, fields.clone())).collect();
    let connections: Vec<_> = ids.windows(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    manifest(&nodes, &connections)
}

pub fn params(value: Value) -> Value {
    json!({ "params": value })
}

pub fn numbers(range: std::ops::Range<i64>) -> Vec<Packet> {
    range.map(Packet::new).collect()
}

pub fn texts(packets: &[Packet]) -> Vec<String> {
    packets.iter().map(|packet| packet.payload.to_string()).collect()
}

/// Receives everything until the end or an error.
pub fn drain(session: &Session) -> (Vec<String>, Option<Error>) {
    let mut seen = Vec::new();
    loop {
        match session.recv(None, None) {
            Ok(Received::Packet(_, packet)) => seen.push(packet.payload.to_string()),
            Ok(Received::End) => return (seen, None),
            Ok(Received::Nothing) => panic!("recv without a deadline came back with nothing"),
            Err(error) => return (seen, Some(error)),
        }
    }
}

/// Receives everything until the end, which must not be an error.
pub fn drain_all(session: &Session) -> Vec<String> {
    let (seen, error) = drain(session);
    assert!(error.is_none(), "{error:?}");
    seen
}

/// A node whose every step is written in the journal and can be told to fail, panic or dawdle.
pub struct Scripted {
    name: String,
    journal: Journal,
    params: Map<String, Value>,
    seen: u64,
}

impl Scripted {
    fn trouble(&self, step: &str) -> NodeResult {
        if self.params.get("fail_in").and_then(Value::as_str) == Some(step) {
            return Err(NodeError::new(format!("told to fail in {step}")));
        }
        if self.params.get("panic_in").and_then(Value::as_str) == Some(step) {
            panic!("told to panic in {step}");
        }
        Ok(())
    }

    fn is_item(&self, key: &str) -> bool {
        self.params.get(key).and_then(Value::as_u64) == Some(self.seen)
    }

    fn prepare(&mut self, cx: &NodeContext) -> NodeResult {
        self.name = cx.node.to_string();
        self.journal.note(format!("{} initialize", self.name));
        self.trouble("initialize")
    }

    fn step(&mut self, packet: &Packet) -> NodeResult {
        self.seen += 1;
        self.journal.note(format!("{} process {}", self.name, packet.payload));
        if self.is_item("fail_at") {
            return Err(NodeError::new(format!("told to fail at item {}", self.seen)));
        }
        if self.params.get("fail_first").and_then(Value::as_u64).is_some_and(|times| self.seen <= times) {
            return Err(NodeError::new(format!("told to fail, call {}", self.seen)));
        }
        if self.is_item("panic_at") {
            panic!("told to panic at item {}", self.seen);
        }
        Ok(())
    }

    fn finish(&mut self, step: &str) -> NodeResult {
        self.journal.note(format!("{} {step}", self.name));
        self.trouble(step)
    }
}

impl Node for Scripted {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.prepare(cx)
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        self.step(&packet)?;
        if let Some(millis) = self.params.get("sleep_ms").and_then(Value::as_u64) {
            std::thread::sleep(std::time::Duration::from_millis(millis));
        }
        let copies = self.params.get("copies").and_then(Value::as_u64).unwrap_or(1);
        (0..copies).try_for_each(|_| out.emit(packet.clone()))
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.finish("flush")?;
        if let Some(text) = self.params.get("flush_text").and_then(Value::as_str) {
            out.emit(text)?;
        }
        Ok(())
    }

    fn interrupt(&mut self) {
        self.journal.note(format!("{} interrupt", self.name));
    }

    fn cleanup(&mut self) -> NodeResult {
        self.finish("cleanup")
    }
}

/// The same, asynchronous; waits `wait_ms` of the driver's time in each call.
pub struct ScriptedAsync {
    inner: Scripted,
    driver: Option<Arc<dyn Driver>>,
}

impl AsyncNode for ScriptedAsync {
    fn initialize<'a>(&'a mut self, cx: &'a NodeContext, _: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            self.driver = Some(Arc::clone(&cx.driver));
            self.inner.prepare(cx)?;
            if let Some(wait) = self.inner.params.get("initialize_ms").and_then(Value::as_u64) {
                sleep_until(Arc::clone(&cx.driver), cx.driver.now() + Span::from_millis(wait)).await;
                self.inner.journal.note(format!("{} ready", self.inner.name));
            }
            Ok(())
        })
    }

    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            self.inner.step(&packet)?;
            let wait = self.inner.params.get("wait_ms").and_then(Value::as_u64);
            if let (Some(wait), Some(driver)) = (wait, &self.driver) {
                sleep_until(Arc::clone(driver), driver.now() + Span::from_millis(wait)).await;
            }
            let copies = self.inner.params.get("copies").and_then(Value::as_u64).unwrap_or(1);
            for _ in 0..copies {
                out.emit(packet.clone()).await?;
            }
            if self.inner.params.contains_key("fail_after_emitting") {
                return Err(NodeError::new("told to fail after emitting"));
            }
            Ok(())
        })
    }

    fn flush<'a>(&'a mut self, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move {
            self.inner.finish("flush")?;
            match self.inner.params.get("flush_text").and_then(Value::as_str) {
                Some(text) => out.emit(text).await,
                None => Ok(()),
            }
        })
    }

    fn interrupt(&mut self) {
        self.inner.journal.note(format!("{} interrupt", self.inner.name));
    }

    fn cleanup(&mut self) -> BoxFuture<'_, NodeResult> {
        Box::pin(async move { self.inner.finish("cleanup") })
    }
}

/// Makes `count` numbers, a few at a time, or without end.
pub struct Counting {
    next: i64,
    count: Option<i64>,
}

impl Node for Counting {
    fn process(&mut self, _: Packet, _: &mut Outputs<'_>) -> NodeResult {
        Err(NodeError::new("a source takes no packets"))
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        if self.count.is_some_and(|count| self.next >= count) {
            return Ok(Flow::Done);
        }
        let pts = Timestamp::from_nanos(self.next as u64 * 10_000_000);
        out.emit(Packet::new(self.next).at(pts))?;
        self.next += 1;
        Ok(Flow::More)
    }
}

/// Emits the numbers from zero to the packet's value, one per resumption.
#[derive(Default)]
pub struct UpTo {
    next: i64,
    end: i64,
}

impl Node for UpTo {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        (self.next, self.end) = (0, packet.payload.as_f64()? as i64);
        out.resume_later();
        Ok(())
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        if self.next >= self.end {
            return Ok(Flow::Done);
        }
        out.emit(self.next)?;
        self.next += 1;
        Ok(Flow::More)
    }
}

/// Emits on every output port what it gets, and names the input port it came on.
struct Router {
    ports: usize,
}

impl Node for Router {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.ports = cx.outputs.len();
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let labelled = packet.clone().with_attribute("port", out.input_port());
        (0..self.ports).try_for_each(|port| out.emit_to(port, labelled.clone()))
    }
}

/// The test nodes: `Pass`, `Double`, `Scripted` and its variants by lane, `Count`, `UpTo`, `Router`.
pub fn registry(journal: &Journal) -> Registry {
    let mut registry = Registry::new();
    registry.register("Pass", |_| Ok(map(|payload: Payload| payload))).unwrap();
    registry.register("Double", |_| Ok(map(|x: f64| x * 2.0))).unwrap();
    let lanes = [("Scripted", Lane::Native), ("ScriptedBlocking", Lane::Blocking)];
    for (name, lane) in lanes {
        let journal = journal.clone();
        let create = move |params: &Map<String, Value>| Ok(AnyNode::from(scripted(&journal, params)));
        registry.insert(NodeSpec::new(name).lane(lane), Arc::new(create)).unwrap();
    }
    let for_async = journal.clone();
    let create = move |params: &Map<String, Value>| {
        Ok(AnyNode::from_async(ScriptedAsync { inner: scripted(&for_async, params), driver: None }))
    };
    registry.insert(NodeSpec::new("ScriptedAsync").lane(Lane::Async), Arc::new(create)).unwrap();
    let create = |params: &Map<String, Value>| {
        Ok(AnyNode::from(Counting { next: 0, count: params.get("count").and_then(Value::as_i64) }))
    };
    registry.insert(NodeSpec::new("Count").source().lane(Lane::Blocking), Arc::new(create)).unwrap();
    registry.insert(NodeSpec::new("CountNative").source(), Arc::new(create)).unwrap();
    let up_to = |_: &Map<String, Value>| Ok(AnyNode::from(UpTo::default()));
    registry.insert(NodeSpec::new("UpTo").resumable(), Arc::new(up_to)).unwrap();
    let router = |_: &Map<String, Value>| Ok(AnyNode::from(Router { ports: 0 }));
    let spec = NodeSpec::new("Router").inputs(&[]).extra_inputs(PayloadKind::Any).extra_outputs(PayloadKind::Any);
    registry.insert(spec, Arc::new(router)).unwrap();
    registry
}

fn scripted(journal: &Journal, params: &Map<String, Value>) -> Scripted {
    Scripted { name: String::new(), journal: journal.clone(), params: params.clone(), seen: 0 }
}

/// A number that tests count up.
#[derive(Clone, Default)]
pub struct Tally(Arc<AtomicU64>);

impl Tally {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub fn value(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
