//! Durable storage of rooms.
//!
//! A [`Store`] keeps a journal and checkpoints of each room, as bytes. [`SqliteStore`] (feature `sqlite`) is an embedded
//! database. [`MemoryStore`] is for tests, and can simulate failures and crashes. The crate depends on no other crate of
//! the workspace.

mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;

pub use memory::{Fault, MemoryStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{DatabaseReader, Durability, OpenError, Retention, RoomRecord, RoomState, SqliteStore, prune_history};
pub use store::{Checkpoint, Done, Epoch, JournalPart, MatchId, Operation, RoomEntry, SavedRoom, Store, StoreError, Write};
