//! Metrics of the transports of sessions.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use super::Registrar;

/// What carries the messages of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket.
    WebSocket,
    /// The bodies of HTTP requests and responses.
    Http,
    /// WebTransport: datagrams, and a stream.
    Datagrams,
}

impl Transport {
    /// All transports.
    const ALL: [Self; 3] = [Self::WebSocket, Self::Http, Self::Datagrams];

    const fn label(self) -> &'static str {
        match self {
            Self::WebSocket => "websocket",
            Self::Http => "http",
            Self::Datagrams => "datagrams",
        }
    }
}

/// Open sessions, by transport.
#[derive(Clone, Debug, Default)]
pub struct TransportSessions(Family<[(&'static str, &'static str); 1], Gauge>);

impl TransportSessions {
    pub(super) fn create(registrar: &mut Registrar<'_>) -> Self {
        let family: Family<_, _> = registrar.create("transport_sessions", "Open sessions, by transport");
        let sessions = Self(family);
        Transport::ALL.iter().for_each(|transport| drop(sessions.of(*transport)));
        sessions
    }

    /// Number of open sessions on this transport.
    #[must_use]
    pub fn of(&self, transport: Transport) -> Gauge {
        self.0.get_or_create_owned(&[("transport", transport.label())])
    }
}

/// Counters of the datagrams of all sessions. Bundles on the streams of these sessions do not count as datagrams.
#[derive(Clone, Debug, Default)]
pub struct DatagramCounters {
    /// Datagrams sent.
    pub sent: Counter,
    /// Bytes of datagrams sent, without the headers of QUIC, UDP and IP.
    pub sent_bytes: Counter,
    /// Datagrams received.
    pub received: Counter,
    /// Sent QUIC packets that were declared lost: those with datagrams, and others.
    pub packets_lost: Counter,
    /// Bundles that were rejected. Each closes its session.
    pub invalid: Counter,
}

impl DatagramCounters {
    pub(super) fn create(registrar: &mut Registrar<'_>) -> Self {
        Self {
            sent: registrar.create("datagrams_sent", "Datagrams sent"),
            sent_bytes: registrar
                .bytes("datagrams_sent", "Bytes of datagrams sent, without the headers of QUIC, UDP and IP"),
            received: registrar.create("datagrams_received", "Datagrams received"),
            packets_lost: registrar.create("quic_packets_lost", "Sent QUIC packets that were declared lost"),
            invalid: registrar.create("datagrams_invalid", "Invalid bundles, each of which closes its session"),
        }
    }
}
