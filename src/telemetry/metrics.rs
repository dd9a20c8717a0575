//! Metrics of a server, for Prometheus.
//!
//! Names, units and the suffix `_total` follow <https://prometheus.io/docs/practices/naming/>. The text format is OpenMetrics
//! 1.0.

mod closes;
mod panics;
mod process;
mod refusals;
mod transports;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::admission::AdmissionControl;
use closes::CloseCollector;
use closes::CloseCounters;
use process::ProcessCollector;
use refusals::AdmissionCollector;
use transports::TransportSessions;
pub use transports::{DatagramCounters, Transport};

/// The `Content-Type` of [`Metrics::encode`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics of a server.
#[derive(Debug)]
pub struct Metrics {
    /// Open sessions.
    pub sessions: Gauge,
    /// Open sessions, by transport.
    pub transport_sessions: TransportSessions,
    /// Counters of datagrams.
    pub datagrams: DatagramCounters,
    /// Sessions opened.
    pub sessions_opened: Counter,
    /// Sessions closed, by reason.
    pub sessions_closed: Arc<CloseCounters>,
    /// Open rooms.
    pub rooms: Gauge,
    /// Rooms opened.
    pub rooms_opened: Counter,
    /// Rooms closed by a panic in their rules.
    pub room_panics: Counter,
    /// Seats taken by human players.
    pub players: Gauge,
    /// Ticks simulated.
    pub ticks: Counter,
    /// Ticks skipped because a room was late.
    pub ticks_skipped: Counter,
    /// Time from the start of a tick until it was handed to the store, or to the workers if its room is not stored.
    pub tick_duration: Durations,
    /// Time from when a tick was due to its start.
    pub tick_lateness: Durations,
    /// Time that a tick waited for a worker.
    pub fanout_delay: Durations,
    /// Snapshots sent.
    pub snapshots: Counter,
    /// Bytes of snapshots sent, including WebSocket framing.
    pub snapshot_bytes: Counter,
    /// Full snapshots sent.
    pub full_snapshots: Counter,
    /// Snapshots dropped because a client's outbox was full.
    pub snapshots_dropped: Counter,
    /// Snapshots not composed because a worker was overloaded.
    pub snapshots_shed: Counter,
    /// Open replays.
    pub replays: Gauge,
    /// Rooms that continue in memory because their store fails.
    pub rooms_unsaved: Gauge,
    /// Writes to the store that failed.
    pub store_failures: Counter,
    /// Ticks skipped because too many ticks waited for the store.
    pub ticks_held_by_store: Counter,
    /// Time from when the first result of a write (a tick or a Welcome) was ready until the room learns that the write is
    /// done.
    pub commit_duration: Durations,
    /// Webhooks that were accepted.
    pub webhooks_sent: Counter,
    /// Webhooks that failed in all attempts.
    pub webhooks_failed: Counter,
    /// Webhooks that were not sent because too many were waiting.
    pub webhooks_dropped: Counter,
    /// Inputs received by rooms.
    pub inputs: Counter,
    /// Resync requests of clients.
    pub resync_requests: Counter,
    registry: Registry,
}

