//! Tick lateness, as the server exports it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::Outcome;

/// Prefix of each line of the metrics that contains a bucket of the histogram.
const BUCKET: &str = "tickcast_tick_lateness_seconds_bucket{le=\"";

/// Histogram of tick lateness. For each bucket: its upper bound in seconds, and the number of ticks that were at most this
/// late.
#[derive(Debug)]
pub(crate) struct Lateness(Vec<(f64, f64)>);

impl Lateness {
    /// Reads the histogram from the server's metrics.
    pub(crate) fn fetch(address: SocketAddr) -> Outcome<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        let buckets = page.lines().filter_map(|line| line.strip_prefix(BUCKET)?.split_once("\"} "));
        let parsed: Result<Vec<_>, _> = buckets.map(|(bound, count)| Ok((parse(bound)?, count.parse()?))).collect();
        parsed.map(Self).map_err(|error: std::num::ParseFloatError| error.into())
    }

    /// The 99.9th percentile of the lateness of the ticks since `before`, in milliseconds. Rounded up to the upper bound
    /// of its bucket.
    pub(crate) fn p999_ms_since(&self, before: &Self) -> f64 {
        let counts: Vec<_> = self.0.iter().zip(&before.0).map(|((bound, now), (_, then))| (*bound, now - then)).collect();
        let ticks = counts.last().map_or(0.0, |(_, ticks)| *ticks);
        counts.iter().find(|(_, count)| *count >= 0.999 * ticks).map_or(f64::NAN, |(bound, _)| bound * 1000.0)
    }
}

fn parse(bound: &str) -> Result<f64, std::num::ParseFloatError> {
    if bound == "+Inf" { Ok(f64::INFINITY) } else { bound.parse() }
}
