//! A look at a server's metrics.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a server may take to tell.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a server's metrics were at some time: samples by name and labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    /// Of a server that tells nothing.
    pub(super) const NOTHING: Self = Self(BTreeMap::new());

    pub(super) fn read(address: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or(io::ErrorKind::InvalidData)?;
        if head.split(' ').nth(1) != Some("200") {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self::parse(body))
    }

    fn parse(body: &str) -> Self {
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        };
        Self(body.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// A sample; not a number, if there is none.
    pub(super) fn value(&self, sample: &str) -> f64 {
        self.0.get(sample).copied().unwrap_or(f64::NAN)
    }

    /// By how much a sample has grown since.
    pub(super) fn growth(&self, since: &Self, sample: &str) -> f64 {
        self.value(sample) - since.0.get(sample).copied().unwrap_or_default()
    }

    /// By how much a counter has grown since for each of its reasons, leaving out those for which it has not.
    pub(super) fn reasons(&self, since: &Self, counter: &str) -> BTreeMap<String, u64> {
        let prefix = format!("{counter}{{reason=\"");
        let reason = |sample: &String| {
            let reason = sample.strip_prefix(&prefix)?.strip_suffix("\"}")?;
            let growth = self.growth(since, sample) as u64;
            (growth > 0).then(|| (reason.to_owned(), growth))
        };
        self.0.keys().filter_map(reason).collect()
    }

    /// The time below which this part of what a histogram has counted since lies, in milliseconds; within a bucket it is taken
    /// to be spread evenly.
    pub(super) fn quantile_ms(&self, since: &Self, histogram: &str, quantile: f64) -> f64 {
        let prefix = format!("{histogram}_bucket{{le=\"");
        let bucket = |sample: &String| {
            let bound: f64 = sample.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse().ok()?;
            Some((bound, self.growth(since, sample)))
        };
        let mut buckets: Vec<(f64, f64)> = self.0.keys().filter_map(bucket).collect();
        buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let wanted = buckets.last().map_or(0.0, |(_, all)| all * quantile);
        let mut below = (0.0, 0.0);
        for bucket in buckets.into_iter().filter(|_| wanted > 0.0) {
            if bucket.1 >= wanted {
                let bound = if bucket.0.is_finite() { bucket.0 } else { below.0 };
                return (below.0 + (bound - below.0) * (wanted - below.1) / (bucket.1 - below.1)) * 1000.0;
            }
            below = bucket;
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(fast: u64, slow: u64) -> Scrape {
        let (both, all) = (fast + slow, fast + slow);
        Scrape::parse(&format!(
            "# TYPE t_seconds histogram\nt_seconds_bucket{{le=\"0.001\"}} {fast}\nt_seconds_bucket{{le=\"0.002\"}} {both}\n\
             t_seconds_bucket{{le=\"+Inf\"}} {all}\nt_seconds_count {all}\nclosed_total{{reason=\"full\"}} {slow}\n# EOF\n"
        ))
    }

    #[test]
    fn a_quantile_is_of_what_was_counted_since() {
        let (before, after) = (scrape(100, 0), scrape(150, 50));
        assert!((after.quantile_ms(&before, "t_seconds", 0.5) - 1.0).abs() < 1e-9);
        assert!((after.quantile_ms(&before, "t_seconds", 0.75) - 1.5).abs() < 1e-9);
        assert!(after.quantile_ms(&after, "t_seconds", 0.5).is_nan());
        assert!(after.quantile_ms(&before, "other", 0.5).is_nan());
    }

    #[test]
    fn reasons_are_those_that_have_come_up_since() {
        let (before, after) = (scrape(0, 2), scrape(0, 5));
        assert_eq!(after.reasons(&before, "closed_total"), BTreeMap::from([("full".to_owned(), 3)]));
        assert!(after.reasons(&after, "closed_total").is_empty());
        assert_eq!(after.growth(&before, "t_seconds_count"), 3.0);
    }
}
