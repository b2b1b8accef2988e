//! What one more pass-through node costs within a stage.

use crate::chain::{self, Edges};
use crate::measure::{Finding, Outcome, slope_ns};

const SHORT: usize = 1;
const LONG: usize = 21;
const TRIPS: usize = 2000;
const ROUNDS: usize = 101;

/// With the metrics that every session keeps by default, and without.
pub(crate) fn measure(packet_bytes: usize) -> Outcome {
    let metered = hop_ns(packet_bytes, true)?;
    let bare = hop_ns(packet_bytes, false)?;
    Ok(vec![
        Finding::ours(metered, "ns", TRIPS * ROUNDS),
        Finding { who: "remotemedia_unmetered", ..Finding::ours(bare, "ns", TRIPS * ROUNDS) },
    ])
}

fn hop_ns(packet_bytes: usize, metrics: bool) -> Outcome<f64> {
    let driver = chain::driver()?;
    let short = chain::session(SHORT, Edges::Direct, metrics, &driver)?;
    let long = chain::session(LONG, Edges::Direct, metrics, &driver)?;
    let packet = chain::packet(packet_bytes);
    let trips = |session| (0..TRIPS).try_for_each(|_| chain::round_trip(session, &packet));
    slope_ns(|| trips(&short), || trips(&long), TRIPS * (LONG - SHORT), ROUNDS)
}
