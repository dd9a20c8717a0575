//! Protocol client of a bot: consumes and produces messages, without I/O and without reading a clock.

mod brains;
mod inputs;
mod playing;

use std::time::{Duration, Instant};

use tickcast_game::Behaviour;
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{
    Actions, ClientMessage, GameProtocol, Hello, PlayerName, ResumeToken, Role, RoomName, ServerMessage, Snapshot,
    Viewport, Welcome,
};

use crate::BotsOptions;
use crate::options::LeadChoice;
use crate::report::{Measurements, Window};
use playing::Playing;

pub use brains::Brains;

/// Configuration of one bot.
#[derive(Clone, Debug)]
pub(crate) struct BotConfig {
    number: u32,
    verifies: bool,
    behaviour: Behaviour,
    seed: u64,
    lead: LeadChoice,
    /// If true, all bots send inputs at a fixed rate, and the fleet decides when each bot sends. If false, each bot sends
    /// an input when its controls change, and repeats the last input regularly.
    has_input_rate: bool,
    viewport: Viewport,
}

impl BotConfig {
    /// The configuration of the bot with this number.
    pub(crate) fn new(options: &BotsOptions, number: u32) -> Self {
        Self {
            number,
            verifies: options.verify.includes(number),
            behaviour: options.behaviour,
            seed: options.seed.wrapping_add(number.into()),
            lead: options.lead,
            has_input_rate: options.inputs_per_second.is_some(),
            viewport: options.viewport.unwrap_or_default(),
        }
    }
}

/// Protocol client of a bot.
#[derive(Debug)]
pub(crate) struct Client<G: GameProtocol> {
    config: BotConfig,
    brains: Brains<G>,
    /// `None` until the welcome arrives.
    playing: Option<Playing<G>>,
    /// The seat of the newest Welcome, with which the bot resumes after a lost connection.
    seat: Option<(RoomName, ResumeToken)>,
    /// The delay that the server has announced for reconnecting.
    drain: Duration,
    /// The actions whose outcomes are not known yet, across connections.
    actions: Actions<G>,
    outbox: Vec<ClientMessage<G>>,
}

impl<G: GameProtocol> Client<G> {
    pub(crate) fn new(config: BotConfig, brains: Brains<G>) -> Self {
        let actions = Actions::default();
        Self { config, brains, playing: None, seat: None, drain: Duration::ZERO, actions, outbox: Vec::new() }
    }

    /// Handles the opening of the connection: queues a Hello message.
    pub(crate) fn handle_open(&mut self) {
        let name = PlayerName::try_from(format!("bot {}", self.config.number)).expect("the name is short");
        let mut hello = Hello::new::<G>(Role::Player(name), self.config.viewport);
        hello.resume = self.seat.as_ref().map(|(_, token)| *token);
        self.outbox.push(ClientMessage::Hello(hello));
    }

    /// Handles the loss of the connection. Returns the time for which the server asked clients to wait before they
    /// reconnect.
    pub(crate) fn handle_lost(&mut self) -> Duration {
        self.playing = None;
        self.outbox.clear();
        std::mem::take(&mut self.drain)
    }

    /// The room in which the bot has played.
    pub(crate) fn room(&self) -> Option<&RoomName> {
        self.seat.as_ref().map(|(room, _)| room)
    }

    /// Handles a message from the server.
    ///
    /// # Errors
    /// The server does not follow the protocol, so the caller closes the connection.
    pub(crate) fn handle_message(
        &mut self,
        bytes: &[u8],
        now: Instant,
        measurements: &mut Measurements,
    ) -> Result<(), DecodeError> {
        if let Some(window) = &mut measurements.window {
            window.bytes += bytes.len() as u64;
        }
        let handled = self.try_handle_message(bytes, now, measurements);
        measurements.decode_errors += u64::from(handled.is_err());
        handled
    }

    fn try_handle_message(
        &mut self,
        bytes: &[u8],
        now: Instant,
        measurements: &mut Measurements,
    ) -> Result<(), DecodeError> {
        // A bot without a replica decodes only the header of a snapshot.
        if let Some(playing) = &mut self.playing
            && !playing.verifies()
            && let Some(header) = codec::decode_snapshot_header(bytes)?
        {
            playing.record_arrival(bytes.len(), now, measurements.window.as_mut());
            playing.advance(&header, now, measurements.window.as_mut());
            playing.send_controls(now, measurements.window.as_mut(), &mut self.outbox);
            return Ok(());
        }
        match codec::decode_server(bytes)? {
            ServerMessage::Welcome(welcome) => self.handle_welcome(&welcome, measurements),
            ServerMessage::Pong(number) => self.handle_pong(number, now, measurements.window.as_mut()),
            ServerMessage::Drain(reconnect_after_ms) => {
                self.drain = Duration::from_millis(reconnect_after_ms.into());
                Ok(())
            }
            ServerMessage::Snapshot(snapshot) => self.handle_snapshot(&snapshot, bytes.len(), now, measurements),
        }
    }

