//! Histogram of durations and its percentiles. Depends on no other part of this crate.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Upper bound of the histogram in microseconds: one minute. Longer durations are recorded as one minute.
const DURATION_US_MAX: u64 = 60_000_000;

/// Histogram of durations with three significant digits.
#[derive(Clone, Debug)]
pub(crate) struct Durations(Histogram<u64>);

impl Default for Durations {
    fn default() -> Self {
        Self(Histogram::new_with_max(DURATION_US_MAX, 3).expect("the bounds are valid"))
    }
}

impl Durations {
    /// Records a duration.
    pub(crate) fn record(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(DURATION_US_MAX));
    }

    /// The percentiles; NaN if nothing was recorded.
    pub(crate) fn percentiles(&self) -> Percentiles {
        if self.0.is_empty() {
            return Percentiles::default();
        }
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Percentiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: self.0.max() as f64 / 1000.0 }
    }
}

/// Percentiles of durations, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
    /// 99th percentile.
    pub p99: f64,
    /// 99.9th percentile.
    pub p999: f64,
    /// Maximum.
    pub max: f64,
}

impl Default for Percentiles {
    /// Percentiles of an empty histogram: all are NaN.
    fn default() -> Self {
        Self { p50: f64::NAN, p90: f64::NAN, p99: f64::NAN, p999: f64::NAN, max: f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let mut durations = Durations::default();
        (1..=1000).for_each(|ms| durations.record(Duration::from_millis(ms)));
        durations.record(Duration::from_secs(1000));
        let Percentiles { p50, p99, max, .. } = durations.percentiles();
        assert!((p50 - 501.0).abs() < 1.0, "{p50}");
        assert!((p99 - 991.0).abs() < 1.0, "{p99}");
        assert!((max - 60_000.0).abs() < 60.0, "{max}");
    }

    #[test]
    fn percentiles_of_no_durations_are_nan() {
        assert!(Durations::default().percentiles().p50.is_nan());
    }
}
