//! Reads a database without changing it.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::path::Path;

use super::database::{Database, RoomRecord, RoomRow, RoomState};
use super::directory::{OpenError, database_in};
use super::failed;
use crate::store::{Epoch, JournalPart, SavedRoom, StoreError};

/// Reads the database in a directory, even while a server uses it. Reading changes nothing: unlike
/// [`Store::take_over`](crate::Store::take_over), it does not count as an attempt of recovery.
pub struct DatabaseReader(Database);

impl DatabaseReader {
    /// Opens the database in a directory.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let path = database_in(directory);
        if !path.is_file() {
            return Err(OpenError::NoDatabase(directory.to_owned()));
        }
        Ok(Self(Database::open_read_only(&path)?))
    }

    /// The problems that SQLite finds in the structure of the database.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the database cannot be read.
    pub fn problems(&self) -> Result<Vec<String>, StoreError> {
        self.0.problems().map_err(failed)
    }

    /// Passes each room to `handle`, with all that is needed to recover it.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the list of rooms or their journal cannot be read.
    pub fn read_rooms(&self, mut handle: impl FnMut(&RoomRecord, Result<SavedRoom, StoreError>)) -> Result<(), StoreError> {
        let mut journals = HashMap::<_, Vec<_>>::new();
        self.0.read_journal(|room, part| journals.entry(room).or_default().push(part)).map_err(failed)?;
        for (row, epoch, attempts, record) in self.0.records().map_err(failed)? {
            let journal = match record.state {
                RoomState::Open => Ok(journals.remove(&row).unwrap_or_default()),
                RoomState::SetAside(_) => self.0.journal_set_aside(row),
            };
            let saved = journal.and_then(|journal| self.saved(row, epoch, attempts, journal));
            handle(&record, saved.map_err(failed));
        }
        Ok(())
    }

    fn saved(&self, row: RoomRow, epoch: Epoch, attempts: u32, journal: Vec<JournalPart>) -> rusqlite::Result<SavedRoom> {
        let checkpoints: Vec<_> = self.0.checkpoints(row)?.into_iter().map(|(_, checkpoint)| checkpoint).collect();
        let newest = checkpoints.first().map_or(0, |checkpoint| checkpoint.sequence);
        let sequence = journal.last().map_or(newest, |part| part.sequence.max(newest));
        Ok(SavedRoom { epoch, attempts, sequence, checkpoints, journal })
    }

    /// Writes a consistent copy of the database into an empty file, and waits until the disk has stored it. To restore the copy,
    /// name it `tickcast.db` and put it into an empty directory.
    ///
    /// # Errors
    /// [`StoreError::Failed`]. The file may then contain a part of the copy.
    pub fn copy_into(self, file: &Path) -> Result<(), StoreError> {
        let path = file.to_str().ok_or_else(|| StoreError::Failed(format!("{} is not UTF-8", file.display())))?;
        self.0.copy_into(path).map_err(failed)?;
        // SQLite does not wait for the disk when it writes a copy.
        OpenOptions::new().write(true).open(file).and_then(|file| file.sync_all()).map_err(failed)
    }
}
