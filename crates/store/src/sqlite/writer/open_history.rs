//! The history of rooms that is not written yet.

use std::collections::HashMap;

use super::super::database::RoomRow;

/// The journal of each room since its newest checkpoint. It is also in the table of all journals, but cannot be found there
/// quickly. When the next checkpoint of the room is stored, the journal is added to the history as one row.
///
/// A room adds a checkpoint every ten seconds, so its journal remains small: at most 4 bytes per input.
pub(super) struct OpenHistory {
    /// `None` if no history is kept. A room is missing if a part of its journal is unknown, because a write failed.
    journals: Option<HashMap<RoomRow, Vec<u8>>>,
}

impl OpenHistory {
    pub(super) fn new(is_kept: bool) -> Self {
        Self { journals: is_kept.then(HashMap::new) }
    }

    pub(super) const fn is_kept(&self) -> bool {
        self.journals.is_some()
    }

    /// Starts the journal of a room with what follows its newest checkpoint. Returns what followed the checkpoint before,
    /// unless this is empty or unknown.
    pub(super) fn start(&mut self, room: RoomRow, journal: Vec<u8>) -> Option<Vec<u8>> {
        self.journals.as_mut()?.insert(room, journal).filter(|before| !before.is_empty())
    }

    pub(super) fn extend(&mut self, room: RoomRow, journal: &[u8]) {
        if let Some(bytes) = self.journals.as_mut().and_then(|journals| journals.get_mut(&room)) {
            bytes.extend_from_slice(journal);
        }
    }

    /// Removes the journal of a room. Returns it, unless it is empty or unknown.
    pub(super) fn remove(&mut self, room: RoomRow) -> Option<Vec<u8>> {
        self.journals.as_mut()?.remove(&room).filter(|journal| !journal.is_empty())
    }
}
