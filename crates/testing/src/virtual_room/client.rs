//! A scripted client: sends inputs and keeps a replica, like a real client.

use tickcast_protocol::codec;
use tickcast_protocol::{
    ActError, ActionOutcome, Actions, ClientMessage, CloseReason, EntityMap, GameProtocol, Grid, Hello, Input, Lead, Pace,
    PlayerId, Prediction, Replica, Role, Seat, ServerMessage, Snapshot, Team, Tick, Viewport, Welcome,
};
use tickcast_room::SessionId;

use super::line::{Line, Queue};
use crate::arbitrary::Random;
use crate::comparison::History;
use crate::trial::Violation;

/// A client of a [`VirtualRoom`](crate::VirtualRoom).
#[derive(Debug)]
pub struct Client<G: GameProtocol> {
    role: Role,
    team: Option<Team>,
    line: Line,
    pub(super) viewport: Viewport,
    pub(super) connection: Option<Connection>,
    /// The newest seat.
    seat: Option<Seat>,
    playing: Option<Playing<G>>,
    held: G::Controls,
    /// Whether the held controls have changed since the last input.
    has_new_controls: bool,
    /// Whether the server drops the next snapshot.
    pub(super) drops_snapshot: bool,
    actions: Actions<G>,
    outcomes: Vec<ActionOutcome<G>>,
    events: Vec<G::Event>,
    close_reason: Option<CloseReason>,
    /// How many times the replica was compared with the world after a snapshot.
    compared: u32,
    /// The encoded messages of the room since the last [`take_messages`](Self::take_messages). `None` if they are not kept.
    kept_messages: Option<Vec<Vec<u8>>>,
}

/// A connection to the room.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) session: SessionId,
    up: Queue<Vec<u8>>,
    down: Queue<ToClient>,
}

/// What a room sends to a client.
#[derive(Debug)]
pub(super) enum ToClient {
    Message(Vec<u8>),
    Closed(CloseReason),
}

/// The state of a client after the Welcome.
#[derive(Debug)]
struct Playing<G: GameProtocol> {
    grid: Grid,
    replica: Replica<G>,
    lead: Lead,
    /// `None` for a spectator.
    prediction: Option<Prediction<G>>,
    /// Number of periods of the tick rate since the last message.
    silent_periods: u32,
}

impl<G: GameProtocol> Client<G> {
    pub(super) fn new(role: Role, line: Line) -> Self {
        Self {
            role,
            team: None,
            line,
            viewport: Viewport::default(),
            connection: None,
            seat: None,
            playing: None,
            held: G::Controls::default(),
            has_new_controls: false,
            drops_snapshot: false,
            actions: Actions::default(),
            outcomes: Vec::new(),
            events: Vec::new(),
            close_reason: None,
            compared: 0,
            kept_messages: None,
        }
    }

    /// The same client, which asks for a team.
    pub(super) const fn in_team(mut self, team: Team) -> Self {
        self.team = Some(team);
        self
    }

    /// The requested name of a player.
    pub(super) fn name(&self) -> &str {
        if let Role::Player(name) = &self.role { name.as_str() } else { "a spectator" }
    }

    /// Whether the client has a connection. The room may not have accepted it yet.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// Why the room closed the last connection.
    #[must_use]
    pub const fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// The client's player. `None` for a spectator, and before the first Welcome.
    #[must_use]
    pub fn player(&self) -> Option<PlayerId> {
        self.seat.map(|seat| seat.player)
    }

    /// Whether the client has resumed its seat with its last connection.
    #[must_use]
    pub fn has_resumed(&self) -> bool {
        self.seat.is_some_and(|seat| seat.resumed)
    }

    /// The client's copy of the world. `None` before the first Welcome.
    #[must_use]
    pub fn replica(&self) -> Option<&Replica<G>> {
        self.playing.as_ref().map(|playing| &playing.replica)
    }

