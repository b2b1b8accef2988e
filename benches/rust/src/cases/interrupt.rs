//! How soon a packet that was sent after an interrupt arrives, past ten full queues of older packets.

use std::time::Instant;

use remotemedia_core::prelude::*;
use remotemedia_core::session::Session;

use crate::chain::{self, Edges};
use crate::measure::{Finding, Outcome, median};

const NODES: usize = 10;
const CAPACITY: usize = 64;
const ROUNDS: usize = 51;
const FRESH: &str = "fresh";

/// The median over several interrupts of one session.
pub(crate) fn measure() -> Outcome {
    let session = chain::session(NODES, Edges::Queued(CAPACITY, "block"), true, &chain::driver()?)?;
    let rounds: Outcome<Vec<f64>> = (0..ROUNDS).map(|_| interrupt_ns(&session)).collect();
    Ok(vec![Finding::ours(median(rounds?), "ns", ROUNDS)])
}

fn interrupt_ns(session: &Session) -> Outcome<f64> {
    fill(session)?;
    let begin = Instant::now();
    session.interrupt();
    session.send(None, Packet::from(FRESH), None)?;
    let arrived = chain::receive(session)?;
    let took = begin.elapsed().as_nanos() as f64;
    match arrived.payload {
        Payload::Text(text) if &*text == FRESH => Ok(took),
        _ => Err("a packet from before the interrupt arrived after it".into()),
    }
}

/// Sends until every queue is full, which nobody empties.
fn fill(session: &Session) -> Outcome<()> {
    let filled = NODES * CAPACITY;
    let mut sent = 0;
    let begin = Instant::now();
    while sent < filled || begin.elapsed().as_millis() < 20 {
        match session.try_send(None, Packet::from(0.0)) {
            Ok(()) => sent += 1,
            Err(_) => std::thread::yield_now(),
        }
        if begin.elapsed().as_secs() > 5 {
            return Err("the queues did not fill within 5 s".into());
        }
    }
    Ok(())
}
