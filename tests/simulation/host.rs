//! The server, the lines to its clients, and the oracles that observe both.

mod accounting;
mod connection;
mod delivery;
mod observation;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::time::Duration;

use tickcast::ClientLimits;
use tickcast::actors::lobby::room_seed::room_seed;
use tickcast::actors::messages::{CreateRoom, ListRooms, Metadata};
use tickcast::admission::Client;
use tickcast::admission::limits::Resource;
use tickcast_arena::{Arena, Options};
use tickcast_protocol::{ClientMessage, Replica, Role, Tick, codec};
use tickcast_room::RoomOptions;
use tokio::time::{Instant, sleep_until};

use super::choices::Choices;
use super::line::{Quality, StepNumber};
use super::memory_server::recorder::Recorder;
use super::memory_server::relay_proxy::SetLag;
use super::memory_server::{MemoryServer, MemoryServerOptions};
use super::oracles::ConnectionId;
use super::oracles::accounts::Accounts;
use super::oracles::inputs::Inputs;
use super::oracles::seats::Seats;
use super::oracles::truth::Truth;
use accounting::OpenRequest;
pub(crate) use accounting::Request;
pub(crate) use connection::{Connection, ToClient, ToServer};

/// Name of the room.
const ROOM: &str = "simulation";
/// In runs with an odd seed, the tick number wraps to 0 after this many ticks.
const WRAPS_AFTER: i32 = 200;
/// Number of workers. The simulation delays only the second one. The [`Watcher`] is connected to the first one, so the
/// watcher receives every tick without delay.
const WORKERS: usize = 2;
const LAGGING_WORKER: usize = 1;
/// Capacity of a pipe in bytes. It is small, so that the server's writes soon block when a client does not read.
const PIPE_BYTES: usize = 256;
/// Seconds for which the room continues to tick after its last client has left.
const PAUSE_S: StepNumber = 3;
/// Clients do not act during the first 2 ms after each tick and the last 4 ms before the next one. Without these pauses,
/// the oracles could not know in which tick a message takes effect.
const QUIET_MS: [u64; 2] = [2, 4];

/// The server, the lines to its clients, and the oracles that observe both.
pub(crate) struct Host {
    server: MemoryServer,
    journal: Recorder,
    options: RoomOptions,
    start: Instant,
    now: StepNumber,
    connections: BTreeMap<ConnectionId, Connection>,
    /// Requests that do not open a WebSocket.
    requests: BTreeMap<ConnectionId, OpenRequest>,
    /// Number of connections opened, including those of `requests`.
    opened: u32,
    lag_until: StepNumber,
    pub(crate) truth: Truth,
    pub(crate) seats: Seats,
    accounts: Accounts,
    inputs: Inputs,
    watcher: Option<Watcher>,
    /// The last step in which there was a connection.
    connected_at: StepNumber,
    /// Number of steps in which the room has paused.
    paused: u64,
    /// The recent steps in which spectators left, one entry for each spectator.
    left_spectators: Vec<StepNumber>,
    /// Hash of everything that clients have received, with the step of each item.
    received: DefaultHasher,
}

/// A spectator on a line without delay. From its replica, the host learns in every tick which players are human.
struct Watcher {
    connection: ConnectionId,
    replica: Option<Replica<Arena>>,
}

impl Host {
    /// Starts a server with one room. The room's seed is derived from `seed`.
    pub(crate) async fn start(options: RoomOptions, world: Options, seed: u64, choices: &mut impl Choices) -> Self {
        let journal = Recorder::default();
        let first_tick = if seed.is_multiple_of(2) { Tick(0) } else { Tick(0).plus(-WRAPS_AFTER) };
        let mut server_options = MemoryServerOptions::new(journal.factory());
        (server_options.workers, server_options.pipe_bytes) = (WORKERS, PIPE_BYTES);
        server_options.first_tick = first_tick;
        server_options.seed = seed;
        let limits = client_limits();
        server_options.admission.limits.client = limits;
        let name = ROOM.parse().expect("the name is valid");
        let seed = room_seed(seed, &name, 0);
        let create =
            CreateRoom { name, options: options.clone(), world, metadata: Metadata::default(), creator: Client::default() };
        let server = MemoryServer::start(server_options).await;
        server.lobby.send(create).await.expect("the lobby runs").expect("there is no room yet");
        let mut host = Self {
            server,
            journal,
            start: Instant::now(),
            now: 0,
            connections: BTreeMap::new(),
            requests: BTreeMap::new(),
            opened: 0,
            lag_until: 0,
            truth: Truth::new(&options, &world, seed, first_tick),
            seats: Seats::new(options.seats, options.tick_rate),
            accounts: Accounts::new(limits),
            inputs: Inputs::new(options.tick_rate),
            watcher: None,
            connected_at: 0,
            paused: 0,
            left_spectators: Vec::new(),
            received: DefaultHasher::new(),
            options,
        };
        host.start_watcher(choices).await;
        host
    }

