//! Many durations, and where most of them lie.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::report::Percentiles;

/// The longest duration that is told from longer ones: a minute, in microseconds.
const LONGEST_US: u64 = 60_000_000;

/// Durations, counted to a thousandth of their value.
#[derive(Clone, Debug)]
pub(super) struct Durations(Histogram<u64>);

impl Default for Durations {
    fn default() -> Self {
        Self(Histogram::new_with_max(LONGEST_US, 3).expect("good bounds"))
    }
}

impl Durations {
    /// Counts one.
    pub(super) fn record(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(LONGEST_US));
    }

    /// Where most of them lie; nowhere, if there are none.
    pub(super) fn percentiles(&self) -> Percentiles {
        if self.0.is_empty() {
            return Percentiles::default();
        }
        let at = |quantile| self.0.value_at_quantile(quantile) as f64 / 1000.0;
        Percentiles { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: self.0.max() as f64 / 1000.0 }
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
    fn nothing_has_no_percentiles() {
        assert!(Durations::default().percentiles().p50.is_nan());
    }
}
