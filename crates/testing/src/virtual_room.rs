//! A room in virtual time, with scripted clients.

mod client;
mod line;
mod script;

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{ClientMessage, GameProtocol, Pace, ResumeToken, Role, ServerMessage, Team, Tick};
use tickcast_room::{
    Departure, NewClient, NoObserver, Replay, Room, RoomOptions, SessionId, Step, SubmittedAction, TickDeliveries,
};

use crate::arbitrary::Random;
use crate::comparison::History;
use crate::trial::{Violation, require};

pub use client::Client;
use client::ToClient;
pub use line::Line;

/// Seconds for which a scenario waits for a condition.
const UNTIL_S_MAX: u32 = 60;
/// Interval at which rooms send changed standings, in periods of the tick rate. In between, the standings in a replica may be
/// out of date.
const STANDINGS_PERIODS: u32 = 8;

/// A client of a [`VirtualRoom`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientId(usize);

/// A room in virtual time, with scripted clients: the room of the production server without sockets, actors and clocks. Time
/// advances only in [`run`](Self::run), by one period of the tick rate after the other. A steady room ticks in each period. A
/// room with [pace on demand](Pace::OnDemand) ticks in the periods in which clients wait for a tick, and otherwise once per
/// second. The room records a journal, like a room of a server with a store.
///
/// Each client encodes and decodes all messages, stamps its inputs and keeps its replica like a real client. Whenever a client
/// has received a snapshot, its replica is compared with the world of the snapshot's tick: all entities in view, and the
/// standings of all known players.
///
/// Equal calls with equal seeds give equal runs.
pub struct VirtualRoom<S: Simulation> {
    room: Room<S>,
    /// Number of periods of the tick rate since the start.
    now: u32,
    /// The period of the last tick.
    ticked_at: u32,
    clients: Vec<Client<S::Game>>,
    /// Number of sessions opened so far.
    sessions: u64,
    history: History<S::Game>,
    random: Random,
    checkpoint: Vec<u8>,
    /// The journal since the checkpoint.
    journal: Vec<u8>,
}

impl<S: Simulation> VirtualRoom<S> {
    /// A room at 30 ticks per second, without AI players. The seed determines the world, and the delays of all lines.
    #[must_use]
    pub fn new(options: &S::Options, seed: u64) -> Self {
        Self::with_room_options(RoomOptions::default().with(|room| room.ai_players = 0), options, seed)
    }

    /// A room with these options.
    ///
    /// # Panics
    /// If options are invalid.
    #[must_use]
    pub fn with_room_options(room_options: RoomOptions, options: &S::Options, seed: u64) -> Self {
        room_options.validate().expect("the options of the room are valid");
        S::validate(options).expect("the options of the game are valid");
        let tick_rate = room_options.tick_rate;
        let world = S::new(options, tick_rate, seed);
        let name = "virtual".parse().expect("the room name is valid");
        let mut random = Random::new(seed);
        let first_tick = Tick(random.number() as u32);
        let room = Room::new(name, room_options, world, Box::new(NoObserver)).starting_at(first_tick).with_journal();
        Self {
            checkpoint: room.checkpoint(),
            room,
            now: 0,
            ticked_at: 0,
            clients: Vec::new(),
            sessions: 0,
            history: History::new(tick_rate),
            random,
            journal: Vec::new(),
        }
    }

    /// Adds a player on a line without delay, and connects it.
    ///
    /// # Panics
    /// If the name is not valid.
    pub fn join(&mut self, name: &str) -> ClientId {
        self.join_over(name, Line::default())
    }

    /// Adds a player on this line, and connects it.
    ///
    /// # Panics
    /// If the name is not valid.
    pub fn join_over(&mut self, name: &str, line: Line) -> ClientId {
        self.add(Role::Player(name.to_owned().try_into().expect("the player name is valid")), line)
    }

    /// Adds a player on a line without delay, who asks for a team, and connects it.
    ///
    /// # Panics
    /// If the name is not valid.
    pub fn join_team(&mut self, name: &str, team: Team) -> ClientId {
        let role = Role::Player(name.to_owned().try_into().expect("the player name is valid"));
        self.insert(Client::new(role, Line::default()).in_team(team))
    }

    /// Adds a spectator on this line, and connects it.
    pub fn watch_over(&mut self, line: Line) -> ClientId {
        self.add(Role::Spectator, line)
    }

