//! Scrape of a server's metrics in the OpenMetrics text format. Depends on no other part of this crate.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use prometheus_parse::{HistogramCount, Sample, Value};

/// Time limit of a scrape.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of the exposition.
const EXPOSITION_BYTES_MAX: u64 = 4 << 20;
/// Last line of every complete exposition in the OpenMetrics text format.
const END: &str = "# EOF";

/// Values of a server's metrics at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrape(Vec<Sample>);

/// Reason why a scrape failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScrapeError {
    /// The HTTP request failed, or the response is too large or not text.
    #[error(transparent)]
    Http(#[from] ureq::Error),
    /// Required by the parser's signature. Does not occur, because the parser skips lines that it cannot parse.
    #[error(transparent)]
    Format(#[from] io::Error),
    /// The exposition does not end with `# EOF`.
    #[error("the metrics are incomplete")]
    Incomplete,
}

impl Scrape {
    /// Fetches and parses the metrics of the server at this address.
    pub(super) fn fetch(address: SocketAddr) -> Result<Self, ScrapeError> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).max_redirects(0).build().into();
        let mut response = agent.get(format!("http://{address}/metrics")).header("Connection", "close").call()?;
        Self::parse(&response.body_mut().with_config().limit(EXPOSITION_BYTES_MAX).read_to_string()?)
    }

    fn parse(exposition: &str) -> Result<Self, ScrapeError> {
        if exposition.lines().next_back() != Some(END) {
            return Err(ScrapeError::Incomplete);
        }
        let lines = exposition.lines().map(|line| Ok(line.to_owned()));
        Ok(Self(prometheus_parse::Scrape::parse(lines)?.samples))
    }

    /// Value of a counter or gauge without labels, or NaN if there is none.
    pub(super) fn value(&self, metric: &str) -> f64 {
        self.unlabelled(metric).and_then(|sample| number(&sample.value)).unwrap_or(f64::NAN)
    }

    /// Increase of a counter since an earlier scrape. A counter that is missing in the earlier scrape counts as 0.
    pub(super) fn increase(&self, since: &Self, metric: &str) -> f64 {
        let before = since.unlabelled(metric).and_then(|sample| number(&sample.value));
        self.value(metric) - before.unwrap_or_default()
    }

    /// Increase of a counter per second since an earlier scrape. NaN if the counter is missing in either scrape.
    pub(super) fn rate(&self, since: &Self, metric: &str) -> f64 {
        let (Some(after), Some(before)) = (self.unlabelled(metric), since.unlabelled(metric)) else { return f64::NAN };
        let seconds = (after.timestamp - before.timestamp).as_seconds_f64();
        self.increase(since, metric) / seconds
    }

    /// Increase of a counter since an earlier scrape for each value of its label `reason`. Reasons without an increase are
    /// omitted.
    pub(super) fn increase_by_reason(&self, since: &Self, counter: &str) -> BTreeMap<String, u64> {
        let before = since.by_reason(counter);
        let mut increases = BTreeMap::new();
        for (reason, value) in self.by_reason(counter) {
            let increase = (value - before.get(reason).copied().unwrap_or_default()) as u64;
            if increase > 0 {
                increases.insert(reason.to_owned(), increase);
            }
        }
        increases
    }

    /// Quantile of the observations that a histogram recorded since an earlier scrape, in milliseconds. NaN if there are
    /// none. Interpolates linearly within a bucket, as `histogram_quantile` of Prometheus does.
    pub(super) fn quantile_ms(&self, since: &Self, histogram: &str, quantile: f64) -> f64 {
        let before = since.buckets(histogram);
        let mut buckets = Vec::new();
        for HistogramCount { less_than, count } in self.buckets(histogram) {
            let earlier = before.iter().find(|bucket| bucket.less_than == *less_than).map_or(0.0, |bucket| bucket.count);
            buckets.push((*less_than, count - earlier));
        }
        buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let rank = buckets.last().map_or(0.0, |(_, total)| total * quantile);
        if rank <= 0.0 {
            return f64::NAN;
        }
        let (mut lower_bound, mut lower_count) = (0.0, 0.0);
        for (bound, count) in buckets {
            if count >= rank {
                let upper_bound = if bound.is_finite() { bound } else { lower_bound };
                let position = (rank - lower_count) / (count - lower_count);
                return (lower_bound + (upper_bound - lower_bound) * position) * 1000.0;
            }
            (lower_bound, lower_count) = (bound, count);
        }
        f64::NAN
    }

    fn unlabelled(&self, metric: &str) -> Option<&Sample> {
        self.0.iter().find(|sample| sample.metric == metric && sample.labels.is_empty())
    }

    /// Values of a counter by its only label, `reason`.
    fn by_reason(&self, counter: &str) -> BTreeMap<&str, f64> {
        let samples = self.0.iter().filter(|sample| sample.metric == counter && sample.labels.len() == 1);
        samples.filter_map(|sample| Some((sample.labels.get("reason")?, number(&sample.value)?))).collect()
    }

    fn buckets(&self, histogram: &str) -> &[HistogramCount] {
        match self.unlabelled(histogram).map(|sample| &sample.value) {
            Some(Value::Histogram(buckets)) => buckets,
            _ => &[],
        }
    }
}

