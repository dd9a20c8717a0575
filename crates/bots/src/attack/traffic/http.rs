//! HTTP requests of hostile clients.

use std::sync::Arc;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::{NextStep, RequestTarget};
use crate::attack::Kind;
use crate::attack::response_parser::ServerEvent;

/// Paths that [`Kind::Gets`] requests. The files belong to the bundled page. A server with another page
/// answers requests for them with 404.
const PATHS: [&str; 6] = ["/", "/style.css", "/demo/main.js", "/netcode/codec.js", "/netcode/replica.js", "/api/rooms"];
/// Number of intervals after which a client of [`Kind::EventStreams`] repeats a request that the server refused.
const SUBSCRIBE_INTERVALS: u32 = 50;
/// Number of newlines in a body of [`Kind::MalformedHttp`]. The server accepts bodies of this size, so it parses them.
const BODY_NEWLINES: usize = 3000;
/// Number of bytes by which an endless request head grows in each interval.
const ENDLESS_HEAD_BYTES: usize = 1 << 10;

/// HTTP requests on one connection. A client sends its next request after the response to the previous request, and sends
/// at most one request in each interval.
#[derive(Debug)]
pub(in crate::attack) struct HttpTraffic {
    kind: Kind,
    random: Xoshiro256PlusPlus,
    target: Arc<RequestTarget>,
    /// Intervals that must pass before the next request.
    pause: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A request may be sent.
    Ready,
    /// A response is due.
    Waiting,
    /// The head of the current request grows until the server ends the connection.
    EndlessHead,
    /// The server streams events.
    Subscribed,
}

impl HttpTraffic {
    pub(super) const fn new(kind: Kind, random: Xoshiro256PlusPlus, target: Arc<RequestTarget>) -> Self {
        Self { kind, random, target, pause: 0, state: State::Ready }
    }

    /// Appends the bytes to send in the next interval.
    pub(super) fn write_interval(&mut self, bytes: &mut Vec<u8>) {
        match self.state {
            State::Ready if self.pause > 0 => self.pause -= 1,
            State::Ready => {
                self.state = State::Waiting;
                self.write_request(bytes);
            }
            State::EndlessHead => bytes.extend([b'a'; ENDLESS_HEAD_BYTES]),
            State::Waiting | State::Subscribed => {}
        }
    }

    /// Handles an event of the server.
    pub(super) fn handle_event(&mut self, event: ServerEvent<'_>) -> NextStep {
        match (self.kind, event) {
            (Kind::EventStreams, ServerEvent::Status(200)) => self.state = State::Subscribed,
            (Kind::EventStreams, _) => (self.state, self.pause) = (State::Ready, SUBSCRIBE_INTERVALS),
            // Each malformed request uses a connection of its own.
            (Kind::MalformedHttp, _) => return NextStep::Disconnect,
            _ => self.state = State::Ready,
        }
        NextStep::Continue
    }

    fn write_request(&mut self, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::Rooms => self.write_room(bytes),
            Kind::EventStreams => self.write_get("/api/rooms/events", "keep-alive", bytes),
            Kind::MalformedHttp => self.write_malformed(bytes),
            // After a request with `Connection: close`, the server ends the connection, and the client opens a new one.
            _ => {
                let path = PATHS[self.random.random_range(0..PATHS.len() as u32) as usize];
                let connection = if self.random.random_range(0..4) == 0 { "close" } else { "keep-alive" };
                self.write_get(path, connection, bytes);
            }
        }
    }

    fn write_get(&self, path: &str, connection: &str, bytes: &mut Vec<u8>) {
        let host = &self.target.host;
        bytes.extend(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\r\n").into_bytes());
    }

    /// Requests a room with a new name and no options. The server then uses the options that its operator has configured.
    /// They are also the maximum that a client can request.
    fn write_room(&mut self, bytes: &mut Vec<u8>) {
        let name = self.random.random_range(0..=u64::MAX);
        let body = format!(r#"{{"name":"{name:016x}"}}"#);
        self.write_post("application/json", body.as_bytes(), bytes);
    }

    fn write_post(&self, content_type: &str, body: &[u8], bytes: &mut Vec<u8>) {
        let (host, length) = (&self.target.host, body.len());
        let head = format!(
            "POST /api/rooms HTTP/1.1\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        bytes.extend(head.into_bytes());
        bytes.extend(body);
    }

    fn write_malformed(&mut self, bytes: &mut Vec<u8>) {
        let host = &self.target.host;
        match self.random.random_range(0..4) {
            0 => {
                bytes.extend((0..40).map(|_| self.random.random_range(0x80..=u8::MAX)));
                bytes.extend(b"\r\n\r\n");
            }
            1 => bytes.extend(format!("GET / HTTP/1.1\r\nHost: {host}\r\nno name: \0\r\n\r\n").into_bytes()),
            2 => self.write_post("application/json", &[b'\n'; BODY_NEWLINES], bytes),
            _ => {
                bytes.extend(b"GET /");
                self.state = State::EndlessHead;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn traffic(kind: Kind) -> HttpTraffic {
        let target = RequestTarget { host: "localhost".to_owned(), upgrade_request: Vec::new() };
        HttpTraffic::new(kind, Xoshiro256PlusPlus::seed_from_u64(1), Arc::new(target))
    }

    fn sent(traffic: &mut HttpTraffic) -> String {
        let mut bytes = Vec::new();
        traffic.write_interval(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn each_response_causes_a_request_for_another_room() {
        let mut rooms = traffic(Kind::Rooms);
        let first = sent(&mut rooms);
        assert!(first.starts_with("POST /api/rooms HTTP/1.1\r\n") && first.contains(r#"{"name":""#), "{first}");
        assert_eq!(sent(&mut rooms), "", "the response is due");
        rooms.handle_event(ServerEvent::Status(201));
        let second = sent(&mut rooms);
        assert!(second.starts_with("POST /api/rooms HTTP/1.1\r\n") && second != first, "{second}");
    }

    #[test]
    fn a_refused_subscription_is_repeated_after_a_pause() {
        let mut streams = traffic(Kind::EventStreams);
        assert!(sent(&mut streams).starts_with("GET /api/rooms/events "));
        streams.handle_event(ServerEvent::Status(503));
        let pause = (0..).find(|_| !sent(&mut streams).is_empty());
        assert_eq!(pause, Some(SUBSCRIBE_INTERVALS));
        streams.handle_event(ServerEvent::Status(200));
        assert!((0..1000).all(|_| sent(&mut streams).is_empty()), "a subscriber stays idle");
    }

    #[test]
    fn every_kind_of_malformed_request_occurs() {
        let mut malformed = traffic(Kind::MalformedHttp);
        let mut requests = String::new();
        for _ in 0..100 {
            malformed.state = State::Ready;
            requests += &sent(&mut malformed);
        }
        assert!(requests.contains('\u{fffd}') && requests.contains("no name: \0"), "{requests}");
        assert!(requests.contains(&"\n".repeat(BODY_NEWLINES)), "{requests}");
        malformed.state = State::EndlessHead;
        assert_eq!(sent(&mut malformed), "a".repeat(ENDLESS_HEAD_BYTES));
    }
}
