//! Errors: where they come from, what they say, what is still delivered, and that every node is cleaned up once.

mod support;

use remotemedia_core::prelude::*;
use serde_json::{Value, json};
use support::*;

const KINDS: [&str; 3] = ["Scripted", "ScriptedBlocking", "ScriptedAsync"];

fn start(manifest: &str, journal: &Journal, driver: &std::sync::Arc<dyn remotemedia_core::driver::Driver>) -> Session {
    Pipeline::from_json(manifest, &registry(journal)).unwrap().start(driver).unwrap()
}

fn each(check: impl Fn(&str, &str, std::sync::Arc<dyn remotemedia_core::driver::Driver>)) {
    for kind in KINDS {
        for (name, driver) in drivers() {
            check(kind, name, driver);
        }
    }
}

/// `before`, a node of `kind` with `params`, `after`.
fn middle(kind: &str, fields: Value) -> String {
    chain(&[("Scripted", json!({})), (kind, fields), ("Scripted", json!({}))])
}

#[test]
fn a_node_that_fails_on_item_two_names_place_item_and_cause() {
    each(|kind, name, driver| {
        let journal = Journal::default();
        let manifest = middle(kind, params(json!({"fail_at": 2})));
        let pipeline = Pipeline::from_json(&manifest, &registry(&journal)).unwrap();
        let error = pipeline.run(&driver, numbers(0..3)).unwrap_err();
        assert_eq!(error.to_string(), "test/n1: item 2: told to fail at item 2", "{name} {kind}");
        assert_eq!((error.kind(), error.node(), error.item()), (ErrorKind::Node, Some("n1"), Some(2)), "{name} {kind}");
        assert_eq!(error.port(), Some("in"), "{name} {kind}");
        for node in ["n0", "n1", "n2"] {
            assert_eq!(journal.count(&format!("{node} cleanup")), 1, "{name} {kind}");
        }
        for node in ["n1", "n2"] {
            assert_eq!(journal.count(&format!("{node} flush")), 0, "{name} {kind}");
        }
    });
}

#[test]
fn a_stream_gives_what_came_before_the_error_first() {
    each(|kind, name, driver| {
        let session = start(&middle(kind, params(json!({"fail_at": 3}))), &Journal::default(), &driver);
        for number in 0..4 {
            drop(session.send(None, number, None));
        }
        session.finish();
        let (seen, error) = drain(&session);
        assert_eq!(seen, ["0", "1"], "{name} {kind}");
        assert_eq!(error.unwrap().item(), Some(3), "{name} {kind}");
        assert!(session.recv(None, None).is_err(), "{name} {kind}: the error is given every time");
    });
}

#[test]
fn a_panic_is_an_error_of_its_session_and_of_no_other() {
    each(|kind, name, driver| {
        let journal = Journal::default();
        let manifest = middle(kind, params(json!({"panic_at": 2})));
        let (bad, good) = (start(&manifest, &journal, &driver), start(&middle(kind, json!({})), &journal, &driver));
        for number in 0..2 {
            good.send(None, number, None).unwrap();
            bad.send(None, number, None).unwrap();
        }
        let (seen, error) = drain(&bad);
        let error = error.unwrap();
        assert_eq!(error.to_string(), "test/n1: item 2: panicked: told to panic at item 2", "{name} {kind}");
        assert_eq!((seen, error.kind()), (vec!["0".to_owned()], ErrorKind::Panic), "{name} {kind}");
        good.send(None, 2, None).unwrap();
        good.finish();
        assert_eq!(drain(&good).0, ["0", "1", "2"], "{name} {kind}");
    });
}

#[test]
fn a_failure_in_initialize_cleans_up_what_started() {
    for step in ["fail_in", "panic_in"] {
        each(|kind, name, driver| {
            let journal = Journal::default();
            let manifest = middle(kind, params(json!({step: "initialize"})));
            let pipeline = Pipeline::from_json(&manifest, &registry(&journal)).unwrap();
            let error = pipeline.start(&driver).err().unwrap();
            assert_eq!(error.node(), Some("n1"), "{name} {kind}");
            let lines = journal.lines();
            for node in ["n0", "n1", "n2"] {
                let started = lines.contains(&format!("{node} initialize"));
                assert_eq!(journal.count(&format!("{node} cleanup")), usize::from(started), "{name} {kind}: {lines:?}");
            }
        });
    }
}

