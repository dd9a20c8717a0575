//! A run of the simulation: a room, its clients, and random disturbances.

use tickcast_arena::Options;
use tickcast_protocol::ClientMessage;
use tickcast_room::RoomOptions;

use super::attacker::Attacker;
use super::choices::Choices;
use super::client::Client;
use super::host::{Host, ToClient, ToServer};
use super::line::StepNumber;
use super::oracles::ConnectionId;
use super::visitors::Visitors;

/// Maximum number of honest clients.
pub(crate) const CLIENTS_MAX: usize = 10;
/// Maximum number of attackers.
const ATTACKERS_MAX: usize = 3;
/// Maximum number of addresses of visitors.
const VISITORS_MAX: usize = 2;
/// Maximum length of one disturbance in seconds: a stalled line, slow reading, or a lost connection that the server has not
/// noticed yet.
const STALL_S_MAX: u32 = 15;
/// Maximum absence of a client in seconds. It exceeds the 30 s for which the server keeps a seat, so some clients lose
/// their seats.
const AWAY_S_MAX: u32 = 45;
/// Maximum length of a period in which a worker lags, in seconds.
const LAG_S_MAX: u32 = 6;
/// Lags of a worker in ticks. The first one causes load shedding. The second one makes the room skip ticks.
const LAGS: [usize; 2] = [3, usize::MAX];
/// Maximum length of a deliberate period without new disturbances, in seconds.
const QUIET_S_MAX: u32 = 12;
/// Time allowed for all clients to get up to date, in seconds. The server may refuse clients as overloaded for nine
/// seconds. A refused client then waits for up to four seconds, and needs one or two further seconds to catch up.
const SETTLING_S: StepNumber = 16;
/// Maximum length of a pause of the room in seconds. It is too short for the room to close.
const PAUSE_S_MAX: u32 = 12;
/// Upper bound on the time until the room closes after all clients have left, in seconds. It is the sum of the 13 s after
/// which the server closes a client that does not read, the 30 s for which it keeps the seat of a lost client, the 30 s for
/// which an empty room stays open, and 2 s of slack. The two periods of 30 s partly overlap, so the room closes before this
/// bound.
const ENDING_S_MAX: StepNumber = 13 + 30 + 30 + 2;

/// A run of the simulation. It panics if an oracle finds a violation.
pub(crate) struct Scenario<C> {
    choices: C,
    pub(crate) host: Host,
    pub(crate) clients: Vec<Client>,
    attackers: Vec<Attacker>,
    visitors: Vec<Visitors>,
    /// Connections that their clients no longer use, but that the server has not closed yet.
    abandoned: Vec<ConnectionId>,
    /// Number of clients created so far. Used to name them.
    named: u32,
}

impl<C: Choices> Scenario<C> {
    pub(crate) async fn start(mut choices: C, options: RoomOptions, world: Options, seed: u64) -> Self {
        let host = Host::start(options, world, seed, &mut choices).await;
        let (clients, attackers, visitors) = (Vec::new(), Vec::new(), Vec::new());
        Self { choices, host, clients, attackers, visitors, abandoned: Vec::new(), named: 0 }
    }

    /// Runs a step, possibly with a new disturbance. Returns `false` once the fuzzer's input is used up.
    pub(crate) async fn step(&mut self) -> bool {
        self.disturb().await;
        self.advance().await;
        !self.choices.is_exhausted()
    }

    /// Runs a step without a new disturbance.
    async fn advance(&mut self) {
        self.host.step(&mut self.choices).await;
        self.clients.iter_mut().for_each(|client| client.act(&mut self.host, &mut self.choices));
        self.attackers.iter_mut().for_each(|attacker| attacker.act(&mut self.host, &mut self.choices));
        self.visitors.iter_mut().for_each(|visitors| visitors.act(&mut self.host, &mut self.choices));
        let host = &mut self.host;
        let is_closed = |it: &ToClient| matches!(it, ToClient::Closed(_));
        self.abandoned.retain(|connection| !host.receive(*connection, usize::MAX).iter().any(is_closed));
        host.deliver(&mut self.choices).await;
    }

    /// Ends all disturbances and removes the hostile clients. Asserts that all clients then get up to date.
    pub(crate) async fn settle(&mut self) {
        self.remove_hostile_clients();
        let now = self.host.now();
        self.host.lag(0, now);
        for client in &mut self.clients {
            client.connection().into_iter().for_each(|connection| self.host.stall(connection, now, [true, true]));
            client.calm_down(now);
        }
        for _ in 0..SETTLING_S * self.host.rate() {
            self.advance().await;
        }
        let settled = self.clients.iter().filter(|client| client.is_settled()).count();
        assert_eq!(settled, self.clients.len(), "clients that have recovered");
    }

    fn remove_hostile_clients(&mut self) {
        for mut attacker in std::mem::take(&mut self.attackers) {
            attacker.leave(&mut self.host, &mut self.choices);
        }
        for visitors in std::mem::take(&mut self.visitors) {
            visitors.leave(&mut self.host, &mut self.choices);
        }
    }

