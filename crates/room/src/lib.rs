//! State and logic of a game room, without I/O and without a clock.
//!
//! [`Room`] is a running game: world, players, inputs and the view of each client. [`replication`] encodes the changes of a
//! tick once for all clients, and composes the snapshot of each client from them. A room can record a journal, from which
//! [`Replay`] and [`Room::recover`] compute the room again. A [`Playback`] shows the recorded match to a spectator. A
//! [`ReplayFile`] contains a part of a journal, with the hash of each tick. While a worker thread is behind with sending
//! snapshots, [`load_shedding`] selects sessions that receive none.
//!
//! The caller passes messages to the `handle_*` functions, calls [`Room::step`] once per tick, and passes the time since
//! the start of the room. The room returns everything that is to be sent. The crate depends on the game API and the
//! protocol, never on the server.

mod journal;
pub mod load_shedding;
mod observer;
mod options;
mod playback;
mod replay_file;
pub mod replication;
mod room;

pub use journal::SubmittedAction;
pub use observer::{CommandObserver, NoObserver};
pub use options::RoomOptions;
pub use playback::{CheckpointSummary, Playback, PlayedTick};
pub use replay_file::{ReplayFile, ReplayFileError, ReplayRecorder};
pub use replication::{Beat, Delivery, TickFrame, TickTime};
pub use room::{
    ClientKey, Departure, EMPTY_GRACE, KEPT_SEATS_PER_CLIENT_MAX, Marker, MarkerKind, NewClient, PAUSE_DELAY, RESUME_GRACE,
    RecoverError, Replay, Room, RoomVersions, SETTLING_TIME, Schedule, SeatPermit, SessionId, StayResult, Step,
    TickDeliveries, YIELD_DELAY,
};