    /// Connects the watcher. The room then starts to tick: its next tick is due one period later.
    async fn start_watcher(&mut self, choices: &mut impl Choices) {
        if self.opened as usize % WORKERS == LAGGING_WORKER {
            let skipped = self.connect(Quality::PERFECT, usize::MAX);
            self.connections.remove(&skipped);
        }
        let connection = self.connect(Quality::PERFECT, usize::MAX);
        let hello = tickcast_protocol::Hello::new::<Arena>(Role::Spectator, Default::default());
        self.send_message(connection, &ClientMessage::Hello(hello), choices);
        self.watcher = Some(Watcher { connection, replica: None });
        self.deliver(choices).await;
    }

    /// Connects the watcher to a paused room, at the time at which the next tick would be due without the pause.
    pub(crate) async fn restart_watcher(&mut self, choices: &mut impl Choices) {
        self.now += 1;
        sleep_until(self.start + self.since_start()).await;
        self.start_watcher(choices).await;
    }

    /// Time from the start to the tick of the current step.
    fn since_start(&self) -> Duration {
        Duration::from_nanos(self.now as u64 * 1_000_000_000 / u64::from(self.options.tick_rate))
    }

    /// Disconnects the watcher.
    pub(crate) fn stop_watcher(&mut self, choices: &mut impl Choices) {
        if let Some(watcher) = self.watcher.take() {
            self.send(watcher.connection, ToServer::Lost, choices);
        }
    }

    /// The current step.
    pub(crate) const fn now(&self) -> StepNumber {
        self.now
    }

    /// The last tick of the room.
    pub(crate) const fn tick(&self) -> Tick {
        self.truth.now()
    }

    /// Steps per second. Equals the tick rate.
    pub(crate) const fn rate(&self) -> StepNumber {
        self.options.tick_rate as StepNumber
    }

    /// Hash of everything that clients have received, with the step of each item.
    pub(crate) fn received(&self) -> u64 {
        self.received.finish()
    }

    /// Opens a connection. The line is blocked while more than `capacity` bytes are in transit to the client.
    pub(crate) fn connect(&mut self, quality: Quality, capacity: usize) -> ConnectionId {
        let pipe = self.server.connect();
        self.insert(pipe, quality, capacity)
    }