    fn handle_welcome(&mut self, welcome: &Welcome<G>, measurements: &mut Measurements) -> Result<(), DecodeError> {
        if self.playing.is_some() {
            return Err(DecodeError::InvalidMessage("a second welcome".to_owned()));
        }
        self.playing = Some(Playing::new(welcome, &self.config, self.brains)?);
        measurements.resumed += u64::from(welcome.seat.is_some_and(|seat| seat.resumed));
        drop(self.actions.handle_welcome(welcome));
        self.seat = welcome.seat.map(|seat| (welcome.room.clone(), seat.token));
        Ok(())
    }

    fn handle_pong(&mut self, number: u32, now: Instant, window: Option<&mut Window>) -> Result<(), DecodeError> {
        let Some(playing) = &mut self.playing else {
            return Err(DecodeError::InvalidMessage("a pong before the welcome".to_owned()));
        };
        if let (Some(sent_at), Some(window)) = (playing.handle_pong(number)?, window) {
            window.rtt.record(now - sent_at);
        }
        Ok(())
    }

    fn handle_snapshot(
        &mut self,
        snapshot: &Snapshot<G>,
        bytes: usize,
        now: Instant,
        measurements: &mut Measurements,
    ) -> Result<(), DecodeError> {
        let Some(playing) = &mut self.playing else {
            return Err(DecodeError::InvalidMessage("a snapshot before the welcome".to_owned()));
        };
        playing.record_arrival(bytes, now, measurements.window.as_mut());
        if playing.discards(&snapshot.header) {
            return Ok(());
        }
        match playing.apply(snapshot) {
            Ok(visible_entities) => {
                if let Some(window) = &mut measurements.window {
                    window.visible_entities += visible_entities as u64;
                    window.breakdown.add(snapshot, bytes, self.brains.kind);
                }
            }
            Err(error) => {
                measurements.desyncs += 1;
                measurements.record_problem(&error.to_string());
                self.request_resync(now);
                return Ok(());
            }
        }
        playing.advance(&snapshot.header, now, measurements.window.as_mut());
        playing.send_controls(now, measurements.window.as_mut(), &mut self.outbox);
        self.act(snapshot, now, measurements.window.as_mut());
        Ok(())
    }

    /// Handles the outcomes of actions, and acts if the brain decides to.
    fn act(&mut self, snapshot: &Snapshot<G>, now: Instant, window: Option<&mut Window>) {
        let Some(playing) = &mut self.playing else { return };
        let resolved = self.actions.handle_snapshot(snapshot);
        if let Some(window) = window {
            window.actions.add(&resolved);
        }
        if self.actions.iter().len() == 0
            && let Some((stamp, action)) = playing.choose_action(now)
        {
            // Fails only before the first full snapshot, or if the action is too big. The bot then does without it.
            let _ = self.actions.act(stamp, action);
        }
        self.outbox.extend(std::iter::from_fn(|| self.actions.poll()));
    }

    fn request_resync(&mut self, now: Instant) {
        if let Some(playing) = &mut self.playing {
            playing.request_resync(now, &mut self.outbox);
        }
    }

    /// Called at regular intervals. Repeats an acknowledgement or a resync request if the last one is at least a second old.
    pub(crate) fn handle_time(&mut self, now: Instant) {
        if let Some(playing) = &mut self.playing {
            playing.handle_time(now, &mut self.outbox);
        }
    }

    /// Sends an input now. Called at a fixed rate, if [`BotsOptions::inputs_per_second`] is set.
    pub(crate) fn send_input(&mut self, now: Instant, window: Option<&mut Window>) {
        if let Some(playing) = &mut self.playing {
            playing.send_input(now, window, &mut self.outbox);
        }
    }

    /// Whether a snapshot has arrived.
    pub(crate) fn has_snapshot(&self) -> bool {
        self.playing.as_ref().is_some_and(Playing::has_snapshot)
    }

    /// Number of snapshots due per second; 0 before the welcome.
    pub(crate) fn snapshot_rate(&self) -> u16 {
        self.playing.as_ref().map_or(0, Playing::snapshot_rate)
    }

    /// Takes the messages to send, in order.
    pub(crate) fn poll_messages(&mut self) -> impl ExactSizeIterator<Item = ClientMessage<G>> {
        self.outbox.drain(..)
    }
}
