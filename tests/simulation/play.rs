//! A whole play: a room, its clients, and what befalls them.

use tickcast_arena::Options;
use tickcast_protocol::ClientMessage;
use tickcast_room::{RoomOptions, SessionId};

use super::client::{Client, roll_viewport};
use super::connection::{ToClient, ToServer};
use super::dice::Dice;
use super::host::Host;
use super::vandal::Vandal;

/// How many honest clients there are at the most, and how many vandals.
pub(crate) const CLIENTS_MAX: usize = 10;
const VANDALS_MAX: usize = 3;
/// The longest that a line stalls, a client reads slowly, or a lost connection goes unnoticed.
const STALL_S_MAX: u32 = 15;
/// The longest that a client stays away: longer than its seat waits.
const AWAY_S_MAX: u32 = 45;
/// The longest that whoever sends snapshots does not keep up.
const BEHIND_S_MAX: u32 = 6;
/// The longest time in which nothing new happens.
const QUIET_S_MAX: u32 = 12;
/// How long a room without trouble takes until everybody is up to date: as long as those who were turned away wait, and a
/// second or two.
const SETTLING_S: i32 = 8;
/// How long the room waits for those who do not read, for those who were lost, and then for anybody at all.
const ENDING_S_MAX: i32 = 13 + 30 + 30 + 2;

/// A whole play. Whatever must hold is checked while it goes on: it panics where it does not.
pub(crate) struct Play<D> {
    dice: D,
    pub(crate) host: Host,
    pub(crate) clients: Vec<Client>,
    vandals: Vec<Vandal>,
    /// Connections whose client goes on with another one, or has said goodbye.
    forsaken: Vec<SessionId>,
    /// How many clients there have been.
    named: u32,
}

impl<D: Dice> Play<D> {
    pub(crate) fn new(dice: D, options: RoomOptions, arena: &Options) -> Self {
        let host = Host::new(options, arena);
        Self { dice, host, clients: Vec::new(), vandals: Vec::new(), forsaken: Vec::new(), named: 0 }
    }

    /// A tick in which anything may happen. Says whether there can be another.
    pub(crate) fn tick(&mut self) -> bool {
        self.disturb();
        self.advance();
        !self.dice.is_spent()
    }

    /// A tick in which nothing happens but what was bound to.
    fn advance(&mut self) -> bool {
        let is_over = self.host.step(&mut self.dice);
        self.clients.iter_mut().for_each(|client| client.act(&mut self.host, &mut self.dice));
        self.vandals.iter_mut().for_each(|vandal| vandal.act(&mut self.host, &mut self.dice));
        let host = &mut self.host;
        let is_closed = |it: &ToClient| matches!(it, ToClient::Closed(_));
        self.forsaken.retain(|session| !host.receive(*session, usize::MAX).iter().any(is_closed));
        is_over
    }

    /// Everything goes well from now on: everybody comes back, and has what is true.
    pub(crate) fn settle(&mut self) {
        for mut vandal in std::mem::take(&mut self.vandals) {
            vandal.leave(&mut self.host, &mut self.dice);
        }
        let now = self.host.now();
        self.host.fall_behind(now);
        for client in &mut self.clients {
            client.session().into_iter().for_each(|session| self.host.stall(session, now, [true, true]));
            client.calm_down(now);
        }
        (0..SETTLING_S * self.host.tick_rate()).for_each(|_| _ = self.advance());
        let settled = self.clients.iter().filter(|client| client.is_settled()).count();
        assert_eq!(settled, self.clients.len(), "so many have come back");
    }

    /// Everybody goes, each in their way, and after a while nothing of them is left.
    pub(crate) fn end(&mut self) {
        for client in std::mem::take(&mut self.clients) {
            if let Some(session) = client.session() {
                let last = if self.dice.hits(2) { ToServer::Goodbye } else { ToServer::Lost };
                self.host.send(session, last, &mut self.dice);
                self.forsaken.push(session);
            }
        }
        let is_over = (0..ENDING_S_MAX * self.host.tick_rate()).any(|_| self.advance());
        assert!(is_over, "a room that nobody comes back to ends");
        for _ in 0..self.host.tick_rate() {
            self.advance();
        }
        assert!(self.host.is_deserted(), "nothing of those who are gone is left");
    }

    /// Something happens to somebody, or nothing.
    fn disturb(&mut self) {
        let deed = self.dice.roll(128);
        if deed == 0 && self.vandals.len() < VANDALS_MAX {
            self.vandals.push(Vandal::new(self.host.now()));
        } else if deed <= 6 && self.clients.len() < CLIENTS_MAX {
            self.named += 1;
            self.clients.push(Client::new(self.named, &self.host, &mut self.dice));
        } else if deed <= 32 && !self.clients.is_empty() {
            let index = self.dice.roll(self.clients.len() as u32) as usize;
            self.befall(deed, index);
        } else if deed == 33 {
            let quiet = self.dice.roll(QUIET_S_MAX * self.host.tick_rate() as u32);
            (0..quiet).for_each(|_| _ = self.advance());
        } else if deed == 34 && self.dice.hits(2) {
            let behind = self.dice.roll(BEHIND_S_MAX * self.host.tick_rate() as u32);
            self.host.fall_behind(self.host.now().plus(behind as i32));
        }
    }

    fn befall(&mut self, deed: u32, index: usize) {
        let now = self.host.now();
        let Self { host, clients, dice, .. } = self;
        let client = &mut clients[index];
        let Some(session) = client.session().filter(|_| client.is_playing()) else { return };
        let seconds = |dice: &mut D, most: u32| now.plus(dice.roll(most * host.tick_rate() as u32) as i32);
        match deed {
            ..=9 => {
                host.send(session, ToServer::Goodbye, dice);
                clients.swap_remove(index);
                self.forsaken.push(session);
            }
            10..=14 => {
                let (noticed, away) = (seconds(dice, STALL_S_MAX), if dice.hits(6) { AWAY_S_MAX } else { 3 });
                client.leave_until(seconds(dice, away), now);
                host.stall(session, noticed, [true, false]);
                host.send(session, ToServer::Lost, dice);
            }
            15..=16 => {
                client.connect(host, dice);
                self.forsaken.push(session);
            }
            17..=20 => {
                let until = seconds(dice, STALL_S_MAX);
                let directions = *dice.choose(&[[true, true], [true, false], [false, true]]);
                host.stall(session, until, directions);
                client.is_disturbed_until(until);
            }
            21..=22 => client.read_slowly_until(seconds(dice, STALL_S_MAX), dice.between(2, 4)),
            23..=26 => {
                client.viewport = roll_viewport(dice);
                client.say(&ClientMessage::Viewport(client.viewport), host, dice);
            }
            27..=28 => client.lose_copy(host, dice),
            29..=30 => client.suffer_damage(now, dice),
            // A connection opens, and ends before it is welcomed.
            _ => {
                client.connect(host, dice);
                let opened = client.session().expect("it has just connected");
                host.send(opened, ToServer::Lost, dice);
                client.leave_until(now.plus(dice.roll(30) as i32), now);
                self.forsaken.push(session);
            }
        }
    }
}
