//! What only a driver with threads can show: work that goes on beside its caller, and without one.

mod support;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use remotemedia_core::driver::{Driver, sleep_until};
use remotemedia_core::pipeline::SessionConfig;
use remotemedia_core::prelude::*;
use remotemedia_core::spec::Scope;
use serde_json::{Map, Value, json};
use support::{drain_all, tokio};

/// How long a test waits for what must come.
const GUARD: Duration = Duration::from_secs(120);

/// An asynchronous node whose cleanup takes a while of the driver's time.
struct Lingers {
    driver: Arc<dyn Driver>,
    cleaned_up: Sender<()>,
}

impl AsyncNode for Lingers {
    fn process<'a>(&'a mut self, packet: Packet, out: &'a AsyncOutputs) -> BoxFuture<'a, NodeResult> {
        Box::pin(async move { out.emit(packet).await })
    }

    fn cleanup(&mut self) -> BoxFuture<'_, NodeResult> {
        Box::pin(async move {
            sleep_until(Arc::clone(&self.driver), self.driver.now() + Span::from_millis(20)).await;
            self.cleaned_up.send(()).map_err(|_| NodeError::new("nobody listens"))
        })
    }
}

#[test]
fn an_asynchronous_node_of_a_dropped_session_is_cleaned_up() {
    let driver = tokio();
    let (cleaned_up, cleanups) = channel();
    let mut registry = Registry::new();
    let for_nodes = Arc::clone(&driver);
    let create = move |_: &Map<String, Value>| {
        Ok(AnyNode::from_async(Lingers { driver: Arc::clone(&for_nodes), cleaned_up: cleaned_up.clone() }))
    };
    registry.insert(NodeSpec::new("Lingers").lane(Lane::Async), Arc::new(create)).unwrap();
    let pipeline = Pipeline::from_json(&support::chain(&[("Lingers", json!({}))]), &registry).unwrap();
    for _ in 0..20 {
        let session = pipeline.start(&driver).unwrap();
        session.try_send(None, 1i64).unwrap();
        drop(session);
        cleanups.recv_timeout(GUARD).expect("the node is cleaned up although nobody holds its session");
    }
}

/// Emits without end in one call, and says when the call is over.
struct Floods {
    ends_after: Option<usize>,
    over: Sender<()>,
}

impl Node for Floods {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let mut emitted = 0;
        let result = loop {
            match out.emit(packet.clone()) {
                Ok(()) if self.ends_after == Some(emitted) => break Ok(()),
                Ok(()) => emitted += 1,
                Err(error) => break Err(error),
            }
        };
        self.over.send(()).map_err(|_| NodeError::new("nobody listens"))?;
        result
    }
}

fn flooding(ends_after: Option<usize>) -> (Pipeline, Receiver<()>) {
    let (over, end) = channel();
    let mut registry = Registry::new();
    let create = move |_: &Map<String, Value>| Ok(AnyNode::from(Floods { ends_after, over: over.clone() }));
    registry.insert(NodeSpec::new("Floods").lane(Lane::Blocking), Arc::new(create)).unwrap();
    (Pipeline::from_json(&support::chain(&[("Floods", json!({}))]), &registry).unwrap(), end)
}

#[test]
fn a_call_that_emits_without_end_is_refused_before_it_fills_the_memory() {
    let (pipeline, end) = flooding(None);
    let session = pipeline.launch(&tokio(), &SessionConfig::default()).unwrap();
    session.send(None, 1i64, None).unwrap();
    end.recv_timeout(GUARD).expect("the call is told to stop, although nobody takes anything");
    let (outputs, error) = support::drain(&session);
    assert!(error.unwrap().message().contains("packets that nobody has taken, in one call"));
    assert!(outputs.len() >= 64);
}

#[test]
fn a_call_that_emits_without_end_ends_with_its_session() {
    let (pipeline, end) = flooding(None);
    let session = pipeline.launch(&tokio(), &SessionConfig::default()).unwrap();
    session.send(None, 1i64, None).unwrap();
    assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)));
    session.cancel();
    end.recv_timeout(GUARD).expect("the call is told to stop");
    assert!(session.wait_over(None));
}

#[test]
fn a_call_may_emit_many_more_packets_than_its_queue_holds() {
    let (pipeline, _end) = flooding(Some(50_000));
    assert_eq!(pipeline.run(&tokio(), [Packet::new(1i64)]).unwrap().len(), 50_001);
}

