//! When a call that failed is made again: a count and growing waits, without a clock.

use std::time::{Duration, SystemTime};

use ureq::http::HeaderMap;
use ureq::http::header::RETRY_AFTER;

/// The attempts at one call.
#[derive(Clone, Debug)]
pub(super) struct Attempts {
    failed: u32,
    first_wait: Duration,
    longest_wait: Duration,
}

impl Attempts {
    pub(super) fn new(first_wait: Duration, longest_wait: Duration) -> Self {
        Self { failed: 0, first_wait, longest_wait }
    }

    /// How long to wait before the next attempt; none if there is to be none. `asked` is what the registry asks for.
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.failed += 1;
        if self.failed >= MOST_ATTEMPTS || asked.is_some_and(|asked| asked > self.longest_wait) {
            return None;
        }
        let own = self.first_wait * 2_u32.pow(self.failed - 1);
        Some(asked.unwrap_or(own).min(self.longest_wait))
    }

    /// Notes that there was progress, so that only what fails in a row counts.
    pub(super) fn reset(&mut self) {
        self.failed = 0;
    }

    /// How many attempts failed.
    pub(super) fn count(&self) -> u32 {
        self.failed
    }
}

/// Whether an answer with this status may be another one a little later.
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// How long a registry asks to wait, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(SystemTime::from(date).duration_since(now).unwrap_or_default())
}

const MOST_ATTEMPTS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn waits_grow_and_end() {
        let mut attempts = Attempts::new(seconds(1), seconds(3));
        let waits: Vec<_> = std::iter::from_fn(|| attempts.next(None)).collect();
        assert_eq!(waits, [seconds(1), seconds(2), seconds(3), seconds(3)]);
        attempts.reset();
        assert_eq!(attempts.next(None), Some(seconds(1)));
    }

    #[test]
    fn what_the_registry_asks_for_is_kept_unless_it_is_too_long() {
        let mut attempts = Attempts::new(seconds(1), seconds(60));
        assert_eq!(attempts.next(Some(seconds(7))), Some(seconds(7)));
        assert_eq!(attempts.next(Some(seconds(61))), None);
    }

    #[test]
    fn waits_are_read_in_seconds_and_as_dates() {
        let now = SystemTime::UNIX_EPOCH + seconds(784_111_767);
        let asked = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), now);
        assert_eq!(asked("120"), Some(seconds(120)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT"), Some(seconds(10)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:07 GMT"), Some(seconds(0)));
        assert_eq!(asked("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