    fn add(&mut self, role: Role, line: Line) -> ClientId {
        self.insert(Client::new(role, line))
    }

    fn insert(&mut self, client: Client<S::Game>) -> ClientId {
        self.clients.push(client);
        let client = ClientId(self.clients.len() - 1);
        self.connect(client);
        client
    }

    /// Opens a connection with which the client resumes its seat, if it has one. If the client is connected already, the room
    /// closes the old connection when the Hello arrives on the new one.
    pub fn connect(&mut self, client: ClientId) {
        self.sessions += 1;
        self.clients[client.0].connect(SessionId(self.sessions), self.now, &mut self.random);
    }

    /// Ends the connection of a client that leaves the game.
    pub fn leave(&mut self, client: ClientId) {
        self.end(client, Departure::Left);
        self.clients[client.0].give_up_seat();
    }

    /// Ends the connection of a client that intends to return.
    pub fn disconnect(&mut self, client: ClientId) {
        self.end(client, Departure::Lost);
    }

    fn end(&mut self, client: ClientId, departure: Departure) {
        if let Some(connection) = self.clients[client.0].connection.take() {
            self.room.handle_leave(connection.session, departure, self.time());
        }
    }

    /// Stops the room and recovers it from its checkpoint and its journal. All connections are lost.
    ///
    /// # Panics
    /// If the recovered room differs from the original.
    pub fn restart(&mut self) {
        if let Err(Violation { what, .. }) = self.try_restart() {
            panic!("{what}");
        }
    }

    pub(crate) fn try_restart(&mut self) -> Result<(), Violation> {
        self.journal.extend(self.room.take_journal());
        let failed = |error| Violation::new(format_args!("the room cannot be recovered: {error}"));
        let mut replay = Replay::<S>::new(&self.checkpoint).map_err(failed)?;
        replay.apply(&self.journal).map_err(failed)?;
        require(replay.hash() == self.room.hash(), || {
            Violation::new("the room that is recovered from its checkpoint and its journal differs from the original")
        })?;
        self.room = Room::from_replay(replay, Box::new(NoObserver));
        drop(self.room.take_journal());
        self.checkpoint = self.room.checkpoint();
        self.journal.clear();
        self.clients.iter_mut().for_each(|client| client.connection = None);
        Ok(())
    }

    /// Advances time by this number of periods of the tick rate. In a steady room, this is the number of ticks.
    ///
    /// # Panics
    /// If a replica differs from the world.
    pub fn run(&mut self, periods: u32) {
        for _ in 0..periods {
            if let Err(Violation { entity, what }) = self.try_step() {
                panic!("period {} since the start, entity {entity:?}: {what}", self.now);
            }
        }
    }

    /// Advances time until the condition holds. `what` describes the condition.
    ///
    /// # Panics
    /// If the condition does not hold within 60 s of virtual time, or if a replica differs from the world.
    pub fn run_until(&mut self, what: &str, mut is_reached: impl FnMut(&Self) -> bool) {
        let end = self.now + UNTIL_S_MAX * u32::from(self.room.options().tick_rate);
        while !is_reached(self) {
            assert!(self.now < end, "not reached after {UNTIL_S_MAX} s: {what}");
            self.run(1);
        }
    }

    /// Advances time by one period.
    pub(crate) fn try_step(&mut self) -> Result<(), Violation> {
        self.now += 1;
        self.deliver_to_room();
        if self.is_tick_due() {
            self.try_tick()?;
        }
        let _ = self.room.poll_schedule(self.time());
        let tick_rate = self.room.options().tick_rate;
        for client in &mut self.clients {
            client.receive(self.now, &self.history).map_err(|violation| {
                let what = format!("{}: {}", client.name(), violation.what);
                Violation { what, ..violation }
            })?;
            client.write(self.now, tick_rate, &mut self.random);
        }
        Ok(())
    }

    fn is_tick_due(&self) -> bool {
        match S::Game::PACE {
            Pace::Steady => true,
            Pace::OnDemand => self.room.is_tick_requested() || self.time_since_tick() >= Pace::IDLE_INTERVAL,
        }
    }

    fn time_since_tick(&self) -> Duration {
        self.time() - self.time_of(self.ticked_at)
    }

