//! One running game without a socket and without a clock: world, players, inputs, and what each client is told.
//!
//! Messages come in through `handle_*`, time through [`Room::step`], and what is to be sent comes out of it.

mod client;
mod drones;
mod keys;
mod roster;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tickcast_protocol::{
    CloseReason, Game, Grid, Hello, Input, PlayerId, PlayerName, ResumeToken, Role, RoomName, Seat, Tick, Viewport, Welcome,
};

use crate::journal::Journal;
use crate::replication::{Delivery, Frame, Replication};
use crate::simulation::{Command, Simulation};

use client::{Acknowledged, Client, ViewLimit};
use drones::Drones;
use keys::{Holder, Keys, RESUME_GRACE_S};
use roster::Roster;

/// The side of a grid cell in world units; larger where the world would have over 256 cells each way.
const CELL_SIZE: i32 = 128;
/// How long an empty room waits for somebody before it closes.
const EMPTY_GRACE_S: u32 = 30;
const _: () = assert!(EMPTY_GRACE_S >= RESUME_GRACE_S, "who may come back must find their room");

/// A connection, for as long as the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// How a connection came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The client said goodbye, or was sent away: its seat is free at once.
    Left,
    /// The connection was lost: its seat waits for it.
    Lost,
}

/// What a room is made with, whatever its game.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomOptions {
    /// Ticks a second, from 10 to 120.
    pub tick_rate: u16,
    /// How many people can play, from 1 to [`RoomOptions::SEATS_MAX`].
    pub seats: u16,
    /// How many can watch, up to [`RoomOptions::SPECTATORS_MAX`]. Each is told of the whole world.
    pub spectators: u16,
    /// How many drones play while nobody else does; each person takes the place of one.
    pub drones: u16,
    /// The most world units a client is shown in each direction.
    pub view_size: u16,
    /// From what the world's chances are drawn.
    pub seed: u64,
}

impl RoomOptions {
    /// The most seats of a room; drones have theirs beside them.
    pub const SEATS_MAX: u16 = 6_000;
    /// The most spectators of a room.
    pub const SPECTATORS_MAX: u16 = 6_000;
    /// The most drones of a room.
    pub const DRONES_MAX: u16 = 2_000;
    /// What anybody may ask for, whatever the server was started with.
    const ANYBODYS: Self = Self { tick_rate: 60, seats: 100, spectators: 100, drones: 16, view_size: 1920, seed: 0 };

    /// Says what is wrong with the options, if anything is.
    ///
    /// # Errors
    /// A sentence for whoever chose them.
    pub fn check(&self) -> Result<(), String> {
        let within = |what: &str, value: u16, range: std::ops::RangeInclusive<u16>| {
            let (least, most) = (range.start(), range.end());
            if range.contains(&value) { Ok(()) } else { Err(format!("{what} must be from {least} to {most}, not {value}")) }
        };
        within("tick_rate", self.tick_rate, 10..=120)?;
        within("seats", self.seats, 1..=Self::SEATS_MAX)?;
        within("spectators", self.spectators, 0..=Self::SPECTATORS_MAX)?;
        within("drones", self.drones, 0..=Self::DRONES_MAX)?;
        within("view_size", self.view_size, 256..=16_384)
    }

    /// Says what of these options costs too much for a stranger to choose, if anything does: no more than the server's own.
    ///
    /// # Errors
    /// A sentence for whoever chose them.
    pub fn check_cost(&self, own: &Self) -> Result<(), String> {
        at_most("tick_rate", self.tick_rate, own.tick_rate.max(Self::ANYBODYS.tick_rate))?;
        at_most("seats", self.seats, own.seats.max(Self::ANYBODYS.seats))?;
        at_most("spectators", self.spectators, own.spectators.max(Self::ANYBODYS.spectators))?;
        at_most("drones", self.drones, own.drones.max(Self::ANYBODYS.drones))?;
        at_most("view_size", self.view_size, own.view_size.max(Self::ANYBODYS.view_size))
    }
}

fn at_most(what: &str, value: u16, most: u16) -> Result<(), String> {
    if value <= most { Ok(()) } else { Err(format!("{what} must be at most {most} here, not {value}")) }
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self { tick_rate: 30, seats: 100, spectators: 100, drones: 6, view_size: 1920, seed: 0 }
    }
}

