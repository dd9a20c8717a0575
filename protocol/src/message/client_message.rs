//! Messages from client to server.

use serde::{Deserialize, Serialize};

use super::{PlayerName, ResumeToken, Ticket};
use crate::game::Game;
use crate::units::Tick;

/// A message from client to server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum ClientMessage<G: Game> {
    /// The first message of a connection.
    Hello(Hello),
    /// New controls. Send at least one message per second, if necessary with unchanged controls: the server closes idle
    /// connections.
    Input(Input<G>),
    /// The newest tick that the client has applied. An input contains this tick, too, so a client sends this message only
    /// if it has no input to send.
    Acknowledge(Tick),
    /// The size of the client's window changed.
    Viewport(Viewport),
    /// Requests a [`ServerMessage::Pong`](crate::ServerMessage::Pong) with the same number, to measure the round-trip time.
    Ping(u32),
    /// Requests a full snapshot, after [`Replica::apply`](crate::Replica::apply) has returned an error.
    Resync,
}

/// Size of a client's window, in world units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewport {
    /// Visible width.
    pub width: u16,
    /// Visible height.
    pub height: u16,
}

/// The first message of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [Fingerprint](crate::codec::fingerprint) of the client's build. The server compares it with its
    /// own fingerprint before it decodes the rest of the message.
    pub fingerprint: [u8; 4],
    /// Whether the client plays or watches.
    pub role: Role,
    /// Size of the client's window.
    pub viewport: Viewport,
    /// The newest resume token that the client received. With it, the client resumes its seat after a lost connection. If
    /// the token is no longer valid, the client gets a new seat.
    pub resume: Option<ResumeToken>,
    /// Admission ticket, for servers that require one.
    pub ticket: Option<Ticket>,
}

/// Whether a client plays or watches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The client takes a seat and plays under this name.
    Player(PlayerName),
    /// The client takes no seat and sees the whole world.
    Spectator,
}

/// Controls, stamped with the tick from which they apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Input<G: Game> {
    /// The first tick to simulate with these controls. If the input arrives too late for this tick, the server applies the
    /// input in the next tick. Computed by [`Lead::stamp`](crate::Lead::stamp).
    pub tick: Tick,
    /// The newest tick that the client has applied.
    pub acknowledged: Tick,
    /// The controls. They stay in effect until the next input.
    pub controls: G::Controls,
}
