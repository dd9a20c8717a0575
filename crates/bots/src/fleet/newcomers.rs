//! Bots that only join: they measure whether new clients get a seat.

use std::time::Instant;

use mio::Token;
use tickcast_protocol::GameProtocol;

use super::bot::{Bot, BotState};
use super::client_socket::DisconnectReason;
use super::socket::Readiness;
use crate::report::Measurements;

/// Token of the first newcomer's socket. Smaller tokens belong to the bots that are measured.
const FIRST_TOKEN: usize = 1 << 20;

/// Bots that join during a measurement, receive a snapshot, and leave.
#[derive(Debug)]
pub(super) struct Newcomers<G: GameProtocol> {
    /// The index of a bot is its token minus [`FIRST_TOKEN`].
    bots: Vec<Bot<G>>,
    measurements: Measurements,
}

impl<G: GameProtocol> Default for Newcomers<G> {
    fn default() -> Self {
        Self { bots: Vec::new(), measurements: Measurements::default() }
    }
}

impl<G: GameProtocol> Newcomers<G> {
    /// Token for the next newcomer. Reuses the token of a newcomer that has left, if there is one.
    pub(super) fn free_token(&self) -> Token {
        let index = self.bots.iter().position(|bot| bot.state() == BotState::Closed).unwrap_or(self.bots.len());
        Token(FIRST_TOKEN + index)
    }

    /// Adds a newcomer that has started to connect, or counts the failure.
    pub(super) fn add(&mut self, token: Token, bot: Result<Bot<G>, DisconnectReason>) {
        match bot {
            Ok(bot) => match self.bots.get_mut(token.0 - FIRST_TOKEN) {
                Some(former) => *former = bot,
                None => self.bots.push(bot),
            },
            Err(reason) => self.measurements.record_failure(&reason.to_string()),
        }
    }

    /// Handles an event of the newcomer's socket that has this token.
    pub(super) fn handle_event(&mut self, token: Token, readiness: Readiness, now: Instant) {
        let Some(index) = token.0.checked_sub(FIRST_TOKEN) else { return };
        if let Some(bot) = self.bots.get_mut(index) {
            bot.handle_event(readiness, now, &mut self.measurements);
            bot.close();
        }
    }

    /// Called at regular intervals.
    pub(super) fn handle_time(&mut self, now: Instant) {
        self.bots.iter_mut().for_each(|bot| bot.handle_time(now, &mut self.measurements));
    }

    /// Whether a newcomer waits for its first snapshot.
    pub(super) fn are_joining(&self) -> bool {
        self.bots.iter().any(|bot| matches!(bot.state(), BotState::Joining(_)))
    }

    /// Disconnects all newcomers, and returns their measurements. Newcomers that have received no snapshot are counted as
    /// failed.
    pub(super) fn finish(&mut self, now: Instant) -> Measurements {
        for mut bot in self.bots.drain(..) {
            bot.disconnect(&DisconnectReason::JoinTimeout, now, &mut self.measurements);
        }
        std::mem::take(&mut self.measurements)
    }
}
