//! Reads a database without changing it.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::ops::Range;
use std::path::Path;

use super::database::{Database, RoomRecord, RoomRow, RoomState};
use super::directory::{OpenError, database_in};
use super::failed;
use super::schema::VERSION;
use super::writer::marked_row;
use crate::profiles::{Leaderboard, LeaderboardEntry};
use crate::store::{Checkpoint, Epoch, JournalPart, MatchId, SavedRoom, StoreError};

/// Reads the database in a directory, even while a server uses it. Reading changes nothing: unlike
/// [`Store::take_over`](crate::Store::take_over), it does not count as an attempt to recover the room.
pub struct DatabaseReader {
    database: Database,
    /// Version of the schema.
    version: i32,
    /// The marked row of the journal. It was read before the database was opened, so a server that uses the database has
    /// committed this row.
    marked_row: i64,
}

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
        let marked_row = marked_row(directory);
        let (database, version) = Database::open_read_only(&path)?;
        Ok(Self { database, version, marked_row })
    }

    /// The problems that SQLite finds in the structure of the database.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the database cannot be read.
    pub fn problems(&self) -> Result<Vec<String>, StoreError> {
        self.database.problems().map_err(failed)
    }

    /// Number of rows of the journal that were committed, but are missing, as in
    /// [`SqliteStore::lost_rows`](crate::SqliteStore::lost_rows).
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the database cannot be read.
    pub fn lost_rows(&self) -> Result<u64, StoreError> {
        let last = self.database.last_row().map_err(failed)?;
        Ok(self.marked_row.saturating_sub(last).max(0).cast_unsigned())
    }

    /// Passes each room to `handle`, with all that is needed to recover it.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the list of rooms or their journal cannot be read, or if an older version of the program
    /// has written the database and no server has converted it yet.
    pub fn read_rooms(&self, mut handle: impl FnMut(&RoomRecord, Result<SavedRoom, StoreError>)) -> Result<(), StoreError> {
        self.check_version()?;
        let mut journals = HashMap::<_, Vec<_>>::new();
        self.database.read_journal(|room, part| journals.entry(room).or_default().push(part)).map_err(failed)?;
        for (row, epoch, attempts, record) in self.database.records().map_err(failed)? {
            let journal = match record.state {
                RoomState::Open | RoomState::Closed => Ok(journals.remove(&row).unwrap_or_default()),
                RoomState::SetAside(_) => self.database.journal_set_aside(row),
            };
            let saved = journal.and_then(|journal| self.saved(row, epoch, attempts, journal));
            handle(&record, saved.map_err(failed));
        }
        Ok(())
    }

    /// Passes the checkpoints of a room to `handle`, the oldest first, each with the journal that follows it up to the next
    /// checkpoint. There is no journal for the newest checkpoint of an open room. There is also none for a checkpoint after
    /// which a part of the journal is missing because a write failed.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the history cannot be read.
    pub fn read_history(
        &self,
        room: MatchId,
        handle: impl FnMut(Checkpoint, Option<JournalPart>),
    ) -> Result<(), StoreError> {
        self.database.read_history(room, handle).map_err(failed)
    }

    /// The entries of a leaderboard with these ranks; the best entry has the rank 0.
    ///
    /// # Errors
    /// [`StoreError::Failed`] if the database cannot be read, or if no server has converted it yet.
    pub fn leaderboard(&self, leaderboard: Leaderboard, ranks: Range<u32>) -> Result<Vec<LeaderboardEntry>, StoreError> {
        self.check_version()?;
        self.database.leaderboard(leaderboard, ranks).map_err(failed)
    }

    fn check_version(&self) -> Result<(), StoreError> {
        let version = self.version;
        if version < VERSION {
            return Err(failed(format!(
                "the database has version {version}; a server converts it to version {VERSION} at start"
            )));
        }
        Ok(())
    }

    fn saved(&self, row: RoomRow, epoch: Epoch, attempts: u32, journal: Vec<JournalPart>) -> rusqlite::Result<SavedRoom> {
        let checkpoints: Vec<_> =
            self.database.checkpoints(row, &journal)?.into_iter().map(|(_, checkpoint)| checkpoint).collect();
        let newest = checkpoints.first().map_or(0, |checkpoint| checkpoint.sequence);
        let sequence = journal.last().map_or(newest, |part| part.sequence.max(newest));
        Ok(SavedRoom { epoch, attempts, sequence, checkpoints, journal })
    }

    /// Writes a consistent copy of the database into an empty file, and waits until the disk has stored it. To restore the
    /// copy, name it `tickcast.db` and put it into an empty directory.
    ///
    /// # Errors
    /// [`StoreError::Failed`]. The file may then contain a part of the copy.
    pub fn copy_into(self, file: &Path) -> Result<(), StoreError> {
        let path = file.to_str().ok_or_else(|| StoreError::Failed(format!("{} is not UTF-8", file.display())))?;
        self.database.copy_into(path).map_err(failed)?;
        // SQLite does not wait for the disk when it writes a copy.
        OpenOptions::new().write(true).open(file).and_then(|file| file.sync_all()).map_err(failed)
    }
}
