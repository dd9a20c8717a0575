//! The actors: they convert messages, call the core and send what it returns. Rules of a game or a room do not belong here.
//!
//! ```text
//! HTTP worker (a thread)                         room thread
//! ┌──────────────────────────────┐   Join, Leave, SessionEvents
//! │ Session ─┐                   │ ─────────────────────────────▶ ┌───────────┐
//! │ Session ─┼─▶ Worker ─ Relay  │                                │ RoomActor │
//! │ Session ─┘    (connections)  │ ◀───────────────────────────── └───────────┘
//! └──────────────────────────────┘     one Fanout per tick              ▲
//!            │ FindRoom                                         starts, lists
//!            └──────────────────────────▶ Lobby ─────────────────────────┘
//! ```
//!
//! The actors refer to each other only through the handles in [`messages`], which contain recipients instead of actor
//! types. Imports run one way: `session → worker → messages`, `relay → worker`, `lobby → room → messages`.

pub mod lobby;
pub mod messages;
pub mod relay;
pub mod room;
pub mod session;
pub mod worker;