/// A running game.
pub struct Room<S: Simulation> {
    name: RoomName,
    options: RoomOptions,
    world: S,
    tick: Tick,
    roster: Roster<S::Game>,
    clients: BTreeMap<SessionId, Client<S::Game>>,
    spectators: usize,
    /// Who left and who joined since the last tick.
    leaving: BTreeSet<PlayerId>,
    joining: BTreeSet<PlayerId>,
    /// Whose connection was lost since the last tick: they let go of their controls.
    losing: BTreeSet<PlayerId>,
    /// Whose seat somebody else took, since the last tick.
    dismissed: Vec<(SessionId, CloseReason)>,
    keys: Keys,
    drones: Drones<S::Game>,
    replication: Replication<S::Game>,
    journal: Box<dyn Journal<S::Game>>,
    empty_ticks: u32,
}

/// What is to be done after a tick.
pub struct Step<G: Game> {
    /// The tick, encoded for all.
    pub frame: Frame<G>,
    /// Who gets what of it.
    pub deliveries: Vec<(SessionId, Delivery)>,
    /// Whose connection is to be closed; the room has forgotten them.
    pub closed: Vec<(SessionId, CloseReason)>,
    /// Whether the room has been empty for so long that it should close.
    pub is_over: bool,
}

impl<S: Simulation> Room<S> {
    /// A new room, at tick 0.
    #[must_use]
    pub fn new(name: RoomName, options: RoomOptions, world: S, journal: Box<dyn Journal<S::Game>>) -> Self {
        let extent = S::Game::extent(world.rules());
        let cell_size = grid_cell_size(extent.x.max(extent.y));
        let grid = Grid::new(extent, cell_size).expect("cells are as large as they must be");
        let replication = Replication::new(world.rules().clone(), grid);
        let drones = Drones::new(options.drones, options.tick_rate);
        let keys = Keys::new(options.tick_rate);
        Self {
            name,
            options,
            world,
            tick: Tick(0),
            roster: Roster::default(),
            clients: BTreeMap::new(),
            spectators: 0,
            leaving: BTreeSet::new(),
            joining: BTreeSet::new(),
            losing: BTreeSet::new(),
            dismissed: Vec::new(),
            keys,
            drones,
            replication,
            journal,
            empty_ticks: 0,
        }
    }

    /// The room at another tick, before anybody has joined: its world has run before.
    #[must_use]
    pub fn starting_at(self, tick: Tick) -> Self {
        assert!(self.is_empty(), "those who are there have their ticks from before");
        Self { tick, ..self }
    }

