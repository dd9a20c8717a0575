//! What a server tells those who run it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{ClientMessage, CloseReason};

use crate::client::{Client, Wire};
use crate::hosting::{Hosted, host_arena, quiet};
use crate::http::request;

type Player = Client<Arena>;

/// A page of metrics, taken apart.
pub struct Page {
    types: BTreeMap<String, String>,
    samples: BTreeMap<String, f64>,
}

impl Page {
    pub fn read(address: SocketAddr) -> Self {
        let (status, head, body) = request(address, "GET", "/metrics", "");
        assert_eq!(status, 200);
        assert!(head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
        Self::parse(&body)
    }

    /// OpenMetrics 1.0 as far as it is used here: comments that name a type, a unit or help; samples; and an end.
    fn parse(text: &str) -> Self {
        let (mut types, mut samples) = (BTreeMap::new(), BTreeMap::new());
        let lines = text.strip_suffix("# EOF\n").expect("a page has an end").lines();
        for line in lines {
            match line.strip_prefix("# ") {
                Some(comment) => {
                    let mut words = comment.splitn(3, ' ');
                    let (word, name) = (words.next().expect("a word"), words.next().expect("a name"));
                    let rest = words.next().expect("something is said of it").to_owned();
                    match word {
                        "TYPE" => assert!(types.insert(name.to_owned(), rest).is_none(), "{name} has two types"),
                        "HELP" | "UNIT" => {}
                        other => panic!("{other} is no comment"),
                    }
                }
                None => {
                    let (name, value) = line.rsplit_once(' ').expect("a sample is a name and a number");
                    let value = value.parse().unwrap_or_else(|why| panic!("{line}: {why}"));
                    assert!(samples.insert(name.to_owned(), value).is_none(), "{name} is told twice");
                }
            }
        }
        Self { types, samples }
    }

    /// All samples but those of histograms.
    fn counted(&self) -> BTreeMap<&str, f64> {
        self.samples
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .filter(|(name, _)| !name.contains("_bucket{"))
            .collect()
    }

    pub fn value(&self, sample: &str) -> f64 {
        self.samples.get(sample).copied().unwrap_or_default()
    }

    /// The metric that a sample belongs to: its name without labels and without what its type adds.
    fn family<'a>(&self, sample: &'a str) -> &'a str {
        let name = sample.split('{').next().expect("a name");
        let endings = ["_total", "_bucket", "_sum", "_count", "_info"];
        let shorter = endings.iter().find_map(|ending| name.strip_suffix(ending));
        shorter.filter(|shorter| self.types.contains_key(*shorter)).unwrap_or(name)
    }
}

/// Reads metrics until something holds: some are told a moment after the client has seen the effect.
pub fn wait_for(server: &Hosted, what: &str, holds: impl Fn(&Page) -> bool) -> Page {
    let start = Instant::now();
    loop {
        let page = Page::read(server.admin_address());
        if holds(&page) {
            return page;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "it never came to this: {what}; {:?}", page.counted());
    }
}

#[test]
fn names_and_types_follow_the_conventions() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat");
    ada.tick();
    let page = Page::read(server.admin_address());
    for sample in page.samples.keys() {
        let family = page.family(sample);
        let kind = page.types.get(family).unwrap_or_else(|| panic!("{sample} has no type"));
        let name = sample.split('{').next().expect("a name");
        match kind.as_str() {
            "counter" => assert!(name.ends_with("_total"), "{sample}"),
            "gauge" => assert!(!name.ends_with("_total"), "{sample}"),
            "histogram" => assert!(family.ends_with("_seconds"), "{sample}"),
            "info" => assert!(name.ends_with("_info"), "{sample}"),
            other => panic!("{sample} is a {other}"),
        }
        assert!(family.starts_with("tickcast_") || family.starts_with("process_"), "{sample}");
    }
    for family in ["process_cpu_seconds", "process_start_time_seconds", "tickcast_build", "tickcast_refusals"] {
        assert!(page.types.contains_key(family), "{family} is missing");
    }
    #[cfg(target_os = "linux")]
    assert!(page.value("process_resident_memory_bytes") > 1e6 && page.value("process_open_fds") > 3.0);
}

#[test]
fn histograms_add_up() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat");
    ada.until("a few ticks have passed", |ada, _| ada.now().0 > 20);
    let page = Page::read(server.admin_address());
    for name in ["tickcast_tick_duration_seconds", "tickcast_tick_lateness_seconds", "tickcast_fanout_delay_seconds"] {
        let prefix = format!("{name}_bucket{{le=\"");
        let bound = |sample: &str| sample.strip_prefix(&prefix)?.strip_suffix("\"}")?.parse::<f64>().ok();
        let mut buckets: Vec<(f64, f64)> =
            page.samples.iter().filter_map(|(sample, count)| Some((bound(sample)?, *count))).collect();
        buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        assert!(buckets.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{name}: {buckets:?}");
        let (last, all) = *buckets.last().expect("buckets");
        assert_eq!((last, all), (f64::INFINITY, page.value(&format!("{name}_count"))));
        assert!(all >= 10.0, "{name}: {all}");
    }
}

#[test]
fn what_players_do_is_counted() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat");
    let bob = Player::join(server.address(), "duel", "Bob").expect("a seat");
    ada.tick();
    ada.hold(Controls::default());
    ada.wire.send::<Arena>(&ClientMessage::Resync);
    let page = wait_for(&server, "an input and a recovery have come", |page| {
        page.value("tickcast_inputs_total") == 1.0 && page.value("tickcast_recoveries_total") == 1.0
    });
    assert_eq!(["sessions", "players", "rooms"].map(|name| page.value(&format!("tickcast_{name}"))), [2.0, 2.0, 1.0]);
    let (snapshots, bytes) = (page.value("tickcast_snapshots_total"), page.value("tickcast_snapshot_bytes_total"));
    assert!(snapshots >= 2.0 && bytes > snapshots, "{snapshots} snapshots, {bytes} bytes");
    assert!(page.value("tickcast_resets_total") >= 2.0);
    ada.leave();
    drop(bob);
    let page = wait_for(&server, "both are gone", |page| page.value("tickcast_sessions") == 0.0);
    assert_eq!(page.value("tickcast_players"), 1.0, "Bob, who said no goodbye, keeps his seat for a while");
    assert_eq!(page.value("tickcast_sessions_opened_total"), 2.0);
}

#[test]
fn why_connections_end_is_counted() {
    let server = host_arena(quiet());
    let mut early = Wire::open(server.address(), "").expect("the upgrade is granted");
    early.send::<Arena>(&ClientMessage::Resync);
    assert_eq!(early.read_close::<Arena>(), CloseReason::InvalidMessage);
    let mut polite = Wire::open(server.address(), "").expect("the upgrade is granted");
    polite.0.close(None).expect("the connection is open");
    assert_eq!(polite.read_close::<Arena>(), CloseReason::Left);
    wait_for(&server, "both ends are counted", |page| {
        ["malformed", "left"].iter().all(|why| page.value(&format!("tickcast_closes_total{{reason=\"{why}\"}}")) == 1.0)
    });
}

#[test]
fn metrics_are_not_for_players() {
    let server = host_arena(quiet());
    assert_eq!(request(server.address(), "GET", "/metrics", "").0, 404);
    assert_eq!(request(server.admin_address(), "GET", "/readyz", "").2, "ready\n");
    assert_eq!(request(server.admin_address(), "GET", "/healthz", "").0, 200);
}
