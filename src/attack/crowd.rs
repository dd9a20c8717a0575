//! All attackers, on one thread.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use mio::{Events, Poll, Token};

use super::attacker::Attacker;
use super::line::Line;
use super::options::AttackOptions;
use super::report::Tally;
use super::script::TURN;
use crate::bots::Playable;

/// How many sockets are looked after between two looks at the clock.
const EVENTS_AT_ONCE: usize = 1024;

/// All attackers: they take turns, and connect as often as they may.
#[derive(Debug)]
pub(super) struct Crowd<G> {
    target: SocketAddr,
    request: Vec<u8>,
    connects_per_second: u32,
    poll: Poll,
    /// An attacker's token is its place here.
    attackers: Vec<Attacker<G>>,
    tally: Tally,
}

impl<G: Playable> Crowd<G> {
    pub(super) fn new(options: &AttackOptions, target: SocketAddr) -> io::Result<Self> {
        let now = Instant::now();
        let kinds = options.kinds.iter().copied().cycle().take(options.hostile as usize);
        let attackers = kinds.zip(options.seed..).map(|(kind, seed)| Attacker::new(kind, seed, now)).collect();
        let (request, connects_per_second) = (options.upgrade_request(), options.connects);
        Ok(Self { target, request, connects_per_second, poll: Poll::new()?, attackers, tally: Tally::default() })
    }

    /// Attacks until it is over.
    pub(super) fn run(mut self, is_over: &AtomicBool) -> io::Result<Tally> {
        let mut events = Events::with_capacity(EVENTS_AT_ONCE);
        let start = Instant::now();
        let mut next_turn = start;
        let mut connects: u64 = 0;
        while !is_over.load(Ordering::Acquire) {
            match self.poll.poll(&mut events, Some(next_turn.saturating_duration_since(Instant::now()))) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            let now = Instant::now();
            for event in &events {
                if let Some(attacker) = self.attackers.get_mut(event.token().0) {
                    attacker.handle_event(now, &mut self.tally);
                }
            }
            if now >= next_turn {
                next_turn = now + TURN;
                let due = now.duration_since(start).as_millis() as u64 * u64::from(self.connects_per_second) / 1000;
                connects += self.connect(due.saturating_sub(connects), now);
                connects = connects.max(due.saturating_sub(self.connects_per_second.into()));
                self.attackers.iter_mut().for_each(|attacker| attacker.handle_turn(now, &mut self.tally));
            }
        }
        self.tally.seconds = start.elapsed().as_secs_f64();
        Ok(self.tally)
    }

    /// Lets so many of those who want to connect do so; says how many did.
    fn connect(&mut self, most: u64, now: Instant) -> u64 {
        let mut connected = 0;
        let due = self.attackers.iter_mut().enumerate().filter(|(_, attacker)| attacker.is_due(now));
        for (index, attacker) in due.take(usize::try_from(most).unwrap_or(usize::MAX)) {
            let line = Line::start(self.target, self.poll.registry(), Token(index));
            attacker.begin(line, &self.request, now, &mut self.tally);
            connected += 1;
        }
        connected
    }
}
