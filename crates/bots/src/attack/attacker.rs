//! One hostile client, which reconnects whenever its connection ends.

use std::io;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_game::Playable;
use tickcast_protocol::CloseReason;

use super::Kind;
use super::raw_connection::RawConnection;
use super::report::AttackerStats;
use super::response_parser::{ResponseParser, ServerEvent};
use super::traffic::Traffic;

/// Delay before an attacker reconnects. [`Kind::Churn`] waits only after a failed attempt.
const RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// A hostile client.
#[derive(Debug)]
pub(super) struct Attacker<G> {
    kind: Kind,
    seed: u64,
    session: Option<HostileSession<G>>,
    reconnect_at: Instant,
}

/// State of one connection of an attacker.
#[derive(Debug)]
struct HostileSession<G> {
    connection: RawConnection,
    parser: ResponseParser,
    traffic: Traffic<G>,
    last_event: Option<ServerEvent>,
}

impl<G: Playable> Attacker<G> {
    pub(super) const fn new(kind: Kind, seed: u64, now: Instant) -> Self {
        Self { kind, seed, session: None, reconnect_at: now }
    }

    /// Whether it is time to connect.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.session.is_none() && now >= self.reconnect_at
    }

    /// Handles the result of an attempt to connect: starts a session, or schedules the next attempt.
    pub(super) fn handle_connect(
        &mut self,
        connection: io::Result<RawConnection>,
        request: &[u8],
        now: Instant,
        stats: &mut AttackerStats,
    ) {
        self.seed = self.seed.wrapping_add(1 << 32);
        match connection {
            Ok(connection) => {
                let traffic = Traffic::new(self.kind, Xoshiro256PlusPlus::seed_from_u64(self.seed), request.to_vec());
                let parser = ResponseParser::default();
                self.session = Some(HostileSession { connection, parser, traffic, last_event: None });
            }
            Err(error) => {
                stats.record_end(self.kind, &format!("no connection: {}", error.kind()));
                self.reconnect_at = now + RECONNECT_DELAY;
            }
        }
    }

    /// Handles an event of the socket.
    pub(super) fn handle_event(&mut self, now: Instant, stats: &mut AttackerStats) {
        let kind = self.kind;
        if let Some(sent) = self.session.as_mut().map(|session| session.receive(kind)) {
            self.record(&sent, now, stats);
        }
    }

    /// Sends the traffic of the next interval.
    pub(super) fn handle_interval(&mut self, now: Instant, stats: &mut AttackerStats) {
        if let Some(sent) = self.session.as_mut().map(HostileSession::send) {
            self.record(&sent, now, stats);
        }
    }

    /// Counts the bytes sent. On an error, counts the end of the connection and schedules the next attempt.
    fn record(&mut self, sent: &io::Result<usize>, now: Instant, stats: &mut AttackerStats) {
        match sent {
            Ok(bytes) => stats.record_sent(self.kind, *bytes),
            Err(_) => {
                let last_event = self.session.take().and_then(|session| session.last_event);
                stats.record_end(self.kind, &end_reason(last_event));
                self.reconnect_at = if self.kind == Kind::Churn { now } else { now + RECONNECT_DELAY };
            }
        }
    }
}

impl<G: Playable> HostileSession<G> {
    /// Generates and sends the traffic of the next interval. Returns the number of bytes sent.
    fn send(&mut self) -> io::Result<usize> {
        if let Some(buffer) = self.connection.send_buffer() {
            self.traffic.write_interval(buffer);
        }
        self.connection.flush()
    }

    /// If attackers of this kind read, reads and answers what the server sent. Returns the number of bytes sent.
    fn receive(&mut self, kind: Kind) -> io::Result<usize> {
        if kind.reads() {
            let mut answer = Vec::new();
            let Self { connection, parser, traffic, last_event } = self;
            let received = connection.receive(|bytes| {
                parser.parse(bytes, |event| {
                    *last_event = Some(event);
                    traffic.handle_event(event, &mut answer);
                });
            });
            received?;
            if last_event.is_some_and(|event| is_final(kind, event)) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if let Some(buffer) = connection.send_buffer() {
                buffer.append(&mut answer);
            }
        }
        self.connection.flush()
    }
}

/// Whether an attacker of this kind ends the connection after this event. After a close frame, only [`Kind::Churn`] does;
/// the others wait until the server ends the connection.
fn is_final(kind: Kind, event: ServerEvent) -> bool {
    match event {
        ServerEvent::Status(status) => status != 101,
        ServerEvent::Close(_) => kind == Kind::Churn,
        ServerEvent::Message => false,
    }
}

/// Reason for the end of a connection, as shown in the report.
fn end_reason(last_event: Option<ServerEvent>) -> String {
    match last_event {
        Some(ServerEvent::Close(code)) => match CloseReason::from_code(code) {
            Some(reason) => format!("{code} {}", reason.text()),
            None => code.to_string(),
        },
        Some(ServerEvent::Status(status)) if status != 101 => format!("HTTP {status}"),
        _ => "closed without a close frame".to_owned(),
    }
}
