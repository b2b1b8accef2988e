//! Bounded queues, interrupts, cancel, drop, isolation, virtual time.

mod support;

use std::sync::Arc;

use remotemedia_core::driver::Driver;
use remotemedia_core::prelude::*;
use remotemedia_core::session::SendFailure;
use serde_json::{Value, json};
use support::*;

fn start(manifest: &str, journal: &Journal, driver: &Arc<dyn Driver>) -> Session {
    Pipeline::from_json(manifest, &registry(journal)).unwrap().start(driver).unwrap()
}

/// Two passes with a queue of the given policy and capacity between them.
fn with_queue(policy: &str, capacity: usize) -> String {
    let mut manifest: Value = serde_json::from_str(&chain(&[("Pass", json!({})), ("Pass", json!({}))])).unwrap();
    manifest["connections"][0]["policy"] = json!(policy);
    manifest["connections"][0]["capacity"] = json!(capacity);
    manifest.to_string()
}

#[test]
fn a_stalled_consumer_stalls_the_producer_and_nothing_is_lost() {
    for (name, driver) in drivers() {
        let session = start(&with_queue("block", 4), &Journal::default(), &driver);
        let mut sent = 0;
        while session.try_send(None, sent).is_ok() {
            sent += 1;
            assert!(sent < 10_000, "{name}: a queue has no bound");
        }
        let error = session.send(None, sent, Some(driver.now() + Span::from_millis(5))).unwrap_err();
        assert!(matches!(error.reason, SendFailure::Full), "{name}");
        session.finish();
        let expected: Vec<String> = (0..sent).map(|number| number.to_string()).collect();
        assert_eq!(drain_all(&session), expected, "{name}");
    }
}

#[test]
fn each_policy_counts_exactly_what_it_drops() {
    for (policy, capacity) in [("drop_oldest", 4), ("drop_newest", 4), ("latest", 1)] {
        for (name, driver) in drivers() {
            let session = start(&with_queue(policy, capacity), &Journal::default(), &driver);
            let total = 5000;
            (0..total).for_each(|number| session.send(None, number, None).unwrap());
            session.finish();
            let (seen, error) = drain(&session);
            assert!(error.is_none());
            let metrics = session.metrics();
            let edge = metrics.edges.iter().find(|edge| edge.from == "n0.out").unwrap();
            assert_eq!(edge.dropped as usize + seen.len(), total as usize, "{name} {policy}");
            assert!(edge.dropped > 0, "{name} {policy}");
            let ordered: Vec<i64> = seen.iter().map(|text| text.parse().unwrap()).collect();
            assert!(ordered.is_sorted(), "{name} {policy}");
            if policy != "drop_newest" {
                assert_eq!(*ordered.last().unwrap(), total - 1, "{name} {policy}: the newest is kept");
            }
        }
    }
}

#[test]
fn an_interrupt_discards_what_is_under_way_and_nodes_hear_of_it_first() {
    for (name, driver) in drivers() {
        let journal = Journal::default();
        let session = start(&chain(&[("Scripted", json!({})), ("ScriptedAsync", json!({}))]), &journal, &driver);
        while session.try_send(None, 1).is_ok() {}
        session.interrupt();
        session.send(None, 2, None).unwrap();
        session.finish();
        assert_eq!(drain_all(&session), ["2"], "{name}");
        let lines = journal.lines();
        for node in ["n0", "n1"] {
            let heard = lines.iter().position(|line| *line == format!("{node} interrupt")).unwrap();
            let after = lines.iter().position(|line| *line == format!("{node} process 2")).unwrap();
            assert!(heard < after, "{name}: {node} heard of the interrupt before the next packet");
        }
    }
}

#[test]
fn uninterruptible_packets_survive() {
    for (name, driver) in drivers() {
        let session =
            start(&chain(&[("Pass", json!({})), ("ScriptedBlocking", json!({}))]), &Journal::default(), &driver);
        session.send(None, Packet::new("goodbye").uninterruptible(), None).unwrap();
        session.send(None, "chatter", None).unwrap();
        session.interrupt();
        session.finish();
        assert_eq!(drain_all(&session), ["goodbye"], "{name}");
    }
}

#[test]
fn an_uninterruptible_item_survives_in_the_middle_of_its_call() {
    for (name, driver) in drivers() {
        let manifest = chain(&[("ScriptedAsync", params(json!({"wait_ms": 20}))), ("UpTo", json!({}))]);
        let journal = Journal::default();
        let session = start(&manifest, &journal, &driver);
        session.send(None, Packet::new(200).uninterruptible(), None).unwrap();
        session.send(None, 5, None).unwrap();
        while journal.count("n0 process 200") == 0 {
            drop(session.recv(None, Some(driver.now() + Span::from_millis(1))));
        }
        session.interrupt();
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)), "{name}");
        session.interrupt();
        session.finish();
        assert_eq!(drain_all(&session).len(), 199, "{name}");
        assert_eq!(journal.count("n0 interrupt"), 2, "{name}");
    }
}

