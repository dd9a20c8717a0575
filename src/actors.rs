//! The actors: they convert messages, call the core (`tickcast-room`) and send what it returns. They contain no rules of a
//! game or a room.
//!
//! ```text
//! HTTP worker (a thread)                         room thread
//! ┌──────────────────────────────┐   Join, Leave; EventQueue
//! │ Session ─┐                   │ ─────────────────────────────▶ ┌───────────┐
//! │ Session ─┼─▶ Worker ─ Relay  │                                │ RoomActor │
//! │ Session ─┘    (connections)  │ ◀───────────────────────────── └───────────┘
//! └──────────────────────────────┘     one Fanout per tick              ▲
//!            │ FindRoom                                         starts, lists
//!            └──────────────────────────▶ Lobby ─────────────────────────┘
//! ```
//!
//! Actors send messages to each other through the handles in [`messages`], which contain recipients instead of actor types.
//! Imports run one way: `session → worker → messages`, `relay → worker`, `lobby → room → messages`, `replay → room`; `lobby` and
//! `room` also import `log_name`.

pub mod lobby;
mod log_name;
pub mod messages;
pub mod relay;
pub mod replay;
pub mod room;
pub mod session;
pub mod worker;
