//! Tests of the recovery of rooms from a checkpoint and the journal that follows it, some of them with random games.

use std::time::Duration;

use proptest::prelude::*;
use tickcast_arena::{Arena, Controls, Entity, Options, Rules, Standing, World};
use tickcast_game::{Command, OptionsError, Outcome, Simulation};
use tickcast_protocol::{EntityMap, Hello, Input, PlayerId, Position, ResumeToken, Role, Tick, Viewport};
use tickcast_room::{
    ClientKey, Departure, NewClient, NoObserver, RESUME_GRACE, RecoverError, Replay, Room, RoomOptions, Schedule, SessionId,
};

const TICK_RATE: u16 = 20;
const PERIOD_MS: u64 = 50;
/// Number of clients in a random game: more than the room has seats.
const CLIENTS: usize = 8;

/// What happens in a random game.
#[derive(Clone, Debug)]
enum Op {
    /// A client joins, or resumes its seat if it has a token.
    Join(usize),
    /// A client leaves or loses its connection.
    Leave(usize, Departure),
    /// A client acknowledges the newest tick.
    Acknowledge(usize),
    /// A client holds controls.
    Hold(usize, Controls),
    /// The room runs a tick this many ms late.
    Tick(u64),
    /// The room is not stepped for this many ms.
    Pause(u64),
}

fn any_op() -> impl Strategy<Value = Op> {
    let client = 0..CLIENTS;
    let departure = prop_oneof![Just(Departure::Left), Just(Departure::Lost)];
    let controls = any::<u16>().prop_map(|bits| Controls::from_bits(bits & 0x3400).unwrap_or_default());
    prop_oneof![
        2 => client.clone().prop_map(Op::Join),
        1 => (client.clone(), departure).prop_map(|(client, departure)| Op::Leave(client, departure)),
        3 => client.clone().prop_map(Op::Acknowledge),
        6 => (client, controls).prop_map(|(client, controls)| Op::Hold(client, controls)),
        12 => (0..40_u64).prop_map(Op::Tick),
        1 => (0..20_000_u64).prop_map(Op::Pause),
    ]
}

fn options() -> RoomOptions {
    RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (TICK_RATE, 4, 3))
}

fn new_room() -> Room<World> {
    let world = World::new(&Options { world_size: 1000, rocks: 6, orbs: 6 }, TICK_RATE, 5);
    Room::new("test".parse().expect("the name is valid"), options(), world, Box::new(NoObserver)).with_journal()
}

/// A room in a random game. Two games that perform the same operations send their rooms the same messages.
struct RandomGame {
    room: Room<World>,
    now_ms: u64,
    sessions: u64,
    clients: [TestClient; CLIENTS],
}

#[derive(Clone, Copy, Default)]
struct TestClient {
    session: Option<SessionId>,
    token: Option<ResumeToken>,
}

impl RandomGame {
    fn new(room: Room<World>) -> Self {
        Self { room, now_ms: 0, sessions: 0, clients: Default::default() }
    }

    /// Continues this game with a room that was recovered. All clients have lost their connections.
    fn recovered(&self, room: Room<World>) -> Self {
        let clients = self.clients.map(|client| TestClient { session: None, ..client });
        Self { room, clients, now_ms: self.now_ms, sessions: self.sessions }
    }

    fn now(&self) -> Duration {
        // As with a real clock, the time is not a whole number of milliseconds.
        Duration::from_millis(self.now_ms) + Duration::from_micros(777)
    }

    fn perform(&mut self, op: &Op) {
        match op {
            Op::Join(client) => self.join(*client),
            Op::Leave(client, departure) => {
                if let Some(session) = self.clients[*client].session.take() {
                    self.room.handle_leave(session, *departure, self.now());
                }
            }
            Op::Acknowledge(client) => {
                if let Some(session) = self.clients[*client].session {
                    self.room.handle_acknowledgement(session, self.room.tick());
                }
            }
            Op::Hold(client, controls) => {
                if let Some(session) = self.clients[*client].session {
                    let tick = self.room.tick();
                    self.room.handle_input(session, &Input { tick: tick.plus(2), acknowledged: tick, controls: *controls });
                }
            }
            Op::Tick(late_ms) => {
                self.now_ms += PERIOD_MS;
                let now = self.now() + Duration::from_millis(*late_ms);
                self.room.step(now);
                self.now_ms += late_ms / 20;
            }
            Op::Pause(ms) => {
                self.now_ms += ms;
                let now = self.now();
                let _: Schedule = self.room.poll_schedule(now);
            }
        }
    }

