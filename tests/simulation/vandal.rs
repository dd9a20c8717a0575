//! A client that means harm.

use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, Hello, Input, PlayerName, Role, Tick, codec};
use tickcast_room::SessionId;

use super::client::roll_viewport;
use super::connection::{ToClient, ToServer};
use super::dice::Dice;
use super::host::Host;
use super::line::Quality;

/// The most messages of one burst: what the session's budget lets through.
const BURST_MAX: u32 = 300;
/// How many kinds of harm there are; half of them are inputs.
const KINDS: u32 = 12;

/// A client that means harm: it says anything, at any time, as often as it is let.
#[derive(Debug)]
pub(crate) struct Vandal {
    session: Option<SessionId>,
    returns: Tick,
}

impl Vandal {
    pub(crate) const fn new(now: Tick) -> Self {
        Self { session: None, returns: now }
    }

    /// A tick of its own.
    pub(crate) fn act(&mut self, host: &mut Host, dice: &mut impl Dice) {
        let now = host.now();
        let Some(session) = self.session else {
            if !self.returns.is_newer_than(now) {
                self.session = Some(intrude(host, dice));
            }
            return;
        };
        if dice.hits(40) {
            // Of one kind, and sound, so that it is not ended by the first of them.
            let kind = dice.roll(KINDS);
            for _ in 0..BURST_MAX {
                let bytes = harm(kind, host, dice);
                host.send(session, ToServer::Message(bytes), dice);
            }
        }
        for _ in 0..dice.roll(3) {
            let mut bytes = harm(dice.roll(KINDS), host, dice);
            if dice.hits(30) {
                damage(&mut bytes, dice);
            }
            host.send(session, ToServer::Message(bytes), dice);
        }
        // It may leave what it is sent unread.
        if dice.hits(2) && host.receive(session, usize::MAX).iter().any(|it| matches!(it, ToClient::Closed(_))) {
            self.session = None;
            self.returns = now.plus(dice.roll(30) as i32);
        }
    }

    /// It is gone.
    pub(crate) fn leave(&mut self, host: &mut Host, dice: &mut impl Dice) {
        if let Some(session) = self.session.take() {
            let last = if dice.hits(2) { ToServer::Goodbye } else { ToServer::Lost };
            host.send(session, last, dice);
            host.send(session, ToServer::Lost, dice);
        }
    }
}

/// Opens a connection, mostly with a hello, and at times with a token that was somebody's.
fn intrude(host: &mut Host, dice: &mut impl Dice) -> SessionId {
    let session = host.connect(Quality { delay: 0, jitter: 0 }, 40);
    if !dice.hits(4) {
        let hello = hello(host, dice);
        host.send(session, ToServer::Message(codec::encode_client(&hello)), dice);
    }
    session
}

fn hello(host: &Host, dice: &mut impl Dice) -> ClientMessage<Arena> {
    let name = PlayerName::try_from("\u{202e}vandal".repeat(dice.roll(5) as usize)).expect("a short name");
    let role = if dice.hits(5) { Role::Spectator } else { Role::Player(name) };
    ClientMessage::Hello(Hello { resume: host.seats.stolen(dice), ..Hello::new::<Arena>(role, roll_viewport(dice)) })
}

/// One of the [`KINDS`] of harm.
fn harm(kind: u32, host: &Host, dice: &mut impl Dice) -> Vec<u8> {
    let message = match kind {
        0 => return (0..=dice.roll(30)).map(|_| dice.roll(256) as u8).collect(),
        1 => hello(host, dice),
        2 => ClientMessage::Resync,
        3 => ClientMessage::Ping(dice.roll(1000)),
        4 => ClientMessage::Viewport(roll_viewport(dice)),
        5 => ClientMessage::Acknowledge(any_tick(host, dice)),
        _ => {
            let (tick, acknowledged) = (any_tick(host, dice), any_tick(host, dice));
            ClientMessage::Input(Input { tick, acknowledged, controls: dice.controls() })
        }
    };
    codec::encode_client(&message)
}

/// A tick not far from now, or any.
fn any_tick(host: &Host, dice: &mut impl Dice) -> Tick {
    let ahead = if dice.hits(4) { (dice.roll(1 << 16) << 16).cast_signed() } else { dice.roll(256) as i32 - 128 };
    host.now().plus(ahead)
}

/// A byte is altered, missing or too many.
fn damage(bytes: &mut Vec<u8>, dice: &mut impl Dice) {
    let at = dice.roll(bytes.len() as u32) as usize;
    match dice.roll(3) {
        0 => bytes[at] ^= 1 << dice.roll(8),
        1 => bytes.truncate(at),
        _ => bytes.insert(at, dice.roll(256) as u8),
    }
}