    /// Disconnects all clients, some of them with a Close frame. Asserts that the room closes in time, and that no session
    /// and no connection is left.
    pub(crate) async fn end(&mut self) {
        for client in std::mem::take(&mut self.clients) {
            if let Some(connection) = client.connection() {
                let last = if self.choices.one_in(2) { ToServer::Close(1000) } else { ToServer::Lost };
                self.host.send(connection, last, &mut self.choices);
                self.abandoned.push(connection);
            }
        }
        self.host.stop_watcher(&mut self.choices);
        let start = self.host.now();
        while self.host.has_room() {
            assert!(self.host.now() - start < ENDING_S_MAX * self.host.rate(), "an empty room closes");
            self.advance().await;
        }
        for _ in 0..3 * self.host.rate() {
            self.advance().await;
        }
        self.host.check_lobby().await;
        self.host.check_deserted();
    }

    /// Does at most one of the following, at random: adds a client, an attacker or visitors, disturbs a client, makes a
    /// worker lag, disconnects everyone for some seconds, or runs some steps without disturbances.
    async fn disturb(&mut self) {
        let event = self.choices.pick(128);
        let rate = self.host.rate() as u32;
        if event == 0 && self.attackers.len() < ATTACKERS_MAX {
            self.attackers.push(Attacker::new(self.host.now()));
        } else if event <= 6 && self.clients.len() < CLIENTS_MAX {
            self.named += 1;
            self.clients.push(Client::new(self.named, &self.host, &mut self.choices));
        } else if event <= 32 && !self.clients.is_empty() {
            let index = self.choices.pick(self.clients.len() as u32) as usize;
            self.disturb_client(event, index);
        } else if event == 33 {
            for _ in 0..self.choices.pick(QUIET_S_MAX * rate) {
                self.advance().await;
            }
        } else if event == 36 && self.visitors.len() < VISITORS_MAX {
            self.visitors.push(Visitors::new(self.visitors.len() as u8 + 1));
        } else if event == 35 && self.choices.one_in(4) {
            self.desert().await;
        } else if event == 34 && self.choices.one_in(2) {
            let lag = *self.choices.choose(&LAGS);
            let until = self.host.now() + 1 + StepNumber::from(self.choices.pick(LAG_S_MAX * rate));
            self.host.lag(lag, until);
        }
    }

    /// Disconnects everyone, so that the room pauses. After some seconds, all honest clients return.
    async fn desert(&mut self) {
        self.remove_hostile_clients();
        let now = self.host.now();
        self.host.lag(0, now);
        for client in &mut self.clients {
            if let Some(connection) = client.connection() {
                self.host.stall(connection, now, [true, true]);
                self.host.send(connection, ToServer::Lost, &mut self.choices);
                self.abandoned.push(connection);
            }
            client.leave_until(StepNumber::MAX, now);
        }
        self.host.stop_watcher(&mut self.choices);
        while !self.host.must_pause() {
            self.advance().await;
        }
        for _ in 0..self.choices.pick(PAUSE_S_MAX * self.host.rate() as u32) {
            self.advance().await;
        }
        let now = self.host.now();
        self.clients.iter_mut().for_each(|client| client.calm_down(now));
        self.host.restart_watcher(&mut self.choices).await;
    }

    fn disturb_client(&mut self, event: u32, index: usize) {
        let Self { host, clients, choices, .. } = self;
        let (now, rate) = (host.now(), host.rate() as u32);
        let client = &mut clients[index];
        let Some(connection) = client.connection().filter(|_| client.is_playing()) else { return };
        let within = |choices: &mut C, seconds: u32| now + StepNumber::from(choices.pick(seconds * rate));
        match event {
            ..=9 => {
                host.send(connection, ToServer::Close(1000), choices);
                clients.swap_remove(index);
                self.abandoned.push(connection);
            }
            10..=14 => {
                let (noticed, away) = (within(choices, STALL_S_MAX), if choices.one_in(6) { AWAY_S_MAX } else { 3 });
                client.leave_until(within(choices, away), now);
                host.stall(connection, noticed, [true, false]);
                if choices.one_in(4) {
                    host.send(connection, ToServer::Close(1001), choices);
                }
                host.send(connection, ToServer::Lost, choices);
                self.abandoned.push(connection);
            }
            15..=16 => {
                client.connect(host, choices);
                self.abandoned.push(connection);
            }
            17..=20 => {
                let until = within(choices, STALL_S_MAX);
                let directions = *choices.choose(&[[true, true], [true, false], [false, true]]);
                host.stall(connection, until, directions);
                client.disturb_until(until);
            }
            21..=22 => client.read_slowly_until(within(choices, STALL_S_MAX), choices.between(2, 4)),
            23..=26 => {
                client.viewport = choices.viewport();
                client.send(&ClientMessage::Viewport(client.viewport), host, choices);
            }
            27..=28 => client.lose_replica(host, choices),
            29..=30 => client.damage_replica(now, choices),
            // The client opens another connection, which is lost right after the Hello.
            _ => {
                client.connect(host, choices);
                let opened = client.connection().expect("it has just connected");
                host.send(opened, ToServer::Lost, choices);
                client.leave_until(now + StepNumber::from(choices.pick(30)), now);
                self.abandoned.extend([connection, opened]);
            }
        }
    }
}
