//! Metrics of a server in the OpenMetrics text format.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{ClientMessage, CloseReason};

use crate::client::{Client, Connection};
use crate::http::request;
use crate::test_server::{TestServer, room_options};

type Player = Client<Arena>;

/// Time after which a test that waits for a metric fails. It is long, because the machine may be busy, but shorter than the
/// time for which seats are kept and empty rooms stay open.
const WAIT_TIMEOUT: Duration = Duration::from_secs(20);

/// A parsed page of metrics.
pub struct Page {
    types: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Page {
    pub fn read(address: SocketAddr) -> Self {
        let response = request(address, "GET", "/metrics", "");
        assert_eq!(response.status, 200);
        let content_type = "content-type: application/openmetrics-text; version=1.0.0";
        assert!(response.head.contains(content_type), "{}", response.head);
        Self::parse(&response.body)
    }

    /// Parses the part of OpenMetrics 1.0 that the server uses: TYPE, UNIT and HELP lines, samples, and the final EOF line.
    fn parse(text: &str) -> Self {
        let mut page = Self { types: BTreeMap::new(), samples: BTreeMap::new() };
        for line in text.strip_suffix("# EOF\n").expect("the page ends with EOF").lines() {
            match line.strip_prefix("# ") {
                Some(comment) => page.parse_comment(comment),
                None => page.parse_sample(line),
            }
        }
        page
    }

    fn parse_comment(&mut self, comment: &str) {
        let words: Vec<_> = comment.splitn(3, ' ').collect();
        let [keyword, name, value] = words[..] else { panic!("a comment has three parts: {comment}") };
        match keyword {
            "TYPE" => {
                let previous = self.types.insert(name.to_owned(), value.to_owned());
                assert_eq!(previous, None, "{name} has two types");
            }
            "HELP" | "UNIT" => assert!(!value.is_empty(), "{comment}"),
            _ => panic!("unknown keyword: {comment}"),
        }
    }

    fn parse_sample(&mut self, line: &str) {
        let (name, value) = line.rsplit_once(' ').expect("a sample is a name and a value");
        let value = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
        let previous = self.samples.insert(name.to_owned(), value);
        assert_eq!(previous, None, "{name} has two samples");
    }

    /// All samples except the buckets of histograms.
    fn without_buckets(&self) -> BTreeMap<&str, f64> {
        let samples = self.samples.iter().map(|(name, value)| (name.as_str(), *value));
        samples.filter(|(name, _)| !name.contains("_bucket{")).collect()
    }

    /// The value of a sample; zero if there is none.
    pub fn value(&self, sample: &str) -> f64 {
        self.samples.get(sample).copied().unwrap_or_default()
    }

    /// Number of sessions closed for this reason.
    pub fn sessions_closed(&self, reason: &str) -> f64 {
        self.value(&format!("tickcast_sessions_closed_total{{reason=\"{reason}\"}}"))
    }

    /// Name of the metric that a sample belongs to: the name of the sample without labels, and without a suffix such as
    /// `_total`.
    fn family<'a>(&self, sample: &'a str) -> &'a str {
        let name = sample.split('{').next().expect("a split has at least one part");
        let suffixes = ["_total", "_bucket", "_sum", "_count", "_info"];
        let stem = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
        stem.filter(|stem| self.types.contains_key(*stem)).unwrap_or(name)
    }

    /// Upper bound and cumulative count of each bucket of a histogram, in ascending order.
    fn buckets(&self, histogram: &str) -> Vec<(f64, f64)> {
        let prefix = format!("{histogram}_bucket{{le=\"");
        let bound = |sample: &str| sample.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse::<f64>().ok();
        let mut buckets: Vec<_> =
            self.samples.iter().filter_map(|(sample, count)| Some((bound(sample)?, *count))).collect();
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        buckets
    }
}

/// Reads metrics until `holds` returns true. `what` describes this condition.
pub fn wait_for(server: &TestServer, what: &str, holds: impl Fn(&Page) -> bool) -> Page {
    let start = Instant::now();
    loop {
        let page = Page::read(server.admin_address());
        if holds(&page) {
            return page;
        }
        assert!(start.elapsed() < WAIT_TIMEOUT, "not within {WAIT_TIMEOUT:?}: {what}; {:?}", page.without_buckets());
    }
}

