//! Results of measuring a server.

use serde::Serialize;

use crate::TICKS_PER_SECOND;
use crate::generator::Observed;
use crate::peer::Peer;
use crate::process::CpuLoad;

/// Load of the generator's core above which a measurement is invalid: the generator would delay what it measures.
pub(crate) const GENERATOR_LOAD_MAX: f64 = 0.9;
/// A server is overloaded if it delivers less than this share of the updates and uses at least [`OVERLOAD_MIN`] of its
/// core.
pub(crate) const DELIVERED_MIN: f64 = 0.98;
/// An overloaded server uses at least this share of its core. See [`DELIVERED_MIN`].
pub(crate) const OVERLOAD_MIN: f64 = 0.9;

/// One measurement of one server.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measurement {
    /// CPU time of the server process per update that arrived.
    pub(crate) cpu_us_per_update: f64,
    /// Updates that arrived, divided by the updates due.
    pub(crate) delivered: f64,
    /// Updates that arrived at the client that received the fewest, divided by the updates due at this client.
    pub(crate) delivered_to_worst_client: f64,
    /// All received bytes with the headers of WebSocket frames, divided by the number of updates.
    pub(crate) bytes_per_update: f64,
    /// Time from sending an input to the first update that reflects it.
    pub(crate) input_latency_p50_ms: f64,
    pub(crate) input_latency_p99_ms: f64,
    /// Inputs that no update has reflected, for example because the server stalled.
    pub(crate) inputs_lost: u64,
    /// Resident memory of the server process with all clients, divided by the number of clients.
    pub(crate) memory_kib_per_client: f64,
    /// Growth of the server's resident memory since before the first client connected, divided by the number of clients.
    pub(crate) memory_growth_kib_per_client: f64,
    /// Share of its core that the server used.
    pub(crate) server_load: f64,
    /// Share of its core that the generator used.
    pub(crate) generator_load: f64,
    /// Share of the server's core that other processes used.
    pub(crate) others_load: f64,
    /// Why the measurement does not count. `None` if it is valid.
    pub(crate) invalid: Option<&'static str>,
}

/// All measurements of one server with one number of clients.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Series {
    #[serde(serialize_with = "serialize_name")]
    pub(crate) peer: Peer,
    pub(crate) clients: u32,
    pub(crate) measurements: Vec<Measurement>,
    /// One error for each measurement that failed.
    pub(crate) failures: Vec<String>,
}

/// Median and range of the valid measurements.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Resident memory of the server process in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) before: u64,
    pub(crate) with_clients: u64,
}

impl Measurement {
    pub(crate) fn new(
        observed: &Observed,
        load: CpuLoad,
        memory: Memory,
        clients: u32,
        seconds: f64,
        others_max: f64,
    ) -> Self {
        let updates = observed.updates as f64;
        let due_per_client = seconds * f64::from(TICKS_PER_SECOND);
        let kib_per_client = |bytes: u64| bytes as f64 / 1024.0 / f64::from(clients);
        let latency_ms = |quantile| observed.latency_us.value_at_quantile(quantile) as f64 / 1e3;
        let invalid = if load.generator > GENERATOR_LOAD_MAX {
            Some("the generator used more than 90 % of its core")
        } else if load.others > others_max {
            Some("other processes used the server's core")
        } else {
            None
        };
        Self {
            cpu_us_per_update: load.server_s / updates * 1e6,
            delivered: updates / due_per_client / f64::from(clients),
            delivered_to_worst_client: observed.updates_of_worst_client as f64 / due_per_client,
            bytes_per_update: observed.bytes as f64 / updates,
            input_latency_p50_ms: latency_ms(0.5),
            input_latency_p99_ms: latency_ms(0.99),
            inputs_lost: observed.inputs_lost,
            memory_kib_per_client: kib_per_client(memory.with_clients),
            memory_growth_kib_per_client: kib_per_client(memory.with_clients.saturating_sub(memory.before)),
            server_load: load.server,
            generator_load: load.generator,
            others_load: load.others,
            invalid,
        }
    }
}

impl Series {
    /// Median and range of a value over the valid measurements, or over all if none is valid.
    pub(crate) fn spread(&self, value: impl Fn(&Measurement) -> f64) -> Option<Spread> {
        let is_any_valid = self.valid() > 0;
        let counted = self.measurements.iter().filter(|it| it.invalid.is_none() || !is_any_valid);
        let mut values: Vec<f64> = counted.map(value).collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median =
            if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] };
        Some(Spread { median, min, max })
    }

    /// Number of valid measurements.
    pub(crate) fn valid(&self) -> usize {
        self.measurements.iter().filter(|it| it.invalid.is_none()).count()
    }

    /// Whether the server was overloaded: it delivered too few updates, and used almost its whole core.
    pub(crate) fn is_overloaded(&self) -> bool {
        let median = |value: fn(&Measurement) -> f64| self.spread(value).map_or(f64::NAN, |spread| spread.median);
        median(|it| it.delivered) < DELIVERED_MIN && median(|it| it.server_load) >= OVERLOAD_MIN
    }

    /// What a reader must know about the median.
    pub(crate) fn caveat(&self) -> Option<&'static str> {
        match self.valid() {
            0 => Some("invalid"),
            _ => self.is_overloaded().then_some("overloaded"),
        }
    }
}

fn serialize_name<S: serde::Serializer>(peer: &Peer, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(peer.name())
}
