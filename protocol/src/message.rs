//! Messages between client and server. One binary WebSocket message contains one [`ClientMessage`] or one
//! [`ServerMessage`].
//!
//! ```text
//! client                                server
//!   │  Hello                              │
//!   │────────────────────────────────────▶│
//!   │                            Welcome  │
//!   │◀────────────────────────────────────│
//!   │      Snapshot (full: all in view)   │
//!   │◀────────────────────────────────────│
//!   │  Input, on change                   │
//!   │────────────────────────────────────▶│
//!   │      Snapshot (delta), every tick   │
//!   │◀────────────────────────────────────│
//! ```
//!
//! Depends on [`mod@crate::compact`], [`crate::game`], [`crate::units`] and [`crate::world`], but not on the codec or the
//! replica.

mod change;
mod client_message;
mod close_reason;
mod credential;
mod name;
mod personal;
mod playback;
mod server_message;
mod snapshot;

pub use change::{Change, apply_controls};
pub use client_message::{Act, ClientMessage, Hello, Input, Role, UNRESOLVED_ACTIONS_MAX, Viewport};
pub use close_reason::CloseReason;
pub use credential::{ProfileSecret, ResumeToken, Ticket};
pub use name::{NameError, PlayerName, RoomName};
pub use personal::{ActionOutcome, ActionOutcomes, Personal};
pub use playback::{InvalidSpeed, PlaybackSpeed};
pub use server_message::{Seat, ServerMessage, Welcome};
pub(crate) use snapshot::LeadingHeader;
pub use snapshot::{InputReport, PlayerKind, RoomEvent, Snapshot, SnapshotHeader};
