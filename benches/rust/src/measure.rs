//! Measuring: medians, the cost of a difference, resident memory, and findings as JSON lines.

use std::error::Error;
use std::time::Instant;

use serde_json::json;

/// What a case gives, or why it could not be measured.
pub(crate) type Outcome<T = Vec<Finding>> = Result<T, Box<dyn Error>>;

/// One value that was measured.
pub(crate) struct Finding {
    pub(crate) who: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    pub(crate) operations: usize,
}

impl Finding {
    /// A finding on this runtime.
    pub(crate) fn ours(value: f64, unit: &'static str, operations: usize) -> Self {
        Self { who: "remotemedia", value, unit, operations }
    }

    /// Writes the finding to standard output.
    #[expect(clippy::print_stdout, reason = "the harness reads findings from standard output")]
    pub(crate) fn print(&self, case: &str) {
        let Self { who, value, unit, operations } = self;
        println!("{}", json!({"case": case, "who": who, "value": value, "unit": unit, "n": operations}));
    }
}

/// How long `work` takes, in nanoseconds.
pub(crate) fn duration_ns(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed().as_nanos() as f64)
}

/// The middle one of `values`.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Cost of one of the `difference` operations that `lengthy` does and `brief` does not: both run by turns, and the
/// medians are compared.
pub(crate) fn slope_ns(
    mut brief: impl FnMut() -> Outcome<()>,
    mut lengthy: impl FnMut() -> Outcome<()>,
    difference: usize,
    rounds: usize,
) -> Outcome<f64> {
    brief()?;
    lengthy()?;
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        times.0.push(duration_ns(&mut brief)?);
        times.1.push(duration_ns(&mut lengthy)?);
    }
    Ok((median(times.1) - median(times.0)) / difference as f64)
}

/// Memory of this process that is resident now, in bytes. Linux only.
pub(crate) fn resident_bytes() -> Outcome<f64> {
    status_bytes("VmRSS:")
}

/// The most memory of this process that was resident at any time, in bytes. Linux only.
pub(crate) fn peak_bytes() -> Outcome<f64> {
    status_bytes("VmHWM:")
}

fn status_bytes(field: &str) -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let line = line.ok_or_else(|| format!("no {field} in /proc/self/status"))?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}
