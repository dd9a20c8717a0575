//! Generator of snapshot streams: simulates a small world and creates the snapshots for one client.

use tickcast_arena::{
    Arena, Bullet, Destroyed, Destroyer, Entity, Event, Patch, Podium, Rock, RockSize, Rules, Ship, Standing, ids,
};
use tickcast_game::protocol::message::apply_controls;
use tickcast_game::protocol::world::coast_all;
use tickcast_game::protocol::{
    Angle, Change, Digest, EntityId, EntityMap, GameProtocol, Grid, InputReport, Pace, PlayerId, PlayerKind, PlayerName,
    Position, ResumeToken, RoomEvent, Seat, Snapshot, SnapshotHeader, Tick, Velocity, ViewRect, Welcome,
};

use super::lcg::Lcg;
use super::motion::controls;

const SHIPS: u16 = 8;
/// Number of players that a full snapshot lists. The next snapshot lists the others.
const LISTED_AT_ONCE: u16 = 5;
const ROCKS: u32 = 10;
const CHECKSUM_EVERY: u32 = 8;
const VIEW_MOVES_EVERY: u32 = 10;
const WORLD_SIZE: u16 = 2048;
const CELL_SIZE: u16 = 128;

/// State of a stream: the world, and the client's replica of it.
pub(crate) struct Stream {
    rules: Rules,
    grid: Grid,
    tick: Tick,
    view: ViewRect,
    /// All entities of the world.
    truth: EntityMap<Entity>,
    /// The entities in the client's replica.
    replicated: EntityMap<Entity>,
    /// Number of players listed since the last full snapshot.
    listed: u16,
    lcg: Lcg,
}

impl Stream {
    pub(crate) fn new(tick: Tick, seed: u32) -> Self {
        let rules = Rules { tick_rate: 30, world_size: WORLD_SIZE, round_s: 0 };
        let grid = Grid::new(Arena::extent(&rules), CELL_SIZE).expect("the grid is valid");
        let view = ViewRect { left: 2, top: 2, right: 11, bottom: 9 };
        let mut lcg = Lcg(seed);
        let mut truth = EntityMap::default();
        for player in 0..SHIPS {
            truth.insert(ids::ship(PlayerId(player)), Entity::Ship(random_ship(&mut lcg)));
        }
        for number in 0..ROCKS {
            truth.insert(EntityId(ids::SHIPS + number), Entity::Rock(random_rock(&mut lcg)));
        }
        Self { rules, grid, tick, view, truth, replicated: EntityMap::default(), listed: SHIPS, lcg }
    }

    pub(crate) fn welcome(&self) -> Welcome<Arena> {
        Welcome {
            seat: Some(Seat { player: PlayerId(0), token: ResumeToken([7; 16]), resumed: false }),
            room: "golden".parse().expect("the room name is valid"),
            tick_rate: self.rules.tick_rate,
            pace: Pace::Steady,
            cell_size: CELL_SIZE,
            rules: self.rules,
        }
    }

    /// A full snapshot of the current tick.
    pub(crate) fn full_snapshot(&mut self) -> Snapshot<Arena> {
        self.replicated = self.in_view();
        let header = SnapshotHeader {
            full: Some(self.tick),
            view: Some(self.view),
            checksum: Some(self.checksum()),
            ..SnapshotHeader::default()
        };
        let changes = self.replicated.iter().map(|(id, entity)| Change::Upsert(id, entity.clone())).collect();
        self.listed = LISTED_AT_ONCE;
        Snapshot { header, room: (0..LISTED_AT_ONCE).map(present).collect(), changes, ..Snapshot::default() }
    }

