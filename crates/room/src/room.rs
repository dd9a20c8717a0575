//! One running game: world, players, inputs and the snapshots of each client. Performs no I/O and reads no clock.

mod ai_players;
mod client;
mod clients;
mod display_name;
mod history;
mod resume_tokens;
mod roster;
mod seating;
mod unique_names;

use std::collections::BTreeMap;
use std::sync::Arc;

use tickcast_game::{Command, Simulation};
use tickcast_protocol::{
    CloseReason, Game, Grid, Hello, Input, InputReport, Position, ResumeToken, Role, RoomName, Seat, Tick, Viewport,
    Welcome,
};

use crate::RoomOptions;
use crate::journal::Journal;
use crate::replication::{Delivery, Replication, RoomSections, TickFrame};
use ai_players::AiPlayers;
use client::{Acknowledgement, Client, ViewLimit};
use clients::{Clients, Deliveries};
use history::History;
use resume_tokens::RESUME_GRACE_S;
use seating::Seating;

/// Minimum side of a grid cell in world units. A grid has at most 256 columns and rows, so a very large world has larger
/// cells.
const CELL_SIZE: i32 = 128;
/// Seconds for which an empty room stays open.
const EMPTY_GRACE_S: u32 = 30;
const _: () = assert!(EMPTY_GRACE_S >= RESUME_GRACE_S, "an empty room stays open for as long as its seats can be resumed");

/// Identifier of a connection, unique within the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// Whether the player of a session that ended is expected to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The player left, or the server closed the session, for example after a protocol error. The seat becomes free as soon as
    /// the game lets the player [leave](Simulation::may_leave), normally at once.
    Left,
    /// The connection was lost, or the client closed it without leaving the game. The seat is kept for the grace period.
    Lost,
}

/// A running game.
pub struct Room<S: Simulation> {
    name: RoomName,
    options: RoomOptions,
    world: S,
    tick: Tick,
    seating: Seating<S::Game>,
    ai_players: AiPlayers<S::Game>,
    clients: Clients<S::Game>,
    /// Sessions that have lost their seat since the last tick, because another session resumed it.
    replaced: Vec<SessionId>,
    replication: Replication<S::Game>,
    history: History<S::Game>,
    journal: Box<dyn Journal<S::Game>>,
    /// Consecutive ticks without any client.
    empty_ticks: u32,
}

/// Result of a tick.
pub struct Step<G: Game> {
    /// The tick.
    pub live: TickDeliveries<G>,
    /// A past tick for delayed spectators, if there are any.
    pub delayed: Option<TickDeliveries<G>>,
    /// Sessions to close. The room has already removed them.
    pub closed: Vec<(SessionId, CloseReason)>,
    /// Whether the room has been empty for the whole grace period and should close.
    pub is_over: bool,
}

/// A tick, and the snapshots to compose from it.
pub struct TickDeliveries<G: Game> {
    /// The tick, encoded once for all clients.
    pub frame: Arc<TickFrame<G>>,
    /// Parameters of each snapshot to send, by session.
    pub deliveries: Vec<(SessionId, Delivery)>,
}

/// Commands of one tick, and a report for each session whose input is among them.
struct TickCommands<G: Game> {
    commands: Vec<Command<G>>,
    reports: BTreeMap<SessionId, InputReport>,
}

impl<S: Simulation> Room<S> {
    /// A new room at tick 0.
    #[must_use]
    pub fn new(name: RoomName, options: RoomOptions, world: S, journal: Box<dyn Journal<S::Game>>) -> Self {
        let extent = S::Game::extent(world.rules());
        let grid = Grid::new(extent, cell_size(extent)).expect("the cell size admits at most 256 cells each way");
        Self {
            seating: Seating::new(options.seats, options.tick_rate),
            ai_players: AiPlayers::new(options.ai_players, options.tick_rate),
            replication: Replication::new(world.rules().clone(), grid),
            history: History::new(if options.spectators > 0 { options.spectator_delay_s } else { 0 }, options.tick_rate),
            name,
            options,
            world,
            tick: Tick(0),
            clients: Clients::default(),
            replaced: Vec::new(),
            journal,
            empty_ticks: 0,
        }
    }

    /// Sets the current tick of a room without clients.
    ///
    /// # Panics
    /// If a client is connected.
    #[must_use]
    pub fn starting_at(self, tick: Tick) -> Self {
        assert!(self.is_empty(), "the tick of a room with clients cannot be changed");
        Self { tick, ..self }
    }

    /// Number of the last tick.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// The simulated world.
    #[must_use]
    pub const fn world(&self) -> &S {
        &self.world
    }