    fn join(&mut self, client: usize) {
        self.sessions += 1;
        let (session, key) = (SessionId(self.sessions), Some(ClientKey(client as u64 % 2)));
        let role = Role::Player(format!("Ada {}", client % 3).try_into().expect("the name is valid"));
        let hello = Hello { resume: self.clients[client].token, ..Hello::new::<Arena>(role, Viewport::default()) };
        let token = ResumeToken(u128::from(self.sessions).to_le_bytes());
        let new = NewClient { session, hello: &hello, token, key, permit: None };
        if self.room.handle_join(new, self.now()).is_ok() {
            self.clients[client] = TestClient { session: Some(session), token: Some(token) };
        }
    }
}

fn recover(checkpoint: &[u8], journal: &[Vec<u8>]) -> Result<Room<World>, RecoverError> {
    Room::recover(checkpoint, journal.iter().map(Vec::as_slice), Box::new(NoObserver))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_recovered_room_equals_the_original_in_every_tick(
        before in proptest::collection::vec(any_op(), 0..200),
        tail in proptest::collection::vec(any_op(), 0..300),
        after in proptest::collection::vec(any_op(), 0..150),
    ) {
        let mut game = RandomGame::new(new_room());
        before.iter().for_each(|op| game.perform(op));
        let _ = game.room.take_journal();
        let checkpoint = game.room.checkpoint();
        let mut replay = Replay::<World>::new(&checkpoint).expect("the checkpoint is valid");
        prop_assert_eq!(replay.hash(), game.room.hash());
        let mut journal = Vec::new();
        for op in &tail {
            game.perform(op);
            let entries = game.room.take_journal();
            replay.apply(&entries).expect("the journal is valid");
            prop_assert_eq!((replay.tick(), replay.hash()), (game.room.tick(), game.room.hash()), "after {:?}", op);
            journal.push(entries);
        }
        // A recovered room has lost all connections, so it is not compared with the original, but with a twin: a room
        // recovered from a checkpoint of the original's last state.
        let mut twin = game.recovered(recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid"));
        let mut game = game.recovered(recover(&checkpoint, &journal).expect("the journal is valid"));
        prop_assert_eq!(game.room.hash(), twin.room.hash());
        for op in &after {
            game.perform(op);
            twin.perform(op);
            prop_assert_eq!(game.room.hash(), twin.room.hash(), "after {:?}", op);
        }
        prop_assert_eq!(game.room.take_journal(), twin.room.take_journal());
    }

    #[test]
    fn a_damaged_checkpoint_or_journal_is_never_accepted_as_another_room_and_never_panics(
        ops in proptest::collection::vec(any_op(), 20..60),
        position: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let mut game = RandomGame::new(new_room());
        let checkpoint = game.room.checkpoint();
        ops.iter().for_each(|op| game.perform(op));
        let damaged = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            *position.get_mut(&mut bytes) ^= 1 << bit;
            bytes
        };
        prop_assert_eq!(recover(&damaged(&checkpoint), &[]).err(), Some(RecoverError::Damaged));
        // A journal contains no hash: the store adds a hash to each part, and verifies it. A room may therefore accept a
        // damaged journal, but must not panic.
        let _ = recover(&checkpoint, &[damaged(&game.room.take_journal())]);
    }
}

/// A game in which a player joins, acknowledges a tick, and plays.
fn game_with_player() -> RandomGame {
    let mut game = RandomGame::new(new_room());
    for op in [Op::Join(0), Op::Tick(0), Op::Acknowledge(0), Op::Tick(0)] {
        game.perform(&op);
    }
    game
}

