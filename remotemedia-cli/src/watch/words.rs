//! Numbers in few characters.

/// A count: 999, 12.3k, 4.56M.
pub(super) fn count(count: u64) -> String {
    if count < 10_000 { count.to_string() } else { scaled(count as f64) }
}

/// Items per second: 0, 0.52, 93.1, 12.3k.
pub(super) fn rate(per_second: f64) -> String {
    if per_second < 0.005 { "0".to_owned() } else { scaled(per_second) }
}

/// A length of time: 640 ns, 12.3 µs, 1.50 ms, 3.40 s.
pub(super) fn time(nanos: u64) -> String {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    match units.iter().find(|(unit, _)| nanos as f64 >= *unit) {
        Some((unit, name)) => format!("{} {name}", three_digits(nanos as f64 / unit)),
        None => format!("{nanos} ns"),
    }
}

/// Seconds since the start: 3.2 s, 4:05, 1:02:03.
pub(super) fn clock(nanos: u64) -> String {
    let seconds = nanos / 1_000_000_000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => format!("{:.1} s", nanos as f64 / 1e9),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `text` in at most `width` characters, and without what would move a terminal's cursor.
pub(super) fn fit(text: &str, width: usize) -> String {
    let clean: Vec<char> = text.chars().map(|c| if c.is_control() { '�' } else { c }).collect();
    if clean.len() <= width {
        return clean.into_iter().collect();
    }
    clean[..width.saturating_sub(1)].iter().chain(&['…']).collect()
}

fn scaled(value: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.iter().find(|(unit, _)| value >= *unit) {
        Some((unit, name)) => format!("{}{name}", three_digits(value / unit)),
        None => three_digits(value),
    }
}

fn three_digits(value: f64) -> String {
    let decimals = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        assert_eq!([count(0), count(9_999), count(12_345)], ["0", "9999", "12.3k"]);
        assert_eq!([rate(0.0), rate(0.516), rate(93.06), rate(999_950.0)], ["0", "0.52", "93.1", "1000k"]);
        assert_eq!(
            [time(640), time(12_300), time(1_500_000), time(3_400_000_000)],
            ["640 ns", "12.3 µs", "1.50 ms", "3.40 s"]
        );
        assert_eq!(
            [clock(3_200_000_000), clock(245_000_000_000), clock(3_723_000_000_000)],
            ["3.2 s", "4:05", "1:02:03"]
        );
    }

    #[test]
    fn long_names_are_cut_and_control_characters_shown() {
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("a\x1b[2Jb", 10), "a�[2Jb");
    }
}
