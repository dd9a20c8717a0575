//! A room and its sessions, as the actors keep them, with lines for sockets.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_arena::Arena;
use tickcast_arena::{Options, World};
use tickcast_game::{Command, Simulation};
use tickcast_protocol::codec::{self, Chunk, DecodeError};
use tickcast_protocol::{ClientMessage, CloseReason, Game, Grid, Hello, ResumeToken, Role, ServerMessage, Tick};
use tickcast_room::Journal;
use tickcast_room::load_shedding::Backlog;
use tickcast_room::replication::{Delivery, TickFrame};
use tickcast_room::{Departure, Room, RoomOptions, SessionId};

use super::connection::{Connection, Excuse, Phase, ToClient, ToServer};
use super::dice::Dice;
use super::inputs::Inputs;
use super::line::Quality;
use super::seats::Seats;
use super::truth::Truth;
use super::view::Sight;

/// How many ticks before their number wraps every other room starts.
const WRAPS_AFTER: i32 = 200;

/// A room and its sessions, and all that it must hold to.
pub(crate) struct Host {
    pub(crate) room: Room<World>,
    options: RoomOptions,
    connections: BTreeMap<SessionId, Connection>,
    pub(crate) truth: Truth,
    pub(crate) seats: Seats,
    inputs: Inputs,
    /// OutboxOverflows of which the room hears a tick later.
    overflows: Vec<(SessionId, Tick)>,
    /// Whether those who send snapshots keep up, and until when they do not.
    backlog: Backlog,
    behind_until: Tick,
    /// What the room has its journal record, and what becomes of a world that is given the same.
    journal: Receiver<Vec<Command<Arena>>>,
    replay: World,
    sessions: u64,
}

/// Keeps everything, for whoever has the other end.
struct Recorder(Sender<Vec<Command<Arena>>>);

impl Journal<Arena> for Recorder {
    fn record(&mut self, _: Tick, commands: &[Command<Arena>]) {
        self.0.send(commands.to_vec()).expect("the host listens");
    }
}

impl Host {
    pub(crate) fn new(options: RoomOptions, arena: &Options) -> Self {
        let (recorder, journal) = channel();
        let world = || World::new(arena, options.tick_rate, options.seed);
        let name = "simulation".parse().expect("a name");
        let start = if options.seed.is_multiple_of(2) { Tick(0) } else { Tick(0).plus(-WRAPS_AFTER) };
        let room = Room::new(name, options.clone(), world(), Box::new(Recorder(recorder))).starting_at(start);
        let grid = Grid::new(Arena::extent(world().rules()), 128).expect("few cells");
        Self {
            room,
            connections: BTreeMap::new(),
            truth: Truth::new(grid, start),
            seats: Seats::new(options.seats, options.ai_players, options.tick_rate),
            inputs: Inputs::new(options.tick_rate),
            overflows: Vec::new(),
            backlog: Backlog::new(options.tick_rate),
            behind_until: start,
            journal,
            replay: world(),
            sessions: 0,
            options,
        }
    }

    pub(crate) const fn now(&self) -> Tick {
        self.room.tick()
    }

    pub(crate) const fn tick_rate(&self) -> i32 {
        self.options.tick_rate as i32
    }

    pub(crate) fn connect(&mut self, quality: Quality, outbox_max: usize) -> SessionId {
        self.sessions += 1;
        self.connections.insert(SessionId(self.sessions), Connection::new(quality, outbox_max, self.now()));
        SessionId(self.sessions)
    }

    pub(crate) fn send(&mut self, session: SessionId, said: ToServer, dice: &mut impl Dice) {
        let now = self.now();
        if let Some(connection) = self.connections.get_mut(&session) {
            connection.up.send(said, now, dice);
        }
    }

