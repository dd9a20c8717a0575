//! What a server counts about itself, for Prometheus.
//!
//! Whatever happens for every client and tick is summed up where it happens, and added here once per tick and worker.
//! Names, units and `_total` follow <https://prometheus.io/docs/practices/naming/>; the text is OpenMetrics 1.0, which
//! Prometheus and its like read.

mod entrance;
mod panics;
mod vitals;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::admission::Gate;
use entrance::Entrance;
use vitals::Vitals;

/// What the text is, for the `Content-Type` of whoever serves it.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a server counts about itself.
#[derive(Debug)]
pub struct Metrics {
    /// WebSocket sessions that are open.
    pub sessions: Gauge,
    /// Sessions there have been.
    pub sessions_opened: Counter,
    /// Sessions that have ended, by reason.
    pub closes: Reasons,
    /// Rooms that are open.
    pub rooms: Gauge,
    /// Rooms there have been.
    pub rooms_opened: Counter,
    /// Rooms that a panic in their rules has ended.
    pub room_panics: Counter,
    /// People who hold a seat.
    pub players: Gauge,
    /// Ticks that rooms have made.
    pub ticks: Counter,
    /// Ticks that rooms left out because they were too late.
    pub ticks_skipped: Counter,
    /// How long a room took for a tick.
    pub tick_duration: Times,
    /// How long after its time a tick began.
    pub tick_lateness: Times,
    /// How long a tick waited for a worker to send it.
    pub fanout_delay: Times,
    /// Snapshots that were sent.
    pub snapshots: Counter,
    /// Their bytes, with WebSocket's framing.
    pub snapshot_bytes: Counter,
    /// Those among them that told everything anew.
    pub resets: Counter,
    /// Snapshots that did not fit into their client's outbox.
    pub snapshots_dropped: Counter,
    /// Snapshots that were not even made, because a worker was behind.
    pub snapshots_shed: Counter,
    /// Inputs that rooms have taken in.
    pub inputs: Counter,
    /// How often a client asked for everything anew, because its copy of the world was wrong.
    pub recoveries: Counter,
    registry: Registry,
}

impl Metrics {
    /// Nothing has happened yet. Who comes through that gate is told along with the rest.
    #[must_use]
    pub fn new(gate: &Arc<Gate>) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Vitals::this_process()));
        registry.register_collector(Box::new(Entrance(Arc::clone(gate))));
        let mut tickcast = Register(registry.sub_registry_with_prefix("tickcast"));
        tickcast.add("build", "The server's version", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        tickcast.add("panics", "Panics in this process, those of rooms among them", panics::panics());
        Self {
            sessions: tickcast.make("sessions", "WebSocket sessions that are open"),
            sessions_opened: tickcast.make("sessions_opened", "Sessions there have been"),
            closes: tickcast.make("closes", "Sessions that have ended"),
            rooms: tickcast.make("rooms", "Rooms that are open"),
            rooms_opened: tickcast.make("rooms_opened", "Rooms there have been"),
            room_panics: tickcast.make("room_panics", "Rooms that a panic in their rules has ended"),
            players: tickcast.make("players", "People who hold a seat"),
            ticks: tickcast.make("ticks", "Ticks that rooms have made"),
            ticks_skipped: tickcast.make("ticks_skipped", "Ticks left out because a room was too late"),
            tick_duration: tickcast.times("tick_duration", "How long a room took for a tick"),
            tick_lateness: tickcast.times("tick_lateness", "How long after its time a tick began"),
            fanout_delay: tickcast.times("fanout_delay", "How long a tick waited for a worker to send it"),
            snapshots: tickcast.make("snapshots", "Snapshots that were sent"),
            snapshot_bytes: tickcast.bytes("snapshot", "Bytes of snapshots that were sent"),
            resets: tickcast.make("resets", "Snapshots that told everything anew"),
            snapshots_dropped: tickcast.make("snapshots_dropped", "Snapshots that did not fit into an outbox"),
            snapshots_shed: tickcast.make("snapshots_shed", "Snapshots not made because a worker was behind"),
            inputs: tickcast.make("inputs", "Inputs that rooms have taken in"),
            recoveries: tickcast.make("recoveries", "Times a client asked for everything anew"),
            registry,
        }
    }

    /// Everything, as text.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.registry).expect("writing to a string does not fail");
        page
    }
}

/// A counter for each reason. There are only as many as the code has names for.
#[derive(Clone, Debug, Default)]
pub struct Reasons(Family<[(&'static str, String); 1], Counter>);

impl Reasons {
    /// Counts one. Of a name such as `RoomFull`, the label is `room_full`.
    pub fn count(&self, reason: &impl fmt::Debug) {
        self.0.get_or_create(&[("reason", snake_case(&format!("{reason:?}")))]).inc();
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Many durations, from 50 µs to 1.6 s by factors of √2, so that a percentile is known to about a sixth.
#[derive(Clone, Debug)]
pub struct Times(Histogram);

impl Times {
    const SHORTEST_S: f64 = 50e-6;
    const BUCKETS: u16 = 31;

    fn new() -> Self {
        Self(Histogram::new(exponential_buckets(Self::SHORTEST_S, std::f64::consts::SQRT_2, Self::BUCKETS)))
    }

    /// Counts one.
    pub fn record(&self, duration: Duration) {
        self.0.observe(duration.as_secs_f64());
    }
}

/// Names metrics as they are made.
struct Register<'a>(&'a mut Registry);

impl Register<'_> {
    fn add(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.0.register(name, help, metric);
    }

    fn make<M: Handle>(&mut self, name: &str, help: &str) -> M {
        let metric = M::default();
        self.add(name, help, metric.metric());
        metric
    }

    fn bytes(&mut self, name: &str, help: &str) -> Counter {
        let counter = Counter::default();
        self.0.register_with_unit(name, help, Unit::Bytes, counter.clone());
        counter
    }

    fn times(&mut self, name: &str, help: &str) -> Times {
        let times = Times::new();
        self.0.register_with_unit(name, help, Unit::Seconds, times.0.clone());
        times
    }
}

/// Something countable that shares what it counts with its clones.
trait Handle: Default {
    fn metric(&self) -> impl Metric;
}

impl Handle for Counter {
    fn metric(&self) -> impl Metric {
        self.clone()
    }
}

impl Handle for Gauge {
    fn metric(&self) -> impl Metric {
        self.clone()
    }
}

impl Handle for Reasons {
    fn metric(&self) -> impl Metric {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::AdmissionOptions;

    fn metrics() -> Metrics {
        Metrics::new(&Gate::new(AdmissionOptions::default()))
    }

    #[test]
    fn reasons_are_labels() {
        let metrics = metrics();
        metrics.closes.count(&tickcast_protocol::CloseReason::RoomFull);
        metrics.closes.count(&tickcast_protocol::CloseReason::RoomFull);
        assert!(metrics.encode().contains("tickcast_closes_total{reason=\"room_full\"} 2\n"));
    }

    #[test]
    fn every_reason_of_a_refusal_is_told_from_the_start() {
        let page = metrics().encode();
        for refusal in crate::admission::Refusal::ALL {
            assert!(page.contains(&format!("tickcast_refusals_total{{reason=\"{}\"}} 0\n", refusal.label())), "{page}");
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
        let longest = Times::SHORTEST_S * std::f64::consts::SQRT_2.powi(i32::from(Times::BUCKETS) - 1);
        assert!((1.6..1.7).contains(&longest), "{longest}");
    }
}