    /// The tick it is at.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// From what its world's chances are drawn.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.options.seed
    }

    /// The world it runs.
    #[must_use]
    pub const fn world(&self) -> &S {
        &self.world
    }

    /// How many people hold seats, those among them whose connection was lost a short time ago.
    #[must_use]
    pub fn people(&self) -> usize {
        self.roster.people()
    }

    /// How many people watch.
    #[must_use]
    pub const fn spectators(&self) -> usize {
        self.spectators
    }

    /// Whether nobody is connected, not even a spectator.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// A connection says hello. It is welcomed, and told about the world from the next tick on, or refused. A player is
    /// given `token` to come back with.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] when all seats are taken, or as many watch as may.
    pub fn handle_join(
        &mut self,
        session: SessionId,
        hello: &Hello,
        token: ResumeToken,
    ) -> Result<Welcome<S::Game>, CloseReason> {
        let seat = match &hello.role {
            Role::Player(name) => Some(self.seat(session, name, hello.resume.as_ref(), token)?),
            Role::Spectator if self.spectators >= usize::from(self.options.spectators) => {
                return Err(CloseReason::RoomFull);
            }
            Role::Spectator => None,
        };
        let player = seat.map(|seat| seat.player);
        self.spectators += usize::from(player.is_none());
        self.clients.insert(session, Client::new(player, hello.viewport, self.tick, self.options.tick_rate));
        Ok(Welcome {
            seat,
            room: self.name.clone(),
            tick_rate: self.options.tick_rate,
            cell_size: grid_cell_size(self.extent()),
            rules: self.world.rules().clone(),
        })
    }

    /// Whether whoever says that has a seat here to take again.
    #[must_use]
    pub fn has_seat(&self, hello: &Hello) -> bool {
        let has_seat = |token| self.keys.find(token).is_some();
        matches!(hello.role, Role::Player(_)) && hello.resume.as_ref().is_some_and(has_seat)
    }

    /// The seat that the client had, if it can show that it had one, or another.
    fn seat(
        &mut self,
        session: SessionId,
        name: &PlayerName,
        resume: Option<&ResumeToken>,
        token: ResumeToken,
    ) -> Result<Seat, CloseReason> {
        let lost = resume.and_then(|token| self.keys.find(token));
        if let Some((_, Holder::Present(other))) = lost {
            self.clients.remove(&other);
            self.dismissed.push((other, CloseReason::TakenOver));
        }
        let player = lost.map_or_else(|| self.free_seat(name), |(player, _)| Ok(player))?;
        self.keys.issue(player, session, resume.filter(|_| lost.is_some()), &token);
        Ok(Seat { player, token, resumed: lost.is_some() })
    }

    fn free_seat(&mut self, name: &PlayerName) -> Result<PlayerId, CloseReason> {
        if self.roster.people() >= usize::from(self.options.seats) {
            return Err(CloseReason::RoomFull);
        }
        let player = self.roster.join_person(name);
        self.joining.insert(player);
        Ok(player)
    }

    /// A connection is gone.
    pub fn handle_leave(&mut self, session: SessionId, departure: Departure) {
        let Some(client) = self.clients.remove(&session) else { return };
        match (client.player, departure) {
            (None, _) => self.spectators -= 1,
            (Some(player), Departure::Left) => self.free(player),
            (Some(player), Departure::Lost) => {
                self.keys.note_lost(player, self.tick);
                self.losing.insert(player);
            }
        }
    }

    fn free(&mut self, player: PlayerId) {
        self.roster.leave(player);
        self.keys.revoke(player);
        self.losing.remove(&player);
        if !self.joining.remove(&player) {
            self.leaving.insert(player);
        }
    }

    /// A client's controls. Those of unknown sessions and of spectators are passed over.
    pub fn handle_input(&mut self, session: SessionId, input: &Input<S::Game>) {
        let now = self.tick;
        self.handle_acknowledgement(session, input.acknowledged);
        if let Some(client) = self.clients.get_mut(&session) {
            client.timeline.handle(input.tick, input.controls, now);
        }
    }

    /// A client has applied everything up to that tick.
    pub fn handle_acknowledgement(&mut self, session: SessionId, tick: Tick) {
        let Some(client) = self.clients.get_mut(&session) else { return };
        if client.handle_acknowledgement(tick) == Acknowledged::First
            && let Some(player) = client.player
        {
            self.keys.confirm(player);
        }
    }

    /// A client's window has another size.
    pub fn handle_viewport(&mut self, session: SessionId, viewport: Viewport) {
        if let Some(client) = self.clients.get_mut(&session) {
            client.handle_viewport(viewport);
        }
    }

    /// A client's replica is wrong: it gets everything anew.
    pub fn handle_recover(&mut self, session: SessionId) {
        let now = self.tick;
        if let Some(client) = self.clients.get_mut(&session) {
            client.handle_recover(now);
        }
    }

    /// The snapshot of `tick` did not fit into a session's outbox, and none after it was put there.
    pub fn handle_overrun(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(&session) {
            client.handle_overrun(tick);
        }
    }

    /// The snapshot of `tick` was not made for a session, because the server is behind.
    pub fn handle_shed(&mut self, session: SessionId, tick: Tick) {
        if let Some(client) = self.clients.get_mut(&session) {
            client.handle_shed(tick);
        }
    }

    /// So many ticks were left out: for an empty room, too, time has passed.
    pub fn handle_skipped(&mut self, ticks: u64) {
        if self.is_empty() {
            self.empty_ticks = self.empty_ticks.saturating_add(ticks.try_into().unwrap_or(u32::MAX));
        }
    }

    /// Advances the world by one tick.
    pub fn step(&mut self) -> Step<S::Game> {
        let closed = self.dismiss();
        self.tick = self.tick.next();
        let (commands, reports) = self.take_commands();
        self.journal.record(self.tick, &commands);
        let outcome = self.world.step(&commands);
        self.roster.note(outcome);
        let deliveries = self.deliveries(&reports);
        let starts_anew = deliveries.iter().any(|(_, delivery)| delivery.saw.is_none());
        let sections = [self.roster.poll_section(self.tick), self.roster.encode_all(starts_anew)];
        let frame = self.replication.encode(self.tick, self.world.entities(), sections);
        self.empty_ticks = if self.is_empty() { self.empty_ticks + 1 } else { 0 };
        let is_over = self.empty_ticks > EMPTY_GRACE_S * u32::from(self.options.tick_rate);
        Step { frame, deliveries, closed, is_over }
    }

    /// Who is gone, and whose connection is to be closed for it.
    fn dismiss(&mut self) -> Vec<(SessionId, CloseReason)> {
        self.keys.overdue(self.tick).into_iter().for_each(|player| self.free(player));
        let stuck = |(session, client): (&SessionId, &Client<_>)| client.is_stuck(self.tick).then_some(*session);
        let stuck: Vec<_> = self.clients.iter().filter_map(stuck).collect();
        stuck.iter().for_each(|session| self.handle_leave(*session, Departure::Lost));
        let mut dismissed = std::mem::take(&mut self.dismissed);
        dismissed.extend(stuck.into_iter().map(|session| (session, CloseReason::NotReading)));
        dismissed
    }

    /// The tick's commands in their canonical order, and what became of whose input.
    fn take_commands(&mut self) -> (Vec<Command<S::Game>>, Reports) {
        self.drones.balance(&mut self.roster, &mut self.joining, &mut self.leaving);
        let mut commands: Vec<_> = std::mem::take(&mut self.leaving).into_iter().map(Command::Leave).collect();
        commands.extend(std::mem::take(&mut self.joining).into_iter().map(Command::Join));
        let mut steers = self.drones.steer(&self.world, self.tick);
        steers.extend(std::mem::take(&mut self.losing).into_iter().map(|player| (player, Default::default())));
        let mut reports = Reports::new();
        for (session, client) in &mut self.clients {
            if let Some((player, applied)) = client.player.zip(client.timeline.take(self.tick)) {
                steers.insert(player, applied.controls);
                reports.insert(*session, applied.report);
            }
        }
        commands.extend(steers.into_iter().map(|(player, controls)| Command::Steer(player, controls)));
        (commands, reports)
    }

    fn deliveries(&mut self, reports: &Reports) -> Vec<(SessionId, Delivery)> {
        let limit = ViewLimit { grid: *self.replication.grid(), size: self.options.view_size };
        let (world, tick) = (&self.world, self.tick);
        let deliver = |(session, client): (&SessionId, &mut Client<S::Game>)| {
            let focus = client.player.map(|player| world.focus(player));
            let report = reports.get(session).copied();
            Some((*session, client.poll_delivery(tick, focus, &limit, report)?))
        };
        self.clients.iter_mut().filter_map(deliver).collect()
    }

    fn extent(&self) -> i32 {
        let extent = S::Game::extent(self.world.rules());
        extent.x.max(extent.y)
    }
}