/// Value of a sample that is a single number. The parser treats counters as untyped, because OpenMetrics declares their type
/// under a name without `_total`.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Counter(number) | Value::Gauge(number) | Value::Untyped(number) => Some(*number),
        Value::Histogram(_) | Value::Summary(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;

    /// An exposition with `fast` observations of up to 1 ms and `slow` ones from 1 to 2 ms.
    fn exposition(fast: u64, slow: u64) -> String {
        let total = fast + slow;
        format!(
            "# TYPE t_seconds histogram\n# UNIT t_seconds seconds\n\
             t_seconds_sum 0.5\nt_seconds_count {total}\nt_seconds_bucket{{le=\"0.001\"}} {fast}\n\
             t_seconds_bucket{{le=\"0.002\"}} {total}\nt_seconds_bucket{{le=\"+Inf\"}} {total}\n\
             # TYPE closed counter\nclosed_total{{reason=\"full\"}} {slow}\n# TYPE open gauge\nopen {fast}\n# EOF\n"
        )
    }

    fn scrape(fast: u64, slow: u64) -> Scrape {
        Scrape::parse(&exposition(fast, slow)).expect("the exposition is complete")
    }

    /// Starts a server that answers one request with `response`, and fetches the metrics from it.
    fn fetch(response: &str) -> Result<Scrape, ScrapeError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = listener.local_addr().expect("the listener is bound").port();
        thread::scope(|scope| {
            scope.spawn(move || {
                let (mut stream, _) = listener.accept().expect("the client connects");
                let mut lines = BufReader::new(stream.try_clone().expect("the socket is open")).lines();
                let request = lines.next().expect("the client sends a request").expect("the request is a text");
                assert_eq!(request, "GET /metrics HTTP/1.1");
                let has_end = lines.any(|line| line.is_ok_and(|line| line.is_empty()));
                assert!(has_end, "an empty line ends the request");
                stream.write_all(response.as_bytes()).expect("the client reads");
            });
            Scrape::fetch(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        })
    }

    #[test]
    fn metrics_are_fetched_over_http() {
        let exposition = exposition(7, 0);
        let length = exposition.len();
        let scrape = fetch(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{exposition}"));
        assert_eq!(scrape.expect("the response is valid").value("open"), 7.0);
        let refused = fetch("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        assert!(matches!(refused, Err(ScrapeError::Http(ureq::Error::StatusCode(404)))));
        let truncated = fetch(&format!("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{exposition}"));
        assert!(matches!(truncated, Err(ScrapeError::Incomplete)));
    }

    #[test]
    fn a_quantile_covers_the_observations_since_the_earlier_scrape() {
        let (before, after) = (scrape(100, 0), scrape(150, 50));
        assert!((after.quantile_ms(&before, "t_seconds", 0.5) - 1.0).abs() < 1e-9);
        assert!((after.quantile_ms(&before, "t_seconds", 0.75) - 1.5).abs() < 1e-9);
        assert!(after.quantile_ms(&after, "t_seconds", 0.5).is_nan());
        assert!(after.quantile_ms(&before, "other", 0.5).is_nan());
    }

    #[test]
    fn only_reasons_that_occurred_since_the_earlier_scrape_are_reported() {
        let (before, after) = (scrape(0, 2), scrape(0, 5));
        assert_eq!(after.increase_by_reason(&before, "closed_total"), BTreeMap::from([("full".to_owned(), 3)]));
        assert!(after.increase_by_reason(&after, "closed_total").is_empty());
        assert_eq!(after.increase(&before, "t_seconds_count"), 3.0);
    }

    #[test]
    fn a_rate_is_the_increase_per_second() {
        let scrape = |value: u32, ms: u32| {
            Scrape::parse(&format!("# TYPE cpu counter\ncpu_total {value} {ms}\n# EOF\n"))
                .expect("the exposition is complete")
        };
        assert_eq!(scrape(7, 4_000).rate(&scrape(1, 1_000), "cpu_total"), 2.0);
        assert!(scrape(7, 4_000).rate(&Scrape::default(), "cpu_total").is_nan());
    }

    #[test]
    fn a_missing_metric_is_nan_and_counts_as_0_in_an_earlier_scrape() {
        let scrape = scrape(7, 0);
        assert_eq!(scrape.value("open"), 7.0);
        assert!(scrape.value("other").is_nan());
        assert_eq!(scrape.increase(&Scrape::default(), "open"), 7.0);
    }

    #[test]
    fn an_incomplete_exposition_is_rejected() {
        let complete = exposition(1, 1);
        let truncated = &complete[..complete.len() - "# EOF\n".len()];
        assert!(matches!(Scrape::parse(truncated), Err(ScrapeError::Incomplete)));
        assert!(matches!(Scrape::parse(""), Err(ScrapeError::Incomplete)));
    }
}
