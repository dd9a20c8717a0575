//! Rooms in which bots play, and their journals and checkpoints in a store.

use std::time::Duration;

use tickcast::store::{CheckpointIndex, Epoch, MatchId, Operation, Store, Write};
use tickcast_arena::{Arena, ArenaBrain, Controls, Options, Steering, World};
use tickcast_game::{Behaviour, Brain, Playable, Simulation};
use tickcast_protocol::{Angle, Hello, Input, PlayerId, ResumeToken, Role, Viewport};
use tickcast_room::{NewClient, NoObserver, Room, RoomOptions, SessionId};

pub(crate) const TICK_RATE: u16 = 30;
/// Number of ticks between two checkpoints: ten seconds, as in a server.
pub(crate) const CHECKPOINT_TICKS: u32 = 300;

/// What the players of a room do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    /// They hold no controls.
    Idle,
    /// They move about, and change direction about once per second.
    Move,
    /// They aim with a mouse, and send 20 inputs per second.
    Aim,
}

/// A room in which bots play, in a world of the default size.
pub(crate) struct PlayedRoom {
    room: Room<World>,
    brains: Vec<ArenaBrain>,
    held: Vec<Controls>,
    activity: Activity,
    inputs: u64,
}

impl PlayedRoom {
    /// A room that players have just joined. The player in seat `n` has the token [`token`]`(number, n)`.
    pub(crate) fn new(number: u16, players: u16, activity: Activity) -> Self {
        let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (TICK_RATE, 0));
        let world = World::new(&Options::default(), TICK_RATE, number.into());
        let name = room_name(number).parse().expect("the name is valid");
        let mut room = Room::new(name, options, world, Box::new(NoObserver)).with_journal();
        for seat in 0..players {
            let role = Role::Player(format!("Bot {seat}").try_into().expect("the name is valid"));
            let hello = Hello::new::<Arena>(role, Viewport::default());
            let session = SessionId(seat.into());
            let client = NewClient { session, hello: &hello, token: token(number, seat), key: None, permit: None };
            room.handle_join(client, Duration::ZERO).expect("there is a free seat");
        }
        let brains = (0..players).map(|seat| Arena::brain(Behaviour::Wander, TICK_RATE, seat.into())).collect();
        Self { room, brains, held: vec![Controls::default(); players.into()], activity, inputs: 0 }
    }

    /// Number of inputs so far.
    pub(crate) const fn inputs(&self) -> u64 {
        self.inputs
    }

    /// Plays one tick.
    fn step(&mut self) {
        let tick = self.room.tick();
        for seat in 0..self.held.len() as u16 {
            let controls = self.decide(seat);
            if std::mem::replace(&mut self.held[usize::from(seat)], controls) != controls {
                self.inputs += 1;
                self.room.handle_input(SessionId(seat.into()), &Input { tick, acknowledged: tick, controls });
            }
        }
        self.room.step(Duration::from_secs(1) * (tick.0 + 1) / u32::from(TICK_RATE));
    }

    fn decide(&mut self, seat: u16) -> Controls {
        let controls = match self.activity {
            Activity::Idle => return Controls::default(),
            Activity::Move | Activity::Aim => self.brains[usize::from(seat)].decide(PlayerId(seat), None),
        };
        if self.activity == Activity::Move {
            return controls;
        }
        // Two of three ticks have another aim: 20 inputs per second.
        let changes = self.room.tick().0 * 2 / 3;
        let aim = Angle::new((changes * 7 + u32::from(seat) * 10).cast_signed());
        Controls { steering: Steering::Towards(aim), fire: !(changes / 20).is_multiple_of(3), ..controls }
    }
}

/// Writes rooms to a store, as a server does: the journal after each tick, and a checkpoint every ten seconds.
pub(crate) struct RoomWriter<'a> {
    store: &'a dyn Store,
    id: MatchId,
    sequence: u64,
}

impl<'a> RoomWriter<'a> {
    /// Creates the room in the store.
    pub(crate) fn create(store: &'a dyn Store, number: u16, played: &mut PlayedRoom) -> Self {
        let writer = Self { store, id: match_id(number), sequence: 0 };
        let _ = played.room.take_journal();
        writer.submit(
            Operation::Create { name: room_name(number), creator: None, checkpoint: played.room.checkpoint() },
            Some(0),
        );
        writer
    }

    /// Plays ticks and stores them.
    pub(crate) fn play(&mut self, played: &mut PlayedRoom, ticks: u32) {
        for _ in 0..ticks {
            played.step();
            self.sequence += 1;
            let has_checkpoint = self.sequence.is_multiple_of(CHECKPOINT_TICKS.into());
            let checkpoint = has_checkpoint.then(|| played.room.checkpoint());
            let journal = played.room.take_journal();
            let operation = Operation::Append { sequence: self.sequence, journal, checkpoint };
            self.submit(operation, has_checkpoint.then(|| played.room.tick().0));
            if has_checkpoint {
                self.store.flush();
            }
        }
        self.store.flush();
    }

    /// Starts a write. `checkpoint_tick` is the tick of the checkpoint that the operation contains.
    fn submit(&self, operation: Operation, checkpoint_tick: Option<u32>) {
        let index = checkpoint_tick.map(|tick| CheckpointIndex { tick, markers: Vec::new() });
        let done = Box::new(|result: Result<_, _>| result.expect("the store works"));
        self.store.submit(Write {
            room: self.id,
            epoch: Epoch::FIRST,
            operation,
            index,
            stays: Vec::new(),
            listing: None,
            done,
        });
    }
}

/// Name of a room.
pub(crate) fn room_name(number: u16) -> String {
    format!("room-{number}")
}

/// Id of a room.
pub(crate) fn match_id(number: u16) -> MatchId {
    MatchId(u128::from(number).to_be_bytes())
}

/// Token of the player in a seat.
pub(crate) fn token(room: u16, seat: u16) -> ResumeToken {
    ResumeToken((u128::from(room) << 16 | u128::from(seat)).to_le_bytes())
}
