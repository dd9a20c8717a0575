//! A small world and what one client is told of it.

use tickcast_protocol::arena::{
    Arena, Bullet, Damage, Destroyed, Destroyer, Entity, Rock, RockSize, Rules, Ship, Standing, ids,
};
use tickcast_protocol::game::{coast_all, steer_all};
use tickcast_protocol::{
    Angle, Change, Digest, EntityId, EntityMap, Game, Grid, InputReport, MemberKind, PlayerId, PlayerName, Position,
    ResumeToken, RoomEvent, Seat, Snapshot, SnapshotHeader, Tick, Velocity, ViewRect, Welcome,
};

use super::lcg::Lcg;
use super::motion::controls;

const SHIPS: u16 = 8;
const ROCKS: u32 = 10;
const CHECKSUM_EVERY: u32 = 8;
const VIEW_MOVES_EVERY: u32 = 10;
const WORLD_SIZE: u16 = 2048;
const CELL_SIZE: u16 = 128;

/// The truth, what a client has seen of it, and the chances of what happens next.
pub(crate) struct Stream {
    rules: Rules,
    grid: Grid,
    tick: Tick,
    view: ViewRect,
    truth: EntityMap<Entity>,
    seen: EntityMap<Entity>,
    lcg: Lcg,
}

impl Stream {
    pub(crate) fn new(tick: Tick, seed: u32) -> Self {
        let rules = Rules { tick_rate: 30, world_size: WORLD_SIZE };
        let grid = Grid::new(Arena::extent(&rules), CELL_SIZE).expect("few cells");
        let view = ViewRect { left: 2, top: 2, right: 11, bottom: 9 };
        let mut lcg = Lcg(seed);
        let mut truth = EntityMap::default();
        for player in 0..SHIPS {
            truth.insert(ids::ship(PlayerId(player)), Entity::Ship(new_ship(&mut lcg)));
        }
        for number in 0..ROCKS {
            truth.insert(EntityId(ids::SHIPS + number), Entity::Rock(new_rock(&mut lcg)));
        }
        Self { rules, grid, tick, view, truth, seen: EntityMap::default(), lcg }
    }

    pub(crate) fn welcome(&self) -> Welcome<Arena> {
        Welcome {
            seat: Some(Seat { player: PlayerId(0), token: ResumeToken([7; 16]), resumed: false }),
            room: "golden".parse().expect("a room's name"),
            tick_rate: self.rules.tick_rate,
            cell_size: CELL_SIZE,
            rules: self.rules,
        }
    }

    /// Everything anew.
    pub(crate) fn reset(&mut self) -> Snapshot<Arena> {
        self.seen = self.in_view();
        let header = SnapshotHeader {
            reset: Some(self.tick),
            view: Some(self.view),
            checksum: Some(self.checksum()),
            ..SnapshotHeader::default()
        };
        let changes = self.seen.iter().map(|(id, entity)| Change::Set(id, entity.clone())).collect();
        let joined = |player| {
            let kind = if player % 2 == 0 { MemberKind::Person } else { MemberKind::Drone };
            RoomEvent::Joined(PlayerId(player), player_name(player), kind)
        };
        Snapshot { header, room: (0..SHIPS).map(joined).collect(), changes }
    }

    /// The next tick.
    pub(crate) fn step(&mut self) -> Snapshot<Arena> {
        self.tick = self.tick.next();
        let view = self.move_view();
        let steers = self.steer();
        let known: Vec<Change<Arena>> = steers.into_iter().filter(|steer| self.seen.get(steer.id()).is_some()).collect();
        coast_all::<Arena>(&self.rules, &mut self.truth);
        let room = self.interfere();
        let changes = self.tell(known);
        let is_checked = self.tick.0.is_multiple_of(CHECKSUM_EVERY);
        let checksum = is_checked.then(|| self.checksum());
        let is_reported = self.lcg.below(10) == 0;
        let report = is_reported.then(|| InputReport { stamp: self.tick.0 as u8, margin: self.lcg.between(-3, 4) as i8 });
        Snapshot { header: SnapshotHeader { reset: None, report, view, checksum }, room, changes }
    }

    fn steer(&mut self) -> Vec<Change<Arena>> {
        let mut steers = Vec::new();
        for player in 0..SHIPS {
            let id = ids::ship(PlayerId(player));
            if self.truth.get(id).is_some() && self.lcg.below(20) == 0 {
                steers.push(Change::Steer(id, controls(&mut self.lcg)));
            }
        }
        steer_all::<Arena>(&mut self.truth, &steers).expect("only ships that are there steer");
        steers
    }

