//! Whole rooms without sockets: whatever happens, every client's replica is the server's world as far as its view goes.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast::arena::{Options, World};
use tickcast::journal::{Forgetful, Journal};
use tickcast::room::{Departure, Room, RoomOptions, SessionId};
use tickcast::simulation::{Command, Simulation};
use tickcast_protocol::arena::{Arena, Controls, Entity, Ship, Steering};
use tickcast_protocol::{
    Angle, EntityId, EntityMap, Game, Grid, Hello, Input, Position, Replica, ResumeToken, Role, ServerMessage, Snapshot,
    Tick, ViewRect, Viewport, Welcome, codec,
};

/// Standings are told every so many ticks.
const STANDINGS_TICKS: u32 = 8;

/// A room with clients of all sorts, driven by one seed.
struct Play {
    seed: u64,
    random: Xoshiro256PlusPlus,
    room: Room<World>,
    clients: BTreeMap<SessionId, FakeClient>,
    sessions: u64,
}

/// A client that may be slow: what it was sent waits until it reads.
struct FakeClient {
    welcome: Welcome<Arena>,
    replica: Replica<Arena>,
    unread: Vec<Vec<u8>>,
    stalls_until: Tick,
}

impl Play {
    fn new(seed: u64) -> Self {
        Self::with_journal(seed, Box::new(Forgetful))
    }

    fn with_journal(seed: u64, journal: Box<dyn Journal<Arena>>) -> Self {
        let options = RoomOptions { seats: 40, drones: 8, view_size: 700, seed, ..RoomOptions::default() };
        let world = new_world(seed);
        let room = Room::new("play".parse().expect("a name"), options, world, journal);
        Self { seed, random: Xoshiro256PlusPlus::seed_from_u64(seed), room, clients: BTreeMap::new(), sessions: 0 }
    }

    fn join(&mut self) {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let role = match self.random.random_range(0..8_u32) {
            0 => Role::Spectator,
            _ => Role::Player("Ada".to_owned().try_into().expect("a name")),
        };
        let size = self.random.random_range(0..900_u16);
        let viewport = Viewport { width: size, height: size / 2 };
        let hello = Hello::new::<Arena>(role, viewport);
        let token = ResumeToken(self.random.random());
        if let Ok(welcome) = self.room.handle_join(session, &hello, token) {
            let replica = Replica::new(&welcome).expect("a sound welcome");
            let client = FakeClient { welcome, replica, unread: Vec::new(), stalls_until: Tick(0) };
            self.clients.insert(session, client);
        }
    }

    /// Somebody comes, goes, stalls, loses their copy or gets another window.
    fn disturb(&mut self) {
        let now = self.room.tick();
        let index = self.random.random_range(0..self.clients.len().max(1) as u64) as usize;
        let Some(session) = self.clients.keys().copied().nth(index) else { return };
        match self.random.random_range(0..200_u32) {
            0 => {
                self.clients.remove(&session);
                self.room.handle_leave(session, Departure::Left);
            }
            1 => self.clients.get_mut(&session).expect("it is there").stalls_until = now.plus(150),
            2 => self.room.handle_recover(session),
            3 => self.room.handle_viewport(session, Viewport { width: 300, height: 1200 }),
            4 => {
                // The last snapshot does not fit into the outbox.
                self.clients.get_mut(&session).expect("it is there").unread.pop();
                self.room.handle_overrun(session, now);
            }
            _ => {}
        }
    }

    fn steer(&mut self) {
        for (session, client) in &self.clients {
            let Some(acknowledged) = client.replica.tick() else { continue };
            if self.random.random_range(0..10_u32) == 0 {
                let tick = acknowledged.plus(self.random.random_range(-3..8_i32));
                let controls = random_controls(&mut self.random);
                self.room.handle_input(*session, &Input { tick, acknowledged, controls });
            }
        }
    }

    fn step(&mut self) {
        let step = self.room.step();
        assert!(step.closed.iter().all(|(session, _)| self.clients.remove(session).is_some()));
        for (session, delivery) in &step.deliveries {
            let mut bytes = Vec::new();
            step.frame.compose(delivery, &mut codec::Chunk::default(), &mut bytes);
            self.clients.get_mut(session).expect("only those who are there are told").unread.push(bytes);
        }
        let now = self.room.tick();
        for (session, client) in &mut self.clients {
            if client.stalls_until.is_newer_than(now) {
                continue;
            }
            for bytes in std::mem::take(&mut client.unread) {
                let ServerMessage::Snapshot(snapshot) = codec::decode_server(&bytes).expect("a message") else {
                    panic!("rooms send snapshots");
                };
                check_bytes(&snapshot, &bytes);
                client.replica.apply(&snapshot).unwrap_or_else(|why| panic!("seed {}: {session:?}: {why}", self.seed));
            }
            if let Some(tick) = client.replica.tick() {
                self.room.handle_acknowledgement(*session, tick);
                if tick == now {
                    check_replica(&self.room, client, self.seed);
                }
            }
        }
    }
}

fn new_world(seed: u64) -> World {
    World::new(&Options { world_size: 1500, rocks: 12, orbs: 20 }, RoomOptions::default().tick_rate, seed)
}

/// What is composed from parts is what encoding the whole gives.
fn check_bytes(snapshot: &Snapshot<Arena>, bytes: &[u8]) {
    assert_eq!(codec::encode_server(&ServerMessage::Snapshot(snapshot.clone())), bytes);
}

