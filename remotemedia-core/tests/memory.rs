//! A consumer that takes nothing while a producer runs at full speed: memory stays flat, every drop is counted.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use remotemedia_core::buffer::Buffer;
use remotemedia_core::prelude::*;
use serde_json::{Value, json};
use support::*;

/// The system's allocator, counting the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed to the system's allocator unchanged; the count beside it touches no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller upholds what the system's allocator asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// More 10 ms packets than a minute has, at full speed.
const PACKETS: u64 = 60_000;
const PACKET_BYTES: usize = 1920;

/// Passes on the first packet, and holds on to the second until it is told to go on.
struct Gate {
    opened: std::sync::Arc<std::sync::Barrier>,
    seen: u64,
}

impl Node for Gate {
    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        self.seen += 1;
        if self.seen == 2 {
            self.opened.wait();
        }
        out.emit(packet)
    }
}

// One test, so that nothing else allocates while it counts.
#[test]
fn a_stalled_consumer_costs_no_memory_and_every_drop_is_counted() {
    for policy in ["drop_oldest", "drop_newest", "latest"] {
        let opened = std::sync::Arc::new(std::sync::Barrier::new(2));
        let mut nodes = registry(&Journal::default());
        let for_gate = std::sync::Arc::clone(&opened);
        let create = move |_: &serde_json::Map<String, Value>| {
            Ok(AnyNode::from(Gate { opened: std::sync::Arc::clone(&for_gate), seen: 0 }))
        };
        nodes.insert(NodeSpec::new("Gate").lane(Lane::Blocking), std::sync::Arc::new(create)).unwrap();
        let mut manifest: Value = serde_json::from_str(&chain(&[("Pass", json!({})), ("Gate", json!({}))])).unwrap();
        manifest["connections"][0]["policy"] = json!(policy);
        if policy != "latest" {
            manifest["connections"][0]["capacity"] = json!(16);
        }
        let session = Pipeline::from_json(&manifest.to_string(), &nodes).unwrap().start(&support::tokio()).unwrap();

        let send = || session.send(None, Buffer::from(vec![0u8; PACKET_BYTES]), None).unwrap();
        (0..100).for_each(|_| send());
        let before = HELD.load(Ordering::Relaxed);
        (100..PACKETS).for_each(|_| send());
        let grown = HELD.load(Ordering::Relaxed).saturating_sub(before);
        assert!(grown < 64 * PACKET_BYTES, "{policy}: {grown} bytes more after {PACKETS} packets");

        session.finish();
        opened.wait();
        let received = drain_all(&session).len() as u64;
        let metrics = session.metrics();
        assert_eq!(metrics.edges[0].dropped + received, PACKETS, "{policy}");
        assert_eq!(metrics.nodes[1].items_in, received, "{policy}");
    }

    let session =
        Pipeline::from_json(&chain(&[("CountNative", json!({})), ("Pass", json!({}))]), &registry(&Journal::default()))
            .unwrap()
            .start(&support::tokio())
            .unwrap();
    drop(session.recv(None, None).unwrap());
    let made = || session.metrics().nodes[0].items_out;
    let stalled_at = made();
    assert!(stalled_at < 1000, "a source that nobody reads from made {stalled_at} packets");
}
