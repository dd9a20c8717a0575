//! The interface of a store.

mod history;

use std::fmt;
use std::num::ParseIntError;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use crate::profiles::{Leaderboard, LeaderboardEntry, Placement, Profile, ProfileId, StayEvent};

pub(crate) use history::FairList;
pub use history::{
    CheckpointIndex, MATCHES_PER_CREATOR, MarkerVisitor, MatchHistory, MatchKey, MatchRecord, Segment, SegmentPosition,
};

/// Identifies one instance of a room. Names of rooms are reused; match ids are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchId(pub [u8; 16]);

/// 32 hexadecimal digits.
impl fmt::Display for MatchId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Parses up to 32 hexadecimal digits.
impl FromStr for MatchId {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes()))
    }
}

/// Identifies a client who creates rooms, as long as the same server runs: a hash with a random key, which reveals nothing
/// about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Creator(pub u64);

/// The number of servers that have owned a room so far (a fencing token). The server that creates the room has epoch 1, and
/// each take-over adds 1. Only the newest owner may write to the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch of a room that was never taken over.
    pub const FIRST: Self = Self(1);
}

/// Storage of the journals and checkpoints of rooms, and of the profiles of their players.
///
/// # Sequence
/// The creation of a room has the sequence number 0. Each later [`Operation::Append`] or [`Operation::Restart`] has the
/// next number; the store rejects any other number. The store also rejects writes with an outdated [`Epoch`], so two
/// servers never write to the same room at the same time.
///
/// # Retention
/// A store keeps at least two checkpoints of each open room, and the journal since the older one. A room can thus be
/// recovered even if its newest checkpoint is damaged. After [`Operation::Restart`], or if a room has written nothing for a
/// long time, the store may keep only the newest checkpoint.
///
/// # Profiles
/// A write contains the stays of players that began or ended in the part of the journal that it adds. The store keeps a stay
/// from its beginning to its end. At the end, it removes the stay and counts its result in the player's profile, in the same
/// transaction as the journal. Each stay is thus counted exactly once. Single results are not kept. When a room is closed
/// or set aside, its remaining stays are removed and not counted.
pub trait Store: Send + Sync + 'static {
    /// The rooms that are neither closed nor set aside. Blocks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn rooms(&self) -> Result<Vec<RoomEntry>, StoreError>;

    /// Takes a room over: increments its epoch and its number of recovery attempts, and returns all that is needed to
    /// recover the room. Blocks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn take_over(&self, id: MatchId) -> Result<SavedRoom, StoreError>;

    /// Starts a write and returns at once. The store calls [`Write::done`] on any thread, possibly before `submit` returns,
    /// and at the latest when the store is dropped. Writes to one room are carried out in the order of the calls. A room
    /// should have few writes in progress: the queue is bounded, and a write that does not fit fails with
    /// [`StoreError::QueueFull`].
    fn submit(&self, write: Write);

    /// Blocks until all previously submitted writes are done.
    fn flush(&self);

    /// The history of matches, for replays. `None` if the store keeps no history.
    fn history(&self) -> Option<Arc<dyn MatchHistory>> {
        None
    }

    /// A player's profile. `None` if the store has counted no result of the player. Blocks the calling thread, but does not
    /// delay writes.
    ///
    /// # Errors
    /// [`StoreError`].
    fn profile(&self, id: ProfileId) -> Result<Option<Profile>, StoreError>;

    /// Deletes a player's profile and entries on leaderboards. Stays in progress will not be counted. Returns whether there
    /// was a profile. Blocks.
    ///
    /// # Errors
    /// [`StoreError`].
    fn erase_profile(&self, id: ProfileId) -> Result<bool, StoreError>;

    /// The entries of a leaderboard with these ranks; the best entry has the rank 0. Entries without points are not listed.
    /// Blocks the calling thread, but does not delay writes.
    ///
    /// # Errors
    /// [`StoreError`].
    fn leaderboard(&self, leaderboard: Leaderboard, ranks: Range<u32>) -> Result<Vec<LeaderboardEntry>, StoreError>;

    /// The place of a player on a leaderboard. `None` if the player has no points in the period. Blocks the calling thread, but
    /// does not delay writes.
    ///
    /// # Errors
    /// [`StoreError`].
    fn placement(&self, leaderboard: Leaderboard, id: ProfileId) -> Result<Option<Placement>, StoreError>;
}

/// A room in a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomEntry {
    /// The room.
    pub id: MatchId,
    /// Name of the room.
    pub name: String,
    /// The newest [`Write::listing`] of the room. Empty if there was none.
    pub listing: Vec<u8>,
}

/// A write to a store.
pub struct Write {
    /// The room.
    pub room: MatchId,
    /// The epoch of the writing server.
    pub epoch: Epoch,
    /// What to write.
    pub operation: Operation,
    /// What a history must know about the checkpoint that the operation adds, if it adds one. If this is `None`, the
    /// checkpoint is used only for recovery.
    pub index: Option<CheckpointIndex>,
    /// Stays of players that have begun or ended, in this order.
    pub stays: Vec<StayEvent>,
    /// What a server must know about the room before it recovers the room, for example to list it. `None` if this has not
    /// changed. Has no effect on a write that ends the room.
    pub listing: Option<Vec<u8>>,
    /// Called once with the result. `Ok` means that the write is durable.
    pub done: Done,
}

