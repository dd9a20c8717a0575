//! Messages from client to server.

use serde::{Deserialize, Serialize};

use super::{PlaybackSpeed, PlayerName, ProfileSecret, ResumeToken, Ticket};
use crate::game::GameProtocol;
use crate::units::{Team, Tick};

/// Maximum number of actions of a player whose outcomes the client does not know yet. The server queues that many actions,
/// and remembers that many outcomes: so a client that reconnects learns the outcomes of all its actions. The number
/// suffices for 1.5 s of actions at the maximum rate, 20 per second.
pub const UNRESOLVED_ACTIONS_MAX: usize = 32;

/// A message from client to server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum ClientMessage<G: GameProtocol> {
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
    /// In a replay: continues at this tick, or at the nearest one that can be played. The next snapshot is full. Its tick
    /// may be lower than that of the previous snapshot. Also works during a pause: then one snapshot is sent.
    Seek(Tick),
    /// In a replay: changes the speed. A replay starts in real time.
    Speed(PlaybackSpeed),
    /// In a replay: whether to pause. No snapshots are sent during a pause, except one after each [`ClientMessage::Seek`]
    /// and [`ClientMessage::Resync`].
    Pause(bool),
    /// The player acts. Has no effect if the client is a spectator.
    Act(Act<G>),
    /// Whether the player is ready. Has an effect only while the room [waits](crate::RoomEvent::Waiting) for its players.
    Ready(bool),
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
    /// Secret of the player's profile. Without it, the server records no results of the player. If the ticket names a user,
    /// the server ignores the secret: the user then determines the profile.
    pub profile: Option<ProfileSecret>,
    /// The team that the player joins. `None` if the room assigns the player to the smallest team. If the client resumes its
    /// seat, or if its ticket names a team, the server ignores this field.
    pub team: Option<Team>,
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
pub struct Input<G: GameProtocol> {
    /// The first tick to simulate with these controls. If the input arrives too late for this tick, the server applies the
    /// input in the next tick. Computed by [`Lead::stamp`](crate::Lead::stamp).
    pub tick: Tick,
    /// The newest tick that the client has applied.
    pub acknowledged: Tick,
    /// The controls. They stay in effect until the next input.
    pub controls: G::Controls,
}

/// An action, numbered and stamped.
///
/// The server applies the actions of a seat exactly once, in the order of their numbers. It ignores an action that it has
/// already received, so a client may send an action again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Act<G: GameProtocol> {
    /// Number of the action: 1 for the first action of a seat, 2 for the next.
    pub sequence: u32,
    /// The tick to apply the action in. If the action arrives too late for this tick, the server applies it in the next
    /// tick. Computed by [`Lead::stamp`](crate::Lead::stamp).
    pub tick: Tick,
    /// The action.
    pub action: G::Action,
}
