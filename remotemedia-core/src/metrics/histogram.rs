//! A histogram of durations: eight buckets per power of two, so that every value is known to within 12.5 %.
//!
//! The idea is that of HdrHistogram, reduced to what one writer and any number of readers need without a lock.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use super::report::LatencyMetrics;

/// Durations in nanoseconds. One thread at a time records; any thread reads.
#[derive(Default)]
pub(crate) struct Histogram {
    buckets: OnceLock<Box<[AtomicU32; BUCKETS]>>,
    count: AtomicU64,
    sum_ns: AtomicU64,
    min_ns: AtomicU64,
    max_ns: AtomicU64,
}

const STEPS_BITS: u32 = 3;
const STEPS: usize = 1 << STEPS_BITS;
/// Powers of two up to 2^42 ns, which is over an hour; longer durations fall into the last bucket.
const BUCKETS: usize = 40 * STEPS;

impl Histogram {
    pub(crate) fn record(&self, nanos: u64) {
        let buckets = self.buckets.get_or_init(|| Box::new([const { AtomicU32::new(0) }; BUCKETS]));
        let bucket = &buckets[index_of(nanos)];
        bucket.store(bucket.load(Relaxed).saturating_add(1), Relaxed);
        let count = self.count.load(Relaxed);
        if count == 0 || nanos < self.min_ns.load(Relaxed) {
            self.min_ns.store(nanos, Relaxed);
        }
        if nanos > self.max_ns.load(Relaxed) {
            self.max_ns.store(nanos, Relaxed);
        }
        self.sum_ns.store(self.sum_ns.load(Relaxed).saturating_add(nanos), Relaxed);
        self.count.store(count + 1, Relaxed);
    }

    pub(crate) fn report(&self) -> LatencyMetrics {
        let counts = self.counts();
        let count: u64 = counts.iter().map(|(_, count)| u64::from(*count)).sum();
        // The writer may be between the two.
        let min_ns = self.min_ns.load(Relaxed);
        let max_ns = self.max_ns.load(Relaxed).max(min_ns);
        let quantile = |share: f64| quantile(&counts, (count as f64 * share).ceil() as u64).clamp(min_ns, max_ns);
        LatencyMetrics {
            count,
            min_ns,
            mean_ns: self.mean_ns(),
            p50_ns: quantile(0.50),
            p90_ns: quantile(0.90),
            p99_ns: quantile(0.99),
            max_ns,
            buckets: counts,
        }
    }

    pub(crate) fn mean_ns(&self) -> f64 {
        let count = self.count.load(Relaxed);
        if count == 0 { 0.0 } else { self.sum_ns.load(Relaxed) as f64 / count as f64 }
    }

    /// The buckets that hold anything: upper bound in nanoseconds, and count.
    fn counts(&self) -> Vec<(u64, u32)> {
        let Some(buckets) = self.buckets.get() else { return Vec::new() };
        let counts = buckets.iter().enumerate().map(|(index, count)| (upper_bound(index), count.load(Relaxed)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

fn index_of(nanos: u64) -> usize {
    if nanos < STEPS as u64 {
        return nanos as usize;
    }
    let power = nanos.ilog2() - STEPS_BITS;
    let step = (nanos >> power) as usize - STEPS;
    ((power as usize + 1) * STEPS + step).min(BUCKETS - 1)
}

/// The largest duration that falls into the bucket.
fn upper_bound(index: usize) -> u64 {
    if index < STEPS {
        return index as u64;
    }
    let power = index / STEPS - 1;
    let step = (index % STEPS + STEPS) as u64;
    ((step + 1) << power) - 1
}

fn quantile(counts: &[(u64, u32)], rank: u64) -> u64 {
    let mut seen = 0;
    for (upper, count) in counts {
        seen += u64::from(*count);
        if seen >= rank {
            return *upper;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_lies_in_its_bucket() {
        for nanos in (0..100_000).chain([1 << 20, (1 << 30) + 12_345, 1 << 41]) {
            let index = index_of(nanos);
            assert!(nanos <= upper_bound(index), "{nanos}");
            assert!(index == 0 || nanos > upper_bound(index - 1), "{nanos}");
        }
    }

    #[test]
    fn quantiles_are_within_an_eighth() {
        let histogram = Histogram::default();
        (1..=1000).for_each(|micros| histogram.record(micros * 1000));
        let report = histogram.report();
        assert_eq!((report.count, report.min_ns, report.max_ns), (1000, 1000, 1_000_000));
        assert_eq!(report.mean_ns, 500_500.0);
        for (found, exact) in [(report.p50_ns, 500_000.0), (report.p90_ns, 900_000.0), (report.p99_ns, 990_000.0)] {
            assert!((found as f64 / exact - 1.0).abs() <= 0.125, "{found} for {exact}");
        }
    }

    #[test]
    fn a_report_beside_the_first_records_is_whole() {
        for _ in 0..200 {
            let histogram = Histogram::default();
            std::thread::scope(|threads| {
                threads.spawn(|| (0..50).for_each(|nanos| histogram.record(5000 - nanos)));
                for _ in 0..50 {
                    let report = histogram.report();
                    assert!(report.min_ns <= report.p50_ns && report.p50_ns <= report.max_ns, "{report:?}");
                }
            });
        }
    }

    #[test]
    fn an_empty_histogram_reports_zeros() {
        let report = Histogram::default().report();
        assert_eq!((report.count, report.p99_ns, report.buckets.len()), (0, 0, 0));
    }
}