    /// Advances by one tick and returns the delta snapshot of the new tick.
    pub(crate) fn step(&mut self) -> Snapshot<Arena> {
        self.tick = self.tick.next();
        let view = self.move_view();
        let mut controls = self.change_controls();
        controls.retain(|change| self.replicated.get(change.id()).is_some());
        coast_all::<Arena>(&self.rules, &mut self.truth);
        let mut room = self.interact();
        room.extend((self.listed..SHIPS).map(present));
        self.listed = SHIPS;
        let changes = self.replicate(controls);
        let is_checked = self.tick.0.is_multiple_of(CHECKSUM_EVERY);
        let checksum = is_checked.then(|| self.checksum());
        let is_reported = self.lcg.below(10) == 0;
        let report = is_reported.then(|| InputReport { stamp: self.tick.0 as u8, margin: self.lcg.between(-3, 4) as i8 });
        Snapshot { header: SnapshotHeader { full: None, report, view, checksum }, room, changes, ..Snapshot::default() }
    }

    /// Changes the controls of random ships.
    fn change_controls(&mut self) -> Vec<Change<Arena>> {
        let mut changes = Vec::new();
        for player in 0..SHIPS {
            let id = ids::ship(PlayerId(player));
            if self.truth.get(id).is_some() && self.lcg.below(20) == 0 {
                changes.push(Change::Controls(id, controls(&mut self.lcg)));
            }
        }
        apply_controls::<Arena>(&mut self.truth, &changes).expect("the ships are in the world");
        changes
    }

    /// Makes at most one random change that the kernel does not compute, for example damage, destruction, a respawn, or a
    /// new or removed rock. Returns the room events.
    fn interact(&mut self) -> Vec<RoomEvent<Arena>> {
        let player = PlayerId(self.lcg.below(SHIPS.into()) as u16);
        let ship = ids::ship(player);
        let rock = EntityId(ids::SHIPS + self.lcg.below(ROCKS));
        match self.lcg.below(16) {
            0 | 1 => {
                let patch = Patch::Hull { hull: self.lcg.below(101) as u8, orb: self.lcg.below(2) == 0 };
                if let Some(ship) = self.truth.get_mut(ship) {
                    Arena::patch(ship, &patch);
                }
                Vec::new()
            }
            2 => {
                let patch = Patch::Hull { hull: self.lcg.below(16) as u8, orb: false };
                if let Some(rock) = self.truth.get_mut(rock) {
                    Arena::patch(rock, &patch);
                }
                Vec::new()
            }
            11 => {
                let patch = Patch::Rebound(random_rock(&mut self.lcg).velocity);
                if let Some(rock) = self.truth.get_mut(rock) {
                    Arena::patch(rock, &patch);
                }
                Vec::new()
            }
            3 if self.truth.remove(ship).is_some() => self.death(player),
            4 if self.truth.get(ship).is_none() => {
                self.truth.insert(ship, Entity::Ship(random_ship(&mut self.lcg)));
                Vec::new()
            }
            5 => {
                self.truth.insert(rock, Entity::Rock(random_rock(&mut self.lcg)));
                Vec::new()
            }
            6 => {
                self.truth.remove(rock);
                Vec::new()
            }
            7 => {
                let heading = Angle::new(self.lcg.below(1024).cast_signed());
                let bullet = Bullet { position: random_position(&mut self.lcg), heading, life: 20 };
                self.truth.insert(ids::bullet(ship, self.lcg.below(8) as u8, 0), Entity::Bullet(bullet));
                Vec::new()
            }
            10 => vec![RoomEvent::Game(Event::Collected(player))],
            9 => vec![RoomEvent::Game(Event::RoundEnded(Podium::new([(player, self.lcg.below(900) + 1)].into_iter())))],
            8 => vec![RoomEvent::Left(player), RoomEvent::Joined(player, player_name(player.0 + 100), PlayerKind::Human)],
            _ => Vec::new(),
        }
    }

