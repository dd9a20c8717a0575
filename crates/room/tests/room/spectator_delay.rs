//! Tests of delayed spectators. With a delay of N seconds, a spectator must receive exactly the bytes that a spectator
//! without delay received N seconds earlier. These bytes therefore reveal nothing about the last N seconds.

use proptest::collection::vec;
use proptest::prelude::*;
use tickcast_arena::{Arena, Controls, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{
    CloseReason, Hello, Input, Replica, ResumeToken, Role, ServerMessage, Snapshot, Tick, Viewport, Welcome,
};
use tickcast_room::{Departure, NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;

const RATE: u16 = 10;
const SPECTATOR: SessionId = SessionId(100);
const PLAYERS: u64 = 4;

/// What a player does before a tick.
#[derive(Clone, Copy, Debug)]
enum PlayerAction {
    Join(SessionId),
    Leave(SessionId, Departure),
    Hold(SessionId, Controls),
    Nothing,
}

/// What the spectator sends, or what happens to its snapshots.
#[derive(Clone, Copy, Debug)]
enum SpectatorAction {
    Acknowledge,
    Resync,
    Overflow,
    Shed,
    Nothing,
}

fn player_action() -> impl Strategy<Value = PlayerAction> {
    let session = || (0..PLAYERS).prop_map(SessionId);
    let controls = any::<u16>().prop_map(|bits| Controls::from_bits(bits).unwrap_or_default());
    prop_oneof![
        3 => session().prop_map(PlayerAction::Join),
        1 => (session(), prop_oneof![Just(Departure::Left), Just(Departure::Lost)])
            .prop_map(|(session, departure)| PlayerAction::Leave(session, departure)),
        6 => (session(), controls).prop_map(|(session, controls)| PlayerAction::Hold(session, controls)),
        10 => Just(PlayerAction::Nothing),
    ]
}

fn spectator_action() -> impl Strategy<Value = SpectatorAction> {
    prop_oneof![
        10 => Just(SpectatorAction::Acknowledge),
        1 => Just(SpectatorAction::Resync),
        1 => Just(SpectatorAction::Overflow),
        1 => Just(SpectatorAction::Shed),
        30 => Just(SpectatorAction::Nothing),
    ]
}

/// What a spectator receives at one tick.
#[derive(Debug, Default, PartialEq)]
struct Received {
    snapshot: Option<Vec<u8>>,
    closed: Option<CloseReason>,
}

/// A room, and a spectator in it.
struct Watched {
    room: Room<World>,
    welcome: Option<Welcome<Arena>>,
    /// The spectator's replica, or `None` while the spectator waits for a full snapshot.
    replica: Option<Replica<Arena>>,
    /// The newest tick sent to the spectator.
    sent: Tick,
}

impl Watched {
    fn new(spectator_delay_s: u16) -> Self {
        let options = RoomOptions::default().with(|room| {
            (room.tick_rate, room.ai_players, room.spectator_delay_s) = (RATE, 3, spectator_delay_s);
        });
        let world = World::new(&Options { world_size: 600, rocks: 6, orbs: 6, round_s: 0 }, RATE, 5);
        let room = Room::new("watched".parse().expect("the name is valid"), options, world, Box::new(NoObserver));
        Self { room, welcome: None, replica: None, sent: Tick(0) }
    }

    fn watch(&mut self) {
        let hello = Hello::new::<Arena>(Role::Spectator, Viewport::default());
        let welcome = self.room.join(SPECTATOR, &hello, ResumeToken([0; 16])).expect("there is a place");
        self.welcome = Some(welcome);
    }

    fn handle_player(&mut self, action: PlayerAction) {
        match action {
            PlayerAction::Join(session) => {
                let name = format!("Player {}", session.0).try_into().expect("the name is short");
                let hello = Hello::new::<Arena>(Role::Player(name), Viewport::default());
                self.room.leave(session, Departure::Left, RATE);
                self.room.join(session, &hello, ResumeToken([session.0 as u8; 16])).expect("there are free seats");
            }
            PlayerAction::Leave(session, departure) => self.room.leave(session, departure, RATE),
            PlayerAction::Hold(session, controls) => {
                let tick = self.room.tick();
                self.room.handle_input(session, &Input { tick: tick.next(), acknowledged: tick, controls });
            }
            PlayerAction::Nothing => {}
        }
    }

    fn handle_spectator(&mut self, action: SpectatorAction) {
        match action {
            SpectatorAction::Acknowledge => self.room.handle_acknowledgement(SPECTATOR, self.sent),
            SpectatorAction::Resync => self.room.handle_resync(SPECTATOR),
            SpectatorAction::Overflow => self.room.handle_overflow(SPECTATOR, self.sent),
            SpectatorAction::Shed => self.room.handle_shed(SPECTATOR, self.sent),
            SpectatorAction::Nothing => {}
        }
        if matches!(action, SpectatorAction::Overflow | SpectatorAction::Shed) {
            self.replica = None;
        }
    }

    /// Runs a tick.
    fn step(&mut self) -> Received {
        let step = self.room.tick_on_time(RATE);
        let mut snapshots = Vec::new();
        for tick in std::iter::once(step.live).chain(step.delayed) {
            for (_, delivery) in tick.deliveries.iter().filter(|(session, _)| *session == SPECTATOR) {
                let mut bytes = Vec::new();
                tick.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the arena does not panic");
                self.sent = tick.frame.tick();
                snapshots.push(bytes);
            }
        }
        assert!(snapshots.len() <= 1, "a spectator receives one snapshot per tick");
        let snapshot = snapshots.pop();
        snapshot.iter().for_each(|snapshot| self.apply(snapshot));
        let closed = step.closed.iter().find(|(session, _)| *session == SPECTATOR).map(|(_, reason)| *reason);
        Received { snapshot, closed }
    }

    fn apply(&mut self, bytes: &[u8]) {
        let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server::<Arena>(bytes) else {
            panic!("{bytes:?} is no snapshot")
        };
        let snapshot: Snapshot<Arena> = snapshot;
        if snapshot.header.full.is_some() {
            let welcome = self.welcome.as_ref().expect("the spectator has joined");
            self.replica = Some(Replica::new(welcome).expect("the Welcome is valid"));
        }
        if let Some(replica) = &mut self.replica {
            replica.apply(&snapshot).expect("the stream has no gap");
            assert_eq!(replica.tick(), Some(self.sent));
        }
    }
}

/// Runs a room with a spectator delay of `delay_s` seconds. The spectator joins `delay_s` seconds after tick `joins`. From
/// then on, the spectator performs one action before each tick. Returns, for each tick, what the spectator receives
/// `delay_s` seconds later.
fn stream(players: &[PlayerAction], spectator: &[SpectatorAction], joins: usize, delay_s: u16) -> Vec<Received> {
    let delay = usize::from(delay_s * RATE);
    let mut watched = Watched::new(delay_s);
    let mut stream = Vec::new();
    for tick in 0..players.len() + delay {
        watched.handle_player(players.get(tick).copied().unwrap_or(PlayerAction::Nothing));
        if tick == joins + delay {
            watched.watch();
        } else if tick > joins + delay {
            watched.handle_spectator(spectator[tick - delay]);
        }
        let received = watched.step();
        if tick >= delay {
            stream.push(received);
        } else {
            assert_eq!(received, Received::default());
        }
        if delay == 0
            && let Some(replica) = watched.replica.as_ref().filter(|replica| replica.tick() == Some(watched.room.tick()))
        {
            assert_eq!(replica.entities(), watched.room.world().entities());
        }
    }
    stream
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_delayed_spectator_receives_what_another_one_received_the_delay_ago(
        (players, mut spectator) in (150..350_usize).prop_flat_map(|ticks| {
            (vec(player_action(), ticks), vec(spectator_action(), ticks))
        }),
        silent_from in 0..400_usize,
        joins in 0..80_usize,
        delay_s in 1..8_u16,
    ) {
        spectator.iter_mut().skip(silent_from).for_each(|action| *action = SpectatorAction::Nothing);
        let live = stream(&players, &spectator, joins, 0);
        prop_assert!(live.iter().any(|received| received.snapshot.is_some()));
        prop_assert_eq!(stream(&players, &spectator, joins, delay_s), live);
    }
}

#[test]
fn the_world_is_empty_for_spectators_of_a_room_that_is_younger_than_the_delay() {
    const DELAY_S: u16 = 12;
    let (mut live, mut delayed) = (Watched::new(0), Watched::new(DELAY_S));
    let mut past = vec![(Default::default(), Default::default()); usize::from(DELAY_S * RATE)];
    [&mut live, &mut delayed].into_iter().for_each(Watched::watch);
    for tick in 0..500_u64 {
        let action = if tick % 50 == 0 { PlayerAction::Join(SessionId(tick / 50)) } else { PlayerAction::Nothing };
        for watched in [&mut live, &mut delayed] {
            watched.handle_player(action);
            assert!(watched.step().snapshot.is_some(), "the spectator acknowledges every snapshot");
            watched.handle_spectator(SpectatorAction::Acknowledge);
        }
        let replica = |watched: &Watched| watched.replica.clone().expect("the first snapshot is full");
        let (newest, oldest) = (replica(&live), replica(&delayed));
        assert_eq!(oldest.tick(), Some(live.room.tick().plus(-i32::from(DELAY_S * RATE))));
        assert_eq!(newest.entities(), live.room.world().entities());
        past.push((newest.entities().clone(), newest.players().clone()));
        let (entities, players) = &past[tick as usize];
        assert_eq!((oldest.entities(), oldest.players()), (entities, players), "tick {tick}");
    }
    assert!(!past[0].0.iter().any(|_| true) && past.last().is_some_and(|(entities, _)| entities.iter().count() > 10));
}
