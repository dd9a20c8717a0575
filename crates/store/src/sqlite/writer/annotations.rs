//! What a write adds to a room besides journal, checkpoint and stays.

use super::Writer;
use crate::store::{CheckpointIndex, MatchId};

impl Writer {
    /// Adds to the history what replays need to know about the newest checkpoint of a room.
    pub(super) fn insert_index(&self, id: MatchId, index: Option<&CheckpointIndex>) -> rusqlite::Result<()> {
        match (index, self.rooms.get(&id)) {
            (Some(index), Some(room)) if self.history.is_kept() => {
                self.database.insert_index(room.row, room.newest.id, index)
            }
            _ => Ok(()),
        }
    }

    /// Replaces the listing of a room that has not ended; does nothing if `listing` is `None`.
    pub(super) fn set_listing(&self, id: MatchId, listing: Option<&[u8]>) -> rusqlite::Result<()> {
        match (listing, self.rooms.get(&id)) {
            (Some(listing), Some(room)) => self.database.set_listing(room.row, listing),
            _ => Ok(()),
        }
    }
}
