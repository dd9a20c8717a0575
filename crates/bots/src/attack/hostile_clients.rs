//! All hostile clients, driven by one thread.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use mio::{Events, Poll, Token};
use tickcast_game::Playable;

use super::attacker::Attacker;
use super::options::AttackOptions;
use super::raw_connection::RawConnection;
use super::report::AttackerStats;
use super::traffic::SEND_INTERVAL;

/// Capacity of the event buffer.
const EVENTS_MAX: usize = 1024;

/// All hostile clients. They share a limit on new connections per second.
#[derive(Debug)]
pub(super) struct HostileClients<G> {
    target: SocketAddr,
    request: Vec<u8>,
    connects_per_second: u32,
    poll: Poll,
    /// The index of an attacker is the token of its socket.
    attackers: Vec<Attacker<G>>,
    stats: AttackerStats,
}

impl<G: Playable> HostileClients<G> {
    pub(super) fn new(options: &AttackOptions, target: SocketAddr) -> io::Result<Self> {
        let now = Instant::now();
        let kinds = options.kinds.iter().copied().cycle().take(options.hostile as usize);
        let attackers = kinds.zip(options.seed..).map(|(kind, seed)| Attacker::new(kind, seed, now)).collect();
        let (request, connects_per_second) = (options.upgrade_request(), options.connects);
        Ok(Self { target, request, connects_per_second, poll: Poll::new()?, attackers, stats: AttackerStats::default() })
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
            // Unused connection attempts accumulate for at most one second.
            connects = connects.max(due.saturating_sub(self.connects_per_second.into()));
            self.attackers.iter_mut().for_each(|attacker| attacker.handle_interval(now, &mut self.stats));
        }
        self.stats.seconds = start.elapsed().as_secs_f64();
        Ok(self.stats)
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

    /// Connects those attackers that are due, at most `count_max`. Returns the number of attempts.
    fn connect(&mut self, count_max: u64, now: Instant) -> u64 {
        let mut attempts = 0;
        let due = self.attackers.iter_mut().enumerate().filter(|(_, attacker)| attacker.is_due(now));
        for (index, attacker) in due.take(usize::try_from(count_max).unwrap_or(usize::MAX)) {
            let connection = RawConnection::start(self.target, self.poll.registry(), Token(index));
            attacker.handle_connect(connection, &self.request, now, &mut self.stats);
            attempts += 1;
        }
        attempts
    }
}