    /// What has reached the client, up to `count` of it.
    pub(crate) fn receive(&mut self, session: SessionId, count: usize) -> Vec<ToClient> {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&session) else { return Vec::new() };
        let received = connection.down.receive(now, count);
        if matches!(received.last(), Some(ToClient::Closed(_))) {
            self.connections.remove(&session);
        }
        received
    }

    /// Whether nobody else can join in that role.
    fn is_full(&self, role: &Role) -> bool {
        match role {
            Role::Player(_) => self.seats.people() == usize::from(self.options.seats),
            Role::Spectator => self.spectators() == usize::from(self.options.spectators),
        }
    }

    /// How many watch.
    fn spectators(&self) -> usize {
        self.connections.values().filter(|connection| matches!(connection.phase, Phase::Joined(None))).count()
    }

    /// Whether nobody is left but drones.
    pub(crate) fn is_deserted(&self) -> bool {
        let players = self.room.world().standings().len();
        self.room.is_empty() && self.seats.people() == 0 && players == usize::from(self.options.ai_players)
    }

    /// Nothing gets through before that tick, up or down.
    pub(crate) fn stall(&mut self, session: SessionId, until: Tick, [up, down]: [bool; 2]) {
        if let Some(connection) = self.connections.get_mut(&session) {
            up.then(|| connection.up.stall(until));
            down.then(|| connection.down.stall(until));
        }
    }

    /// Whoever sends snapshots does not keep up before that tick.
    pub(crate) fn fall_behind(&mut self, until: Tick) {
        self.behind_until = until;
    }

    /// When everybody has rested who had to.
    pub(crate) fn is_rested_at(&self) -> Tick {
        self.behind_until.plus(self.tick_rate())
    }

    /// A tick: what has arrived, the room's step, and what is to be sent. Says whether the room is over.
    pub(crate) fn step(&mut self, dice: &mut impl Dice) -> bool {
        let before = self.now();
        let overflows = std::mem::take(&mut self.overflows);
        let sessions: Vec<_> = self.connections.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.hear(session, dice));
        for (session, tick) in overflows {
            self.room.handle_overflow(session, tick);
            self.excuse(session, Excuse::Overflowed);
        }
        self.seats.note_step(before);
        let step = self.room.step();
        for (session, reason) in step.closed {
            self.inputs.forget(session);
            self.seats.note_departure(session, Departure::Lost, before);
            self.close(session, reason, dice);
        }
        self.check(&step.deliveries);
        let kept = self.shed(step.deliveries);
        self.fan_out(&step.frame, &kept, dice);
        step.is_over
    }

    fn hear(&mut self, session: SessionId, dice: &mut impl Dice) {
        let now = self.now();
        let Some(connection) = self.connections.get_mut(&session) else { return };
        for said in connection.up.receive(now, usize::MAX) {
            match said {
                ToServer::Message(bytes) => self.handle_bytes(session, &bytes, dice),
                ToServer::Goodbye => self.end(session, CloseReason::Left, Departure::Left, dice),
                ToServer::Lost => {
                    self.end(session, CloseReason::Left, Departure::Lost, dice);
                    self.connections.remove(&session);
                }
            }
        }
    }

    fn handle_bytes(&mut self, session: SessionId, bytes: &[u8], dice: &mut impl Dice) {
        match codec::decode_client(bytes) {
            Ok(message) => self.handle_message(session, message, dice),
            Err(why) => {
                let reason = match why {
                    DecodeError::MessageTooBig => CloseReason::MessageTooBig,
                    DecodeError::VersionMismatch => CloseReason::VersionMismatch,
                    DecodeError::InvalidMessage(_) => CloseReason::InvalidMessage,
                };
                self.end(session, reason, Departure::Left, dice);
            }
        }
    }

    fn handle_message(&mut self, session: SessionId, message: ClientMessage<Arena>, dice: &mut impl Dice) {
        let Some(connection) = self.connections.get_mut(&session) else { return };
        match (&mut connection.phase, message) {
            (Phase::Closed, _) => {}
            (_, ClientMessage::Ping(number)) => self.tell(session, &ServerMessage::Pong(number), dice),
            (Phase::Connected, ClientMessage::Hello(hello)) => self.join(session, &hello, dice),
            (Phase::Joined(_), ClientMessage::Input(input)) => {
                self.seats.note_arrival(session);
                self.inputs.note(session, &input, self.now());
                self.room.handle_input(session, &input);
            }
            (Phase::Joined(_), ClientMessage::Acknowledge(tick)) => {
                self.seats.note_arrival(session);
                self.room.handle_acknowledgement(session, tick);
            }
            (Phase::Joined(sight), ClientMessage::Viewport(viewport)) => {
                sight.iter_mut().for_each(|sight| sight.asked = viewport);
                self.room.handle_viewport(session, viewport);
            }
            (Phase::Joined(_), ClientMessage::Resync) => {
                self.room.handle_resync(session);
                self.excuse(session, Excuse::Recover);
            }
            _ => self.end(session, CloseReason::InvalidMessage, Departure::Left, dice),
        }
    }

    fn join(&mut self, session: SessionId, hello: &Hello, dice: &mut impl Dice) {
        match self.room.handle_join(session, hello, token(session)) {
            Ok(welcome) => {
                if let Some(seat) = &welcome.seat {
                    self.seats.note_welcome(session, hello.resume.as_ref(), seat);
                }
                let sight = welcome.seat.map(|_| Sight::new(hello.viewport, self.options.view_size));
                self.connections.entry(session).and_modify(|connection| connection.phase = Phase::Joined(sight));
                self.tell(session, &ServerMessage::Welcome(welcome), dice);
            }
            Err(reason) => {
                assert!(self.is_full(&hello.role), "only a full room is full");
                self.seats.note_refusal(hello.resume.as_ref(), reason);
                self.close(session, reason, dice);
            }
        }
    }

    fn tell(&mut self, session: SessionId, message: &ServerMessage<Arena>, dice: &mut impl Dice) {
        let now = self.now();
        if let Some(connection) = self.connections.get_mut(&session) {
            connection.down.send(ToClient::Message(codec::encode_server(message)), now, dice);
        }
    }

    fn end(&mut self, session: SessionId, reason: CloseReason, departure: Departure, dice: &mut impl Dice) {
        if self.connections.get(&session).is_none_or(|connection| matches!(connection.phase, Phase::Closed)) {
            return;
        }
        self.room.handle_leave(session, departure);
        self.inputs.forget(session);
        self.seats.note_departure(session, departure, self.now());
        self.close(session, reason, dice);
    }

    fn close(&mut self, session: SessionId, reason: CloseReason, dice: &mut impl Dice) {
        let now = self.now();
        if let Some(connection) = self.connections.get_mut(&session)
            && !matches!(connection.phase, Phase::Closed)
        {
            connection.phase = Phase::Closed;
            connection.down.send(ToClient::Closed(reason), now, dice);
        }
    }

    fn excuse(&mut self, session: SessionId, why: Excuse) {
        self.connections.entry(session).and_modify(|connection| connection.excuse = Some(why));
    }

    /// Lets some sessions rest if whoever sends snapshots has been behind for too long; says who is left.
    fn shed(&mut self, mut deliveries: Vec<(SessionId, Delivery)>) -> Vec<(SessionId, Delivery)> {
        let tick = self.now();
        let waiting = if self.behind_until.is_newer_than(tick) { usize::MAX } else { 0 };
        self.backlog.record(waiting);
        let backlog = self.backlog;
        let rests = |(session, it): &mut (SessionId, Delivery)| it.previous_view.is_some() && backlog.sheds(*session, tick);
        for (session, _) in deliveries.extract_if(.., rests) {
            self.room.handle_shed(session, tick);
            self.connections.entry(session).and_modify(|connection| connection.shed = Some(tick));
        }
        deliveries
    }

    /// Puts each client's snapshot on its line, if there is room for it.
    fn fan_out(&mut self, frame: &TickFrame<Arena>, deliveries: &[(SessionId, Delivery)], dice: &mut impl Dice) {
        let now = self.now();
        for (session, delivery) in deliveries {
            let connection = self.connections.get_mut(session).expect("only those who are there are told");
            connection.check(delivery, frame.tick(), self.options.tick_rate.into());
            let is_full = delivery.previous_view.is_none();
            let Phase::Joined(sight) = &mut connection.phase else { panic!("{session:?} is told and has not joined") };
            if let (Some(sight), Some(player)) = (sight, self.seats.player(*session)) {
                sight.adjust(frame.tick(), self.options.tick_rate, is_full);
                sight.check(delivery.view, self.room.world().focus(player), self.truth.grid());
            }
            if connection.is_broken && !is_full {
                continue;
            }
            connection.is_broken = connection.down.len() >= connection.outbox_max;
            if connection.is_broken {
                self.overflows.push((*session, frame.tick()));
            } else {
                let mut bytes = Vec::new();
                frame.compose(delivery, &mut Chunk::default(), &mut bytes);
                connection.down.send(ToClient::Message(bytes), now, dice);
            }
        }
    }

    /// The rules of the whole room.
    fn check(&mut self, deliveries: &[(SessionId, Delivery)]) {
        let world = self.room.world();
        self.truth.note(self.room.tick(), world);
        let commands = self.journal.try_recv().expect("a tick is recorded before anyone is shown it");
        self.replay.step(&commands);
        assert_eq!(self.replay.entities(), world.entities(), "the journal is to replay the world");
        self.inputs.check(self.room.tick(), &commands, deliveries, &self.seats);
        self.seats.check(&commands, &world.standings());
        assert_eq!(self.room.humans(), self.seats.people());
        assert_eq!(self.room.spectators(), self.spectators());
    }
}

/// A token that no vandal finds by altering another's.
fn token(session: SessionId) -> ResumeToken {
    ResumeToken(Xoshiro256PlusPlus::seed_from_u64(session.0).random())
}
