//! Rooms that record all their states.

use std::sync::mpsc;
use std::time::Duration;

use rand::RngExt;
use tickcast::actors::room::{Base, StoredRoom};
use tickcast::store::{Epoch, MatchId, Operation, RoomEntry, Store, StoreError, Write};
use tickcast_arena::{Arena, Controls, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::{Hello, Input, ResumeToken, Role, Viewport};
use tickcast_room::{Departure, NewClient, NoObserver, Room, RoomOptions, SessionId};

use crate::Random;

const TICK_RATE: u16 = 20;
const PERIOD: Duration = Duration::from_millis(50);
/// Number of clients that play in a room, or are absent.
const CLIENTS: u64 = 3;

/// A room that plays and is stored.
pub struct LiveRoom {
    pub entry: RoomEntry,
    pub history: History,
    room: Room<World>,
    epoch: Epoch,
    base: Base,
    now: Duration,
    sessions: u64,
}

/// The states of a room that were submitted to a store, in their order. Each state is represented by the hash of the room
/// that is recovered from it.
#[derive(Clone, Default)]
pub struct History {
    states: Vec<u64>,
    /// Number of states up to the last one that the store has confirmed.
    confirmed: usize,
}

impl History {
    /// Returns the state with this hash: its position in the history.
    pub fn find(&self, hash: u64) -> Option<usize> {
        self.states.iter().rposition(|state| *state == hash)
    }

    /// Whether the store has confirmed a later state than the one at this position.
    pub fn is_outdated(&self, position: usize) -> bool {
        position + 1 < self.confirmed
    }

    /// Adds the states that `later` contains in addition, as states that are not confirmed.
    pub fn extend(&mut self, later: &Self) {
        self.states.extend_from_slice(&later.states[self.states.len()..]);
    }
}

/// A write that may not be done yet.
pub struct Pending {
    result: mpsc::Receiver<Result<(), StoreError>>,
    after: Base,
}

impl LiveRoom {
    /// A new room that is not stored yet.
    pub fn new(number: u8, random: &mut Random) -> Self {
        let options = RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (TICK_RATE, 4, 2));
        let world = World::new(&Options { world_size: 600, rocks: 2, orbs: 2, round_s: 0 }, TICK_RATE, random.random());
        let name = format!("room-{number}");
        let room = Room::new(name.parse().expect("valid"), options, world, Box::new(NoObserver)).with_journal();
        let mut id = [number; 16];
        random.fill(&mut id[1..]);
        let entry = RoomEntry { id: MatchId(id), name, listing: Vec::new() };
        let history = History::default();
        Self { entry, history, room, epoch: Epoch::FIRST, base: Base::Nothing, now: Duration::ZERO, sessions: 0 }
    }

    /// A room that was recovered.
    pub fn recovered(entry: RoomEntry, room: Room<World>, stored: &StoredRoom, history: History) -> Self {
        let now = room.now();
        Self { entry, history, room, epoch: stored.epoch, base: stored.base, now, sessions: CLIENTS }
    }

    /// Runs a tick, before which clients join, play and leave at random.
    pub fn play(&mut self, random: &mut Random) {
        for client in 0..CLIENTS {
            let session = SessionId(self.sessions - self.sessions % CLIENTS + client);
            let tick = self.room.tick();
            match random.random_range(0..40) {
                0 => self.join(client),
                1 => self.room.handle_leave(session, Departure::Lost, self.now),
                2..10 => {
                    let controls = Controls::from_bits(random.random::<u16>() & 0x1801).unwrap_or_default();
                    self.room.handle_input(session, &Input { tick: tick.plus(1), acknowledged: tick, controls });
                }
                _ => {}
            }
        }
        self.now += PERIOD + Duration::from_millis(random.random_range(0..3));
        self.room.step(self.now);
    }

    fn join(&mut self, client: u64) {
        self.sessions += CLIENTS;
        let session = SessionId(self.sessions - self.sessions % CLIENTS + client);
        let role = Role::Player(format!("Ada {client}").try_into().expect("the name is valid"));
        let hello = Hello::new::<Arena>(role, Viewport::default());
        let token = ResumeToken(u128::from(session.0).to_le_bytes());
        // A full room refuses the client.
        let _ = self.room.handle_join(NewClient { session, hello: &hello, token, key: None, permit: None }, self.now);
    }

    /// Submits what has happened since the last write, like `Commits` of the server.
    pub fn submit(&mut self, store: &dyn Store, with_checkpoint: bool) -> Pending {
        let journal = self.room.take_journal();
        let checkpoint = self.room.checkpoint();
        let recovered = Room::<World>::recover(&checkpoint, [], Box::new(NoObserver)).expect("the checkpoint is valid");
        self.history.states.push(recovered.hash());
        let (operation, after) = match self.base {
            Base::Nothing => {
                (Operation::Create { name: self.entry.name.clone(), creator: None, checkpoint }, Base::Journal(0))
            }
            Base::Gap(last) => (Operation::Restart { sequence: last + 1, checkpoint }, Base::Journal(last + 1)),
            Base::Journal(last) => {
                let checkpoint = with_checkpoint.then_some(checkpoint);
                (Operation::Append { sequence: last + 1, journal, checkpoint }, Base::Journal(last + 1))
            }
        };
        let (sender, result) = mpsc::channel();
        // The test has ended if nobody waits for the result.
        let done = Box::new(move |result| drop(sender.send(result)));
        store.submit(Write {
            room: self.entry.id,
            epoch: self.epoch,
            operation,
            index: None,
            stays: Vec::new(),
            listing: None,
            done,
        });
        Pending { result, after }
    }

    /// Waits until a write is done. Returns whether the write has succeeded.
    pub fn wait(&mut self, pending: &Pending) -> bool {
        let result = pending.result.recv().expect("every write is answered");
        match &result {
            Ok(()) => {
                self.base = pending.after;
                self.history.confirmed = self.history.states.len();
            }
            Err(_) => {
                self.base = match self.base {
                    Base::Journal(last) | Base::Gap(last) => Base::Gap(last),
                    Base::Nothing => Base::Nothing,
                }
            }
        }
        result.is_ok()
    }

    /// Writes, and waits until the write is done. Returns whether the write has succeeded.
    pub fn write(&mut self, store: &dyn Store, with_checkpoint: bool) -> bool {
        let pending = self.submit(store, with_checkpoint);
        self.wait(&pending)
    }

    /// Ends the room in the store.
    pub fn close(&self, store: &dyn Store) {
        let (room, epoch) = (self.entry.id, self.epoch);
        store.submit(Write {
            room,
            epoch,
            operation: Operation::Close,
            index: None,
            stays: Vec::new(),
            listing: None,
            done: Box::new(drop),
        });
    }
}
