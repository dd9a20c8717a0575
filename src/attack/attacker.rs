//! An attacker, who comes back whenever it has been ended.

use std::io;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_protocol::CloseReason;

use super::Kind;
use super::frames::{Ear, Heard};
use super::line::Line;
use super::report::Tally;
use super::script::Script;
use crate::bots::Playable;

/// How long an attacker that was ended waits before it comes back.
const RETURN_AFTER: Duration = Duration::from_millis(500);

/// An attacker.
#[derive(Debug)]
pub(super) struct Attacker<G> {
    kind: Kind,
    seed: u64,
    connection: Option<Connection<G>>,
    returns_at: Instant,
}

#[derive(Debug)]
struct Connection<G> {
    line: Line,
    ear: Ear,
    script: Script<G>,
    /// What the server has said at last.
    last_heard: Option<Heard>,
}

impl<G: Playable> Attacker<G> {
    pub(super) const fn new(kind: Kind, seed: u64, now: Instant) -> Self {
        Self { kind, seed, connection: None, returns_at: now }
    }

    /// Whether it wants to connect.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.connection.is_none() && now >= self.returns_at
    }

    /// Begins its script anew on a new connection, if there is one.
    pub(super) fn begin(&mut self, line: io::Result<Line>, request: &[u8], now: Instant, tally: &mut Tally) {
        self.seed = self.seed.wrapping_add(1 << 32);
        let script = Script::new(self.kind, Xoshiro256PlusPlus::seed_from_u64(self.seed), request.to_vec());
        match line {
            Ok(line) => self.connection = Some(Connection { line, ear: Ear::default(), script, last_heard: None }),
            Err(why) => {
                tally.ended(self.kind, &format!("no connection: {}", why.kind()));
                self.returns_at = now + RETURN_AFTER;
            }
        }
    }

    /// Something happened on its connection.
    pub(super) fn handle_event(&mut self, now: Instant, tally: &mut Tally) {
        let kind = self.kind;
        if let Some(sent) = self.connection.as_mut().map(|connection| connection.listen(kind)) {
            self.note(&sent, now, tally);
        }
    }

    /// It is its turn.
    pub(super) fn handle_turn(&mut self, now: Instant, tally: &mut Tally) {
        if let Some(sent) = self.connection.as_mut().map(Connection::speak) {
            self.note(&sent, now, tally);
        }
    }

    /// Counts what was sent, or how the connection has ended.
    fn note(&mut self, sent: &io::Result<usize>, now: Instant, tally: &mut Tally) {
        match sent {
            Ok(bytes) => tally.sent(self.kind, *bytes),
            Err(_) => {
                let ended = self.connection.take().and_then(|connection| connection.last_heard);
                tally.ended(self.kind, &reason(ended));
                self.returns_at = if self.kind == Kind::Churn { now } else { now + RETURN_AFTER };
            }
        }
    }
}

impl<G: Playable> Connection<G> {
    fn speak(&mut self) -> io::Result<usize> {
        if let Some(bytes) = self.line.voice() {
            self.script.speak(bytes);
        }
        self.line.flush()
    }

    fn listen(&mut self, kind: Kind) -> io::Result<usize> {
        if kind.reads() {
            let mut answer = Vec::new();
            let Self { line, ear, script, last_heard } = self;
            let received = line.receive(|bytes| {
                ear.hear(bytes, |heard| {
                    *last_heard = Some(heard);
                    script.handle(heard, &mut answer);
                });
            });
            received?;
            if last_heard.is_some_and(|heard| is_over(kind, heard)) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if let Some(bytes) = line.voice() {
                bytes.append(&mut answer);
            }
        }
        self.line.flush()
    }
}

/// Whether there is nothing more to be had after that. Only the polite hang up when they are told goodbye.
fn is_over(kind: Kind, heard: Heard) -> bool {
    match heard {
        Heard::Status(status) => status != 101,
        Heard::Close(_) => kind == Kind::Churn,
        Heard::Message => false,
    }
}

/// How a connection was ended, in words.
fn reason(last_heard: Option<Heard>) -> String {
    match last_heard {
        Some(Heard::Close(code)) => match CloseReason::from_code(code) {
            Some(reason) => format!("{code} {}", reason.text()),
            None => code.to_string(),
        },
        Some(Heard::Status(status)) if status != 101 => format!("HTTP {status}"),
        _ => "cut".to_owned(),
    }
}
