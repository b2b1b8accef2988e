//! How much memory one of many idle sessions holds.

use remotemedia_core::session::Session;

use crate::chain::{self, Edges};
use crate::measure::{Finding, Outcome, resident_bytes};

const SESSIONS: usize = 10_000;
const NODES: usize = 3;

/// Sessions of one pipeline, each of which has passed one packet.
pub(crate) fn measure() -> Outcome {
    let driver = chain::driver()?;
    let pipeline = chain::pipeline(NODES, Edges::Direct)?;
    let packet = chain::packet(640);
    let start = || -> Outcome<Session> {
        let session = pipeline.start(&driver)?;
        chain::round_trip(&session, &packet)?;
        Ok(session)
    };
    let first = start()?;
    let before = resident_bytes()?;
    let sessions: Outcome<Vec<Session>> = (0..SESSIONS).map(|_| start()).collect();
    let sessions = sessions?;
    let after = resident_bytes()?;
    drop((first, sessions));
    Ok(vec![Finding::ours((after - before) / SESSIONS as f64, "B", SESSIONS)])
}