    fn try_tick(&mut self) -> Result<(), Violation> {
        let sends_standings = self.sends_standings();
        let step = self.room.step(self.time());
        self.ticked_at = self.now;
        self.journal.extend(self.room.take_journal());
        drop((self.room.take_results(), self.room.take_markers()));
        let world = self.room.ready().is_none().then(|| self.room.world());
        self.history.push(self.room.tick(), world, sends_standings);
        self.send_to_clients(step)
    }

    /// Whether the room sends all changed standings in the next tick, for certain.
    fn sends_standings(&self) -> bool {
        match S::Game::PACE {
            Pace::Steady => self.room.tick().next().0.is_multiple_of(STANDINGS_PERIODS),
            Pace::OnDemand => self.now - self.ticked_at > STANDINGS_PERIODS,
        }
    }

    /// A client.
    #[must_use]
    pub fn client(&self, client: ClientId) -> &Client<S::Game> {
        &self.clients[client.0]
    }

    #[cfg(feature = "wasm")]
    pub(crate) fn take_messages(&mut self, client: ClientId) -> Vec<Vec<u8>> {
        self.clients[client.0].take_messages()
    }

    pub(crate) fn clients(&self) -> impl ExactSizeIterator<Item = (ClientId, &Client<S::Game>)> {
        self.clients.iter().enumerate().map(|(index, client)| (ClientId(index), client))
    }

    /// The world of the last tick.
    #[must_use]
    pub const fn world(&self) -> &S {
        self.room.world()
    }

    /// Number of the last tick. The first tick of a room has a random number.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.room.tick()
    }

    /// Time since the start.
    fn time(&self) -> Duration {
        self.time_of(self.now)
    }

    fn time_of(&self, period: u32) -> Duration {
        Duration::from_millis(u64::from(period) * 1_000 / u64::from(self.room.options().tick_rate))
    }

    /// Passes all arrived messages to the room.
    fn deliver_to_room(&mut self) {
        for index in 0..self.clients.len() {
            while let Some((session, bytes)) = self.clients[index].take_message(self.now) {
                let message = codec::decode_client::<S::Game>(&bytes).expect("a client encodes valid messages");
                self.handle_message(index, session, message);
            }
        }
    }

    fn handle_message(&mut self, index: usize, session: SessionId, message: ClientMessage<S::Game>) {
        match message {
            ClientMessage::Hello(hello) => {
                let token = ResumeToken(u128::from(session.0).to_le_bytes());
                let new = NewClient { session, hello: &hello, token, key: None, permit: None };
                let reply = match self.room.handle_join(new, self.time()) {
                    Ok(welcome) => ToClient::Message(codec::encode_server(&ServerMessage::Welcome(welcome))),
                    Err(reason) => ToClient::Closed(reason),
                };
                self.clients[index].deliver(reply, self.now, &mut self.random);
            }
            ClientMessage::Input(input) => self.room.handle_input(session, &input),
            ClientMessage::Act(act) => {
                self.room.handle_act(session, act.sequence, act.tick, SubmittedAction::Admitted(act.action));
            }
            ClientMessage::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
            ClientMessage::Viewport(viewport) => self.room.handle_viewport(session, viewport),
            ClientMessage::Resync => self.room.handle_resync(session),
            ClientMessage::Ready(is_ready) => self.room.handle_ready(session, is_ready),
            _ => unreachable!("scripted clients send none of the other messages"),
        }
    }

    /// Sends the snapshots of a tick.
    fn send_to_clients(&mut self, step: Step<S::Game>) -> Result<(), Violation> {
        for TickDeliveries { frame, deliveries } in std::iter::once(step.live).chain(step.delayed) {
            for (session, delivery) in deliveries {
                let is_receiver = |client: &&mut Client<S::Game>| client.session() == Some(session);
                let Some(client) = self.clients.iter_mut().find(is_receiver) else { continue };
                if std::mem::take(&mut client.drops_snapshot) {
                    self.room.handle_overflow(session, frame.tick());
                    continue;
                }
                let mut bytes = Vec::new();
                frame
                    .compose(&delivery, &mut Chunk::default(), &mut bytes)
                    .map_err(|_| Violation::new("the game panicked while a snapshot was encoded"))?;
                client.deliver(ToClient::Message(bytes), self.now, &mut self.random);
            }
        }
        for (session, reason) in step.closed {
            if let Some(client) = self.clients.iter_mut().find(|client| client.session() == Some(session)) {
                client.deliver(ToClient::Closed(reason), self.now, &mut self.random);
            }
        }
        Ok(())
    }
}