    /// What no kernel can know: hits, deaths, respawns, new rocks.
    fn interfere(&mut self) -> Vec<RoomEvent<Arena>> {
        let player = PlayerId(self.lcg.below(SHIPS.into()) as u16);
        let ship = ids::ship(player);
        let rock = EntityId(ids::SHIPS + self.lcg.below(ROCKS));
        match self.lcg.below(16) {
            0 | 1 => {
                let damage = Damage { hull: self.lcg.below(101) as u8 };
                self.truth.get_mut(ship).into_iter().for_each(|ship| Arena::patch(ship, &damage));
                Vec::new()
            }
            2 => {
                let hull = self.lcg.below(16) as u8;
                self.truth.get_mut(rock).into_iter().for_each(|rock| Arena::patch(rock, &Damage { hull }));
                Vec::new()
            }
            3 if self.truth.remove(ship).is_some() => self.death(player),
            4 if self.truth.get(ship).is_none() => {
                self.truth.insert(ship, Entity::Ship(new_ship(&mut self.lcg)));
                Vec::new()
            }
            5 => {
                self.truth.insert(rock, Entity::Rock(new_rock(&mut self.lcg)));
                Vec::new()
            }
            6 => {
                self.truth.remove(rock);
                Vec::new()
            }
            7 => {
                let heading = Angle::new(self.lcg.below(1024).cast_signed());
                let bullet = Bullet { position: place(&mut self.lcg), heading, life: 20 };
                self.truth.insert(ids::bullet(ship, self.lcg.below(8) as u8), Entity::Bullet(bullet));
                Vec::new()
            }
            8 => vec![RoomEvent::Left(player), RoomEvent::Joined(player, player_name(player.0 + 100), MemberKind::Person)],
            _ => Vec::new(),
        }
    }

    fn death(&mut self, victim: PlayerId) -> Vec<RoomEvent<Arena>> {
        let by = match self.lcg.below(3) {
            0 => Destroyer::Rock,
            _ => Destroyer::Player(PlayerId((victim.0 + 1) % SHIPS)),
        };
        let standing = Standing { score: self.lcg.below(60_000), kills: self.lcg.below(300) as u16, deaths: 1 };
        let mut events = vec![RoomEvent::Game(Destroyed { victim, by })];
        if self.lcg.below(2) == 0 {
            events.push(RoomEvent::Standing(victim, standing));
        }
        events
    }

    /// What is no longer in view is forgotten at once: nothing more is told of it.
    fn move_view(&mut self) -> Option<ViewRect> {
        if !self.tick.0.is_multiple_of(VIEW_MOVES_EVERY) {
            return None;
        }
        let (left, top) = (self.lcg.between(0, 5) as u8, self.lcg.between(0, 7) as u8);
        let view = ViewRect { left, top, right: left + 9, bottom: top + 7 };
        let grid = self.grid;
        self.seen.retain(|_, entity| view.contains(grid.cell(entity.position())));
        self.view = view;
        Some(view)
    }

    /// Takes what the client has seen to the truth; says how.
    fn tell(&mut self, steers: Vec<Change<Arena>>) -> Vec<Change<Arena>> {
        steer_all::<Arena>(&mut self.seen, &steers).expect("only steers of seen ships are told");
        coast_all::<Arena>(&self.rules, &mut self.seen);
        let truth = self.in_view();
        let mut changes = steers;
        for (id, coasted) in self.seen.iter() {
            if truth.get(id).is_none() && self.view.contains(self.grid.cell(coasted.position())) {
                changes.push(Change::Remove(id));
            }
        }
        for (id, entity) in truth.iter() {
            match self.seen.get(id) {
                Some(coasted) if coasted == entity => {}
                Some(coasted) => changes.push(match Arena::patch_between(coasted, entity) {
                    Some(patch) => Change::Patch(id, patch),
                    None => Change::Set(id, entity.clone()),
                }),
                None => changes.push(Change::Set(id, entity.clone())),
            }
        }
        self.seen = truth;
        changes
    }

    fn in_view(&self) -> EntityMap<Entity> {
        let is_seen = |entity: &Entity| self.view.contains(self.grid.cell(entity.position()));
        self.truth.iter().filter(|(_, entity)| is_seen(entity)).map(|(id, entity)| (id, entity.clone())).collect()
    }

    fn checksum(&self) -> u32 {
        Digest::of_entities::<Arena>(self.seen.iter()).wrapping_add(self.tick.0)
    }
}

fn place(lcg: &mut Lcg) -> Position {
    let extent = i32::from(WORLD_SIZE) - 120;
    Position::at_units(lcg.between(60, extent), lcg.between(60, extent))
}

fn new_ship(lcg: &mut Lcg) -> Ship {
    Ship::new(place(lcg), Angle::new(lcg.between(0, 1023)), 45)
}

fn new_rock(lcg: &mut Lcg) -> Rock {
    let size = [RockSize::Small, RockSize::Medium, RockSize::Large][lcg.below(3) as usize];
    let velocity = Velocity { x: lcg.between(-Rock::VELOCITY_MAX, Rock::VELOCITY_MAX), y: lcg.between(-900, 900) };
    Rock { position: place(lcg), velocity, size, hull: size.hull_full() }
}

fn player_name(number: u16) -> PlayerName {
    PlayerName::try_from(format!("Pilot {number} ✦")).expect("a short name")
}
