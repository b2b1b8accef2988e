//! A driver hears of every session that runs on it: of its begin, and once of its end.

use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};

use remotemedia_core::driver::{Assist, Driver, SingleThreaded, TokioDriver, Waited};
use remotemedia_core::metrics::Measured;
use remotemedia_core::prelude::*;
use remotemedia_core::time::Timestamp;

/// What was heard, in order.
#[derive(Debug, PartialEq)]
enum Heard {
    Began,
    /// With the packets that the first node took, and the error.
    Over(u64, Option<ErrorKind>),
}

#[derive(Debug)]
struct Watching {
    driver: Arc<dyn Driver>,
    heard: Mutex<Vec<Heard>>,
}

impl Driver for Watching {
    fn now(&self) -> Timestamp {
        self.driver.now()
    }

    fn wake_at(&self, at: Timestamp, waker: Waker) {
        self.driver.wake_at(at, waker);
    }

    fn assist(&self, job: Arc<dyn Assist>) {
        self.driver.assist(job);
    }

    fn wait(&self, deadline: Option<Timestamp>, ready: &mut dyn FnMut(&mut Context<'_>) -> Poll<()>) -> Waited {
        self.driver.wait(deadline, ready)
    }

    fn is_threaded(&self) -> bool {
        self.driver.is_threaded()
    }

    fn session_began(&self, session: Weak<dyn Measured>) {
        assert!(session.upgrade().is_some());
        self.heard.lock().unwrap().push(Heard::Began);
    }

    fn session_over(&self, session: &dyn Measured) {
        let over = Heard::Over(session.metrics().nodes[0].items_in, session.error().map(|error| error.kind()));
        self.heard.lock().unwrap().push(over);
    }
}

/// What a driver hears while `run` runs a pipeline on it, on one thread and on several.
fn heard(run: impl Fn(&Pipeline, &Arc<dyn Driver>)) -> [Vec<Heard>; 2] {
    let mut nodes = Registry::new();
    nodes.register("Positive", |_params| Ok(map(|x: f64| x.max(0.0)))).unwrap();
    let manifest = r#"{"version": "v1", "metadata": {"name": "watched"}, "connections": [],
        "nodes": [{"id": "positive", "node_type": "Positive"}]}"#;
    let pipeline = Pipeline::from_json(manifest, &nodes).unwrap();
    let drivers: [Arc<dyn Driver>; 2] = [Arc::new(SingleThreaded::new()), Arc::new(TokioDriver::new(2).unwrap())];
    drivers.map(|driver| {
        let watching = Arc::new(Watching { driver, heard: Mutex::default() });
        let driver: Arc<dyn Driver> = watching.clone();
        run(&pipeline, &driver);
        std::mem::take(&mut *watching.heard.lock().unwrap())
    })
}

#[test]
fn the_end_is_heard_with_what_was_counted() {
    let both = heard(|pipeline, driver| {
        pipeline.run(driver, [Packet::from(1), Packet::from(2)]).unwrap();
    });
    for heard in both {
        assert_eq!(heard, [Heard::Began, Heard::Over(2, None)]);
    }
}

#[test]
fn a_failed_session_is_heard_with_its_error() {
    let both = heard(|pipeline, driver| {
        let session = pipeline.start(driver).unwrap();
        session.send(None, "text", None).unwrap();
        assert!(session.recv(None, None).is_err());
        assert!(session.wait_over(None));
    });
    for heard in both {
        assert_eq!(heard, [Heard::Began, Heard::Over(1, Some(ErrorKind::Node))]);
    }
}

#[test]
fn a_session_that_is_over_has_been_heard_of_before_anybody_sees_it() {
    let both = heard(|pipeline, driver| {
        for _ in 0..200 {
            let session = pipeline.start(driver).unwrap();
            session.cancel();
            assert!(session.wait_over(None));
        }
    });
    for heard in both {
        assert_eq!(heard.len(), 400);
        assert!(heard.iter().filter(|heard| **heard == Heard::Over(0, Some(ErrorKind::Cancelled))).count() == 200);
    }
}

#[test]
fn a_session_that_is_dropped_is_heard_of_once() {
    let [single, _] = heard(|pipeline, driver| drop(pipeline.start(driver).unwrap()));
    assert_eq!(single, [Heard::Began, Heard::Over(0, Some(ErrorKind::Cancelled))]);
}
