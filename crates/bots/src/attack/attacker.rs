//! One hostile client, which reconnects whenever its connection ends.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_protocol::CloseReason;
use tickcast_protocol::GameProtocol;

use super::Kind;
use super::raw_connection::RawConnection;
use super::report::{AttackerStats, KindStats};
use super::response_parser::{ResponseParser, ServerEvent};
use super::traffic::{NextStep, RequestTarget, Traffic};

/// Delay before an attacker reconnects. Attackers of the kinds that reconnect at once wait for this time only after a
/// failed attempt to connect.
const RECONNECT_DELAY: Duration = Duration::from_millis(500);

/// A hostile client.
#[derive(Debug)]
pub(super) struct Attacker<G: GameProtocol> {
    kind: Kind,
    seed: u64,
    session: Option<HostileSession<G>>,
    reconnect_at: Instant,
}

/// One connection of an attacker.
#[derive(Debug)]
struct HostileSession<G: GameProtocol> {
    connection: RawConnection,
    parser: ResponseParser,
    exchange: Exchange<G>,
}

/// State of the traffic on a connection, in both directions.
#[derive(Debug)]
struct Exchange<G: GameProtocol> {
    kind: Kind,
    traffic: Traffic<G>,
    /// Bytes to send in response to events.
    answer: Vec<u8>,
    progress: Progress,
    /// Status of the server's last HTTP response.
    status: Option<u16>,
    /// Code of the server's last close frame.
    close_code: Option<u16>,
    next_step: NextStep,
}

/// Phase of a connection. The statistics count each phase once per connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    Connecting,
    Connected,
    Joined,
}

impl<G: GameProtocol> Attacker<G> {
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
        target: &Arc<RequestTarget>,
        now: Instant,
        stats: &mut AttackerStats,
    ) {
        self.seed = self.seed.wrapping_add(1 << 32);
        match connection {
            Ok(connection) => {
                let random = Xoshiro256PlusPlus::seed_from_u64(self.seed);
                let traffic = Traffic::new(self.kind, random, Arc::clone(target));
                let exchange = Exchange::new(self.kind, traffic);
                self.session = Some(HostileSession { connection, parser: ResponseParser::default(), exchange });
            }
            Err(error) => {
                stats.record_end(self.kind, &format!("no connection: {}", error.kind()));
                self.reconnect_at = now + RECONNECT_DELAY;
            }
        }
    }

    /// Handles an event of the socket.
    pub(super) fn handle_event(&mut self, now: Instant, stats: &mut AttackerStats) {
        let kind_stats = stats.of(self.kind);
        if let Some(sent) = self.session.as_mut().map(|session| session.receive(kind_stats)) {
            self.record(&sent, now, stats);
        }
    }

    /// Sends the traffic of the next interval.
    pub(super) fn handle_interval(&mut self, now: Instant, stats: &mut AttackerStats) {
        if let Some(sent) = self.session.as_mut().map(HostileSession::send) {
            self.record(&sent, now, stats);
        }
    }

    /// Ends the attack. A client that has joined leaves the room, so that the server does not keep its seat. Any other
    /// client disconnects.
    pub(super) fn leave(&mut self) {
        let has_joined = |session: &HostileSession<G>| session.exchange.progress == Progress::Joined;
        self.session = self.session.take().filter(has_joined);
        if let Some(HostileSession { connection, .. }) = &mut self.session {
            if let Some(buffer) = connection.send_buffer() {
                Traffic::<G>::write_leave(buffer);
            }
            // An error is handled with the next event of the socket.
            let _ = connection.flush();
        }
    }

    /// Whether the client has a connection.
    pub(super) const fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    /// Counts the bytes sent. On an error, counts the end of the connection and schedules the next attempt.
    fn record(&mut self, sent: &io::Result<usize>, now: Instant, stats: &mut AttackerStats) {
        let Some(HostileSession { exchange, .. }) = &mut self.session else { return };
        match sent {
            Ok(bytes) => {
                if *bytes > 0 && exchange.progress == Progress::Connecting {
                    exchange.progress = Progress::Connected;
                    stats.of(self.kind).connections += 1;
                }
                stats.record_sent(self.kind, *bytes);
            }
            Err(_) => {
                stats.record_end(self.kind, &exchange.end_reason());
                let was_connected = exchange.progress > Progress::Connecting;
                self.reconnect_at =
                    if was_connected && self.kind.reconnects_at_once() { now } else { now + RECONNECT_DELAY };
                self.session = None;
            }
        }
    }
}

impl<G: GameProtocol> HostileSession<G> {
    /// Generates and sends the traffic of the next interval. Returns the number of bytes sent.
    fn send(&mut self) -> io::Result<usize> {
        if let Some(buffer) = self.connection.send_buffer() {
            self.exchange.traffic.write_interval(buffer);
        }
        self.connection.flush()
    }

    /// Reads what the server sent and sends the answers. An attacker whose kind does not read skips this and sends only the
    /// bytes in its send buffer. Returns the number of bytes sent.
    fn receive(&mut self, stats: &mut KindStats) -> io::Result<usize> {
        let Self { connection, parser, exchange } = self;
        if exchange.kind.reads() {
            connection.receive(|bytes| parser.parse(bytes, |event| exchange.handle_event(event, stats)))?;
            match exchange.next_step {
                NextStep::Continue => {}
                NextStep::Disconnect => return Err(io::ErrorKind::ConnectionAborted.into()),
                NextStep::Reset => {
                    connection.reset_on_close()?;
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            }
            if let Some(buffer) = connection.send_buffer() {
                buffer.append(&mut exchange.answer);
            }
        }
        connection.flush()
    }
}

impl<G: GameProtocol> Exchange<G> {
    const fn new(kind: Kind, traffic: Traffic<G>) -> Self {
        let (progress, next_step) = (Progress::Connecting, NextStep::Continue);
        Self { kind, traffic, answer: Vec::new(), progress, status: None, close_code: None, next_step }
    }

    fn handle_event(&mut self, event: ServerEvent<'_>, stats: &mut KindStats) {
        match event {
            ServerEvent::Status(status) => {
                self.status = Some(status);
                *stats.responses.entry(status).or_default() += 1;
            }
            ServerEvent::Close(code) => self.close_code = Some(code),
            ServerEvent::Message(_) if self.progress < Progress::Joined => {
                self.progress = Progress::Joined;
                stats.joins += 1;
            }
            ServerEvent::Message(_) => {}
        }
        let next_step = self.traffic.handle_event(event, &mut self.answer);
        if next_step != NextStep::Continue {
            self.next_step = next_step;
        }
    }

    /// Reason for the end of the connection, as shown in the report.
    fn end_reason(&self) -> String {
        match (self.close_code, self.status) {
            (Some(code), _) => match CloseReason::from_code(code) {
                Some(reason) => format!("{code} {}", reason.text()),
                None => code.to_string(),
            },
            (None, Some(status)) if self.kind.is_http() => format!("closed after HTTP {status}"),
            (None, Some(status)) if status != 101 => format!("HTTP {status}"),
            _ if self.next_step == NextStep::Reset => "reset after the Welcome".to_owned(),
            _ if self.kind.is_http() => "closed without a response".to_owned(),
            _ => "closed without a close frame".to_owned(),
        }
    }
}
