//! Lateness of ticks, as the server exports it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::Outcome;

/// Metrics of the server that show whether ticks are late.
#[derive(Debug)]
pub(crate) struct Lateness {
    /// Delay between the time at which a tick was due and its start.
    start: Histogram,
    /// Time that a tick waited for the worker that sends it.
    fanout: Histogram,
    skipped: f64,
}

/// For each bucket: its upper bound in seconds, and the number of durations that were at most this long.
#[derive(Debug)]
struct Histogram(Vec<(f64, f64)>);

/// Lateness of the ticks in a period.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TickLateness {
    /// 99.9th percentile of the delay between the time at which a tick was due and its start, in milliseconds.
    pub(crate) start_p999_ms: f64,
    /// Maximum delay between the time at which a tick was due and its start, in milliseconds.
    pub(crate) start_max_ms: f64,
    /// Maximum time that a tick waited for the worker that sends it, in milliseconds.
    pub(crate) fanout_max_ms: f64,
    /// Number of ticks skipped.
    pub(crate) skipped: f64,
}

impl Lateness {
    /// Reads the server's metrics.
    pub(crate) fn fetch(address: SocketAddr) -> Outcome<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        let skipped = page.lines().find_map(|line| line.strip_prefix("tickcast_ticks_skipped_total "));
        Ok(Self {
            start: Histogram::parse(&page, "tickcast_tick_lateness_seconds")?,
            fanout: Histogram::parse(&page, "tickcast_fanout_delay_seconds")?,
            skipped: skipped.ok_or("the server exports no number of skipped ticks")?.parse()?,
        })
    }

    /// Lateness of the ticks since `before`. Durations are rounded up to the upper bound of their bucket.
    pub(crate) fn since(&self, before: &Self) -> TickLateness {
        let start = self.start.since(&before.start);
        TickLateness {
            start_p999_ms: start.quantile_ms(0.999),
            start_max_ms: start.quantile_ms(1.0),
            fanout_max_ms: self.fanout.since(&before.fanout).quantile_ms(1.0),
            skipped: self.skipped - before.skipped,
        }
    }
}

impl Histogram {
    fn parse(page: &str, metric: &str) -> Outcome<Self> {
        let prefix = format!("{metric}_bucket{{le=\"");
        let buckets = page.lines().filter_map(|line| line.strip_prefix(&prefix)?.split_once("\"} "));
        let parsed: Result<Vec<_>, _> = buckets.map(|(bound, count)| Ok((parse_bound(bound)?, count.parse()?))).collect();
        parsed.map(Self).map_err(|error: std::num::ParseFloatError| error.into())
    }

    fn since(&self, before: &Self) -> Self {
        Self(self.0.iter().zip(&before.0).map(|((bound, now), (_, then))| (*bound, now - then)).collect())
    }

    fn quantile_ms(&self, quantile: f64) -> f64 {
        let total = self.0.last().map_or(0.0, |(_, total)| *total);
        self.0.iter().find(|(_, count)| *count >= quantile * total).map_or(f64::NAN, |(bound, _)| bound * 1000.0)
    }
}

fn parse_bound(bound: &str) -> Result<f64, std::num::ParseFloatError> {
    if bound == "+Inf" { Ok(f64::INFINITY) } else { bound.parse() }
}