type Reports = BTreeMap<SessionId, tickcast_protocol::InputReport>;

fn grid_cell_size(extent: i32) -> u16 {
    let least = extent / (256 * tickcast_protocol::Position::UNIT) + 1;
    u16::try_from(CELL_SIZE.max(least)).expect("a world is at most 2^24 units wide")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::{Options, World};
    use crate::journal::Forgetful;

    const OPTIONS: RoomOptions = RoomOptions { tick_rate: 30, seats: 1, spectators: 0, drones: 0, view_size: 512, seed: 0 };

    #[test]
    fn an_empty_room_waits_no_longer_because_it_is_late() {
        let world = World::new(&Options::default(), OPTIONS.tick_rate, OPTIONS.seed);
        let mut room = Room::new("empty".parse().expect("a name"), OPTIONS, world, Box::new(Forgetful));
        assert!(!room.step().is_over);
        room.handle_skipped(u64::from(EMPTY_GRACE_S) * u64::from(OPTIONS.tick_rate) - 1);
        assert!(room.step().is_over);
    }

    #[test]
    fn a_stranger_may_ask_for_as_much_as_the_server_has_itself() {
        let dear = RoomOptions { drones: 100, tick_rate: 90, ..OPTIONS };
        assert!(OPTIONS.check_cost(&dear).is_ok() && dear.check_cost(&dear).is_ok());
        assert_eq!(dear.check_cost(&OPTIONS).err().as_deref(), Some("tick_rate must be at most 60 here, not 90"));
        let crowded = RoomOptions { drones: 17, ..OPTIONS };
        assert_eq!(crowded.check_cost(&OPTIONS).err().as_deref(), Some("drones must be at most 16 here, not 17"));
    }
}
