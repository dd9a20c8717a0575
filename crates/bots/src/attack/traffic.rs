//! Traffic of hostile clients: content and timing.

mod frames;
mod http;
mod websocket;

use std::sync::Arc;
use std::time::Duration;

use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_protocol::GameProtocol;

use super::Kind;
use super::response_parser::ServerEvent;
use http::HttpTraffic;
use websocket::WebSocketTraffic;

/// Interval at which every hostile client sends its traffic.
pub(super) const SEND_INTERVAL: Duration = Duration::from_millis(10);

/// Traffic of one hostile connection.
#[derive(Debug)]
pub(super) enum Traffic<G: GameProtocol> {
    /// HTTP requests without an upgrade.
    Http(HttpTraffic),
    /// An upgrade request and WebSocket frames.
    WebSocket(WebSocketTraffic<G>),
}

/// The parts of requests that depend on the server's URL and on the room.
#[derive(Debug)]
pub(super) struct RequestTarget {
    /// Value of the `Host` header.
    pub(super) host: String,
    /// A valid upgrade request.
    pub(super) upgrade_request: Vec<u8>,
}

/// What a hostile client does after an event of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// The client continues.
    Continue,
    /// The client ends the connection.
    Disconnect,
    /// The client resets the connection.
    Reset,
}

impl<G: GameProtocol> Traffic<G> {
    pub(super) fn new(kind: Kind, random: Xoshiro256PlusPlus, target: Arc<RequestTarget>) -> Self {
        if kind.is_http() {
            Self::Http(HttpTraffic::new(kind, random, target))
        } else {
            Self::WebSocket(WebSocketTraffic::new(kind, random, target))
        }
    }

    /// Appends the bytes to send in the next interval.
    pub(super) fn write_interval(&mut self, bytes: &mut Vec<u8>) {
        match self {
            Self::Http(traffic) => traffic.write_interval(bytes),
            Self::WebSocket(traffic) => traffic.write_interval(bytes),
        }
    }

    /// Appends what a client that has joined sends in order to leave.
    pub(super) fn write_leave(bytes: &mut Vec<u8>) {
        frames::write_close(1000, bytes);
    }

    /// Handles an event from the server. Appends the immediate answer, if there is one, to `bytes`.
    pub(super) fn handle_event(&mut self, event: ServerEvent<'_>, bytes: &mut Vec<u8>) -> NextStep {
        match self {
            Self::Http(traffic) => traffic.handle_event(event),
            Self::WebSocket(traffic) => traffic.handle_event(event, bytes),
        }
    }
}