    /// The client's own entity in the replica.
    #[must_use]
    pub fn avatar(&self) -> Option<&G::Entity> {
        self.replica()?.entities().get(G::avatar(self.player()?))
    }

    /// The tick at which an input that is sent now takes effect. `None` before the first snapshot.
    #[must_use]
    pub fn input_tick(&self) -> Option<Tick> {
        let playing = self.playing.as_ref()?;
        Some(playing.replica.tick()?.plus(playing.lead.ticks()))
    }

    /// The client's own entities, predicted for the tick at which an input that is sent now takes effect. If the entities of
    /// the game [interact](GameProtocol::INTERACTS), all entities.
    #[must_use]
    pub fn predicted(&self) -> EntityMap<G::Entity> {
        self.input_tick().map_or_else(EntityMap::default, |tick| self.predicted_at(tick))
    }

    /// Like [`predicted`](Self::predicted), for another tick. If it is not newer than the replica, the result is the replica's
    /// state.
    #[must_use]
    pub fn predicted_at(&self, tick: Tick) -> EntityMap<G::Entity> {
        let predict = |playing: &Playing<G>| Some(playing.prediction.as_ref()?.predict(&playing.replica, tick));
        self.playing.as_ref().and_then(predict).unwrap_or_default()
    }

    /// What only the player of this client knows. The default before the first Welcome.
    #[must_use]
    pub fn secret(&self) -> G::Secret {
        self.replica().map(|replica| replica.secret().clone()).unwrap_or_default()
    }

    /// The outcomes of all actions that the client has learnt, in order.
    #[must_use]
    pub fn outcomes(&self) -> &[ActionOutcome<G>] {
        &self.outcomes
    }

    /// All events of the game that the client has received.
    #[must_use]
    pub fn events(&self) -> &[G::Event] {
        &self.events
    }

    /// Number of snapshots after which the replica was compared with the world.
    pub(crate) const fn compared(&self) -> u32 {
        self.compared
    }

    /// Takes the encoded messages that have arrived since the last call. The first call returns none.
    #[cfg(feature = "wasm")]
    pub(crate) fn take_messages(&mut self) -> Vec<Vec<u8>> {
        self.kept_messages.replace(Vec::new()).unwrap_or_default()
    }

    pub(super) fn session(&self) -> Option<SessionId> {
        self.connection.as_ref().map(|connection| connection.session)
    }

    pub(super) fn hold(&mut self, controls: G::Controls) {
        self.has_new_controls |= self.held != controls;
        self.held = controls;
    }

    pub(super) fn act(&mut self, action: G::Action) -> Result<u32, ActError> {
        let tick = self.input_tick().ok_or(ActError::NotJoined)?;
        self.actions.act(tick, action)
    }

    pub(super) const fn give_up_seat(&mut self) {
        self.seat = None;
    }

    pub(super) fn connect(&mut self, session: SessionId, now: u32, random: &mut Random) {
        self.connection = Some(Connection { session, up: Queue::new(self.line), down: Queue::new(self.line) });
        let resume = self.seat.map(|seat| seat.token);
        let hello = Hello { resume, team: self.team, ..Hello::new::<G>(self.role.clone(), self.viewport) };
        self.playing = None;
        self.close_reason = None;
        self.send(&ClientMessage::Hello(hello), now, random);
    }

    pub(super) fn stall_until(&mut self, until: u32) {
        if let Some(connection) = &mut self.connection {
            connection.up.stall_until(until);
            connection.down.stall_until(until);
        }
    }

    pub(super) fn send(&mut self, message: &ClientMessage<G>, now: u32, random: &mut Random) {
        if let Some(connection) = &mut self.connection {
            connection.up.send(codec::encode_client(message), now, random);
        }
    }

    /// Takes the next message that has arrived at the room.
    pub(super) fn take_message(&mut self, now: u32) -> Option<(SessionId, Vec<u8>)> {
        let connection = self.connection.as_mut()?;
        connection.up.take(now).map(|bytes| (connection.session, bytes))
    }