    /// Sends an item on the line to the server.
    pub(crate) fn send(&mut self, id: ConnectionId, item: ToServer, choices: &mut impl Choices) {
        let now = self.now;
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.up.send(item, now, choices);
        }
    }

    pub(crate) fn send_message(&mut self, id: ConnectionId, message: &ClientMessage<Arena>, choices: &mut impl Choices) {
        self.send(id, ToServer::Message(codec::encode_client(message)), choices);
    }

    /// Takes up to `count` items that have reached the client.
    pub(crate) fn receive(&mut self, id: ConnectionId, count: usize) -> Vec<ToClient> {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&id) else { return Vec::new() };
        let received = connection.receive(now, count);
        if matches!(received.last(), Some(ToClient::Closed(_))) {
            self.connections.remove(&id);
        }
        received
    }

    /// Stalls a connection until this step. `up` stalls the line to the server, and `down` the line to the client.
    pub(crate) fn stall(&mut self, id: ConnectionId, until: StepNumber, [up, down]: [bool; 2]) {
        if let Some(connection) = self.connections.get_mut(&id) {
            up.then(|| connection.up.stall(until));
            down.then(|| connection.down.stall(until));
        }
    }

    /// Delays everything that rooms send to the second worker by `lag` ticks. The lag ends in the step `until`.
    pub(crate) fn lag(&mut self, lag: usize, until: StepNumber) {
        self.server.relay(LAGGING_WORKER).do_send(SetLag(lag));
        self.lag_until = until;
    }

    fn is_lagging(&self) -> bool {
        self.now <= self.lag_until + 1
    }

    /// The step by which every client that missed snapshots because of the last lag must have received a full snapshot.
    pub(crate) const fn caught_up_at(&self) -> StepNumber {
        self.lag_until + 2 * self.rate()
    }

    /// Waits for the next tick, and passes its commands and messages to the oracles.
    pub(crate) async fn step(&mut self, choices: &mut impl Choices) {
        self.now += 1;
        let [before, after] = QUIET_MS;
        let free_ms = 1_000 / u64::from(self.options.tick_rate) - before - after;
        let phase = Duration::from_millis(before + self.now as u64 * 7 % (free_ms + 1));
        sleep_until(self.start + self.since_start() + phase).await;
        if self.now == self.lag_until {
            self.server.relay(LAGGING_WORKER).do_send(SetLag(0));
        }
        let ticks = self.journal.take();
        self.check_schedule(ticks.len());
        ticks.iter().for_each(|recorded| self.truth.replay(recorded));
        self.observe_clients(choices).await;
        self.check_accounts();
        let is_uncertain = uncertainty(&self.connections, self.is_lagging());
        for recorded in &ticks {
            let (count, commands, seats) = (self.truth.count_at(recorded.tick), &recorded.commands, &self.seats);
            self.inputs.handle_tick(recorded.tick, count, commands, |player| seats.is_human(player, commands));
            self.seats.handle_tick(self.now, &self.truth, commands, &is_uncertain);
        }
        let ended: Vec<_> =
            self.connections.iter().filter_map(|(id, it)| Some((*id, it.end?, it.is_end_uncertain))).collect();
        let open = self.connections.iter().filter(|(id, connection)| connection.end.is_none() && !is_uncertain(**id));
        open.for_each(|(id, _)| self.inputs.verify_open(*id));
        for (id, end, is_uncertain) in ended {
            self.inputs.handle_end(id, end, is_uncertain);
        }
    }

    /// Whether there have been no connections for so long that the room must not tick.
    pub(crate) const fn must_pause(&self) -> bool {
        self.now - self.connected_at > PAUSE_S * self.rate() + 2
    }

    /// Asserts that the room ticks once per step while the watcher is connected and no worker lags. Asserts that the room
    /// does not tick if the last client left more than [`PAUSE_S`] seconds ago.
    fn check_schedule(&mut self, ticks: usize) {
        if !self.connections.is_empty() {
            self.connected_at = self.now;
        }
        if self.must_pause() {
            assert_eq!(ticks, 0, "ticks without clients");
            self.paused += 1;
        } else if self.watcher.is_some() {
            assert!(self.is_lagging() || ticks == 1, "{ticks} ticks in a step");
        }
    }

    fn keep_watcher_alive(&mut self, choices: &mut impl Choices) {
        let Some(watcher) = &self.watcher else { return };
        if self.now % self.rate() == 0
            && let Some(tick) = watcher.replica.as_ref().and_then(Replica::tick)
        {
            self.send_message(watcher.connection, &ClientMessage::Acknowledge(tick), choices);
        }
    }

    /// Whether the room is open.
    pub(crate) fn has_room(&self) -> bool {
        self.server.metrics.rooms.get() > 0
    }

    /// Asserts that the lobby lists the room if and only if the room is open, and that the listed number of players is
    /// correct. Call this only when the oracles know the state of every session, because otherwise they do not know how
    /// many seats are taken.
    pub(crate) async fn check_lobby(&self) {
        let rooms = self.server.lobby.send(ListRooms).await.expect("the lobby runs");
        assert_eq!(rooms.rooms.len(), usize::from(self.has_room()));
        for room in &rooms.rooms {
            assert_eq!(room.summary.players, self.seats.people(), "seats taken");
        }
    }

    /// Asserts that no session, no player, no room and no connection is left.
    pub(crate) fn check_deserted(&self) {
        let metrics = &self.server.metrics;
        let left = (metrics.sessions.get(), metrics.players.get(), metrics.rooms.get());
        assert_eq!(left, (0, 0, 0), "sessions, players and rooms");
        assert_eq!(self.server.admission.connections(), 0);
        let held = Resource::ALL.map(|resource| self.server.admission.held(resource));
        assert_eq!(held, [0; Resource::ALL.len()], "amounts of {:?} in all accounts", Resource::ALL);
    }

    /// Counts of events: snapshots shed, ticks skipped, resync requests, steps in which the room paused, and the
    /// refusals of each resource that is limited per client.
    pub(crate) fn coverage(&self) -> [u64; 8] {
        let metrics = &self.server.metrics;
        [
            metrics.snapshots_shed.get(),
            metrics.ticks_skipped.get(),
            metrics.resync_requests.get(),
            self.paused,
            self.accounts.refused(Resource::Connection),
            self.accounts.refused(Resource::Seat),
            self.accounts.refused(Resource::Room),
            self.accounts.refused(Resource::EventStream),
        ]
    }
}

/// Limits on what a client may hold. They are so low that the clients that share an address reach them.
fn client_limits() -> ClientLimits {
    let mut limits = ClientLimits::default();
    (limits.connections, limits.seats, limits.rooms, limits.event_streams) = (7, 3, 2, 2);
    limits
}

/// Returns a predicate for sessions. The predicate is true for a session that may have ended without the oracles knowing.
/// This is so if the session's connection is gone or blocked, if its client has sent a Close frame, or if its worker lags.
fn uncertainty(
    connections: &BTreeMap<ConnectionId, Connection>,
    is_lagging: bool,
) -> impl Fn(ConnectionId) -> bool + use<> {
    let uncertain: BTreeSet<_> = connections
        .iter()
        .filter(|(_, it)| it.is_blocked || it.has_sent_close || (is_lagging && it.worker == LAGGING_WORKER))
        .map(|(id, _)| *id)
        .collect();
    let known: BTreeSet<_> = connections.keys().copied().collect();
    move |id| uncertain.contains(&id) || !known.contains(&id)
}