    fn death(&mut self, victim: PlayerId) -> Vec<RoomEvent<Arena>> {
        let by = match self.lcg.below(3) {
            0 => Destroyer::Rock,
            _ => Destroyer::Player(PlayerId((victim.0 + 1) % SHIPS)),
        };
        let (score, kills) = (self.lcg.below(60_000), self.lcg.below(300) as u16);
        let standing = Standing { score, kills, deaths: 1, streak: kills / 2 };
        let mut events = vec![RoomEvent::Game(Event::Destroyed(Destroyed { victim, by }))];
        if self.lcg.below(2) == 0 {
            events.push(RoomEvent::Standing(victim, standing));
        }
        events
    }

    /// Every [`VIEW_MOVES_EVERY`] ticks, moves the view and removes the entities outside it from the replica. Returns the
    /// view if it was moved.
    fn move_view(&mut self) -> Option<ViewRect> {
        if !self.tick.0.is_multiple_of(VIEW_MOVES_EVERY) {
            return None;
        }
        let (left, top) = (self.lcg.between(0, 5) as u8, self.lcg.between(0, 7) as u8);
        let view = ViewRect { left, top, right: left + 9, bottom: top + 7 };
        let grid = self.grid;
        self.replicated.retain(|_, entity| view.contains(grid.cell(entity.position())));
        self.view = view;
        Some(view)
    }

    /// Advances the replica by one tick. Returns the changes that a client needs for this: the given changes of controls,
    /// then the differences between the coasted replica and the world in view.
    fn replicate(&mut self, controls: Vec<Change<Arena>>) -> Vec<Change<Arena>> {
        apply_controls::<Arena>(&mut self.replicated, &controls).expect("the ships are in the replica");
        coast_all::<Arena>(&self.rules, &mut self.replicated);
        let truth = self.in_view();
        let mut changes = controls;
        for (id, coasted) in self.replicated.iter() {
            if truth.get(id).is_none() && self.view.contains(self.grid.cell(coasted.position())) {
                changes.push(Change::Despawn(id));
            }
        }
        for (id, entity) in truth.iter() {
            match self.replicated.get(id) {
                Some(coasted) if coasted == entity => {}
                Some(coasted) => changes.push(match Arena::patch_between(coasted, entity) {
                    Some(patch) => Change::Patch(id, patch),
                    None => Change::Upsert(id, entity.clone()),
                }),
                None => changes.push(Change::Upsert(id, entity.clone())),
            }
        }
        self.replicated = truth;
        changes
    }

    fn in_view(&self) -> EntityMap<Entity> {
        let is_in_view = |entity: &Entity| self.view.contains(self.grid.cell(entity.position()));
        self.truth.iter().filter(|(_, entity)| is_in_view(entity)).map(|(id, entity)| (id, entity.clone())).collect()
    }

    fn checksum(&self) -> u32 {
        Digest::of_entities::<Arena>(self.replicated.iter()).wrapping_add(self.tick.0)
    }
}

fn random_position(lcg: &mut Lcg) -> Position {
    let extent = i32::from(WORLD_SIZE) - 120;
    Position::at_units(lcg.between(60, extent), lcg.between(60, extent))
}

fn random_ship(lcg: &mut Lcg) -> Ship {
    Ship::new(random_position(lcg), Angle::new(lcg.between(0, 1023)), 45)
}

fn random_rock(lcg: &mut Lcg) -> Rock {
    let size = [RockSize::Small, RockSize::Medium, RockSize::Large][lcg.below(3) as usize];
    let velocity = Velocity { x: lcg.between(-Rock::VELOCITY_MAX, Rock::VELOCITY_MAX), y: lcg.between(-900, 900) };
    Rock::new(size, random_position(lcg), velocity)
}

fn present(player: u16) -> RoomEvent<Arena> {
    let kind = if player.is_multiple_of(2) { PlayerKind::Human } else { PlayerKind::Ai };
    RoomEvent::Present(PlayerId(player), player_name(player), kind)
}

fn player_name(number: u16) -> PlayerName {
    PlayerName::try_from(format!("Pilot {number} ✦")).expect("the name is short enough")
}
