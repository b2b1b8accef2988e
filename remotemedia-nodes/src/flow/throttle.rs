//! Throttle: lets no more packets through than a rate or an interval allows.

use remotemedia_core::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

use super::clock::Clock;

/// What [`Throttle`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThrottleParams {
    /// The most packets per second, on the whole: one that comes late does not delay those after it.
    #[schemars(extend("exclusiveMinimum" = 0))]
    rate_hz: Option<f64>,
    /// The least time from one packet to the next, in milliseconds.
    min_interval_ms: Option<f64>,
    /// Which packet of a period is kept.
    #[serde(default)]
    keep: Keep,
}

/// Which packet is kept of those that come in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// The first, at once.
    #[default]
    First,
    /// The latest, when a packet of a later period comes, and at the end.
    Latest,
}

/// Lets no more packets through than a rate or an interval allows, and drops the others, which metrics count.
///
/// It goes by the packets' times, by the session's clock for those that have none. Where time goes backwards, a new
/// stream begins.
pub struct Throttle {
    pace: Pace,
    keep: Keep,
    clock: Clock,
    period: Option<Period>,
    held: Option<Packet>,
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    Rate { period_ns: f64 },
    Interval { least_ns: f64 },
}

/// The period that the last packet fell into.
#[derive(Clone, Copy, Debug)]
struct Period {
    /// The time of the stream's first packet.
    origin: Timestamp,
    /// When the next period begins, counted from there.
    due_ns: f64,
    /// The last time seen.
    latest: Timestamp,
}

impl Throttle {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Throttle").summary("Lets no more packets through than a rate or an interval allows")
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// If not exactly one of rate and interval is given, or it is not a positive number.
    pub fn new(params: ThrottleParams) -> NodeResult<Self> {
        let pace = match (params.rate_hz, params.min_interval_ms) {
            (Some(rate), None) => Pace::Rate { period_ns: 1e9 / positive("rate_hz", rate)? },
            (None, Some(ms)) => Pace::Interval { least_ns: positive("min_interval_ms", ms)? * 1e6 },
            _ => return Err(NodeError::new("params: expected either rate_hz or min_interval_ms")),
        };
        Ok(Self { pace, keep: params.keep, clock: Clock::default(), period: None, held: None })
    }

    /// Notes that a packet came `at`; whether it is the first of a period.
    fn begins_period(&mut self, at: Timestamp) -> bool {
        let same_stream = self.period.take().filter(|period| period.latest <= at);
        let mut period = same_stream.unwrap_or(Period { origin: at, due_ns: 0.0, latest: at });
        period.latest = at;
        let passed_ns = at.since(period.origin).as_nanos() as f64;
        // Half a nanosecond, so that a period that is no whole number of them does not end one too late.
        let begins = passed_ns + 0.5 >= period.due_ns;
        if begins {
            period.due_ns = match self.pace {
                Pace::Rate { period_ns } => (period.due_ns + period_ns).max(passed_ns),
                Pace::Interval { least_ns } => passed_ns + least_ns,
            };
        }
        self.period = Some(period);
        begins
    }
}

impl Node for Throttle {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        self.clock = Clock::new(cx.driver.clone());
        Ok(())
    }

    fn process(&mut self, packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let begins = self.begins_period(self.clock.time_of(&packet));
        match (self.keep, begins) {
            (Keep::First, true) => out.emit(packet),
            (Keep::First, false) => {
                out.count_dropped();
                Ok(())
            }
            (Keep::Latest, begins) => {
                let Some(before) = self.held.replace(packet) else { return Ok(()) };
                if begins {
                    return out.emit(before);
                }
                out.count_dropped();
                Ok(())
            }
        }
    }

    fn flush(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        self.held.take().map_or(Ok(()), |held| out.emit(held))
    }

    fn interrupt(&mut self) {
        self.period = None;
        self.held = None;
    }
}

fn positive(name: &str, value: f64) -> NodeResult<f64> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(NodeError::new(format!("params: {name} is {value}, expected a number above 0")))
}
