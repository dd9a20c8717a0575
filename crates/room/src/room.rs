//! One running game: world, players, inputs and the snapshots of each client. Performs no I/O and reads no clock.

mod client;
mod clients;
mod display_name;
mod durability;
mod joining;
mod roster;
mod schedule;
mod seating;
mod state;

use core::time::Duration;
use std::sync::Arc;

use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{CloseReason, GameProtocol, Input, PlayerId, PlayerName, RoomName, Tick, Viewport};

use crate::journal::SeatEvent;
use crate::observer::CommandObserver;
use crate::replication::{Beats, Delivery, History, Replication, RoomSections, TickFrame, grid_of};
use crate::{RoomOptions, SubmittedAction};
use client::Acknowledgement;
use clients::{Clients, DueInputs, Handovers, new_history};
use schedule::{Lifetime, Vacancy};
use state::{PersonalContents, State};

pub(crate) use client::{BEATS_KEPT_S, Client, SnapshotContext, ViewLimit};
pub use joining::{Departure, NewClient};
pub use roster::{Marker, MarkerKind, SETTLING_TIME};
pub use schedule::{EMPTY_GRACE, PAUSE_DELAY, Schedule};
pub use seating::{ClientKey, KEPT_SEATS_PER_CLIENT_MAX, RESUME_GRACE, SeatPermit, StayResult, YIELD_DELAY};
pub use state::{RecoverError, Replay, RoomVersions};
pub(crate) use state::{Stepped, decode_summary};

const _: () = {
    let (empty, resume) = (EMPTY_GRACE.as_millis(), RESUME_GRACE.as_millis());
    assert!(empty >= resume, "an empty room stays open for as long as its seats can be resumed");
};

/// Identifier of a connection, unique within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A running game. Times (`now`) are measured from the start of the room, and never decrease.
pub struct Room<S: Simulation> {
    name: RoomName,
    /// The part of the room's state that can be recomputed from the journal.
    state: State<S>,
    clients: Clients<S::Game>,
    handovers: Handovers,
    replication: Replication<S::Game>,
    history: History<S::Game>,
    beats: Beats,
    /// Whether a client waits for the next tick.
    is_tick_requested: bool,
    observer: Box<dyn CommandObserver<S::Game>>,
    vacancy: Vacancy,
    lifetime: Lifetime,
}

/// Result of a tick.
pub struct Step<G: GameProtocol> {
    /// The new tick, and the snapshots to compose from it.
    pub live: TickDeliveries<G>,
    /// Past ticks for delayed spectators, in order. A steady room sends at most one at once. Empty if no delayed spectator
    /// receives a snapshot.
    pub delayed: Vec<TickDeliveries<G>>,
    /// Sessions to close. The room has already removed them.
    pub closed: Vec<(SessionId, CloseReason)>,
}

/// A tick, and the snapshots to compose from it.
pub struct TickDeliveries<G: GameProtocol> {
    /// The tick, encoded once for all clients.
    pub frame: Arc<TickFrame<G>>,
    /// Parameters of each snapshot to send, by session.
    pub deliveries: Vec<(SessionId, Delivery)>,
}

impl<S: Simulation> Room<S> {
    /// A new room at tick 0.
    #[must_use]
    pub fn new(name: RoomName, options: RoomOptions, world: S, observer: Box<dyn CommandObserver<S::Game>>) -> Self {
        Self::with_state(name, State::new(options, world), observer, Vacancy::NEW)
    }

    fn with_state(name: RoomName, state: State<S>, observer: Box<dyn CommandObserver<S::Game>>, vacancy: Vacancy) -> Self {
        let grid = grid_of::<S::Game>(state.world.rules());
        let RoomOptions { tick_rate, spectator_delay_s, .. } = state.options;
        let beats_kept = (BEATS_KEPT_S + i32::from(spectator_delay_s)) * i32::from(tick_rate);
        Self {
            replication: Replication::new(state.world.rules().clone(), grid),
            history: new_history(&state.options, state.tick),
            beats: Beats::new(S::Game::PACE, beats_kept),
            is_tick_requested: false,
            name,
            state,
            clients: Clients::default(),
            handovers: Handovers::default(),
            observer,
            vacancy,
            lifetime: Lifetime::UntilEmpty,
        }
    }

    /// Sets the current tick of a room without clients.
    ///
    /// # Panics
    /// If a client is connected.
    #[must_use]
    pub fn starting_at(mut self, tick: Tick) -> Self {
        assert!(self.is_empty(), "the tick of a room with clients cannot be changed");
        self.state.start_at(tick);
        self.history = new_history(&self.state.options, tick);
        self
    }