impl Metrics {
    /// Creates and registers all metrics. Also registers metrics that read the counters of `admission`.
    #[must_use]
    pub fn new(admission: &Arc<AdmissionControl>) -> Self {
        let mut registry = Registry::default();
        let sessions_closed = Arc::<CloseCounters>::default();
        registry.register_collector(Box::new(ProcessCollector::new()));
        registry.register_collector(Box::new(AdmissionCollector(Arc::clone(admission))));
        registry.register_collector(Box::new(CloseCollector(Arc::clone(&sessions_closed))));
        let mut tickcast = Registrar(registry.sub_registry_with_prefix("tickcast"));
        tickcast.register("build", "Version of the server", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        tickcast.register("panics", "Panics in this process, including those of rooms", panics::counter());
        let full_snapshots: Counter = tickcast.create("full_snapshots", "Full snapshots sent");
        let resync_requests: Counter = tickcast.create("resync_requests", "Resync requests of clients");
        tickcast.register("resets", "Deprecated, use tickcast_full_snapshots_total", full_snapshots.clone());
        tickcast.register("recoveries", "Deprecated, use tickcast_resync_requests_total", resync_requests.clone());
        Self {
            sessions: tickcast.create("sessions", "Open sessions"),
            transport_sessions: TransportSessions::create(&mut tickcast),
            datagrams: DatagramCounters::create(&mut tickcast),
            sessions_opened: tickcast.create("sessions_opened", "Sessions opened"),
            sessions_closed,
            rooms: tickcast.create("rooms", "Open rooms"),
            rooms_opened: tickcast.create("rooms_opened", "Rooms opened"),
            room_panics: tickcast.create("room_panics", "Rooms closed by a panic in their rules"),
            players: tickcast.create("players", "Seats taken by people"),
            ticks: tickcast.create("ticks", "Ticks simulated"),
            ticks_skipped: tickcast.create("ticks_skipped", "Ticks skipped because a room was late"),
            tick_duration: tickcast.durations("tick_duration", "Time to simulate and encode a tick"),
            tick_lateness: tickcast.durations("tick_lateness", "Time from when a tick was due to its start"),
            fanout_delay: tickcast.durations("fanout_delay", "Time that a tick waited for a worker to send it"),
            snapshots: tickcast.create("snapshots", "Snapshots sent"),
            snapshot_bytes: tickcast.bytes("snapshot", "Bytes of snapshots sent, including WebSocket framing"),
            full_snapshots,
            snapshots_dropped: tickcast.create("snapshots_dropped", "Snapshots dropped because an outbox was full"),
            snapshots_shed: tickcast.create("snapshots_shed", "Snapshots not composed because a worker was overloaded"),
            replays: tickcast.create("replays", "Replays that are watched"),
            rooms_unsaved: tickcast.create("rooms_unsaved", "Rooms that continue in memory because their store fails"),
            store_failures: tickcast.create("store_failures", "Writes to the store that failed"),
            ticks_held_by_store: tickcast.create("ticks_held_by_store", "Ticks skipped because the store was slow"),
            commit_duration: tickcast.durations("commit_duration", "Time from a finished tick until it is stored"),
            webhooks_sent: tickcast.create("webhooks_sent", "Webhooks that the operator's backend has accepted"),
            webhooks_failed: tickcast.create("webhooks_failed", "Webhooks that failed in all attempts"),
            webhooks_dropped: tickcast.create("webhooks_dropped", "Webhooks not sent because too many were waiting"),
            inputs: tickcast.create("inputs", "Inputs received by rooms"),
            resync_requests,
            registry,
        }
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("writing to a string does not fail");
        page
    }
}

/// Encodes one counter per reason.
fn encode_reasons(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counts: impl Iterator<Item = (&'static str, u64)>,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (reason, count) in counts {
        ConstCounter::new(count).encode(family.encode_family(&[("reason", reason)])?)?;
    }
    Ok(())
}

/// A histogram of durations from 50 µs to 1.6 s. The bounds of the buckets grow by a factor of √2, so percentiles are
/// accurate to about a sixth of their value.
#[derive(Clone, Debug)]
pub struct Durations(Histogram);

impl Durations {
    const SHORTEST_S: f64 = 50e-6;
    const BUCKETS: u16 = 31;

    fn new() -> Self {
        Self(Histogram::new(exponential_buckets(Self::SHORTEST_S, std::f64::consts::SQRT_2, Self::BUCKETS)))
    }

    /// Records one duration.
    pub fn record(&self, duration: Duration) {
        self.0.observe(duration.as_secs_f64());
    }
}

/// Creates metrics and registers them under their names.
struct Registrar<'a>(&'a mut Registry);

impl Registrar<'_> {
    fn register(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.0.register(name, help, metric);
    }

    fn create<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.register(name, help, metric.clone());
        metric
    }

    fn bytes(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register_with_unit(name, help, Unit::Bytes, counter.clone());
        counter
    }

    fn durations(&mut self, name: &str, help: &str) -> Durations {
        let durations = Durations::new();
        self.0.register_with_unit(name, help, Unit::Seconds, durations.0.clone());
        durations
    }
}

#[cfg(test)]
mod tests {
    use tickcast_protocol::CloseReason;

    use super::*;
    use crate::admission::{AdmissionOptions, Refusal};

    fn metrics() -> Metrics {
        Metrics::new(&AdmissionControl::new(AdmissionOptions::default()))
    }

    #[test]
    fn close_reasons_are_labels() {
        let metrics = metrics();
        metrics.sessions_closed.count(CloseReason::IdleTimeout);
        metrics.sessions_closed.count(CloseReason::IdleTimeout);
        metrics.sessions_closed.count_lost();
        let page = metrics.encode();
        assert!(page.contains("tickcast_sessions_closed_total{reason=\"idle_timeout\"} 2\n"), "{page}");
        assert!(page.contains("tickcast_sessions_closed_total{reason=\"connection_lost\"} 1\n"), "{page}");
        assert!(page.contains("tickcast_closes_total{reason=\"silent\"} 2\n"), "the deprecated name: {page}");
    }

    #[test]
    fn every_refusal_is_exported_from_the_start() {
        let page = metrics().encode();
        for refusal in Refusal::ALL {
            let sample = format!("tickcast_requests_refused_total{{reason=\"{}\"}} 0\n", refusal.label());
            assert!(page.contains(&sample), "{page}");
        }
    }

    #[test]
    fn durations_are_histograms_in_seconds() {
        let metrics = metrics();
        metrics.tick_duration.record(Duration::from_millis(3));
        let page = metrics.encode();
        assert!(page.contains("# TYPE tickcast_tick_duration_seconds histogram\n"), "{page}");
        assert!(page.contains("tickcast_tick_duration_seconds_sum 0.003\n"), "{page}");
        assert!(page.contains("tickcast_tick_duration_seconds_bucket{le=\"+Inf\"} 1\n"), "{page}");
        let longest = Durations::SHORTEST_S * std::f64::consts::SQRT_2.powi(i32::from(Durations::BUCKETS) - 1);
        assert!((1.6..1.7).contains(&longest), "{longest}");
    }
}