    /// Sends something from the room to the client.
    pub(super) fn deliver(&mut self, item: ToClient, now: u32, random: &mut Random) {
        if let Some(connection) = &mut self.connection {
            connection.down.send(item, now, random);
        }
    }

    /// Handles everything that has arrived at the client, and compares the replica with the world.
    pub(super) fn receive(&mut self, now: u32, history: &History<G>) -> Result<(), Violation> {
        while let Some(item) = self.connection.as_mut().and_then(|connection| connection.down.take(now)) {
            let bytes = match item {
                ToClient::Message(bytes) => bytes,
                ToClient::Closed(reason) => {
                    self.close_reason = Some(reason);
                    self.connection = None;
                    return Ok(());
                }
            };
            self.kept_messages.iter_mut().for_each(|kept| kept.push(bytes.clone()));
            let message = codec::decode_server::<G>(&bytes);
            match message.map_err(|error| Violation::new(format_args!("a message of the room is invalid: {error}")))? {
                ServerMessage::Welcome(welcome) => self.handle_welcome(&welcome),
                ServerMessage::Snapshot(snapshot) => self.handle_snapshot(&snapshot, history)?,
                ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
            }
        }
        Ok(())
    }

    fn handle_welcome(&mut self, welcome: &Welcome<G>) {
        self.seat = welcome.seat;
        drop(self.actions.handle_welcome(welcome));
        self.has_new_controls = true;
        self.playing = Some(Playing {
            grid: Grid::new(G::extent(&welcome.rules), welcome.cell_size).expect("the room has a valid grid"),
            replica: Replica::new(welcome).expect("the room has a valid grid"),
            lead: Lead::for_room(welcome),
            prediction: welcome.player().map(Prediction::new),
            silent_periods: 0,
        });
    }

    fn handle_snapshot(&mut self, snapshot: &Snapshot<G>, history: &History<G>) -> Result<(), Violation> {
        let Some(Playing { grid, replica, lead, prediction, .. }) = &mut self.playing else { return Ok(()) };
        let effects = replica
            .apply(snapshot)
            .map_err(|error| Violation::new(format_args!("the replica rejects a snapshot: {error}")))?;
        history.check(replica, grid)?;
        self.compared += 1;
        self.events.extend(effects.events);
        let resolved = self.actions.handle_snapshot(snapshot);
        self.outcomes.extend(resolved.into_iter().filter_map(|resolved| resolved.outcome));
        let report = snapshot.header.report;
        if let Some(prediction) = prediction {
            prediction.confirm(replica, report);
        }
        if let (Some(report), Some(tick)) = (report, replica.tick()) {
            lead.handle_report(report, tick);
        }
        Ok(())
    }

    /// Sends the actions and new controls at once, and otherwise two messages per second. With pace on demand, does not repeat
    /// controls.
    pub(super) fn write(&mut self, now: u32, tick_rate: u16, random: &mut Random) {
        while let Some(message) = self.actions.poll() {
            self.send(&message, now, random);
        }
        self.write_controls(now, tick_rate, random);
    }

    fn write_controls(&mut self, now: u32, tick_rate: u16, random: &mut Random) {
        let Some(playing) = &mut self.playing else { return };
        let Some(acknowledged) = playing.replica.tick() else { return };
        playing.silent_periods += 1;
        let is_due = playing.silent_periods >= u32::from(tick_rate) / 2;
        let message = match &mut playing.prediction {
            Some(prediction) if self.has_new_controls || (is_due && G::PACE == Pace::Steady) => {
                let tick = playing.lead.stamp(acknowledged);
                prediction.record(tick, self.held);
                ClientMessage::Input(Input { tick, acknowledged, controls: self.held })
            }
            _ if is_due => ClientMessage::Acknowledge(acknowledged),
            _ => return,
        };
        playing.silent_periods = 0;
        self.has_new_controls = false;
        self.send(&message, now, random);
    }
}
