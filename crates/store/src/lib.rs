//! Durable storage of rooms, profiles and leaderboards.
//!
//! A [`Store`] keeps a journal and checkpoints of each room, as bytes, and combines the results of players in profiles.
//! [`SqliteStore`] (feature `sqlite`) is an embedded database. [`MemoryStore`] is for tests, and can simulate failures and
//! crashes. The crate depends on no other crate of the workspace.

mod memory;
mod profiles;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;

pub use memory::{Fault, MemoryHistory, MemoryStore};
pub use profiles::{
    Leaderboard, LeaderboardEntry, PROFILES_MAX, Period, Placement, Profile, ProfileId, ProfileIdError, Stay, StayEvent,
    StayResult,
};
#[cfg(feature = "sqlite")]
pub use sqlite::{
    DatabaseReader, Durability, OpenError, Retention, RoomRecord, RoomState, SqliteStore, erase_profile, prune_history,
};
pub use store::{
    Checkpoint, CheckpointIndex, Creator, Done, Epoch, JournalPart, MATCHES_PER_CREATOR, MarkerVisitor, MatchHistory,
    MatchId, MatchKey, MatchRecord, Operation, RoomEntry, SavedRoom, Segment, SegmentPosition, Store, StoreError, Write,
};