/// What the two nodes below tell each other.
type Word = Arc<Mutex<Receiver<()>>>;

/// Emits an item, and makes the next only when it hears that the first was seen.
struct Asks {
    word: Word,
    made: i64,
}

impl Node for Asks {
    fn process(&mut self, _: Packet, _: &mut Outputs<'_>) -> NodeResult {
        Err(NodeError::new("a source takes no packets"))
    }

    fn resume(&mut self, out: &mut Outputs<'_>) -> NodeResult<Flow> {
        if self.made > 0 {
            self.word.lock().unwrap().recv_timeout(GUARD).map_err(|_| NodeError::new("nobody saw the item"))?;
        }
        out.emit(self.made)?;
        self.made += 1;
        Ok(if self.made < 4 { Flow::More } else { Flow::Done })
    }
}

/// Says that it saw an item, and at the end that it saw all.
struct Answers {
    said: Sender<()>,
    over: Sender<()>,
}

impl Node for Answers {
    fn process(&mut self, _: Packet, _: &mut Outputs<'_>) -> NodeResult {
        self.said.send(()).map_err(|_| NodeError::new("nobody asked"))
    }

    fn flush(&mut self, _: &mut Outputs<'_>) -> NodeResult {
        self.over.send(()).map_err(|_| NodeError::new("nobody listens"))
    }
}

/// A scope that any number of threads may enter.
struct Open;

impl Scope for Open {
    fn name(&self) -> &'static str {
        "open"
    }

    fn enter(&self, run: &mut dyn FnMut()) {
        run();
    }
}

#[test]
fn a_node_that_waits_for_its_reader_is_read_on_another_thread() {
    let scope: Arc<dyn Scope> = Arc::new(Open);
    let (said, word) = channel();
    let (over, end) = channel();
    let word = Arc::new(Mutex::new(word));
    let mut registry = Registry::new();
    let asks = move |_: &Map<String, Value>| Ok(AnyNode::from(Asks { word: Arc::clone(&word), made: 0 }));
    let spec = NodeSpec::new("Asks").source().lane(Lane::Scoped(Arc::clone(&scope)));
    registry.insert(spec, Arc::new(asks)).unwrap();
    let answers = move |_: &Map<String, Value>| Ok(AnyNode::from(Answers { said: said.clone(), over: over.clone() }));
    registry.insert(NodeSpec::new("Answers").lane(Lane::Scoped(scope)), Arc::new(answers)).unwrap();
    let manifest = json!({
        "version": "v1",
        "metadata": {"name": "test"},
        "nodes": [{"id": "asks", "node_type": "Asks"}, {"id": "answers", "node_type": "Answers"}],
        "connections": [{"from": "asks", "to": "answers", "capacity": 2}],
    });
    let pipeline = Pipeline::from_json(&manifest.to_string(), &registry).unwrap();
    let session = pipeline.launch(&tokio(), &SessionConfig::default()).unwrap();
    end.recv_timeout(GUARD).expect("every item is seen, although the caller does not help");
    assert!(drain_all(&session).is_empty());
}

/// Fails where it is called on the thread of its caller.
struct Apart(ThreadId);

impl Apart {
    fn look(&self) -> NodeResult {
        let is_apart = thread::current().id() != self.0;
        if is_apart { Ok(()) } else { Err(NodeError::new("called on the caller's thread")) }
    }
}

impl Node for Apart {
    fn initialize(&mut self, _: &NodeContext) -> NodeResult {
        self.look()
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        self.look()?;
        out.emit(packet)
    }

    fn flush(&mut self, _: &mut Outputs<'_>) -> NodeResult {
        self.look()
    }

    fn cleanup(&mut self) -> NodeResult {
        self.look()
    }
}

#[test]
fn a_blocking_node_holds_up_no_caller_that_waits_without_a_deadline() {
    let caller = thread::current().id();
    let mut registry = Registry::new();
    let create = move |_: &Map<String, Value>| Ok(AnyNode::from(Apart(caller)));
    registry.insert(NodeSpec::new("Apart").lane(Lane::Blocking), Arc::new(create)).unwrap();
    let pipeline = Pipeline::from_json(&support::chain(&[("Apart", json!({}))]), &registry).unwrap();
    let session = pipeline.start(&tokio()).unwrap();
    for number in 0..200i64 {
        session.send(None, number, None).unwrap();
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)));
    }
    session.finish();
    assert!(drain_all(&session).is_empty());
}
