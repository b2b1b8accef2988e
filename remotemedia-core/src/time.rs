//! Points and spans of media time, in whole nanoseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use serde::{Deserialize, Serialize};

/// A point in time: nanoseconds since the start of a stream or of a [`Driver`](crate::driver::Driver)'s clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(u64);

impl Timestamp {
    /// The start of the stream or clock.
    pub const ZERO: Self = Self(0);

    /// A point `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The point `seconds` after the start; negative and non-finite values become zero.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(seconds_to_nanos(seconds))
    }

    /// The point at which sample `index` of a stream of `rate` samples per second begins.
    pub fn of_sample(index: u64, rate: u32) -> Self {
        Self(samples_to_nanos(index, rate))
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The span from `earlier` to `self`, zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// The distance between two points, whichever comes first.
    pub const fn distance(self, other: Self) -> Span {
        Span(self.0.abs_diff(other.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// A span of `seconds`; negative and non-finite values become zero.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self(seconds_to_nanos(seconds))
    }

    /// The time that `count` samples take at `rate` samples per second.
    pub fn of_samples(count: u64, rate: u32) -> Self {
        Self(samples_to_nanos(count, rate))
    }

    /// Length in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Length in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// `self` times `factor`, capped at the longest span there is.
    pub fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Timestamp {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.as_secs_f64())
    }
}

fn seconds_to_nanos(seconds: f64) -> u64 {
    // A cast from float to integer saturates and maps NaN to zero.
    (seconds * 1e9).round() as u64
}

fn samples_to_nanos(count: u64, rate: u32) -> u64 {
    if rate == 0 {
        return 0;
    }
    let nanos = u128::from(count) * 1_000_000_000 / u128::from(rate);
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_positions_do_not_drift_over_a_day() {
        let day = 86_400 * 44_100;
        assert_eq!(Timestamp::of_sample(day, 44_100).as_nanos(), 86_400 * 1_000_000_000);
    }

    #[test]
    fn negative_and_undefined_seconds_become_zero() {
        assert_eq!(Timestamp::from_secs_f64(-1.0), Timestamp::ZERO);
        assert_eq!(Span::from_secs_f64(f64::NAN), Span::ZERO);
    }
}