#[test]
fn an_interrupt_does_not_disturb_an_initialisation() {
    for (name, driver) in drivers() {
        let journal = Journal::default();
        let manifest = chain(&[("ScriptedAsync", params(json!({"initialize_ms": 20})))]);
        let pipeline = Pipeline::from_json(&manifest, &registry(&journal)).unwrap();
        let session = pipeline.launch(&driver, &SessionConfig::default()).unwrap();
        drop(session.recv(None, Some(driver.now() + Span::from_millis(1))));
        session.interrupt();
        session.send(None, 1, None).unwrap();
        session.finish();
        assert_eq!(drain_all(&session), ["1"], "{name}");
        assert_eq!(journal.count("n0 ready"), 1, "{name}");
    }
}

#[test]
fn an_item_that_is_under_way_is_finished_when_sources_stop() {
    for (name, driver) in drivers() {
        let session = start(&chain(&[("UpTo", json!({}))]), &Journal::default(), &driver);
        session.send(None, 1000, None).unwrap();
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)), "{name}");
        session.stop();
        assert_eq!(drain_all(&session).len(), 999, "{name}");
    }
}

#[test]
fn waits_that_are_over_leave_nothing_behind() {
    for (name, driver) in drivers() {
        let session = start(&chain(&[("Pass", json!({}))]), &Journal::default(), &driver);
        for _ in 0..100 {
            let deadline = driver.now() + Span::from_nanos(1);
            assert!(matches!(session.recv(None, Some(deadline)).unwrap(), Received::Nothing));
        }
        let waiter = session.waiter();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiter.poll_recv(&mut cx, None).is_pending());
        assert_eq!(session.waiting(), 1, "{name}");
        drop(waiter);
        assert_eq!(session.waiting(), 0, "{name}");
    }
}

#[test]
fn a_waiter_that_keeps_its_session_is_woken_by_what_comes_out() {
    for (name, driver) in drivers() {
        let session = Arc::new(start(&chain(&[("Pass", json!({}))]), &Journal::default(), &driver));
        let waiter = session.shared_waiter();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiter.poll_recv(&mut cx, None).is_pending());
        assert_eq!(session.waiting(), 1, "{name}");
        session.send(None, 1, None).unwrap();
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)));
        assert_eq!(session.waiting(), 0, "{name}");
        drop(session);
        assert!(waiter.poll_recv(&mut cx, None).is_pending(), "{name}: the session was dropped");
    }
}

#[test]
fn an_interrupt_ends_a_call_that_waits() {
    for (name, driver) in drivers() {
        let manifest = chain(&[("ScriptedAsync", params(json!({"wait_ms": 3_600_000})))]);
        let journal = Journal::default();
        let session = start(&manifest, &journal, &driver);
        session.send(None, 1, None).unwrap();
        while journal.count("n0 process 1") == 0 {
            drop(session.recv(None, Some(driver.now() + Span::from_millis(1))));
        }
        session.interrupt();
        session.finish();
        assert_eq!(drain_all(&session), [""; 0], "{name}");
    }
}

#[test]
fn an_interrupted_source_goes_on() {
    for (name, driver) in drivers() {
        let session = start(&chain(&[("Count", json!({})), ("Pass", json!({}))]), &Journal::default(), &driver);
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)));
        session.interrupt();
        assert!(matches!(session.recv(None, None).unwrap(), Received::Packet(..)), "{name}");
    }
}

#[test]
fn an_endless_source_that_drops_does_not_hold_up_its_caller() {
    let nodes = [("source", "CountNative", json!({})), ("sink", "ScriptedBlocking", params(json!({"copies": 0})))];
    let mut manifest: Value = serde_json::from_str(&manifest(&nodes, &[("source", "sink")])).unwrap();
    manifest["connections"][0]["policy"] = json!("latest");
    let driver = support::tokio();
    let session = start(&manifest.to_string(), &Journal::default(), &driver);
    let deadline = driver.now() + Span::from_millis(20);
    assert!(matches!(session.recv(None, Some(deadline)).unwrap(), Received::Nothing));
    session.stop();
    assert_eq!(drain_all(&session), [""; 0]);
}

