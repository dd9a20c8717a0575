//! Lateness of ticks, as the server exports it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::Outcome;
use super::histogram::Histogram;

/// Metrics of the server that show whether ticks are late.
#[derive(Debug)]
pub(crate) struct Lateness {
    /// Delay between the time at which a tick was due and its start.
    start: Histogram,
    /// Time that a tick waited for the worker that sends it.
    fanout: Histogram,
    /// Time from when a tick was computed until it was stored.
    commit: Histogram,
    skipped: f64,
}

/// Lateness of the ticks in a period.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TickLateness {
    /// 99.9th percentile of the delay between the time at which a tick was due and its start, in milliseconds.
    pub(crate) start_p999_ms: f64,
    /// Maximum delay between the time at which a tick was due and its start, in milliseconds.
    pub(crate) start_max_ms: f64,
    /// Maximum time that a tick waited for the worker that sends it, in milliseconds.
    pub(crate) fanout_max_ms: f64,
    /// Median and 99th percentile of the time from when a tick was computed until it was stored, in milliseconds; NaN if
    /// the rooms are not stored.
    pub(crate) commit_ms: [f64; 2],
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
            commit: Histogram::parse(&page, "tickcast_commit_duration_seconds")?,
            skipped: skipped.ok_or("the server exports no number of skipped ticks")?.parse()?,
        })
    }

    /// Lateness of the ticks since `before`. Durations are rounded up to the upper bound of their bucket.
    pub(crate) fn since(&self, before: &Self) -> TickLateness {
        let start = self.start.since(&before.start);
        let commit = self.commit.since(&before.commit);
        TickLateness {
            start_p999_ms: start.quantile_ms(0.999),
            start_max_ms: start.quantile_ms(1.0),
            fanout_max_ms: self.fanout.since(&before.fanout).quantile_ms(1.0),
            commit_ms: [0.5, 0.99].map(|quantile| commit.quantile_ms(quantile)),
            skipped: self.skipped - before.skipped,
        }
    }
}
