//! The history of rooms that is not written yet.

use std::collections::HashMap;

use super::super::database::RoomRow;

/// The journal of each room since its newest checkpoint. The same entries are also in the table of all journals, but the
/// rows of one room cannot be found there quickly. When the next checkpoint of the room is stored, the journal since the
/// previous checkpoint is added to the history as one row.
///
/// A room adds a checkpoint every ten seconds, so its journal remains small: at most 4 bytes per input.
pub(super) struct OpenHistory {
    /// `None` if no history is kept. The map does not contain a room if a part of the room's journal since its newest
    /// checkpoint is unknown, because a write failed.
    journals: Option<HashMap<RoomRow, Vec<u8>>>,
}

impl OpenHistory {
    pub(super) fn new(is_kept: bool) -> Self {
        Self { journals: is_kept.then(HashMap::new) }
    }

    pub(super) const fn is_kept(&self) -> bool {
        self.journals.is_some()
    }

    /// Starts the journal after a new checkpoint of a room. `journal` contains the entries that already follow this
    /// checkpoint. Returns the journal that followed the previous checkpoint, or `None` if that is empty or unknown.
    pub(super) fn start(&mut self, room: RoomRow, journal: Vec<u8>) -> Option<Vec<u8>> {
        self.journals.as_mut()?.insert(room, journal).filter(|before| !before.is_empty())
    }

    pub(super) fn extend(&mut self, room: RoomRow, journal: &[u8]) {
        if let Some(bytes) = self.journals.as_mut().and_then(|journals| journals.get_mut(&room)) {
            bytes.extend_from_slice(journal);
        }
    }

    /// Removes the journal of a room. Returns the journal, or `None` if it is empty or unknown.
    pub(super) fn remove(&mut self, room: RoomRow) -> Option<Vec<u8>> {
        self.journals.as_mut()?.remove(&room).filter(|journal| !journal.is_empty())
    }
}