/// Receives the result of a write.
pub type Done = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Adds a room.
    Create {
        /// Name of the room.
        name: String,
        /// Identifies the client who has caused the creation of the room. `None` if it is unknown.
        creator: Option<Creator>,
        /// The room's state at the start.
        checkpoint: Vec<u8>,
    },
    /// Adds a part of the journal.
    Append {
        /// The sequence number.
        sequence: u64,
        /// The part of the journal. May be empty.
        journal: Vec<u8>,
        /// The room's state after this part; `None` if no checkpoint is due.
        checkpoint: Option<Vec<u8>>,
    },
    /// Adds a checkpoint. From now on, the room is recovered from this or a later checkpoint, because the journal before it
    /// may have a gap.
    Restart {
        /// The sequence number.
        sequence: u64,
        /// The room's state.
        checkpoint: Vec<u8>,
    },
    /// The room has ended. Its data may be deleted, or kept for replays.
    Close,
    /// The room cannot be recovered. The store keeps the room for examination, but [`Store::rooms`] does not return it any
    /// more.
    SetAside {
        /// Why the room cannot be recovered.
        reason: String,
    },
}

impl Operation {
    /// Whether the operation ends the room.
    pub(crate) const fn is_end(&self) -> bool {
        matches!(self, Self::Close | Self::SetAside { .. })
    }
}

/// All that is needed to recover a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRoom {
    /// The epoch of the new owner.
    pub epoch: Epoch,
    /// Number of attempts to recover the room since its last successful write, including this attempt.
    pub attempts: u32,
    /// Sequence number of the last write.
    pub sequence: u64,
    /// The checkpoints, the newest first.
    pub checkpoints: Vec<Checkpoint>,
    /// Parts of the journal, in ascending order of sequence numbers. Contains at least all parts that follow the oldest of
    /// the checkpoints.
    pub journal: Vec<JournalPart>,
}

/// A state of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Sequence number of the last write whose effects the checkpoint includes.
    pub sequence: u64,
    /// Hash of the room's id, the sequence number and the bytes. `None` if a previous version of the program has stored the
    /// checkpoint.
    pub hash: Option<u64>,
    /// The encoded state.
    pub bytes: Vec<u8>,
}

impl Checkpoint {
    /// A checkpoint with its hash.
    #[must_use]
    pub fn new(room: MatchId, sequence: u64, bytes: Vec<u8>) -> Self {
        Self { sequence, hash: Some(hash_of(room, sequence, &bytes)), bytes }
    }

    /// Returns false if there is a hash that differs from the hash of this room, sequence number and bytes. A wrong
    /// sequence number would combine the checkpoint with a wrong part of the journal.
    #[must_use]
    pub fn is_intact(&self, room: MatchId) -> bool {
        self.hash.is_none_or(|hash| hash == hash_of(room, self.sequence, &self.bytes))
    }
}

/// A part of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPart {
    /// The sequence number.
    pub sequence: u64,
    /// Hash of the room's id, the sequence number and the bytes.
    pub hash: u64,
    /// The encoded entries.
    pub bytes: Vec<u8>,
}

impl JournalPart {
    /// A part with its hash.
    #[must_use]
    pub fn new(room: MatchId, sequence: u64, bytes: Vec<u8>) -> Self {
        Self { sequence, hash: hash_of(room, sequence, &bytes), bytes }
    }

    /// Whether the hash is that of this room, sequence number and bytes.
    #[must_use]
    pub fn is_intact(&self, room: MatchId) -> bool {
        self.hash == hash_of(room, self.sequence, &self.bytes)
    }
}

/// The hash of a checkpoint or of a part of a journal.
pub(crate) fn hash_of(room: MatchId, sequence: u64, bytes: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&room.0);
    hash.update(&sequence.to_le_bytes());
    hash.update(bytes);
    hash.digest()
}

impl SavedRoom {
    /// The journal that follows a checkpoint.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a part is missing, or if a part or the checkpoint is altered.
    pub fn journal_after(&self, room: MatchId, checkpoint: &Checkpoint) -> Result<Vec<&[u8]>, StoreError> {
        let expected = checkpoint.sequence.checked_add(1).ok_or(StoreError::Damaged)?..=self.sequence;
        let parts: Vec<_> = self.journal.iter().filter(|part| expected.contains(&part.sequence)).collect();
        let is_complete = parts.iter().map(|part| part.sequence).eq(expected);
        if !is_complete || !checkpoint.is_intact(room) || !parts.iter().all(|part| part.is_intact(room)) {
            return Err(StoreError::Damaged);
        }
        Ok(parts.into_iter().map(|part| part.bytes.as_slice()).collect())
    }
}

/// Reason why a store did not carry out a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another server has taken the room over. Stop the room without showing clients another tick.
    #[error("another server has taken the room over")]
    Fenced,
    /// The caller made one of these mistakes: the write does not have the next sequence number, the room does not exist, or
    /// a room to be created already exists.
    #[error("the write does not follow the last one of its room")]
    OutOfSequence,
    /// Too many writes are waiting. Continue with [`Operation::Restart`] later.
    #[error("too many writes are waiting")]
    QueueFull,
    /// The storage medium failed. Continue with [`Operation::Restart`] later.
    #[error("{0}")]
    Failed(String),
    /// The room's data is damaged. Set the room aside.
    #[error("the stored data is damaged")]
    Damaged,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}
