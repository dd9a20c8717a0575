//! What a tickcast server and its clients agree on.
//!
//! The world is exact: integers only, no clock, no I/O. Whoever holds the same state computes the same next state, so a
//! server sends a client only what the client could not have computed. A Rust client needs this crate and a WebSocket
//! library, nothing else:
//!
//! 1. send [`ClientMessage::Hello`], encoded by [`codec::encode_client`];
//! 2. make a [`Replica`] from the [`Welcome`] that comes back;
//! 3. give every [`Snapshot`] to [`Replica::apply`], and draw [`Replica::entities`];
//! 4. send [`ClientMessage::Input`] when the controls change, stamped by [`Lead::stamp`];
//! 5. show one's own ship where [`Prediction`] says it is.
//!
//! [`Game`] is the seam: the bundled game is [`arena::Arena`], and a game of one's own implements the same trait.

pub mod arena;
pub mod close;
pub mod codec;
pub mod compact;
pub mod credential;
pub mod entities;
pub mod game;
pub mod grid;
pub mod message;
pub mod name;
pub mod prediction;
pub mod replica;
pub mod sine;
pub mod units;

pub use close::CloseReason;
pub use credential::{ResumeToken, Ticket};
pub use entities::EntityMap;
pub use game::{Birth, Digest, Fate, Game};
pub use grid::{Grid, ViewRect};
pub use message::{
    Change, ClientMessage, Hello, Input, InputReport, MemberKind, Role, RoomEvent, Seat, ServerMessage, Snapshot,
    SnapshotHeader, Viewport, Welcome,
};
pub use name::{NameError, PlayerName, RoomName};
pub use prediction::{Lead, Prediction};
pub use replica::{Applied, Replica, ReplicaError};
pub use units::{Angle, EntityId, PlayerId, Position, Tick, Velocity};
