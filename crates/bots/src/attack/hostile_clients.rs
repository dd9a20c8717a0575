//! All hostile clients, driven by one thread.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use tickcast_protocol::GameProtocol;

use super::Kind;
use super::attacker::Attacker;
use super::options::AttackOptions;
use super::raw_connection::RawConnection;
use super::report::AttackerStats;
use super::traffic::{RequestTarget, SEND_INTERVAL};
use crate::endpoint::Connector;

/// Capacity of the event buffer.
const EVENTS_MAX: usize = 1024;

/// At the end of an attack, all clients leave. This is the maximum time to wait until the server has ended their
/// connections.
const LEAVE_TIMEOUT: Duration = Duration::from_millis(500);

/// All hostile clients. They share a limit on new connections per second.
#[derive(Debug)]
pub(super) struct HostileClients<G: GameProtocol> {
    connector: Connector,
    target: Arc<RequestTarget>,
    connects_per_second: u32,
    /// Number of attempts to connect so far. Each attempt gets the next number, which determines its source address.
    attempts: u32,
    poll: Poll,
    /// The index of an attacker is the token of its socket.
    attackers: Vec<Attacker<G>>,
    /// Index of the attacker whose turn to connect is next.
    next_to_connect: usize,
    stats: AttackerStats,
}

impl<G: GameProtocol> HostileClients<G> {
    /// Hostile clients of these kinds, in equal shares.
    pub(super) fn new(options: &AttackOptions, kinds: &[Kind], connector: Connector) -> io::Result<Self> {
        let now = Instant::now();
        let kinds = kinds.iter().copied().cycle().take(options.hostile as usize);
        Ok(Self {
            connector,
            target: Arc::new(options.request_target()),
            connects_per_second: options.connects,
            attempts: 0,
            poll: Poll::new()?,
            attackers: kinds.zip(options.seed..).map(|(kind, seed)| Attacker::new(kind, seed, now)).collect(),
            next_to_connect: 0,
            stats: AttackerStats::default(),
        })
    }

    /// Attacks until `is_over` is set.
    pub(super) fn run(mut self, is_over: &AtomicBool) -> io::Result<AttackerStats> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let start = Instant::now();
        let mut next_interval = start;
        let mut connects: u64 = 0;
        while !is_over.load(Ordering::Acquire) {
            self.poll_events(&mut events, next_interval)?;
            let now = Instant::now();
            if now < next_interval {
                continue;
            }
            next_interval = now + SEND_INTERVAL;
            let due = now.duration_since(start).as_millis() as u64 * u64::from(self.connects_per_second) / 1000;
            connects += self.connect(due.saturating_sub(connects), now);
            // Attempts that were permitted but not made can be made later. The number of such attempts is at most the
            // number permitted in one second.
            connects = connects.max(due.saturating_sub(self.connects_per_second.into()));
            self.attackers.iter_mut().for_each(|attacker| attacker.handle_interval(now, &mut self.stats));
        }
        self.stats.seconds = start.elapsed().as_secs_f64();
        let stats = std::mem::take(&mut self.stats);
        self.leave(&mut events)?;
        Ok(stats)
    }

    /// Lets the clients leave their rooms, and waits for the server to end their connections.
    fn leave(&mut self, events: &mut Events) -> io::Result<()> {
        self.attackers.iter_mut().for_each(Attacker::leave);
        let end = Instant::now() + LEAVE_TIMEOUT;
        while Instant::now() < end && self.attackers.iter().any(Attacker::is_connected) {
            self.poll_events(events, end)?;
        }
        Ok(())
    }

    /// Waits for events, at most until `deadline`, and handles them.
    fn poll_events(&mut self, events: &mut Events, deadline: Instant) -> io::Result<()> {
        match self.poll.poll(events, Some(deadline.saturating_duration_since(Instant::now()))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let now = Instant::now();
        for event in &*events {
            if let Some(attacker) = self.attackers.get_mut(event.token().0) {
                attacker.handle_event(now, &mut self.stats);
            }
        }
        Ok(())
    }

    /// Makes at most `count_max` attempts to connect. The attackers that are due take turns. Returns the number of
    /// attempts.
    fn connect(&mut self, count_max: u64, now: Instant) -> u64 {
        let mut attempts = 0;
        let count = self.attackers.len();
        for index in (self.next_to_connect..count).chain(0..self.next_to_connect) {
            if attempts == count_max {
                break;
            }
            let attacker = &mut self.attackers[index];
            if attacker.is_due(now) {
                let connection = RawConnection::start(&self.connector, self.attempts, self.poll.registry(), Token(index));
                attacker.handle_connect(connection, &self.target, now, &mut self.stats);
                self.attempts = self.attempts.wrapping_add(1);
                self.next_to_connect = index + 1;
                attempts += 1;
            }
        }
        attempts
    }
}
