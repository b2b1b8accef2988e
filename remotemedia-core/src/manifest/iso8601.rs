//! Tells ISO 8601 times from other text.

/// Whether `text` is a date, or a date and time with or without an offset, in the extended format.
pub(super) fn is_valid(text: &str) -> bool {
    match text.split_once('T') {
        None => is_date(text),
        Some((date, time)) => is_date(date) && is_time(time),
    }
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (digits(parts.next(), 4), digits(parts.next(), 2), digits(parts.next(), 2), parts.next())
    else {
        return false;
    };
    (1..=days_in(year, month)).contains(&day)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

fn is_time(text: &str) -> bool {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, "Z"),
    };
    is_clock(clock) && (offset == "Z" || is_hours_and_minutes(&offset[1..]))
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let fraction_is_digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole.rsplit_once(':') {
        // Second 60 is a leap second.
        Some((rest, second)) if rest.contains(':') => {
            fraction_is_digits && is_hours_and_minutes(rest) && digits(Some(second), 2).is_some_and(|s| s <= 60)
        }
        _ => whole == text && is_hours_and_minutes(text),
    }
}

fn is_hours_and_minutes(text: &str) -> bool {
    let (hours, minutes) = text.split_once(':').unwrap_or((text, "00"));
    digits(Some(hours), 2).is_some_and(|h| h <= 23) && digits(Some(minutes), 2).is_some_and(|m| m <= 59)
}

fn digits(text: Option<&str>, len: usize) -> Option<u32> {
    let text = text.filter(|text| text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_of_the_extended_format_are_valid() {
        for text in [
            "2026-01-31",
            "2024-02-29",
            "2026-01-31T09:30",
            "2026-01-31T09:30:00Z",
            "2026-01-31T09:30:00.123456Z",
            "2026-01-31T09:30:00+05:30",
            "2026-01-31T09:30:00-08",
            "2026-12-31T23:59:60Z",
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "",
            "yesterday",
            "2025-02-29",
            "2026-13-01",
            "2026-1-31",
            "2026-01-31 09:30:00",
            "2026-01-31T",
            "2026-01-31T25:00:00Z",
            "2026-01-31T09:60",
            "2026-01-31T09:30:00.Z",
            "2026-01-31T09:30:00+",
            "2026-01-31T09:30:00Zz",
            "2026-01-31T+09:30",
            "２０２６-01-31",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }
}
