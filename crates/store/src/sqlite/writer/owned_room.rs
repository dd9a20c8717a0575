//! What the writer remembers of a room.

use super::super::database::{CheckpointRow, RoomRow};
use super::thinning::HistoryEnd;
use crate::store::Epoch;

/// The journal table contains the journals of all rooms. Rows are deleted only from the beginning of the table. A room is
/// idle if it has written nothing since its newest checkpoint, while other rooms have added more than this number of rows
/// to the table. The rows of an idle room are deleted, so the room can be recovered only from its newest checkpoint. If an
/// idle room kept a row, no later row of any room could be deleted.
const IDLE_PARTS_MAX: i64 = 100_000;

/// A room that this server has created or taken over.
#[derive(Clone, Copy)]
pub(super) struct OwnedRoom {
    pub(super) row: RoomRow,
    pub(super) epoch: Epoch,
    pub(super) sequence: u64,
    pub(super) newest: CheckpointRow,
    /// The checkpoint before the newest. There is none after `Operation::Create` or `Operation::Restart`.
    pub(super) previous: Option<CheckpointRow>,
    /// The newest checkpoint of the history. There is none after `Operation::Create` or `Operation::Restart`.
    pub(super) history_end: Option<HistoryEnd>,
    /// Whether the next write resets the number of recovery attempts.
    pub(super) is_recovering: bool,
}

impl OwnedRoom {
    /// A room without a journal.
    pub(super) const fn new(row: RoomRow, epoch: Epoch, newest: CheckpointRow) -> Self {
        let sequence = newest.sequence;
        Self { row, epoch, sequence, newest, previous: None, history_end: None, is_recovering: false }
    }

    /// Returns an id of a row of the journal: the room needs neither the row with this id nor any row with a lower id.
    /// `last` is the id of the last row of the journal.
    pub(super) fn obsolete_up_to(&self, last: i64) -> i64 {
        let is_idle = self.sequence == self.newest.sequence && last.saturating_sub(self.newest.journal) > IDLE_PARTS_MAX;
        if is_idle { last } else { self.previous.unwrap_or(self.newest).journal }
    }
}
