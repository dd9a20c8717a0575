//! One bot: a protocol client on a socket. A bot that loses its connection while it plays reconnects.

use std::time::{Duration, Instant};

use tickcast_protocol::{CloseReason, GameProtocol, RoomName, reconnect_delay};

use super::client_socket::{ClientSocket, DisconnectReason, Handshake};
use super::socket::Readiness;
use crate::client::Client;
use crate::report::Measurements;

/// Time limit for the first snapshot.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A protocol client on a socket.
#[derive(Debug)]
pub(super) struct Bot<G: GameProtocol> {
    /// The bot has the same number in all its connections.
    number: u32,
    socket: ClientSocket,
    client: Client<G>,
    state: BotState,
}

/// State of a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BotState {
    /// The bot has been connecting or waiting for its first snapshot since this time.
    Joining(Instant),
    /// The bot has lost its connection.
    Lost {
        /// Time of the loss.
        since: Instant,
        /// Time of the next attempt to reconnect.
        retry_at: Instant,
    },
    /// The bot reconnects: it is connecting, or waits for a snapshot.
    Rejoining {
        /// Time of the loss.
        lost_since: Instant,
        /// Start of this attempt.
        since: Instant,
    },
    /// The bot has received a snapshot.
    Playing,
    /// The bot has sent a close frame, and waits for the server's close frame.
    Closing,
    /// The bot no longer has a connection.
    Closed,
}

impl<G: GameProtocol> Bot<G> {
    pub(super) const fn new(number: u32, socket: ClientSocket, client: Client<G>, now: Instant) -> Self {
        Self { number, socket, client, state: BotState::Joining(now) }
    }

    pub(super) const fn state(&self) -> BotState {
        self.state
    }

    /// Number of snapshots due per second; 0 for a bot that does not play.
    pub(super) fn snapshots_due_per_second(&self) -> u64 {
        if self.state == BotState::Playing { self.client.snapshot_rate().into() } else { 0 }
    }

    /// Handles an event of the socket: reads and answers all messages.
    pub(super) fn handle_event(&mut self, readiness: Readiness, now: Instant, measurements: &mut Measurements) {
        if let Err(reason) = self.try_handle_event(readiness, now, measurements) {
            self.disconnect(&reason, now, measurements);
        }
    }

    fn try_handle_event(
        &mut self,
        readiness: Readiness,
        now: Instant,
        measurements: &mut Measurements,
    ) -> Result<(), DisconnectReason> {
        if self.socket.handle_event(readiness)? == Handshake::Completed {
            self.client.handle_open();
        }
        while let Some(bytes) = self.socket.receive()? {
            if self.state != BotState::Closing {
                self.client.handle_message(&bytes, now, measurements)?;
            }
        }
        if self.client.has_snapshot() {
            self.handle_joined(now, measurements);
        }
        self.send()
    }

    fn handle_joined(&mut self, now: Instant, measurements: &mut Measurements) {
        match self.state {
            BotState::Joining(since) => {
                measurements.connected += 1;
                measurements.join_duration.record(now - since);
            }
            BotState::Rejoining { lost_since, .. } => {
                measurements.reconnected += 1;
                measurements.outage.record(now - lost_since);
            }
            BotState::Playing | BotState::Lost { .. } | BotState::Closing | BotState::Closed => return,
        }
        self.state = BotState::Playing;
    }

    /// The number and the room of this bot if its next attempt to reconnect is due. Otherwise `None`.
    pub(super) fn poll_reconnect(&self, now: Instant) -> Option<(u32, Option<RoomName>)> {
        let is_due = matches!(self.state, BotState::Lost { retry_at, .. } if now >= retry_at);
        is_due.then(|| (self.number, self.client.room().cloned()))
    }

    /// Continues on a new connection.
    pub(super) fn reconnect(
        &mut self,
        socket: Result<ClientSocket, DisconnectReason>,
        now: Instant,
        measurements: &mut Measurements,
    ) {
        let BotState::Lost { since, .. } = self.state else { return };
        self.state = BotState::Rejoining { lost_since: since, since: now };
        match socket {
            Ok(socket) => self.socket = socket,
            Err(reason) => self.disconnect(&reason, now, measurements),
        }
    }

    /// Called at regular intervals. Checks the time limit for joining, and sends messages that are due.
    pub(super) fn handle_time(&mut self, now: Instant, measurements: &mut Measurements) {
        let is_overdue = match self.state {
            BotState::Joining(since) | BotState::Rejoining { since, .. } => now - since >= JOIN_TIMEOUT,
            BotState::Playing => false,
            BotState::Lost { .. } | BotState::Closing | BotState::Closed => return,
        };
        self.client.handle_time(now);
        let sent = if is_overdue { Err(DisconnectReason::JoinTimeout) } else { self.send() };
        if let Err(reason) = sent {
            self.disconnect(&reason, now, measurements);
        }
    }

    /// Sends an input if the bot plays.
    pub(super) fn send_input(&mut self, now: Instant, measurements: &mut Measurements) {
        if self.state == BotState::Playing {
            self.client.send_input(now, measurements.window.as_mut());
            if let Err(reason) = self.send() {
                self.disconnect(&reason, now, measurements);
            }
        }
    }

    /// Sends a close frame if the bot plays. A bot that has lost its connection does not reconnect any more.
    pub(super) fn close(&mut self) {
        match self.state {
            BotState::Playing => self.close_with(CloseReason::Left),
            BotState::Lost { .. } | BotState::Rejoining { .. } => self.state = BotState::Closed,
            BotState::Joining(_) | BotState::Closing | BotState::Closed => {}
        }
    }

    fn close_with(&mut self, reason: CloseReason) {
        self.socket.close(reason.code());
        self.state = BotState::Closing;
    }

    fn send(&mut self) -> Result<(), DisconnectReason> {
        let messages = self.client.poll_messages();
        if messages.len() == 0 {
            return Ok(());
        }
        for message in messages {
            self.socket.send(&message)?;
        }
        self.socket.flush()
    }

    /// Drops the connection. If the server has violated the protocol, sends a close frame instead. Counts the connection as
    /// failed or lost, unless the bot itself has closed it. A bot that has played reconnects later if the reason permits
    /// this.
    pub(super) fn disconnect(&mut self, reason: &DisconnectReason, now: Instant, measurements: &mut Measurements) {
        let lost_since = match self.state {
            BotState::Joining(_) => {
                measurements.record_failure(&reason.to_string());
                None
            }
            BotState::Playing => {
                measurements.disconnects += 1;
                measurements.record_problem(&reason.to_string());
                Some(now)
            }
            BotState::Rejoining { lost_since, .. } => Some(lost_since),
            BotState::Lost { .. } | BotState::Closing | BotState::Closed => None,
        };
        let is_open = !matches!(self.state, BotState::Lost { .. } | BotState::Closing | BotState::Closed);
        if is_open && reason.is_violation() {
            return self.close_with(CloseReason::InvalidMessage);
        }
        self.socket.disconnect();
        let announced = self.client.handle_lost();
        self.state = match (lost_since, reason.reconnect_after()) {
            (Some(since), Some(delay)) => {
                let retry_at = now + delay.max(announced) + reconnect_delay(now - since, rand::random());
                BotState::Lost { since, retry_at }
            }
            _ => BotState::Closed,
        };
    }
}