#[test]
fn a_caller_that_only_polls_gets_everything() {
    let session = start(
        &chain(&[("Count", params(json!({"count": 500}))), ("Pass", json!({}))]),
        &Journal::default(),
        &support::tokio(),
    );
    let mut seen = 0;
    loop {
        match session.try_recv(None).unwrap() {
            Received::Packet(..) => seen += 1,
            Received::Nothing => std::thread::yield_now(),
            Received::End => break,
        }
    }
    assert_eq!(seen, 500);
}

#[test]
fn a_caller_that_keeps_a_large_window_open_is_never_stuck() {
    for kind in ["Pass", "ScriptedBlocking", "ScriptedAsync"] {
        for (name, driver) in drivers() {
            let session = start(&chain(&[(kind, json!({}))]), &Journal::default(), &driver);
            let mut sent = 0;
            while session.try_send(None, sent).is_ok() {
                sent += 1;
            }
            for received in 0..200 {
                let Received::Packet(_, packet) = session.recv(None, None).unwrap() else { panic!("{name} {kind}") };
                assert_eq!(packet.payload.to_string(), received.to_string(), "{name} {kind}");
                session.send(None, sent, None).unwrap();
                sent += 1;
            }
        }
    }
}

#[test]
fn a_failing_cleanup_is_heard_of_after_cancel() {
    for kind in ["Scripted", "ScriptedBlocking", "ScriptedAsync"] {
        for (name, driver) in drivers() {
            let manifest = chain(&[(kind, params(json!({"fail_in": "cleanup"})))]);
            let session = start(&manifest, &Journal::default(), &driver);
            session.cancel();
            assert!(session.wait_over(None));
            assert_eq!(session.error().unwrap().to_string(), "test/n0: told to fail in cleanup", "{name} {kind}");
        }
    }
}