    /// Number of seats held by human players, including those kept after a lost connection.
    #[must_use]
    pub const fn humans(&self) -> usize {
        self.seating.roster.humans()
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

    /// Whether this Hello message resumes a seat: it is from a player and has a valid resume token of this room.
    #[must_use]
    pub fn has_seat(&self, hello: &Hello) -> bool {
        let can_resume = hello.resume.as_ref().is_some_and(|token| self.seating.can_resume(token));
        matches!(hello.role, Role::Player(_)) && can_resume
    }

    /// Handles the Hello message of a session. Snapshots start at the next tick. A player can resume the seat later with
    /// `token`.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] if all seats, or all places for spectators, are taken.
    pub fn handle_join(
        &mut self,
        session: SessionId,
        hello: &Hello,
        token: ResumeToken,
    ) -> Result<Welcome<S::Game>, CloseReason> {
        let seat = self.admit(session, hello, token)?;
        let (viewport, tick_rate) = (hello.viewport, self.options.tick_rate);
        let client = match &seat {
            Some(seat) => Client::new(Some(seat.player), viewport, self.tick, tick_rate),
            None => Client::delayed(viewport, self.tick, tick_rate, self.history.delay_ticks()),
        };
        self.clients.insert(session, client);
        let rules = self.world.rules().clone();
        let cell_size = cell_size(S::Game::extent(&rules));
        Ok(Welcome { seat, room: self.name.clone(), tick_rate: self.options.tick_rate, cell_size, rules })
    }

    /// Gives a player a seat. A spectator gets none.
    fn admit(&mut self, session: SessionId, hello: &Hello, token: ResumeToken) -> Result<Option<Seat>, CloseReason> {
        let Role::Player(name) = &hello.role else {
            let has_place = self.clients.spectators() < usize::from(self.options.spectators);
            return if has_place { Ok(None) } else { Err(CloseReason::RoomFull) };
        };
        let taken = self.seating.take_seat(session, name, hello.resume.as_ref(), token)?;
        if let Some(replaced) = taken.replaced {
            self.clients.remove(replaced);
            self.replaced.push(replaced);
        }
        Ok(Some(taken.seat))
    }

    /// Handles the end of a session.
    pub fn handle_leave(&mut self, session: SessionId, departure: Departure) {
        let Some(player) = self.clients.remove(session).and_then(|client| client.player) else { return };
        match departure {
            Departure::Left => {
                self.seating.handle_leave(player, self.tick);
                self.free_departed();
            }
            Departure::Lost => self.seating.handle_disconnect(player, self.tick),
        }
    }

    /// Frees the seats of players who have left, unless the game requires them to stay for some time.
    fn free_departed(&mut self) {
        self.seating.free_departed(self.tick, |player| self.world.may_leave(player));
    }

    /// Handles the input of a client: records its acknowledgement and buffers its controls. The controls of a spectator have
    /// no effect. Unknown sessions are ignored.
    pub fn handle_input(&mut self, session: SessionId, input: &Input<S::Game>) {
        self.handle_acknowledgement(session, input.acknowledged);
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_input(input.tick, input.controls, self.tick);
        }
    }

    /// Handles an acknowledgement: the client has applied all snapshots up to `tick`.
    pub fn handle_acknowledgement(&mut self, session: SessionId, tick: Tick) {
        let Some(client) = self.clients.get_mut(session) else { return };
        if client.handle_acknowledgement(tick) == Acknowledgement::First
            && let Some(player) = client.player
        {
            self.seating.confirm_token(player);
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
            client.handle_resync(self.tick);
        }
    }

