//! Random games: clients join, leave and play, and the room runs some ticks late, and pauses.

use std::time::Duration;

use proptest::prelude::*;
use tickcast_arena::{Arena, Controls, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::{Hello, Input, ResumeToken, Role, Viewport};
use tickcast_room::{ClientKey, Departure, NewClient, NoObserver, Room, RoomOptions, Schedule, SessionId};

pub const TICK_RATE: u16 = 20;
const PERIOD_MS: u64 = 50;
/// Number of clients in a random game: more than the room has seats.
const CLIENTS: usize = 8;

/// What happens in a random game.
#[derive(Clone, Debug)]
pub enum Op {
    /// A client joins, or resumes its seat if it has a token.
    Join(usize),
    /// A client leaves or loses its connection.
    Leave(usize, Departure),
    /// A client acknowledges the newest tick.
    Acknowledge(usize),
    /// A client sends an input with these controls.
    Hold(usize, Controls),
    /// The room runs a tick this many ms late.
    Tick(u64),
    /// The room runs no tick for this many ms.
    Pause(u64),
}

pub fn any_op() -> impl Strategy<Value = Op> {
    let client = 0..CLIENTS;
    let departure = prop_oneof![Just(Departure::Left), Just(Departure::Lost)];
    let controls = any::<u16>().prop_map(|bits| Controls::from_bits(bits & 0x1801).unwrap_or_default());
    prop_oneof![
        2 => client.clone().prop_map(Op::Join),
        1 => (client.clone(), departure).prop_map(|(client, departure)| Op::Leave(client, departure)),
        3 => client.clone().prop_map(Op::Acknowledge),
        6 => (client, controls).prop_map(|(client, controls)| Op::Hold(client, controls)),
        12 => (0..40_u64).prop_map(Op::Tick),
        1 => (0..20_000_u64).prop_map(Op::Pause),
    ]
}

pub fn options() -> RoomOptions {
    RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (TICK_RATE, 4, 3))
}

pub fn new_room() -> Room<World> {
    let world = World::new(&Options { world_size: 1000, rocks: 6, orbs: 6, round_s: 0 }, TICK_RATE, 5);
    Room::new("test".parse().expect("the name is valid"), options(), world, Box::new(NoObserver)).with_journal()
}

/// A random game: a room, and the clients that send messages to it. Two games that perform the same operations send the
/// same messages to their rooms.
pub struct RandomGame {
    pub room: Room<World>,
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
    pub fn new(room: Room<World>) -> Self {
        Self { room, now_ms: 0, sessions: 0, clients: Default::default() }
    }

    /// Returns this game with the recovered room `room` instead of its own. All clients have lost their connections.
    pub fn recovered(&self, room: Room<World>) -> Self {
        let clients = self.clients.map(|client| TestClient { session: None, ..client });
        Self { room, clients, now_ms: self.now_ms, sessions: self.sessions }
    }

    fn now(&self) -> Duration {
        // As with a real clock, the time is not a whole number of milliseconds.
        Duration::from_millis(self.now_ms) + Duration::from_micros(777)
    }

    pub fn perform(&mut self, op: &Op) {
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