/// The replica is the world as far as the view goes, no less and no more.
fn check_replica(room: &Room<World>, client: &FakeClient, seed: u64) {
    let view = client.replica.view().expect("it has a view");
    let grid = Grid::new(Arena::extent(&client.welcome.rules), client.welcome.cell_size).expect("few cells");
    let in_view = |place: Position| view.contains(grid.cell(place));
    let expected: EntityMap<Entity> = room
        .world()
        .entities()
        .iter()
        .filter(|(_, entity)| in_view(entity.position()))
        .map(|(id, entity)| (id, entity.clone()))
        .collect();
    name_difference(client.replica.entities(), &expected, &format!("seed {seed}, tick {}", room.tick().0));
    if room.tick().0.is_multiple_of(STANDINGS_TICKS) {
        for (player, standing) in room.world().standings() {
            assert_eq!(client.replica.members()[&player].standing, standing, "seed {seed}, {player:?}");
        }
    }
}

/// Fails at the first entity that differs, with its fields.
fn name_difference(replica: &EntityMap<Entity>, world: &EntityMap<Entity>, when: &str) {
    for (id, truth) in world.iter() {
        let held = replica.get(id).unwrap_or_else(|| panic!("{when}: {id:?} is missing: {truth:?}"));
        let (held, truth) = (format!("{held:#?}"), format!("{truth:#?}"));
        let differing: Vec<_> = held.lines().zip(truth.lines()).filter(|(one, other)| one != other).collect();
        assert!(differing.is_empty(), "{when}: {id:?} differs in (replica, world): {differing:#?}");
    }
    let extra = replica.iter().find(|(id, _)| world.get(*id).is_none());
    assert!(extra.is_none(), "{when}: the world has no {extra:?}");
}

#[test]
#[should_panic(expected = "tick 9: EntityId(3) differs in (replica, world)")]
fn a_difference_is_told_by_tick_entity_and_field() {
    let ship = |hull| Entity::Ship(Ship { hull, ..Ship::new(Position::default(), Angle::new(0), 0) });
    let map = |hull| [(EntityId(3), ship(hull))].into_iter().collect();
    name_difference(&map(99), &map(100), "tick 9");
}

fn random_controls(random: &mut Xoshiro256PlusPlus) -> Controls {
    let steering = match random.random_range(0..4_u32) {
        0 => Steering::Ahead,
        1 => Steering::Left,
        2 => Steering::Right,
        _ => Steering::Towards(Angle::new(random.random_range(0..1024_i32))),
    };
    Controls { steering, thrust: random.random_range(0..4_u32) > 0, fire: random.random_range(0..2_u32) > 0 }
}

#[test]
fn every_replica_is_the_world_as_far_as_its_view_goes() {
    for seed in 0..40 {
        let mut play = Play::new(seed);
        for tick in 0..700 {
            if tick % 20 == 0 {
                play.join();
            }
            play.disturb();
            play.steer();
            play.step();
        }
        assert!(play.clients.values().any(|client| client.replica.tick() == Some(play.room.tick())));
    }
}

/// Keeps everything, for whoever has the other end.
struct Recorder(Sender<Vec<Command<Arena>>>);

impl Journal<Arena> for Recorder {
    fn record(&mut self, _: Tick, commands: &[Command<Arena>]) {
        self.0.send(commands.to_vec()).expect("the test listens");
    }
}

#[test]
fn a_journal_replays_the_room_to_the_bit() {
    let (journal, recorded) = channel();
    let mut play = Play::with_journal(5, Box::new(Recorder(journal)));
    for tick in 0..600 {
        if tick % 50 == 0 {
            play.join();
        }
        play.disturb();
        play.steer();
        play.step();
    }
    let mut replayed = new_world(5);
    for commands in recorded.try_iter() {
        replayed.step(&commands);
    }
    assert_eq!(replayed.hash(), play.room.world().hash());
    assert_eq!(&replayed, play.room.world());
}

#[test]
fn nothing_far_outside_the_view_leaves_the_server() {
    let mut play = Play::new(99);
    (0..6).for_each(|_| play.join());
    for _ in 0..400 {
        play.steer();
        play.step();
        for client in play.clients.values() {
            let (Some(view), Some(player)) = (client.replica.view(), client.welcome.player()) else { continue };
            let focus = play.room.world().focus(player);
            let grid = Grid::new(Arena::extent(&client.welcome.rules), client.welcome.cell_size).expect("few cells");
            // Half the greatest view, and a cell of slack on each side.
            let allowed = grid.around(focus, (350 + 128) * Position::UNIT, (350 + 128) * Position::UNIT);
            assert_eq!(view.intersection(&allowed), Some(view), "{view:?} is to lie within {allowed:?}");
        }
    }
}

#[test]
fn a_view_does_not_flap_along_a_border_of_cells() {
    let grid = Grid::new(Position::at_units(4096, 4096), 128).expect("few cells");
    let around = |x: i32| grid.around(Position::at_units(x, 2000), 400 * Position::UNIT, 400 * Position::UNIT);
    let mut view: ViewRect = around(2000);
    let mut changes = 0;
    for step in 0..1000 {
        let next = view.following(around(if step % 2 == 0 { 2031 } else { 2033 }), 1);
        changes += u32::from(next != view);
        view = next;
    }
    assert!(changes <= 1, "{changes} changes");
}