#[test]
fn a_launched_session_initialises_its_nodes_without_being_asked() {
    for kind in ["Scripted", "ScriptedBlocking", "ScriptedAsync"] {
        let journal = Journal::default();
        let pipeline = Pipeline::from_json(&chain(&[(kind, json!({}))]), &registry(&journal)).unwrap();
        let _session = pipeline.launch(&support::tokio(), &SessionConfig::default()).unwrap();
        while journal.count("n0 initialize") == 0 {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_busy_asynchronous_reader_leaves_its_queue_to_the_policy() {
    let (journal, driver) = (Journal::default(), single());
    let nodes = [("pass", "Pass", json!({})), ("busy", "ScriptedAsync", params(json!({"wait_ms": 1000})))];
    let mut manifest: Value = serde_json::from_str(&manifest(&nodes, &[("pass", "busy")])).unwrap();
    manifest["connections"][0]["policy"] = json!("latest");
    let session = start(&manifest.to_string(), &journal, &driver);
    session.send(None, 0, None).unwrap();
    while journal.count("busy process 0") == 0 {
        drop(session.recv(None, Some(driver.now() + Span::from_millis(1))));
    }
    (1..1000).for_each(|number| session.send(None, number, None).unwrap());
    session.finish();
    assert_eq!(drain_all(&session), ["0", "999"]);
}

#[test]
fn cancel_ends_everything_and_cleans_up() {
    for kind in ["Scripted", "ScriptedBlocking", "ScriptedAsync"] {
        for (name, driver) in drivers() {
            let journal = Journal::default();
            let session = start(&chain(&[(kind, json!({})), (kind, json!({}))]), &journal, &driver);
            while session.try_send(None, 1).is_ok() {}
            session.cancel();
            assert_eq!(session.recv(None, None).unwrap_err().kind(), ErrorKind::Cancelled, "{name} {kind}");
            assert!(session.wait_over(None), "{name} {kind}");
            for node in ["n0", "n1"] {
                assert_eq!(journal.count(&format!("{node} cleanup")), 1, "{name} {kind}");
            }
        }
    }
}

#[test]
fn a_dropped_session_cleans_up_by_itself() {
    for kind in ["Scripted", "ScriptedBlocking", "ScriptedAsync"] {
        for (name, driver) in drivers() {
            let journal = Journal::default();
            let session = start(&chain(&[(kind, json!({}))]), &journal, &driver);
            session.send(None, 1, None).unwrap();
            drop(session);
            while journal.count("n0 cleanup") == 0 {
                assert!(driver.is_threaded(), "{name} {kind}: on one thread it is done when drop returns");
                std::thread::yield_now();
            }
        }
    }
}

#[test]
fn a_session_made_but_never_run_needs_no_cleanup() {
    let journal = Journal::default();
    let pipeline = Pipeline::from_json(&chain(&[("Scripted", json!({}))]), &registry(&journal)).unwrap();
    drop(pipeline.launch(&single(), &SessionConfig::default()).unwrap());
    assert_eq!(journal.count("n0 initialize"), journal.count("n0 cleanup"));
}

#[test]
fn a_hundred_sessions_side_by_side_keep_to_themselves() {
    let driver = support::tokio();
    let manifest = chain(&[("Double", json!({})), ("ScriptedAsync", json!({})), ("ScriptedBlocking", json!({}))]);
    let sessions: Vec<Session> = (0..100).map(|_| start(&manifest, &Journal::default(), &driver)).collect();
    for round in 0..20 {
        for (index, session) in sessions.iter().enumerate() {
            session.send(None, index as i64 * 1000 + round, None).unwrap();
        }
    }
    for (index, session) in sessions.iter().enumerate() {
        session.finish();
        let expected: Vec<String> = (0..20).map(|round| format!("{:?}", (index * 1000 + round) as f64 * 2.0)).collect();
        assert_eq!(drain_all(session), expected);
    }
}

#[test]
fn independent_nodes_are_initialised_side_by_side() {
    struct Meeting(Arc<std::sync::Barrier>);
    impl Node for Meeting {
        fn initialize(&mut self, _: &NodeContext) -> NodeResult {
            self.0.wait();
            Ok(())
        }
        fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
            out.emit(packet)
        }
    }
    let barrier = Arc::new(std::sync::Barrier::new(3));
    let mut nodes = Registry::new();
    let create = move |_: &serde_json::Map<String, Value>| Ok(AnyNode::from(Meeting(Arc::clone(&barrier))));
    nodes.insert(NodeSpec::new("Meeting").lane(Lane::Blocking), Arc::new(create)).unwrap();
    let manifest = chain(&[("Meeting", json!({})), ("Meeting", json!({})), ("Meeting", json!({}))]);
    let session = Pipeline::from_json(&manifest, &nodes).unwrap().start(&support::tokio()).unwrap();
    assert!(session.error().is_none());
}

#[test]
fn virtual_time_gives_the_same_trace_in_a_thousand_runs() {
    let nodes = [
        ("source", "Count", params(json!({"count": 20}))),
        ("slow", "ScriptedAsync", json!({"params": {"wait_ms": 7}, "timeout_ms": 50})),
        (
            "flaky",
            "Scripted",
            json!({"params": {"fail_at": 3}, "on_error": {"retry": {"attempts": 2, "backoff_ms": 9}}}),
        ),
        ("late", "ScriptedAsync", json!({"params": {"wait_ms": 60}, "timeout_ms": 30, "on_error": "skip"})),
        ("join", "Router", json!({})),
    ];
    let connections = [
        ("source", "slow"),
        ("source", "flaky"),
        ("source", "late"),
        ("slow", "join.a"),
        ("flaky", "join.b"),
        ("late", "join.c"),
    ];
    let manifest = manifest(&nodes, &connections);
    let trace = || {
        let (journal, driver) = (Journal::default(), single());
        let session = start(&manifest, &journal, &driver);
        session.finish();
        let mut trace = Vec::new();
        while let Received::Packet(_, packet) = session.recv(None, None).unwrap() {
            trace.push(format!("{} {:?} {packet}", driver.now().as_nanos(), packet.attribute("port")));
        }
        trace.extend(journal.lines());
        trace
    };
    let first = trace();
    assert!(first.len() > 60, "{first:?}");
    for run in 0..999 {
        assert_eq!(trace(), first, "run {run}");
    }
}

#[test]
fn metrics_count_what_happened() {
    for (name, driver) in drivers() {
        let manifest = chain(&[("Double", json!({})), ("ScriptedBlocking", params(json!({"copies": 2})))]);
        let session = start(&manifest, &Journal::default(), &driver);
        (0..10).for_each(|number| session.send(None, number, None).unwrap());
        session.finish();
        drain(&session);
        let metrics = session.metrics();
        let counts: Vec<_> = metrics.nodes.iter().map(|node| (node.items_in, node.items_out)).collect();
        assert_eq!(counts, [(10, 10), (10, 20)], "{name}");
        assert!(metrics.nodes[1].latency.count >= 10, "{name}");
        let json = serde_json::to_value(&metrics).unwrap();
        assert_eq!(json["edges"][0]["to"], "n1.in", "{name}");
    }
}

#[test]
fn metrics_that_are_switched_off_measure_nothing() {
    let pipeline = Pipeline::from_json(&chain(&[("Double", json!({}))]), &registry(&Journal::default())).unwrap();
    let config = SessionConfig { metrics: false, ..SessionConfig::default() };
    let session = pipeline.launch(&single(), &config).unwrap();
    session.send(None, 1, None).unwrap();
    session.finish();
    drain(&session);
    let node = &session.metrics().nodes[0];
    assert_eq!((node.items_in, node.latency.count), (1, 0));
}