#[test]
fn names_and_types_follow_the_prometheus_conventions() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat is free");
    ada.tick();
    let page = Page::read(server.admin_address());
    for sample in page.samples.keys() {
        let family = page.family(sample);
        let kind = page.types.get(family).unwrap_or_else(|| panic!("{sample} has no type"));
        let name = sample.split('{').next().expect("a split has at least one part");
        match kind.as_str() {
            "counter" => assert!(name.ends_with("_total"), "{sample}"),
            "gauge" => assert!(!name.ends_with("_total"), "{sample}"),
            "histogram" => assert!(family.ends_with("_seconds"), "{sample}"),
            "info" => assert!(name.ends_with("_info"), "{sample}"),
            other => panic!("{sample} has the unknown type {other}"),
        }
        assert!(family.starts_with("tickcast_") || family.starts_with("process_"), "{sample}");
    }
    for family in [
        "process_cpu_seconds",
        "process_start_time_seconds",
        "tickcast_build",
        "tickcast_requests_refused",
        "tickcast_sessions_closed",
    ] {
        assert!(page.types.contains_key(family), "{family} is missing");
    }
    #[cfg(target_os = "linux")]
    assert!(page.value("process_resident_memory_bytes") > 1e6 && page.value("process_open_fds") > 3.0);
}

#[test]
fn former_metric_names_are_still_exported() {
    let server = TestServer::arena(room_options());
    let page = Page::read(server.admin_address());
    for family in ["tickcast_resets", "tickcast_recoveries", "tickcast_refusals", "tickcast_closes"] {
        assert_eq!(page.types.get(family).map(String::as_str), Some("counter"), "{family}");
    }
}

#[test]
fn histogram_buckets_are_cumulative() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat is free");
    ada.tick_until("the room has run some ticks", |ada, _| ada.now().0 > 20);
    let page = Page::read(server.admin_address());
    for name in ["tickcast_tick_duration_seconds", "tickcast_tick_lateness_seconds", "tickcast_fanout_delay_seconds"] {
        let buckets = page.buckets(name);
        assert!(buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{name}: {buckets:?}");
        let (bound, count) = *buckets.last().expect("a histogram has buckets");
        assert_eq!((bound, count), (f64::INFINITY, page.value(&format!("{name}_count"))));
        assert!(count >= 10.0, "{name}: {count}");
    }
}

#[test]
fn sessions_players_and_snapshots_are_counted() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    let mut bob = Player::join(server.address(), "duel", "Bob").expect("a seat is free");
    bob.tick();
    ada.tick();
    ada.hold(Controls::default());
    ada.connection.send::<Arena>(&ClientMessage::Resync);
    let page = wait_for(&server, "the input and the resync request are counted", |page| {
        page.value("tickcast_inputs_total") == 1.0 && page.value("tickcast_resync_requests_total") == 1.0
    });
    assert_eq!(["sessions", "players", "rooms"].map(|name| page.value(&format!("tickcast_{name}"))), [2.0, 2.0, 1.0]);
    let (snapshots, bytes) = (page.value("tickcast_snapshots_total"), page.value("tickcast_snapshot_bytes_total"));
    assert!(snapshots >= 2.0 && bytes > snapshots, "{snapshots} snapshots, {bytes} bytes");
    assert!(page.value("tickcast_full_snapshots_total") >= 2.0);
    ada.leave();
    drop(bob);
    let page = wait_for(&server, "both sessions have ended", |page| page.value("tickcast_sessions") == 0.0);
    assert_eq!(page.value("tickcast_players"), 1.0, "the seat of a lost connection is kept for a while");
    assert_eq!(page.value("tickcast_sessions_opened_total"), 2.0);
}

#[test]
fn closed_sessions_are_counted_by_reason() {
    let server = TestServer::arena(room_options());
    let mut invalid = Connection::open(server.address(), "").expect("the server accepts the upgrade");
    invalid.send::<Arena>(&ClientMessage::Resync);
    assert_eq!(invalid.read_close::<Arena>(), CloseReason::InvalidMessage);
    let mut leaving = Connection::open(server.address(), "").expect("the server accepts the upgrade");
    leaving.0.close(None).expect("the connection is open");
    assert_eq!(leaving.read_close::<Arena>(), CloseReason::Left);
    wait_for(&server, "both closed sessions are counted", |page| {
        page.sessions_closed("invalid_message") == 1.0 && page.sessions_closed("left") == 1.0
    });
}

#[test]
fn metrics_are_served_only_on_the_admin_address() {
    let server = TestServer::arena(room_options());
    assert_eq!(request(server.address(), "GET", "/metrics", "").status, 404);
    assert_eq!(request(server.admin_address(), "GET", "/readyz", "").body, "ready\n");
    assert_eq!(request(server.admin_address(), "GET", "/healthz", "").status, 200);
}
