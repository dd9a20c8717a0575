//! State and logic of a game room, without I/O and without a clock.
//!
//! [`Room`] is a running game: world, players, inputs and the view of each client. [`replication`] encodes the changes of a
//! tick once for all clients and composes the snapshot of each client from them. [`Journal`] records the commands of each tick.
//! [`load_shedding`] selects the sessions that skip snapshots when the threads that send them do not keep up.
//!
//! Messages enter through `handle_*`, time enters as ticks through [`Room::step`], and everything to be sent is returned. The
//! crate depends on the game API and the protocol, never on the server.

mod journal;
pub mod load_shedding;
mod options;
pub mod replication;
mod room;

pub use journal::{Journal, NoJournal};
pub use options::RoomOptions;
pub use replication::{Delivery, TickFrame};
pub use room::{Departure, Room, SessionId, Step};
