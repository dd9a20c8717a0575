//! The room in which the client plays: a real room with a fixed seed, whose inputs can be delayed.

use std::collections::VecDeque;
use std::time::Duration;

use tickcast_arena::{Arena, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{CloseReason, Hello, Input, Pace, ResumeToken, RoomName, Tick, Viewport, Welcome};
use tickcast_room::{Departure, NewClient, NoObserver, Room, RoomOptions, SessionId};

/// Ticks per second of the room.
pub(crate) const TICK_RATE: u16 = 30;
const SEED: u64 = 1;
/// The first tick. Tick numbers wrap around to 0 in the fourth second of the examination.
const FIRST: Tick = Tick(u32::MAX - 100);

/// With pace on demand, every third tick follows the previous one after this number of periods, as if another player had acted.
const EXTRA_TICK_PERIODS: u16 = 5;

/// A room, and the inputs that are delayed on their way to it.
pub(crate) struct Host {
    room: Room<World>,
    sessions: u64,
    /// Number of ticks by which inputs are delayed on their way to the room.
    input_delay: u32,
    delayed: VecDeque<(u32, SessionId, Input<Arena>)>,
    /// Number of steps so far.
    steps: u32,
    /// When the room ticks. The arena is steady, so a room with pace on demand differs from a real one only in its ticks.
    pace: Pace,
    /// Number of periods of the tick rate since the last tick.
    idle_periods: u16,
    changes: Chunk,
    /// Sessions that the room has closed in the last step.
    closed: Vec<(SessionId, CloseReason)>,
}

impl Host {
    pub(crate) fn new() -> Self {
        let options = RoomOptions::default().with(|room| {
            (room.tick_rate, room.seats, room.ai_players) = (TICK_RATE, 4, 6);
        });
        let world = World::new(&Options::default(), TICK_RATE, SEED);
        let room = Room::new(room_name(), options, world, Box::new(NoObserver)).starting_at(FIRST);
        let (delayed, changes) = (VecDeque::new(), Chunk::default());
        Self {
            room,
            sessions: 0,
            input_delay: 0,
            delayed,
            steps: 0,
            pace: Pace::Steady,
            idle_periods: 0,
            changes,
            closed: Vec::new(),
        }
    }

    /// From now on, the room ticks on demand.
    pub(crate) const fn use_pace_on_demand(&mut self) {
        self.pace = Pace::OnDemand;
    }

    /// When the room ticks.
    pub(crate) const fn pace(&self) -> Pace {
        self.pace
    }

    /// The room's current tick.
    pub(crate) const fn tick(&self) -> Tick {
        self.room.tick()
    }

    /// Lets a client join. Its token is derived from the number of the session.
    pub(crate) fn join(&mut self, hello: &Hello, now: Duration) -> Result<(SessionId, Welcome<Arena>), CloseReason> {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let mut token = [0xa5; 16];
        token[..8].copy_from_slice(&self.sessions.to_le_bytes());
        let client = NewClient { session, hello, token: ResumeToken(token), key: None, permit: None };
        self.room.handle_join(client, now).map(|welcome| (session, Welcome { pace: self.pace, ..welcome }))
    }

    /// Handles the loss of a client's connection.
    pub(crate) fn lose(&mut self, session: SessionId, now: Duration) {
        self.room.handle_leave(session, Departure::Lost, now);
    }

    /// Delays the inputs that arrive from now on by this number of ticks. If the number is 0, also delivers the inputs that
    /// are still delayed.
    pub(crate) fn delay_inputs(&mut self, ticks: u32) {
        self.input_delay = ticks;
        if ticks == 0 {
            self.deliver(u32::MAX);
        }
    }

    /// Handles an input. The room receives the acknowledgement in the input at once, and the controls in the input after
    /// the delay. Returns the margin with which the controls arrive, in ticks.
    pub(crate) fn handle_input(&mut self, session: SessionId, input: Input<Arena>) -> i32 {
        self.room.handle_acknowledgement(session, input.acknowledged);
        let margin = input.tick.since(self.tick().next()) - self.input_delay.cast_signed();
        if self.input_delay == 0 {
            self.room.handle_input(session, &input);
        } else {
            self.delayed.push_back((self.steps + self.input_delay, session, input));
        }
        margin
    }

    pub(crate) fn handle_acknowledgement(&mut self, session: SessionId, tick: Tick) {
        self.room.handle_acknowledgement(session, tick);
    }

    pub(crate) fn handle_viewport(&mut self, session: SessionId, viewport: Viewport) {
        self.room.handle_viewport(session, viewport);
    }

    /// Makes the next snapshot of this client a full one.
    pub(crate) fn resync(&mut self, session: SessionId) {
        self.room.handle_resync(session);
    }

    /// Sheds the client: it misses the snapshot of the current tick, gets no snapshots for a second, and then a full one.
    pub(crate) fn omit_snapshot(&mut self, session: SessionId) {
        self.room.handle_shed(session, self.tick());
    }

    /// Advances the room by one period of its tick rate. Returns the client's snapshot, unless flow control holds it back, or no
    /// tick is due.
    pub(crate) fn step(&mut self, client: Option<SessionId>, now: Duration) -> Option<Vec<u8>> {
        self.closed.clear();
        if !self.is_tick_due() {
            return None;
        }
        self.steps += 1;
        self.deliver(self.steps);
        let step = self.room.step(now);
        self.closed = step.closed;
        let (_, delivery) = step.live.deliveries.iter().find(|(session, _)| Some(*session) == client)?;
        let mut bytes = Vec::new();
        step.live.frame.compose(delivery, &mut self.changes, &mut bytes).expect("an arena is encoded without panics");
        Some(bytes)
    }

    fn is_tick_due(&mut self) -> bool {
        self.idle_periods += 1;
        let is_extra = self.steps.is_multiple_of(3) && self.idle_periods >= EXTRA_TICK_PERIODS;
        let is_due = match self.pace {
            Pace::Steady => true,
            Pace::OnDemand => self.room.is_tick_requested() || is_extra || self.idle_periods >= TICK_RATE,
        };
        if is_due {
            self.idle_periods = 0;
        }
        is_due
    }

    /// If the room has closed this session in the last step, returns the reason.
    pub(crate) fn close_reason(&self, session: SessionId) -> Option<CloseReason> {
        self.closed.iter().find(|(closed, _)| *closed == session).map(|(_, reason)| *reason)
    }

    fn deliver(&mut self, until: u32) {
        while let Some((_, session, input)) = self.delayed.pop_front_if(|(due, ..)| *due <= until) {
            self.room.handle_input(session, &input);
        }
    }
}

/// The tick of the room at this time. Assumes that no tick was late.
pub(crate) fn tick_at(now: Duration) -> Tick {
    let ticks = now.as_millis() * u128::from(TICK_RATE) / 1000;
    FIRST.plus(i32::try_from(ticks).expect("an examination takes less than two years"))
}

/// The name of the room.
pub(crate) fn room_name() -> RoomName {
    "conformance".parse().expect("the name is valid")
}
