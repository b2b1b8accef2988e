//! Draining: what it discards, what it waits for, what it tells, and who is woken for it.

mod support;

use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use remotemedia_core::driver::Driver;
use remotemedia_core::prelude::*;
use serde_json::json;
use support::*;

fn start(manifest: &str, journal: &Journal, driver: &Arc<dyn Driver>) -> Session {
    Pipeline::from_json(manifest, &registry(journal)).unwrap().start(driver).unwrap()
}

/// A gate that is closed until somebody opens it.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let is_open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(is_open, |is_open| !*is_open).unwrap());
    }
}

/// Who is woken waits at a gate.
impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        self.open();
    }
}

/// A node that fails, and can be cleaned up once a gate is open.
struct Failing {
    gate: Gate,
    cleaned: Tally,
}

impl Node for Failing {
    fn process(&mut self, _: Packet, _: &mut Outputs<'_>) -> NodeResult {
        Err(NodeError::new("as it should"))
    }

    fn cleanup(&mut self) -> NodeResult {
        self.gate.pass();
        self.cleaned.add();
        Ok(())
    }
}

/// A session whose node has failed and waits to be cleaned up.
fn start_failing(driver: &Arc<dyn Driver>, gate: &Gate, cleaned: &Tally) -> Session {
    let (gate, cleaned) = (gate.clone(), cleaned.clone());
    let create = move |_: &serde_json::Map<String, serde_json::Value>| {
        Ok(AnyNode::from(Failing { gate: gate.clone(), cleaned: cleaned.clone() }))
    };
    let mut nodes = Registry::new();
    nodes.insert(NodeSpec::new("Failing").lane(Lane::Blocking), Arc::new(create)).unwrap();
    let pipeline = Pipeline::from_json(&chain(&[("Failing", json!({}))]), &nodes).unwrap();
    let session = pipeline.launch(driver, &SessionConfig::default()).unwrap();
    session.send(None, 1, None).unwrap();
    // A deadline keeps the node, which waits to be cleaned up, off this thread.
    let deadline = Some(driver.now() + Span::from_millis(60_000));
    assert_eq!(session.recv(None, deadline).unwrap_err().kind(), ErrorKind::Node);
    session
}

#[test]
fn draining_discards_what_nobody_receives_and_waits_for_every_node() {
    for kind in ["Scripted", "ScriptedBlocking", "ScriptedAsync"] {
        for (name, driver) in drivers() {
            let journal = Journal::default();
            let fields = params(json!({"copies": 500, "flush_text": "last"}));
            let session = start(&chain(&[(kind, fields)]), &journal, &driver);
            session.send(None, 1, None).unwrap();
            assert!(session.drain(None).unwrap(), "{name} {kind}");
            assert!(session.is_over(), "{name} {kind}");
            assert_eq!((journal.count("n0 flush"), journal.count("n0 cleanup")), (1, 1), "{name} {kind}");
            assert!(matches!(session.recv(None, None).unwrap(), Received::End), "{name} {kind}");
            assert!(session.drain(None).unwrap(), "{name} {kind}: every time");
        }
    }
}

#[test]
fn draining_a_session_that_failed_waits_for_the_nodes_and_tells_the_failure() {
    let (driver, gate, cleaned) = (tokio(), Gate::default(), Tally::default());
    let session = start_failing(&driver, &gate, &cleaned);
    assert!(!session.drain(Some(driver.now() + Span::from_millis(5))).unwrap());
    assert!(!session.try_drain().unwrap());
    assert_eq!(cleaned.value(), 0);
    gate.open();
    for _ in 0..2 {
        assert_eq!(session.drain(None).unwrap_err().to_string(), "test/n0: item 1: as it should");
        assert_eq!(session.try_drain().unwrap_err().kind(), ErrorKind::Node);
        assert_eq!(cleaned.value(), 1);
    }
}

#[test]
fn who_drains_a_session_that_failed_is_woken_when_the_last_node_is_cleaned_up() {
    let (gate, cleaned) = (Gate::default(), Tally::default());
    let session = start_failing(&tokio(), &gate, &cleaned);
    let waiter = session.waiter();
    let mut opened = false;
    loop {
        let woken = Gate::default();
        let waker = Waker::from(Arc::new(woken.clone()));
        match waiter.poll_drain(&mut Context::from_waker(&waker)) {
            Poll::Ready(drained) => {
                assert_eq!(drained.unwrap_err().kind(), ErrorKind::Node);
                break;
            }
            Poll::Pending if !std::mem::replace(&mut opened, true) => gate.open(),
            Poll::Pending => {}
        }
        woken.pass();
    }
    assert_eq!(cleaned.value(), 1);
}

#[test]
fn a_source_without_end_keeps_no_drain_beyond_its_deadline() {
    let driver = tokio();
    for source in ["Count", "CountNative"] {
        let session = start(&chain(&[(source, json!({}))]), &Journal::default(), &driver);
        assert!(!session.try_drain().unwrap(), "{source}");
        assert!(!session.drain(Some(driver.now() + Span::from_millis(20))).unwrap(), "{source}");
        session.stop();
        assert!(session.drain(None).unwrap(), "{source}");
    }
}

#[test]
fn draining_ends_the_inputs_although_nobody_waits_for_it() {
    for (name, driver) in drivers() {
        let session = start(&chain(&[("ScriptedAsync", json!({}))]), &Journal::default(), &driver);
        let _ = session.try_drain().unwrap();
        assert!(session.try_send(None, 1).is_err(), "{name}");
        assert!(session.wait_over(None), "{name}");
        assert!(session.try_drain().unwrap(), "{name}");
    }
}

#[tokio::test]
async fn a_task_drains_without_holding_its_thread() {
    let fields = params(json!({"copies": 500}));
    let manifest = chain(&[("ScriptedBlocking", fields), ("ScriptedAsync", json!({}))]);
    let session = start(&manifest, &Journal::default(), &support::tokio());
    session.send_async(None, 1).await.unwrap();
    session.drain_async().await.unwrap();
    assert!(session.is_over());
}
