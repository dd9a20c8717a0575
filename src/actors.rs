//! The shell: actors that convert, call the core, and send. No rule of a game or a room is in here.
//!
//! ```text
//! HTTP worker (a thread)                         room thread
//! ┌──────────────────────────────┐     join, leave, batches of notes
//! │ Session ─┐                   │ ─────────────────────────────▶ ┌───────────┐
//! │ Session ─┼─▶ Worker ─ Relay  │                                │ RoomActor │
//! │ Session ─┘    (connections)  │ ◀───────────────────────────── └───────────┘
//! └──────────────────────────────┘     one Fanout per tick              ▲
//!            │ which room?                                       starts, lists
//!            └──────────────────────────▶ Lobby ─────────────────────────┘
//! ```

pub mod bucket;
pub mod bulletin;
pub mod clock;
pub mod frames;
pub mod framing;
pub mod guard;
pub mod lobby;
pub mod messages;
pub mod relay;
pub mod relief;
pub mod room;
pub mod session;
pub mod utf8;
pub mod worker;
