//! Results of the measurements.

use tickcast_bots::report::Percentiles;

use super::lateness::TickLateness;
use super::meter::{CoreLoads, Usage};

/// Results of measuring one server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measurement {
    /// CPU time per snapshot that arrived, in microseconds.
    pub(crate) cpu_us: f64,
    /// Ratio of snapshots that arrived to snapshots due.
    pub(crate) delivered: f64,
    /// Mean size of a snapshot in bytes, without the WebSocket header.
    pub(crate) bytes: f64,
    /// Median and 99th percentile of the time from sending an input to the first snapshot that reports it, in milliseconds.
    pub(crate) input_latency_ms: [f64; 2],
    /// 99.9th percentile of the tick lateness in milliseconds; NaN if the server does not export it.
    pub(crate) lateness_p999_ms: f64,
    /// Median and 99th percentile of the time from when a tick was computed until it was stored, in milliseconds; NaN if
    /// the rooms are not stored.
    pub(crate) commit_ms: [f64; 2],
    /// How the clients joined; `None` if this was not measured.
    pub(crate) joins: Option<Joins>,
    /// Lateness of the ticks while the clients joined, if the server exports it.
    pub(crate) lateness_joining: Option<TickLateness>,
    /// Load of the servers' core and of the clients' core.
    pub(crate) cores: CoreLoads,
    /// Resident memory of the server per client, in KiB: the total, and the growth since before the first client connected.
    pub(crate) resident_kib: [f64; 2],
    /// Load average of the machine.
    pub(crate) load_average: f64,
}

/// Observations of a server's clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivered {
    /// Snapshots that arrived, per second.
    pub(crate) snapshots_per_second: f64,
    /// Snapshots due, per second.
    pub(crate) snapshots_due_per_second: f64,
    /// Mean size of a snapshot in bytes.
    pub(crate) bytes: f64,
    /// Median and 99th percentile of the time from sending an input to the first snapshot that reports it, in milliseconds.
    pub(crate) input_latency_ms: [f64; 2],
    /// How the clients joined; `None` if this was not measured.
    pub(crate) joins: Option<Joins>,
}

/// How the clients of a server joined.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joins {
    /// Number of clients.
    pub(crate) clients: u64,
    /// Time in seconds from the first connection attempt until the last client receives its first snapshot.
    pub(crate) seconds: f64,
    /// Time from a client's attempt to connect until its first snapshot arrives.
    pub(crate) duration_ms: Percentiles,
}

impl Measurement {
    pub(crate) fn new(delivered: Delivered, usage: Usage, clients: u16, load_average: f64) -> Self {
        let Delivered { snapshots_per_second, snapshots_due_per_second, bytes, input_latency_ms, joins } = delivered;
        let kib_per_client = |bytes: u64| bytes as f64 / 1024.0 / f64::from(clients);
        let growth = usage.resident_bytes.saturating_sub(usage.resident_bytes_before);
        Self {
            cpu_us: usage.cores.server / snapshots_per_second * 1e6,
            delivered: snapshots_per_second / snapshots_due_per_second,
            bytes,
            input_latency_ms,
            lateness_p999_ms: usage.lateness.map_or(f64::NAN, |lateness| lateness.start_p999_ms),
            commit_ms: usage.lateness.map_or([f64::NAN; 2], |lateness| lateness.commit_ms),
            joins,
            lateness_joining: usage.lateness_joining,
            cores: usage.cores,
            resident_kib: [kib_per_client(usage.resident_bytes), kib_per_client(growth)],
            load_average,
        }
    }

    /// Length of the mean snapshot as a WebSocket frame, whose header has 2 or 4 bytes.
    pub(crate) fn frame_bytes(&self) -> usize {
        let payload = self.bytes.round() as usize;
        payload + if payload < 126 { 2 } else { 4 }
    }
}

/// One measurement of each server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round {
    /// The real server.
    pub(crate) tickcast: Measurement,
    /// The real server with stored rooms, if it was measured.
    pub(crate) stored: Option<Measurement>,
    /// The real server with TLS, if it was measured.
    pub(crate) tls: Option<Measurement>,
    /// The real server with TLS while other clients perform handshakes, if this was measured.
    pub(crate) handshakes: Option<Measurement>,
    /// The minimal server (the floor). Its frames are as long as the mean frame of the real server.
    pub(crate) floor: Measurement,
}

impl Round {
    /// Cost of a tickcast snapshot, divided by the cost of a frame of the minimal server (the floor).
    pub(crate) fn ratio(&self) -> f64 {
        self.tickcast.cpu_us / self.floor.cpu_us
    }

    /// Cost of a snapshot with stored rooms, divided by the cost without.
    pub(crate) fn stored_ratio(&self) -> Option<f64> {
        self.stored.map(|stored| stored.cpu_us / self.tickcast.cpu_us)
    }

    /// Cost of a snapshot with TLS, divided by the cost without TLS.
    pub(crate) fn tls_ratio(&self) -> Option<f64> {
        self.tls.map(|tls| tls.cpu_us / self.tickcast.cpu_us)
    }

    /// Share of the servers' core that other processes used, in the measurement where this share was largest.
    pub(crate) fn others(&self) -> f64 {
        let measurements = [Some(self.tickcast), self.stored, self.tls, self.handshakes, Some(self.floor)];
        measurements.into_iter().flatten().map(|it| it.cores.others).fold(0.0, f64::max)
    }
}
