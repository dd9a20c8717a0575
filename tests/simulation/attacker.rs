//! A malicious client.

use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, Hello, Input, PlayerName, Role, Tick, codec};

use super::choices::Choices;
use super::host::{Host, ToClient, ToServer};
use super::line::{Quality, StepNumber};
use super::oracles::ConnectionId;

/// Number of messages in one burst: as many as the rate limit allows.
const BURST_MAX: u32 = 300;
/// Number of kinds of messages. Half of them are inputs.
const KINDS: u32 = 12;
/// An attacker's line blocks while more than this number of bytes is in transit.
const LINE_BYTES: usize = 4 << 10;

/// A malicious client. It sends arbitrary messages at arbitrary times, up to the rate limit.
#[derive(Debug)]
pub(crate) struct Attacker {
    connection: Option<ConnectionId>,
    returns_at: StepNumber,
}

impl Attacker {
    pub(crate) const fn new(now: StepNumber) -> Self {
        Self { connection: None, returns_at: now }
    }

    /// Acts for one step.
    pub(crate) fn act(&mut self, host: &mut Host, choices: &mut impl Choices) {
        let Some(connection) = self.connection else {
            if self.returns_at <= host.now() {
                self.connection = Some(connect(host, choices));
            }
            return;
        };
        if choices.one_in(40) {
            // All messages of a burst are of one kind. Most kinds are valid, so usually the session survives the burst.
            let kind = choices.pick(KINDS);
            for _ in 0..BURST_MAX {
                let bytes = attack(kind, host, choices);
                host.send(connection, ToServer::Message(bytes), choices);
            }
        }
        for _ in 0..choices.pick(3) {
            let mut bytes = attack(choices.pick(KINDS), host, choices);
            if choices.one_in(30) {
                corrupt(&mut bytes, choices);
            }
            host.send(connection, ToServer::Message(bytes), choices);
        }
        // The attacker reads only in about half of the steps.
        if choices.one_in(2) && host.receive(connection, usize::MAX).iter().any(|it| matches!(it, ToClient::Closed(_))) {
            self.connection = None;
            self.returns_at = host.now() + StepNumber::from(choices.pick(30));
        }
    }

    /// Ends the attacker's connection.
    pub(crate) fn leave(&mut self, host: &mut Host, choices: &mut impl Choices) {
        if let Some(connection) = self.connection.take() {
            if choices.one_in(2) {
                host.send(connection, ToServer::Close(1000), choices);
            }
            host.stall(connection, host.now(), [true, true]);
            host.send(connection, ToServer::Lost, choices);
        }
    }
}

/// Opens a connection, and usually sends a Hello. Some Hellos contain a resume token that has become invalid.
fn connect(host: &mut Host, choices: &mut impl Choices) -> ConnectionId {
    let connection = host.connect(Quality::PERFECT, LINE_BYTES);
    if !choices.one_in(4) {
        let hello = hello(host, choices);
        host.send_message(connection, &hello, choices);
    }
    connection
}

fn hello(host: &Host, choices: &mut impl Choices) -> ClientMessage<Arena> {
    let name =
        PlayerName::try_from("\u{202e}attacker".repeat(choices.pick(5) as usize).chars().take(20).collect::<String>());
    let role = if choices.one_in(5) { Role::Spectator } else { Role::Player(name.expect("the name is short")) };
    ClientMessage::Hello(Hello {
        resume: host.seats.stolen_token(choices),
        ..Hello::new::<Arena>(role, choices.viewport())
    })
}

/// Encodes a message. `kind` is less than [`KINDS`].
fn attack(kind: u32, host: &Host, choices: &mut impl Choices) -> Vec<u8> {
    let message = match kind {
        0 => return (0..=choices.pick(30)).map(|_| choices.pick(256) as u8).collect(),
        1 => hello(host, choices),
        2 => ClientMessage::Resync,
        3 => ClientMessage::Ping(choices.pick(1000)),
        4 => ClientMessage::Viewport(choices.viewport()),
        5 => ClientMessage::Acknowledge(any_tick(host, choices)),
        _ => {
            let (tick, acknowledged) = (any_tick(host, choices), any_tick(host, choices));
            ClientMessage::Input(Input { tick, acknowledged, controls: choices.controls() })
        }
    };
    codec::encode_client(&message)
}

/// A tick near the current one, or far from it.
fn any_tick(host: &Host, choices: &mut impl Choices) -> Tick {
    let ahead =
        if choices.one_in(4) { (choices.pick(1 << 16) << 16).cast_signed() } else { choices.pick(256) as i32 - 128 };
    host.tick().plus(ahead)
}

/// Alters, removes or inserts a byte.
fn corrupt(bytes: &mut Vec<u8>, choices: &mut impl Choices) {
    let at = choices.pick(bytes.len() as u32) as usize;
    match choices.pick(3) {
        0 => bytes[at] ^= 1 << choices.pick(8),
        1 => bytes.truncate(at),
        _ => bytes.insert(at, choices.pick(256) as u8),
    }
}