    /// Number of the last tick.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.state.tick
    }

    /// The simulated world.
    #[must_use]
    pub const fn world(&self) -> &S {
        &self.state.world
    }

    /// Number of seats held by human players, including those kept after a lost connection.
    #[must_use]
    pub const fn humans(&self) -> usize {
        self.state.seating.roster.humans()
    }

    /// Number of spectators.
    #[must_use]
    pub const fn spectators(&self) -> usize {
        self.clients.spectators()
    }

    /// Whether no client is connected, neither a player nor a spectator.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// The connected clients: session, and the player with the player's name; `None` for spectators.
    pub fn clients(&self) -> impl Iterator<Item = (SessionId, Option<(PlayerId, &PlayerName)>)> {
        let roster = &self.state.seating.roster;
        self.clients
            .players()
            .map(|(session, player)| (session, player.and_then(|player| Some((player, roster.name(player)?)))))
    }

    /// Handles the input of a client: records its acknowledgement and buffers its controls. The controls of a spectator have
    /// no effect. Unknown sessions are ignored.
    pub fn handle_input(&mut self, session: SessionId, input: &Input<S::Game>) {
        if self.handle_earlier_input(session, input) {
            return;
        }
        let Some(client) = self.clients.get_mut(session) else { return };
        let has_changed = client.handle_input(input.tick, input.controls, self.state.tick);
        self.is_tick_requested |= has_changed && client.player.is_some();
        self.handovers.handle_input(session, input.tick);
        Self::acknowledge(client, &mut self.state, input.acknowledged);
    }

    /// Handles the action with this number that a client has sent, stamped for tick `stamp`. The actions of a spectator
    /// have no effect. Unknown sessions are ignored.
    pub fn handle_act(
        &mut self,
        session: SessionId,
        number: u32,
        stamp: Tick,
        action: SubmittedAction<<S::Game as GameProtocol>::Action>,
    ) {
        let action = if self.state.is_waiting() { SubmittedAction::RateLimited } else { action };
        let receiver = self.handovers.receiver(session).session(session);
        if let Some(client) = self.clients.get_mut(receiver).filter(|client| client.player.is_some()) {
            client.handle_act(number, stamp, action, self.state.tick);
            self.is_tick_requested = true;
        }
    }

    /// Handles an acknowledgement: the client has applied all snapshots up to `tick`.
    pub fn handle_acknowledgement(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(session) {
            Self::acknowledge(client, &mut self.state, tick);
        }
    }

    fn acknowledge(client: &mut Client<S::Game>, state: &mut State<S>, tick: Tick) {
        if client.handle_acknowledgement(tick) == Acknowledgement::First
            && let Some(player) = client.player
        {
            state.handle(&SeatEvent::TokenConfirmed(player), state.now());
        }
    }

    /// Handles a resize of a client's window.
    pub fn handle_viewport(&mut self, session: SessionId, viewport: Viewport) {
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_viewport(viewport);
        }
    }

    /// Handles a resync request: the client's next snapshot is a full one.
    pub fn handle_resync(&mut self, session: SessionId) {
        if let Some(client) = self.clients.get_mut(session) {
            let now = if client.is_delayed() { self.history.newest() } else { self.state.tick };
            client.handle_resync(now, &self.beats);
            self.is_tick_requested = true;
        }
    }

    /// Handles an outbox overflow: the connection has dropped the snapshot of `tick`, and drops every later delta until a
    /// full snapshot is queued.
    pub fn handle_overflow(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_overflow(tick, &self.beats);
        }
    }

    /// Handles load shedding: the snapshot of `tick` was not sent to the session.
    pub fn handle_shed(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_shed(tick, &self.beats);
        }
    }

    /// Advances the room by one tick. Tick numbers are consecutive, even if the room has paused between two ticks.
    pub fn step(&mut self, now: Duration) -> Step<S::Game> {
        let closed = self.close_sessions(now);
        let DueInputs { inputs, repeating, reports } = self.clients.take_inputs(self.state.tick.next());
        let Stepped { commands, delta, mut personal } = self.state.step(&inputs, now);
        self.observer.observe(self.state.tick, &commands);
        self.beats.push(self.state.time);
        self.is_tick_requested = false;
        let limit = self.view_limit();
        let list_ticks = self.state.seating.roster.list_ticks();
        let context = SnapshotContext { now: self.state.time, beats: &self.beats, limit: &limit, list_ticks };
        // The world does not know the players yet while the room waits for them.
        let world = (!self.state.is_waiting()).then_some(&self.state.world);
        let deliveries = self.clients.poll_deliveries(&context, world, &reports);
        repeating.into_iter().for_each(|player| personal.add_all_outcomes(player));
        if let Some(world) = world.filter(|_| S::HAS_SECRETS) {
            self.clients.poll_secrets(&deliveries, world, &mut personal);
        }
        let frame = Arc::new(self.encode(&deliveries, delta, personal));
        let delayed = self.delay(&frame);
        Step { live: TickDeliveries { frame, deliveries }, delayed, closed }
    }

    /// Removes unresponsive clients. Returns the sessions to close: those of the removed clients, and those whose seat
    /// another session has taken over.
    fn close_sessions(&mut self, now: Duration) -> Vec<(SessionId, CloseReason)> {
        let mut closed: Vec<_> =
            self.handovers.take_closed(now).map(|session| (session, CloseReason::SessionReplaced)).collect();
        for session in self.clients.unresponsive(self.state.tick, self.history.newest(), &self.beats) {
            self.handle_leave(session, Departure::Lost, now);
            closed.push((session, CloseReason::SlowConsumer));
        }
        closed
    }

    fn encode(
        &mut self,
        deliveries: &[(SessionId, Delivery)],
        delta: Chunk,
        mut personal: PersonalContents<S::Game>,
    ) -> TickFrame<S::Game> {
        let (roster, tick) = (&self.state.seating.roster, self.state.tick);
        // Delayed spectators may need the list of players later.
        let is_listed = self.history.is_delayed() || deliveries.iter().any(|(_, delivery)| delivery.lists_players);
        let players = if is_listed { roster.encode_part(tick) } else { Chunk::default() };
        let is_full = |(_, delivery): &&(SessionId, Delivery)| delivery.previous_view.is_none();
        let receivers = deliveries.iter().filter(is_full).filter_map(|(_, delivery)| delivery.player);
        receivers.clone().for_each(|player| personal.add_all_outcomes(player));
        let own = receivers.filter_map(|player| Some((player, roster.encode_own(player, tick)?))).collect();
        let sections = RoomSections { delta, players, own, personal: self.state.encode_personal(personal) };
        self.replication.encode(self.state.time, self.state.entities(), sections)
    }

    fn view_limit(&self) -> ViewLimit {
        ViewLimit { grid: *self.replication.grid(), size: self.state.options.view_size }
    }
}