    /// Handles an outbox overflow: the snapshot of `tick` was dropped, and so is every later delta until a full snapshot is
    /// queued.
    pub fn handle_overflow(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_overflow(tick);
        }
    }

    /// Handles load shedding: the snapshot of `tick` was not sent to the session.
    pub fn handle_shed(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_shed(tick);
        }
    }

    /// Records that `ticks` ticks were skipped. While the room is empty, they count towards its grace period.
    pub fn handle_skipped(&mut self, ticks: u64) {
        if self.is_empty() {
            self.empty_ticks = self.empty_ticks.saturating_add(ticks.try_into().unwrap_or(u32::MAX));
        }
    }

    /// Advances the room by one tick.
    pub fn step(&mut self) -> Step<S::Game> {
        let closed = self.close_sessions();
        self.tick = self.tick.next();
        let TickCommands { commands, reports } = self.collect_commands();
        self.journal.record(self.tick, &commands);
        let outcome = self.world.step(&commands);
        self.seating.roster.handle_outcome(outcome);
        let limit = ViewLimit { grid: *self.replication.grid(), size: self.options.view_size };
        let Deliveries { live, delayed } = self.clients.poll_deliveries(self.tick, &self.world, &limit, &reports);
        let frame = Arc::new(self.encode(&live));
        let delayed = self.delay(&frame, delayed);
        self.empty_ticks = if self.is_empty() { self.empty_ticks + 1 } else { 0 };
        let is_over = self.empty_ticks > EMPTY_GRACE_S * u32::from(self.options.tick_rate);
        Step { live: TickDeliveries { frame, deliveries: live }, delayed, closed, is_over }
    }

    /// Frees expired seats and removes unresponsive clients. Returns the sessions to close, including replaced ones.
    fn close_sessions(&mut self) -> Vec<(SessionId, CloseReason)> {
        self.seating.handle_expired(self.tick);
        self.free_departed();
        let replaced = std::mem::take(&mut self.replaced).into_iter();
        let mut closed: Vec<_> = replaced.map(|session| (session, CloseReason::SessionReplaced)).collect();
        for session in self.clients.unresponsive(self.tick) {
            self.handle_leave(session, Departure::Lost);
            closed.push((session, CloseReason::SlowConsumer));
        }
        closed
    }

    /// Collects the commands of this tick in canonical order: leaves, joins, controls, each sorted by seat.
    fn collect_commands(&mut self) -> TickCommands<S::Game> {
        self.ai_players.balance(&mut self.seating.roster);
        let seats = self.seating.roster.take_seat_changes();
        let mut controls = self.ai_players.decide(&self.world, self.tick);
        // A player who has left or lost the connection releases all controls.
        controls.extend(self.seating.take_disconnected().into_iter().map(|player| (player, Default::default())));
        let inputs = self.clients.take_inputs(self.tick);
        controls.extend(inputs.controls);
        let leaves = seats.leaving.into_iter().map(Command::Leave);
        let joins = seats.joining.into_iter().map(Command::Join);
        let controls = controls.into_iter().map(|(player, controls)| Command::Controls(player, controls));
        TickCommands { commands: leaves.chain(joins).chain(controls).collect(), reports: inputs.reports }
    }

    fn encode(&mut self, deliveries: &[(SessionId, Delivery)]) -> TickFrame<S::Game> {
        let roster = &mut self.seating.roster;
        let delta = roster.poll_delta(self.tick);
        let has_full = deliveries.iter().any(|(_, delivery)| delivery.previous_view.is_none());
        let full = if self.history.delay_ticks() > 0 {
            self.history.full_section(&delta, || roster.encode_full())
        } else if has_full {
            Arc::new(roster.encode_full())
        } else {
            Arc::default()
        };
        self.replication.encode(self.tick, self.world.entities(), RoomSections { delta, full })
    }

    /// Adds the newest tick to the history. Returns the tick that delayed spectators receive now. For spectators of a room that
    /// is younger than the delay, the world is empty.
    fn delay(
        &mut self,
        newest: &Arc<TickFrame<S::Game>>,
        deliveries: Vec<(SessionId, Delivery)>,
    ) -> Option<TickDeliveries<S::Game>> {
        let past = self.history.push(newest);
        if deliveries.is_empty() {
            return None;
        }
        let tick = self.tick.plus(-i32::from(self.history.delay_ticks()));
        let frame = past.unwrap_or_else(|| Arc::new(self.replication.empty(tick)));
        Some(TickDeliveries { frame, deliveries })
    }
}

/// Side of a grid cell in world units: at least [`CELL_SIZE`], and large enough for 256 cells to cover the world.
fn cell_size(extent: Position) -> u16 {
    let size_min = extent.x.max(extent.y) / (256 * Position::UNIT) + 1;
    u16::try_from(CELL_SIZE.max(size_min)).expect("a world is at most 2^24 units wide")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::NoJournal;
    use tickcast_arena::{Options, World};

    #[test]
    fn skipped_ticks_count_towards_the_grace_period_of_an_empty_room() {
        let options = RoomOptions::default().with(|room| (room.seats, room.ai_players) = (1, 0));
        let tick_rate = options.tick_rate;
        let world = World::new(&Options::default(), tick_rate, 0);
        let name = "empty".parse().expect("the name is valid");
        let mut room = Room::new(name, options, world, Box::new(NoJournal));
        assert!(!room.step().is_over);
        room.handle_skipped(u64::from(EMPTY_GRACE_S) * u64::from(tick_rate) - 1);
        assert!(room.step().is_over);
    }
}
