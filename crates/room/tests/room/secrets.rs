//! What only one player may know does not reach any other client.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::{CoastContext, Events, Game, Hosted, Protocol, Rng, Secrets, Simulation, World, game};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{Hello, Lifecycle, PlayerId, Replica, ResumeToken, Role, ServerMessage, Viewport, Welcome};
use tickcast_room::{NoObserver, Playback, Room, RoomOptions, SessionId};

use crate::OnTime;

const TICK_RATE: u16 = 30;
/// Enough for several checksums and throws.
const TICKS: u32 = 200;
/// Ticks between two throws.
const THROW_TICKS: u32 = 40;
/// The player whose dice depend on the seed.
const BOB: PlayerId = PlayerId(1);
/// Sessions of the two players and of a spectator.
const SESSIONS: [SessionId; 3] = [SessionId(0), SessionId(1), SessionId(2)];

/// Each player has hidden dice. Those of one player depend on the seed.
#[derive(Serialize, Deserialize)]
struct Dice {
    salt: u8,
    ticks: u32,
    throws: u8,
    hidden: BTreeMap<PlayerId, Vec<u8>>,
}

impl Secrets for Dice {
    type Secret = Vec<u8>;

    fn secret(&self, _: &World<Self>, player: PlayerId) -> Vec<u8> {
        self.hidden.get(&player).cloned().unwrap_or_default()
    }

    fn reshuffle(&mut self, _: &World<Self>, player: PlayerId, mut rng: Rng) {
        let others = self.hidden.iter_mut().filter(|(other, _)| **other != player);
        others.flat_map(|(_, dice)| dice).for_each(|die| *die = rng.between(1..=6) as u8);
    }
}

impl Events for Dice {
    /// The first die of the player who receives the event.
    type Event = u8;
}

impl Game for Dice {
    type Controls = ();
    type Entity = u8;

    fn new(_: &mut World<Self>, seed: u64) -> Self {
        Self { salt: seed as u8, ticks: 0, throws: 0, hidden: BTreeMap::new() }
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u8> {
        Some(5)
    }

    fn step(&mut self, world: &mut World<Self>) {
        if self.ticks.is_multiple_of(THROW_TICKS) {
            self.throws += 1;
            for player in world.players().collect::<Vec<_>>() {
                // The size of a secret differs, too.
                let salt = if player == BOB { self.salt } else { 0 };
                let dice: Vec<_> = (0..5 + salt).map(|die| self.throws * (31 + salt) + die).collect();
                world.send_event_to(player, dice[0]);
                self.hidden.insert(player, dice);
            }
        }
        self.ticks += 1;
    }

    fn coast(_: &mut u8, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }
}

game!(Dice: Secrets, Events);

/// A room with two players and a spectator, and the bytes that each of them has received.
struct Table {
    room: Room<Hosted<Dice>>,
    welcomes: Vec<Welcome<Protocol<Dice>>>,
    received: [Vec<Vec<u8>>; 3],
}

impl Table {
    fn new(seed: u64) -> Self {
        let mut room = empty_room(seed).with_journal();
        let join = |session: SessionId| {
            let name = "Ada".to_owned().try_into().expect("the name is short");
            let role = if session == SESSIONS[2] { Role::Spectator } else { Role::Player(name) };
            let hello = Hello::new::<Protocol<Dice>>(role, Viewport::default());
            room.join(session, &hello, ResumeToken([session.0 as u8; 16])).expect("the room has free seats")
        };
        let welcomes = SESSIONS.map(join).to_vec();
        Self { room, welcomes, received: Default::default() }
    }

    /// Advances the room by one tick. All clients acknowledge it.
    fn tick(&mut self) {
        let step = self.room.tick_on_time(TICK_RATE);
        for (session, delivery) in &step.live.deliveries {
            let mut bytes = Vec::new();
            step.live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
            self.received[session.0 as usize].push(bytes);
            self.room.handle_acknowledgement(*session, self.room.tick());
        }
    }
}

fn empty_room(seed: u64) -> Room<Hosted<Dice>> {
    let options = RoomOptions::default().with(|room| {
        (room.ai_players, room.tick_rate, room.spectator_delay_s) = (0, TICK_RATE, 0);
    });
    let world = Hosted::new(&(), TICK_RATE, seed);
    Room::new("dice".parse().expect("the room name is valid"), options, world, Box::new(NoObserver))
}

#[test]
fn other_clients_receive_nothing_that_depends_on_a_secret() {
    let [one, other] = [0, 1].map(|seed| {
        let mut table = Table::new(seed);
        (0..TICKS).for_each(|_| table.tick());
        table.received
    });
    assert!(one.iter().all(|snapshots| snapshots.len() == TICKS as usize));
    assert_eq!(one[0], other[0], "the other player");
    assert_eq!(one[2], other[2], "the spectator");
    assert_ne!(one[1], other[1], "the player whose secret differs");
}

#[test]
fn replays_contain_nothing_that_depends_on_a_secret() {
    let replayed = |seed| {
        let mut playback = Playback::<Hosted<Dice>>::new(&empty_room(seed).checkpoint()).expect("the checkpoint is valid");
        let mut table = Table::new(seed);
        (0..TICKS).for_each(|_| table.tick());
        let journal = table.room.take_journal();
        let (mut rest, mut snapshots) = (&*journal, Vec::new());
        while let Some(played) = playback.step(&mut rest).expect("the journal is valid") {
            let mut bytes = Vec::new();
            let delivery = played.delivery.expect("the client acknowledges every snapshot");
            played.frame.compose(&delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
            playback.handle_acknowledgement(playback.tick());
            snapshots.push(bytes);
        }
        snapshots
    };
    let snapshots: Vec<_> = replayed(0);
    assert_eq!(snapshots.len(), TICKS as usize);
    assert_eq!(snapshots, replayed(1));
}

#[test]
fn a_player_receives_the_secret_when_it_changes_and_with_each_full_snapshot() {
    let mut table = Table::new(0);
    let mut replica = Replica::new(&table.welcomes[1]).expect("the grid is valid");
    let (mut sections, mut events) = (0, Vec::new());
    for tick in 1..=TICKS {
        if tick == 70 {
            table.room.handle_resync(SESSIONS[1]);
        }
        table.tick();
        let bytes = table.received[1].last().expect("the client receives every tick");
        let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server(bytes) else { panic!("expected a snapshot") };
        sections += u32::from(snapshot.personal.secret.is_some());
        events.extend(replica.apply(&snapshot).expect("no snapshot is lost").private_events);
        assert_eq!(*replica.secret(), table.room.world().secret(BOB), "tick {tick}");
    }
    assert_eq!(sections, TICKS / THROW_TICKS + 1, "one section for each throw, and one for the resync request");
    assert_eq!(events, [31, 62, 93, 124, 155]);
}
