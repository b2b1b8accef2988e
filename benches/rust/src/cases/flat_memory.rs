//! How much memory grows while a consumer stalls and the producer goes on at full speed.

use std::time::{Duration, Instant};

use remotemedia_core::session::Session;

use crate::chain::{self, Edges};
use crate::measure::{Finding, Outcome, resident_bytes};

/// Each policy with the capacity of its queues.
const QUEUES: [(&str, usize); 4] = [("block", 64), ("drop_oldest", 64), ("drop_newest", 64), ("latest", 1)];
const NODES: usize = 3;
const WARM_UP: Duration = Duration::from_millis(250);
const STALL: Duration = Duration::from_millis(750);

/// The largest growth over the queue policies.
pub(crate) fn measure() -> Outcome {
    let mut worst = (0.0_f64, 0);
    for (policy, capacity) in QUEUES {
        let session = chain::session(NODES, Edges::Queued(capacity, policy), true, &chain::driver()?)?;
        offer(&session, WARM_UP);
        let before = resident_bytes()?;
        worst.1 += offer(&session, STALL);
        worst.0 = worst.0.max(resident_bytes()? - before);
    }
    Ok(vec![Finding::ours(worst.0, "B", worst.1)])
}

/// Offers packets without pause; gives how many were offered.
fn offer(session: &Session, during: Duration) -> usize {
    let begin = Instant::now();
    let mut offered = 0;
    while begin.elapsed() < during {
        // A full queue gives the packet back under the policy `block`; that is what is wanted here.
        let _ = session.try_send(None, chain::packet(1024));
        offered += 1;
    }
    offered
}
