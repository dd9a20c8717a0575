//! Which checkpoints of a running room remain in the history.

use super::super::database::{CheckpointRow, Database};
use crate::store::MatchId;

/// Of this many successive checkpoints, the history keeps the first. A room adds a checkpoint every ten seconds, so the
/// history keeps one per minute. Checkpoints take most of the space of a history. With fewer checkpoints, a replay would
/// have to simulate a longer time before it can show a given tick.
const CHECKPOINTS_PER_KEPT: u8 = 6;

/// The newest checkpoint of a room's history.
#[derive(Clone, Copy)]
pub(super) struct HistoryEnd {
    /// Id of the checkpoint.
    checkpoint: i64,
    /// Number of checkpoints that were removed after this one.
    removed: u8,
}

impl HistoryEnd {
    /// Handles a checkpoint that recovery does not need any more: adds the checkpoint to the history of its room, or
    /// removes it. Returns the new end of the history. `end` is the current end, or `None` if it is unknown.
    pub(super) fn push(
        end: Option<Self>,
        database: &Database,
        room: MatchId,
        outdated: &CheckpointRow,
    ) -> rusqlite::Result<Self> {
        match end {
            Some(Self { checkpoint, removed })
                if removed + 1 < CHECKPOINTS_PER_KEPT && database.remove_from_history(room, checkpoint, outdated)? =>
            {
                Ok(Self { checkpoint, removed: removed + 1 })
            }
            _ => Ok(Self { checkpoint: outdated.id, removed: 0 }),
        }
    }
}
