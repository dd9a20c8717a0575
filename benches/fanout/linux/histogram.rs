//! Histograms of durations, as the server exports them.

use std::num::ParseFloatError;

/// For each bucket: its upper bound in seconds, and the number of durations that were at most this long.
#[derive(Debug)]
pub(crate) struct Histogram(Vec<(f64, f64)>);

impl Histogram {
    /// Parses the histogram `metric` from a page of metrics in the OpenMetrics text format.
    pub(crate) fn parse(page: &str, metric: &str) -> Result<Self, ParseFloatError> {
        let prefix = format!("{metric}_bucket{{le=\"");
        let buckets = page.lines().filter_map(|line| line.strip_prefix(&prefix)?.split_once("\"} "));
        buckets
            .map(|(bound, count)| Ok((parse_bound(bound)?, count.parse()?)))
            .collect::<Result<_, ParseFloatError>>()
            .map(Self)
    }

    /// The durations since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self(self.0.iter().zip(&before.0).map(|((bound, now), (_, then))| (*bound, now - then)).collect())
    }

    /// A quantile in milliseconds, rounded up to the upper bound of its bucket; NaN if there are no durations.
    pub(crate) fn quantile_ms(&self, quantile: f64) -> f64 {
        let total = self.0.last().map_or(0.0, |(_, total)| *total);
        if total == 0.0 {
            return f64::NAN;
        }
        self.0.iter().find(|(_, count)| *count >= quantile * total).map_or(f64::NAN, |(bound, _)| bound * 1000.0)
    }
}

fn parse_bound(bound: &str) -> Result<f64, ParseFloatError> {
    if bound == "+Inf" { Ok(f64::INFINITY) } else { bound.parse() }
}
