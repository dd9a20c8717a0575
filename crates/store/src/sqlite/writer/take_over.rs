//! Takes rooms over from the server that ran them before.

use super::super::database::CheckpointRow;
use super::super::failed;
use super::{OwnedRoom, ROW_MAX, Writer};
use crate::store::{MatchId, SavedRoom, StoreError};

impl Writer {
    /// Takes a room over, and reads all that is needed to recover it.
    pub(super) fn take_over(&mut self, id: MatchId) -> Result<SavedRoom, StoreError> {
        let taken = self.database.take_over(id).map_err(failed)?;
        let (row, epoch, attempts) = taken.ok_or(StoreError::OutOfSequence)?;
        let journal = if self.unclaimed.remove(&id) {
            self.found.remove(&row).unwrap_or_default()
        } else {
            self.database.journal_of(row).map_err(failed)?
        };
        let checkpoints = self.database.checkpoints(row, &journal).map_err(failed)?;
        let rows: Vec<_> = checkpoints.iter().map(|(row, _)| *row).collect();
        let last = journal.last().map_or(0, |part| part.sequence);
        // A room without a checkpoint is damaged, and can only be set aside. Until then, a placeholder takes the place of
        // its checkpoint.
        let placeholder = CheckpointRow { id: 0, sequence: last, journal: self.last_part };
        let newest = rows.first().copied().unwrap_or(placeholder);
        let (sequence, previous) = (last.max(newest.sequence), rows.get(1).copied());
        if sequence > ROW_MAX.cast_unsigned() {
            return Err(StoreError::Damaged);
        }
        let room = OwnedRoom { sequence, previous, is_recovering: true, ..OwnedRoom::new(row, epoch, newest) };
        self.rooms.insert(id, room);
        let checkpoints = checkpoints.into_iter().map(|(_, checkpoint)| checkpoint).collect();
        let saved = SavedRoom { epoch, attempts, sequence, checkpoints, journal };
        let newest = saved.checkpoints.first().and_then(|newest| saved.journal_after(id, newest).ok());
        newest.and_then(|journal| self.history.start(row, journal.concat()));
        Ok(saved)
    }
}