#[test]
fn a_failure_in_flush_or_cleanup_reaches_the_caller_after_the_outputs() {
    for step in ["flush", "cleanup"] {
        each(|kind, name, driver| {
            let journal = Journal::default();
            let session = start(&middle(kind, params(json!({"fail_in": step}))), &journal, &driver);
            session.send(None, 1, None).unwrap();
            session.finish();
            let (seen, error) = drain(&session);
            assert_eq!(seen, ["1"], "{name} {kind} {step}");
            assert_eq!(error.unwrap().to_string(), format!("test/n1: told to fail in {step}"), "{name} {kind}");
            assert!(session.wait_over(None), "{name} {kind}");
            for node in ["n0", "n1", "n2"] {
                assert_eq!(journal.count(&format!("{node} cleanup")), 1, "{name} {kind}");
            }
        });
    }
}

#[test]
fn a_skipped_item_is_left_out_and_counted() {
    each(|kind, name, driver| {
        let fields = json!({"params": {"fail_at": 2}, "on_error": "skip"});
        let session = start(&middle(kind, fields), &Journal::default(), &driver);
        (0..3).for_each(|number| session.send(None, number, None).unwrap());
        session.finish();
        assert_eq!(drain_all(&session), ["0", "2"], "{name} {kind}");
        let node = &session.metrics().nodes[1];
        assert_eq!((node.items_in, node.errors, node.skipped), (3, 1, 1), "{name} {kind}");
    });
}

#[test]
fn a_retried_item_comes_once_and_in_order() {
    each(|kind, name, driver| {
        let retry = json!({"retry": {"attempts": 3, "backoff_ms": 1}});
        let fields = json!({"params": {"fail_first": 3}, "on_error": retry});
        let session = start(&middle(kind, fields), &Journal::default(), &driver);
        (0..3).for_each(|number| session.send(None, number, None).unwrap());
        session.finish();
        assert_eq!(drain_all(&session), ["0", "1", "2"], "{name} {kind}");
        let node = &session.metrics().nodes[1];
        assert_eq!((node.items_in, node.retries, node.errors), (3, 3, 3), "{name} {kind}");
    });
}

#[test]
fn retries_that_are_used_up_fail_with_the_last_error() {
    each(|kind, name, driver| {
        let retry = json!({"retry": {"attempts": 2, "backoff_ms": 1}});
        let fields = json!({"params": {"fail_first": 9}, "on_error": retry});
        let session = start(&middle(kind, fields), &Journal::default(), &driver);
        session.send(None, 5, None).unwrap();
        let error = drain(&session).1.unwrap();
        assert_eq!(error.to_string(), "test/n1: item 1: told to fail, call 3", "{name} {kind}");
    });
}

#[test]
fn waits_between_retries_double() {
    let driver = single();
    let retry = json!({"retry": {"attempts": 3, "backoff_ms": 100}});
    let fields = json!({"params": {"fail_first": 3}, "on_error": retry});
    let session = start(&middle("Scripted", fields), &Journal::default(), &driver);
    session.send(None, 1, None).unwrap();
    session.finish();
    drain(&session);
    assert_eq!(driver.now(), Timestamp::from_nanos(700_000_000));
}

#[test]
fn a_fallback_takes_the_failed_item_and_all_that_follow() {
    each(|kind, name, driver| {
        let journal = Journal::default();
        let nodes = [
            ("first", kind, json!({"params": {"fail_at": 2}, "on_error": {"fallback": "second"}})),
            ("second", kind, json!({})),
        ];
        let session = start(&manifest(&nodes, &[]), &journal, &driver);
        (0..4).for_each(|number| session.send(None, number, None).unwrap());
        session.finish();
        assert_eq!(drain_all(&session), ["0", "1", "2", "3"], "{name} {kind}");
        assert_eq!(journal.lines().iter().filter(|line| line.starts_with("first process")).count(), 2, "{name} {kind}");
    });
}

#[test]
fn an_asynchronous_call_over_its_limit_fails_the_item() {
    for (name, driver) in drivers() {
        let fields = json!({"params": {"wait_ms": 3_600_000}, "timeout_ms": 20});
        let session = start(&middle("ScriptedAsync", fields), &Journal::default(), &driver);
        session.send(None, 1, None).unwrap();
        let error = drain(&session).1.unwrap();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{name}");
        let expected = "test/n1: item 1: the call took longer than its limit of 20 ms";
        assert_eq!(error.to_string(), expected, "{name}");
    }
}

/// A node of either lane whose `resume` or `flush` takes longer than a second.
struct Dawdles {
    resumes: bool,
}

impl Node for Dawdles {
    fn process(&mut self, _: Packet, out: &mut Outputs<'_>) -> NodeResult {
        if self.resumes {
            out.resume_later();
        }
        Ok(())
    }

