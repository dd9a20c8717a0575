//! Statistics of hostile clients.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::attack::Kind;

/// Statistics of the hostile clients.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttackerStats {
    /// Duration of the attack in seconds.
    pub seconds: f64,
    /// Bytes written to the sockets.
    pub bytes_sent: u64,
    /// Connections that ended.
    pub ended: u64,
    /// Statistics by kind.
    pub kinds: BTreeMap<Kind, KindStats>,
}

/// Statistics of the hostile clients of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KindStats {
    /// Connections over which something was sent.
    pub connections: u64,
    /// Connections on which the server sent a Welcome. Always 0 for clients that do not read.
    pub joins: u64,
    /// Bytes written to the sockets.
    pub bytes_sent: u64,
    /// Number of HTTP responses, by status: 101 for a WebSocket, 201 for a new room.
    pub responses: BTreeMap<u16, u64>,
    /// Number of connections that ended, by reason. Examples of reasons: a close code with its text, the last HTTP status.
    pub ended: BTreeMap<String, u64>,
}

impl AttackerStats {
    /// Statistics of the clients of this kind.
    pub(in crate::attack) fn of(&mut self, kind: Kind) -> &mut KindStats {
        self.kinds.entry(kind).or_default()
    }

    /// Counts bytes sent by a client of this kind.
    pub(in crate::attack) fn record_sent(&mut self, kind: Kind, bytes: usize) {
        self.bytes_sent += bytes as u64;
        self.of(kind).bytes_sent += bytes as u64;
    }

    /// Counts the end of a connection of this kind.
    pub(in crate::attack) fn record_end(&mut self, kind: Kind, reason: &str) {
        self.ended += 1;
        *self.of(kind).ended.entry(reason.to_owned()).or_default() += 1;
    }
}

impl fmt::Display for AttackerStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, KindStats { connections, joins, bytes_sent, responses, ended }) in &self.kinds {
            let total: u64 = ended.values().sum();
            let kibibytes = bytes_sent >> 10;
            writeln!(f, "{:<16}{connections:>12}{joins:>8}{kibibytes:>10}{total:>8}", kind.to_string())?;
            for (label, counts) in [("HTTP status", counts(responses)), ("ended", counts(ended))] {
                if !counts.is_empty() {
                    writeln!(f, "    {label}: {counts}")?;
                }
            }
        }
        Ok(())
    }
}

impl AttackerStats {
    /// Writes the column titles above the statistics.
    pub(super) fn fmt_titles(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{:<16}{:>12}{:>8}{:>10}{:>8}", "hostile clients", "connections", "joins", "KiB sent", "ended")
    }
}

fn counts(counts: &BTreeMap<impl fmt::Display, u64>) -> String {
    let counts: Vec<_> = counts.iter().map(|(key, count)| format!("{count} × {key}")).collect();
    counts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ended_connections_are_counted_by_kind_and_reason() {
        let mut stats = AttackerStats::default();
        stats.record_sent(Kind::Flood, 4096);
        stats.record_end(Kind::Flood, "4006 message rate limit exceeded");
        stats.record_end(Kind::Flood, "4006 message rate limit exceeded");
        stats.of(Kind::Rooms).responses.insert(201, 7);
        assert_eq!(stats.ended, 2);
        assert!(stats.to_string().contains("flood"), "{stats}");
        assert!(stats.to_string().contains("2 × 4006 message rate limit exceeded"), "{stats}");
        assert!(stats.to_string().contains("HTTP status: 7 × 201"), "{stats}");
    }
}