#[test]
fn players_resume_their_seats_after_a_recovery() {
    let game = game_with_player();
    let mut game = game.recovered(recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid"));
    assert_eq!((game.room.humans(), game.room.lost_seats(), game.room.now()), (1, 1, Duration::from_millis(100)));
    game.perform(&Op::Join(0));
    assert_eq!((game.room.humans(), game.room.lost_seats()), (1, 0));
}

#[test]
fn a_seat_whose_first_acknowledgement_was_not_recorded_is_kept() {
    let mut game = RandomGame::new(new_room());
    game.perform(&Op::Join(0));
    let game = game.recovered(recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid"));
    assert_eq!(game.room.lost_seats(), 1);
}

#[test]
fn seats_that_nobody_resumes_after_a_recovery_are_free_after_the_grace_period() {
    let game = game_with_player();
    let mut room = recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid");
    let now = room.now();
    assert_eq!(room.poll_schedule(now), Schedule::Tick, "players may return");
    assert_eq!(room.poll_schedule(now + RESUME_GRACE - Duration::from_millis(1)), Schedule::Pause(now + RESUME_GRACE));
    assert_eq!((room.humans(), room.poll_schedule(now + RESUME_GRACE)), (1, Schedule::Close));
    assert_eq!(room.humans(), 0);
}

#[test]
fn a_persistent_room_pauses_and_never_closes() {
    let mut room = new_room().persistent();
    for hours in 0..100 {
        let now = Duration::from_secs(3_600 * hours);
        assert!(matches!(room.poll_schedule(now), Schedule::Pause(until) if until > now));
    }
}

/// An arena with these versions of rules and checkpoints. It counts its steps, but its checkpoints do not contain the
/// count. With `HASHES_STEPS`, its hash depends on the count.
#[derive(serde::Serialize, serde::Deserialize)]
struct Variant<const RULES: u32, const CHECKPOINT: u32, const HASHES_STEPS: bool> {
    world: World,
    #[serde(skip)]
    steps: u64,
}

type Original = Variant<1, 1, false>;
type OtherRules = Variant<2, 1, false>;
type OtherForm = Variant<1, 2, false>;
type Incomplete = Variant<1, 1, true>;

impl<const RULES: u32, const CHECKPOINT: u32, const HASHES_STEPS: bool> Simulation
    for Variant<RULES, CHECKPOINT, HASHES_STEPS>
{
    type Game = Arena;
    type Options = Options;

    const RULES_VERSION: u32 = RULES;
    const CHECKPOINT_VERSION: u32 = CHECKPOINT;

    fn validate(options: &Options) -> Result<(), OptionsError> {
        World::validate(options)
    }

    fn new(options: &Options, tick_rate: u16, seed: u64) -> Self {
        Self { world: World::new(options, tick_rate, seed), steps: 0 }
    }

    fn rules(&self) -> &Rules {
        self.world.rules()
    }

    fn entities(&self) -> &EntityMap<Entity> {
        self.world.entities()
    }

    fn step(&mut self, commands: &[Command<Arena>]) -> Outcome<Arena> {
        self.steps += 1;
        self.world.step(commands)
    }

    fn focus(&self, player: PlayerId) -> Position {
        self.world.focus(player)
    }

    fn standings(&self) -> Vec<(PlayerId, Standing)> {
        self.world.standings()
    }

    fn ai_controls(&self, player: PlayerId) -> Controls {
        self.world.ai_controls(player)
    }

    fn hash(&self) -> u64 {
        self.world.hash() ^ if HASHES_STEPS { self.steps } else { 0 }
    }
}

/// The checkpoint of a room after one tick, and the journal of the next tick.
fn saved<S: Simulation<Game = Arena, Options = Options>>() -> (Vec<u8>, Vec<u8>) {
    let world = S::new(&Options { world_size: 1000, rocks: 1, orbs: 1 }, TICK_RATE, 5);
    let mut room = Room::new("test".parse().expect("valid"), options(), world, Box::new(NoObserver)).with_journal();
    room.step(Duration::from_millis(50));
    let checkpoint = room.checkpoint();
    let _ = room.take_journal();
    room.step(Duration::from_millis(100));
    (checkpoint, room.take_journal())
}

/// Recovers a room as the game `S`, and returns the tick from which it continues.
fn recovered_tick<S: Simulation<Game = Arena>>((checkpoint, journal): &(Vec<u8>, Vec<u8>)) -> Result<Tick, RecoverError> {
    Room::<S>::recover(checkpoint, [journal.as_slice()], Box::new(NoObserver)).map(|room| room.tick())
}

#[test]
fn with_changed_rules_a_room_continues_from_its_checkpoint_without_the_journal() {
    let saved = saved::<Original>();
    assert_eq!(recovered_tick::<Original>(&saved), Ok(Tick(2)));
    assert_eq!(recovered_tick::<OtherRules>(&saved), Ok(Tick(1)));
    assert_eq!(recovered_tick::<OtherForm>(&saved), Err(RecoverError::Unsupported));
}

#[test]
fn a_game_whose_serialized_form_is_incomplete_is_detected() {
    assert_eq!(recovered_tick::<Incomplete>(&saved::<Incomplete>()), Err(RecoverError::Diverged));
}
