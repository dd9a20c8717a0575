//! One bot: a protocol client on a WebSocket.

use std::time::{Duration, Instant};

use mio::event::Event;
use tickcast_game::Playable;
use tickcast_protocol::{CloseReason, codec};
use tungstenite::protocol::frame::coding::CloseCode;

use super::websocket::{ClientSocket, DisconnectReason, Handshake};
use crate::client::Client;
use crate::report::Measurements;

/// Time limit for the first snapshot.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A protocol client on a WebSocket.
#[derive(Debug)]
pub(super) struct Bot<G: Playable> {
    socket: ClientSocket,
    client: Client<G>,
    state: BotState,
}

/// State of a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BotState {
    /// The bot has been connecting or waiting for its first snapshot since this time.
    Joining(Instant),
    /// The bot has received a snapshot.
    Playing,
    /// The bot has sent a close frame, and waits for the server's close frame.
    Closing,
    /// The bot no longer has a connection.
    Closed,
}

impl<G: Playable> Bot<G> {
    pub(super) const fn new(socket: ClientSocket, client: Client<G>, now: Instant) -> Self {
        Self { socket, client, state: BotState::Joining(now) }
    }

    pub(super) const fn state(&self) -> BotState {
        self.state
    }

    /// Number of snapshots due per second; 0 for a bot that does not play.
    pub(super) fn snapshots_due_per_second(&self) -> u64 {
        if self.state == BotState::Playing { self.client.tick_rate().into() } else { 0 }
    }

    /// Handles an event of the socket: reads and answers all messages.
    pub(super) fn handle_event(&mut self, event: &Event, now: Instant, measurements: &mut Measurements) {
        if let Err(reason) = self.try_handle_event(event, now, measurements) {
            self.disconnect(&reason, measurements);
        }
    }

    fn try_handle_event(
        &mut self,
        event: &Event,
        now: Instant,
        measurements: &mut Measurements,
    ) -> Result<(), DisconnectReason> {
        if self.socket.handle_event(event)? == Handshake::Completed {
            self.client.handle_open();
        }
        while let Some(bytes) = self.socket.receive()? {
            if self.state != BotState::Closing {
                self.client.handle_message(&bytes, now, measurements)?;
            }
        }
        if let BotState::Joining(since) = self.state
            && self.client.has_snapshot()
        {
            self.state = BotState::Playing;
            measurements.connected += 1;
            measurements.join_duration.record(now - since);
        }
        self.send()
    }

    /// Called at regular intervals. Checks the time limit for joining, and sends messages that are due.
    pub(super) fn handle_time(&mut self, now: Instant, measurements: &mut Measurements) {
        if matches!(self.state, BotState::Closing | BotState::Closed) {
            return;
        }
        let is_overdue = matches!(self.state, BotState::Joining(since) if now - since >= JOIN_TIMEOUT);
        self.client.handle_time(now);
        let sent = if is_overdue { Err(DisconnectReason::JoinTimeout) } else { self.send() };
        if let Err(reason) = sent {
            self.disconnect(&reason, measurements);
        }
    }

    /// Sends an input if the bot plays.
    pub(super) fn send_input(&mut self, now: Instant, measurements: &mut Measurements) {
        if self.state == BotState::Playing {
            self.client.send_input(now, measurements.window.as_mut());
            if let Err(reason) = self.send() {
                self.disconnect(&reason, measurements);
            }
        }
    }

    /// Sends a close frame if the bot plays.
    pub(super) fn close(&mut self) {
        if self.state == BotState::Playing {
            self.close_with(CloseCode::Normal);
        }
    }

    fn close_with(&mut self, code: CloseCode) {
        self.socket.close(code);
        self.state = BotState::Closing;
    }

    fn send(&mut self) -> Result<(), DisconnectReason> {
        let messages = self.client.poll_messages();
        if messages.len() == 0 {
            return Ok(());
        }
        for message in messages {
            self.socket.send(codec::encode_client(&message))?;
        }
        self.socket.flush()
    }

    /// Drops the connection, or closes it if the server has violated the protocol. Counts it as failed or lost, unless the
    /// bot itself has closed it.
    pub(super) fn disconnect(&mut self, reason: &DisconnectReason, measurements: &mut Measurements) {
        let count = match self.state {
            BotState::Joining(_) => Some(&mut measurements.failed),
            BotState::Playing => Some(&mut measurements.disconnects),
            BotState::Closing | BotState::Closed => None,
        };
        if let Some(count) = count {
            *count += 1;
            measurements.record_problem(&reason.to_string());
            if reason.is_violation() {
                return self.close_with(CloseReason::InvalidMessage.code().into());
            }
        }
        self.socket.disconnect();
        self.state = BotState::Closed;
    }
}
