//! What a boundary between two stages costs in a stream, beside tasks with bounded channels of tokio's.

use std::thread;

use remotemedia_core::session::Session;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::chain::{self, Edges};
use crate::measure::{Finding, Outcome, slope_ns};

const SHORT: usize = 1;
const LONG: usize = 21;
const CAPACITY: usize = 256;
const PACKETS: usize = 5_000;
const ROUNDS: usize = 21;
const PACKET_BYTES: usize = 640;

/// Ours and tokio's channels.
pub(crate) fn measure() -> Outcome {
    let operations = PACKETS * ROUNDS;
    Ok(vec![
        Finding::ours(ours_ns()?, "ns", operations),
        Finding { who: "tokio_channel", ..Finding::ours(channels_ns()?, "ns", operations) },
    ])
}

fn ours_ns() -> Outcome<f64> {
    let driver = chain::driver()?;
    let edges = Edges::Queued(CAPACITY, "block");
    let short = chain::session(SHORT, edges, true, &driver)?;
    let long = chain::session(LONG, edges, true, &driver)?;
    slope_ns(|| stream(&short), || stream(&long), PACKETS * (LONG - SHORT), ROUNDS)
}

/// Sends on one thread while another receives.
fn stream(session: &Session) -> Outcome<()> {
    let packet = chain::packet(PACKET_BYTES);
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let send = |_| session.send(None, packet.clone(), None).map_err(|refused| refused.reason.to_string());
            (0..PACKETS).try_for_each(send)
        });
        (0..PACKETS).try_for_each(|_| chain::receive(session).map(drop))?;
        sender.join().map_err(|_| "the sending thread panicked")??;
        Ok(())
    })
}

fn channels_ns() -> Outcome<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    let pass = |length| channel_stream(&runtime, length);
    slope_ns(|| pass(SHORT), || pass(LONG), PACKETS * (LONG - SHORT), ROUNDS)
}

fn channel_stream(runtime: &Runtime, length: usize) -> Outcome<()> {
    let packet = chain::packet(PACKET_BYTES);
    let (first, mut last) = mpsc::channel(CAPACITY);
    for _ in 0..length {
        let (sender, next) = mpsc::channel(CAPACITY);
        let mut inbox = std::mem::replace(&mut last, next);
        runtime.spawn(async move {
            while let Some(packet) = inbox.recv().await {
                if sender.send(packet).await.is_err() {
                    return;
                }
            }
        });
    }
    thread::scope(|scope| {
        scope.spawn(move || (0..PACKETS).all(|_| first.blocking_send(packet.clone()).is_ok()));
        (0..PACKETS).try_for_each(|_| last.blocking_recv().map(drop)).ok_or("a task ended early")?;
        Ok(())
    })
}