    fn resume(&mut self, _: &mut Outputs<'_>) -> NodeResult<Flow> {
        std::thread::sleep(std::time::Duration::from_millis(1200));
        Ok(Flow::Done)
    }

    fn flush(&mut self, _: &mut Outputs<'_>) -> NodeResult {
        if !self.resumes {
            std::thread::sleep(std::time::Duration::from_millis(1200));
        }
        Ok(())
    }
}

#[test]
fn a_time_limit_watches_every_call_that_makes_items() {
    for resumes in [true, false] {
        let mut registry = Registry::new();
        let create = move |_: &serde_json::Map<String, Value>| Ok(AnyNode::from(Dawdles { resumes }));
        let spec = NodeSpec::new("Dawdles").lane(Lane::Blocking).resumable();
        registry.insert(spec, std::sync::Arc::new(create)).unwrap();
        let manifest = chain(&[("Dawdles", json!({"timeout_ms": 20}))]);
        let pipeline = Pipeline::from_json(&manifest, &registry).unwrap();
        let error = pipeline.run(&tokio(), numbers(0..1)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    }
}

#[test]
fn an_asynchronous_item_that_has_emitted_is_not_tried_again() {
    for (name, driver) in drivers() {
        let journal = Journal::default();
        let node =
            json!({"params": {"fail_after_emitting": true}, "on_error": {"retry": {"attempts": 3, "backoff_ms": 1}}});
        let pipeline = Pipeline::from_json(&chain(&[("ScriptedAsync", node)]), &registry(&journal)).unwrap();
        let session = pipeline.start(&driver).unwrap();
        session.send(None, 1, None).unwrap();
        session.finish();
        let (seen, error) = drain(&session);
        assert_eq!((seen.len(), journal.count("n0 process 1")), (1, 1), "{name}");
        assert!(error.unwrap().to_string().contains("told to fail after emitting"), "{name}");
    }
}

#[test]
fn a_blocking_call_over_its_limit_fails_the_session_without_waiting_for_it() {
    let journal = Journal::default();
    let fields = json!({"params": {"sleep_ms": 1500}, "timeout_ms": 20});
    let driver = support::tokio();
    let session = start(&middle("ScriptedBlocking", fields), &journal, &driver);
    session.send(None, 1, None).unwrap();
    let error = drain(&session).1.unwrap();
    assert_eq!((error.kind(), error.node()), (ErrorKind::Timeout, Some("n1")));
    assert_eq!(journal.count("n1 cleanup"), 0, "the call still runs");
    while journal.count("n1 cleanup") == 0 {
        std::thread::yield_now();
    }
    assert!(session.is_over());
}

#[test]
fn an_output_port_that_does_not_exist_is_an_error_of_the_node() {
    struct Wrong;
    impl Node for Wrong {
        fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
            out.emit_to(7, packet)
        }
    }
    let mut nodes = Registry::new();
    nodes.register("Wrong", |_| Ok(Wrong)).unwrap();
    let pipeline = Pipeline::from_json(&chain(&[("Wrong", json!({}))]), &nodes).unwrap();
    let error = pipeline.run(&single(), numbers(0..1)).unwrap_err();
    assert_eq!(error.to_string(), "test/n0: item 1: emitted on output port 7, expected one of 1 ports");
}

#[test]
fn a_panic_while_a_node_is_made_is_an_error() {
    let mut nodes = Registry::new();
    nodes.register("Boom", |_| -> NodeResult<AnyNode> { panic!("no such luck") }).unwrap();
    let pipeline = Pipeline::from_json(&chain(&[("Boom", json!({}))]), &nodes).unwrap();
    let error = pipeline.run(&single(), numbers(0..1)).unwrap_err();
    assert_eq!(error.to_string(), "test/n0: panicked: no such luck");
}

#[test]
fn waiting_for_outputs_that_cannot_come_is_an_error_on_one_thread() {
    let session = start(&middle("Scripted", json!({})), &Journal::default(), &single());
    let error = session.recv(None, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stalled);
    assert!(error.to_string().contains("was the input finished?"));
}

#[test]
fn sending_after_the_end_gives_the_packet_back() {
    for (name, driver) in drivers() {
        let session = start(&middle("Scripted", json!({})), &Journal::default(), &driver);
        session.finish();
        let error = session.send(None, 5, None).unwrap_err();
        assert_eq!(error.packet.payload.to_string(), "5", "{name}");
        assert!(error.to_string().contains("nothing more can be sent"), "{name}: {error}");
    }
}
