//! Errors of replay files.

use tickcast_protocol::Tick;

use crate::{RecoverError, RoomVersions};

/// Reason why a replay file is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayFileError {
    /// The file is longer than [`ReplayFile::BYTES_MAX`](crate::ReplayFile::BYTES_MAX).
    #[error("the file is bigger than {} MiB", crate::ReplayFile::BYTES_MAX >> 20)]
    TooBig,
    /// The file does not begin like a replay file.
    #[error("this is not a replay file")]
    NotAReplay,
    /// The file has a version of the format that this program does not support.
    #[error("the file has version {0} of the format, which this program does not support")]
    UnsupportedVersion(u32),
    /// Bytes are wrong or missing.
    #[error("the file is damaged at byte {offset}: {what}")]
    Damaged {
        /// Offset of the first byte that is wrong or missing, or of the record that contains it.
        offset: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// The checkpoint cannot be decoded.
    #[error("the checkpoint at byte {offset}: {cause}")]
    Checkpoint {
        /// Offset of the checkpoint.
        offset: usize,
        /// The cause.
        cause: RecoverError,
    },
    /// An entry of the journal is invalid, or does not fit the state of the room.
    #[error("the journal entry at byte {offset}: {cause}")]
    Entry {
        /// Offset of the entry.
        offset: usize,
        /// The cause.
        cause: RecoverError,
    },
    /// The versions of the program that recorded the match differ from those of this program. This program may therefore
    /// simulate the match differently.
    #[error("the match was recorded with other versions ({recorded}) than those of this program ({current})")]
    OtherVersions {
        /// The versions of the program that recorded the match.
        recorded: RoomVersions,
        /// The versions of this program.
        current: RoomVersions,
    },
    /// After this tick, the recomputed state differs from the recorded one.
    #[error("tick {}: the recomputed state differs from the recorded one", tick.0)]
    Diverged {
        /// The tick.
        tick: Tick,
    },
    /// The game's rules panicked.
    #[error("tick {}: the game's rules panicked", tick.0)]
    Panicked {
        /// The tick.
        tick: Tick,
    },
}
