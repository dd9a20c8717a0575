//! What came of one server's turn.

use crate::meter::{Shares, Used};

/// What came of one server's turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Processor time for each snapshot that arrived, in microseconds.
    pub(crate) cpu_us: f64,
    /// Snapshots that arrived, of those that should have.
    pub(crate) delivered: f64,
    /// Bytes of a snapshot, without what WebSocket adds.
    pub(crate) bytes: f64,
    /// From sending an input to the first snapshot that shows it, in milliseconds.
    pub(crate) input_latency_p99_ms: f64,
    /// How busy the cores were.
    pub(crate) shares: Shares,
    /// Memory of the server for each client: all of it, and what came with the clients, in KiB.
    pub(crate) resident_kib: [f64; 2],
    /// How busy the machine was.
    pub(crate) load_average: f64,
}

/// What the clients previous_view of a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivered {
    /// Snapshots that arrived in a second.
    pub(crate) snapshots_per_second: f64,
    /// Snapshots that should have.
    pub(crate) snapshots_due_per_second: f64,
    /// Bytes of a snapshot.
    pub(crate) bytes: f64,
    /// From sending an input to the first snapshot that shows it.
    pub(crate) input_latency_p99_ms: f64,
}

impl Measured {
    pub(crate) fn new(delivered: Delivered, used: Used, clients: u16, load_average: f64) -> Self {
        let Delivered { snapshots_per_second, snapshots_due_per_second, bytes, input_latency_p99_ms } = delivered;
        let kib = |bytes: u64| bytes as f64 / 1024.0 / f64::from(clients);
        Self {
            cpu_us: used.shares.server / snapshots_per_second * 1e6,
            delivered: snapshots_per_second / snapshots_due_per_second,
            bytes,
            input_latency_p99_ms,
            shares: used.shares,
            resident_kib: [kib(used.resident_bytes), kib(used.resident_bytes.saturating_sub(used.resident_bytes_before))],
            load_average,
        }
    }

    /// How long such a snapshot is on the wire: a WebSocket says its length in 2 or 4 bytes.
    pub(crate) fn frame_bytes(&self) -> usize {
        let payload = self.bytes.round() as usize;
        payload + if payload < 126 { 2 } else { 4 }
    }
}
