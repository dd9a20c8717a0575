//! The history of rooms: checkpoints and journals that recovery does not need any more, but replays do.

use std::path::Path;
use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::Durability;
use super::database::{CheckpointRow, Database, RoomRow, checkpoint, part};
use super::directory::{LockedDirectory, OpenError, database_in};
use crate::store::{Checkpoint, JournalPart, MatchId};

/// Maximum number of checkpoints, with the journals that follow them, that are deleted in one transaction.
const BATCH_ROWS_MAX: u32 = 64;
/// Maximum size of the data deleted in one transaction, unless a single checkpoint and its journal are larger. Limits how
/// long a write waits for a deletion.
const BATCH_BYTES_MAX: i64 = 1 << 20;

/// Maximum size of a journal that is combined from the journals of several intervals. Each combination rewrites the journal,
/// while other writes wait. 256 KiB take well below a millisecond.
const JOURNAL_BYTES_MAX: usize = 256 << 10;

/// Beginning of each statement that selects checkpoints to delete. `CROSS JOIN` makes SQLite search the checkpoints first,
/// in the order of an index.
const SELECT: &str = "SELECT c.id, c.room, length(c.data) + coalesce(length(h.data), 0)
    FROM checkpoints c CROSS JOIN rooms r ON r.id = c.room LEFT JOIN history h ON h.checkpoint = c.id";
/// Condition of a checkpoint that recovery does not need: its room is closed, or the room has at least two newer
/// checkpoints.
const IS_HISTORY: &str = "(r.closed IS NOT NULL OR EXISTS (
    SELECT 1 FROM checkpoints n WHERE n.room = c.room AND n.sequence > c.sequence LIMIT 1 OFFSET 1))";
/// The room that has been closed for the longest time.
const OLDEST_CLOSED_ROOM: &str = "(SELECT id FROM rooms WHERE closed IS NOT NULL ORDER BY closed, id LIMIT 1)";

/// How much history a store keeps. History is the data of open and closed rooms that recovery does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How long history is kept. Only time in which a server uses the database counts. This time is not measured with the
    /// system's clock, so changes of that clock have no effect. If this is 0, no history is kept.
    pub age: Duration,
    /// Maximum size of the database in bytes. If the database is larger, history is deleted: first that of closed rooms,
    /// then that of open rooms, the oldest first in each case. What recovery needs is never deleted.
    pub bytes_max: u64,
}

impl Retention {
    /// No history.
    pub const NONE: Self = Self { age: Duration::ZERO, bytes_max: 0 };
}

/// A checkpoint to be deleted.
struct OldCheckpoint {
    id: i64,
    room: RoomRow,
    /// Size of the checkpoint and of the journal that follows it.
    bytes: i64,
}

/// Deletes the history that `retention` does not keep, and shrinks the file of the database. No server may be using the
/// directory. Returns the sizes of the file in bytes before and after.
///
/// # Errors
/// [`OpenError`].
pub fn prune_history(directory: &Path, retention: Retention) -> Result<(u64, u64), OpenError> {
    let path = database_in(directory);
    let bytes = || path.metadata().map(|file| file.len()).map_err(|_| OpenError::NoDatabase(directory.to_owned()));
    bytes()?;
    let _locked = LockedDirectory::open(directory)?;
    let database = Database::open(&path, Durability::Process)?;
    database.reset_wal()?;
    let before = bytes()?;
    let now_s = database.last_time_s()?;
    while database.prune(retention, now_s)? {}
    database.shrink()?;
    Ok((before, bytes()?))
}

impl Database {
    /// The time of the newest checkpoint, or of the last closing of a room if that was later. Times are in seconds during
    /// which servers have used the database.
    pub(super) fn last_time_s(&self) -> rusqlite::Result<i64> {
        let sql =
            "SELECT max(coalesce((SELECT max(created) FROM checkpoints), 0), coalesce((SELECT max(closed) FROM rooms), 0))";
        self.0.query_row(sql, [], |row| row.get(0))
    }

    /// Adds one part to the history: the combined journal from a checkpoint up to the next checkpoint. The combined part
    /// has the sequence number of the last part that it contains.
    pub(super) fn insert_history(&self, checkpoint: i64, journal: &JournalPart) -> rusqlite::Result<()> {
        self.run(
            "INSERT INTO history (checkpoint, sequence, hash, data) VALUES (?1, ?2, ?3, ?4)",
            params![checkpoint, journal.sequence.cast_signed(), journal.hash.cast_signed(), journal.bytes],
        )
    }

    /// Removes a checkpoint from the history of a room. The journal that follows this checkpoint is appended to the journal
    /// that follows `before`, the checkpoint before it. Returns false, and removes nothing, if one of the two journals is
    /// missing or damaged, or if both together are too large.
    pub(super) fn remove_from_history(
        &self,
        room: MatchId,
        before: i64,
        checkpoint: &CheckpointRow,
    ) -> rusqlite::Result<bool> {
        let [first, second] = [self.history_after(before)?, self.history_after(checkpoint.id)?];
        let (Some(first), Some(second)) = (first, second) else { return Ok(false) };
        let can_combine = first.sequence == checkpoint.sequence
            && first.bytes.len() + second.bytes.len() <= JOURNAL_BYTES_MAX
            && first.is_intact(room)
            && second.is_intact(room);
        if can_combine {
            let combined = JournalPart::new(room, second.sequence, [first.bytes, second.bytes].concat());
            self.run("DELETE FROM history WHERE checkpoint = ?1", params![before])?;
            self.insert_history(before, &combined)?;
            self.run("DELETE FROM checkpoints WHERE id = ?1", params![checkpoint.id])?;
        }
        Ok(can_combine)
    }

    /// The journal that follows a checkpoint in the history.
    fn history_after(&self, checkpoint: i64) -> rusqlite::Result<Option<JournalPart>> {
        let sql = "SELECT sequence, hash, data FROM history WHERE checkpoint = ?1";
        self.0.prepare_cached(sql)?.query_row(params![checkpoint], part).optional()
    }

    /// Passes the checkpoints of a room to `handle`, the oldest first, each with the journal that follows it.
    pub(super) fn read_history(
        &self,
        room: MatchId,
        mut handle: impl FnMut(Checkpoint, Option<JournalPart>),
    ) -> rusqlite::Result<()> {
        let sql = "SELECT c.sequence, c.hash, c.data, h.sequence, h.hash, h.data
                   FROM checkpoints c LEFT JOIN history h ON h.checkpoint = c.id
                   WHERE c.room = (SELECT id FROM rooms WHERE match = ?1) ORDER BY c.sequence";
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params![room.0])?;
        while let Some(row) = rows.next()? {
            let journal = match row.get::<_, Option<i64>>(3)? {
                None => None,
                Some(sequence) => Some(JournalPart {
                    sequence: sequence.cast_unsigned(),
                    hash: row.get::<_, i64>(4)?.cast_unsigned(),
                    bytes: row.get(5)?,
                }),
            };
            handle(checkpoint(row)?, journal);
        }
        Ok(())
    }

    /// Deletes a small part of the history that `retention` does not keep. Returns whether there may be more to delete.
    pub(super) fn prune(&self, retention: Retention, now_s: i64) -> rusqlite::Result<bool> {
        let age_s = i64::try_from(retention.age.as_secs()).unwrap_or(i64::MAX);
        let expired = format!(
            "{SELECT} WHERE c.created <= {} AND {IS_HISTORY} ORDER BY c.created, c.id",
            now_s.saturating_sub(age_s)
        );
        let mut batch = self.old_checkpoints(&expired)?;
        if batch.is_empty() && self.used_bytes()? > retention.bytes_max {
            batch = self.old_checkpoints(&format!("{SELECT} WHERE c.room = {OLDEST_CLOSED_ROOM} ORDER BY c.sequence"))?;
            if batch.is_empty() {
                batch = self.old_checkpoints(&format!("{SELECT} WHERE {IS_HISTORY} ORDER BY c.created, c.id"))?;
            }
        }
        if batch.is_empty() {
            return Ok(false);
        }
        self.begin()?;
        let deleted = self.delete_checkpoints(&batch)?;
        self.commit()?;
        // In a damaged database, a query may find a row that the deletion then does not find.
        Ok(deleted > 0)
    }

    /// The first checkpoints that the statement finds, up to the limits of one batch.
    fn old_checkpoints(&self, sql: &str) -> rusqlite::Result<Vec<OldCheckpoint>> {
        let mut statement = self.0.prepare(&format!("{sql} LIMIT {BATCH_ROWS_MAX}"))?;
        let mut rows = statement.query([])?;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let old = OldCheckpoint { id: row.get(0)?, room: row.get(1)?, bytes: row.get(2)? };
            bytes += old.bytes;
            if !batch.is_empty() && bytes > BATCH_BYTES_MAX {
                break;
            }
            batch.push(old);
        }
        Ok(batch)
    }

    /// Deletes checkpoints with the journals that follow them, and closed rooms that have no checkpoint left. Returns the
    /// number of deleted checkpoints.
    fn delete_checkpoints(&self, batch: &[OldCheckpoint]) -> rusqlite::Result<usize> {
        let mut deleted = 0;
        for old in batch {
            deleted += self.0.prepare_cached("DELETE FROM checkpoints WHERE id = ?1")?.execute(params![old.id])?;
            self.delete_old_markers(old.room)?;
            self.delete_room_without_history(old.room)?;
        }
        Ok(deleted)
    }

    /// Size of everything in the database. The file may be larger: SQLite reuses the space of deleted rows.
    fn used_bytes(&self) -> rusqlite::Result<u64> {
        let sql = "SELECT (page_count - freelist_count) * page_size
                   FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
        self.0.query_row(sql, [], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
    }

    /// Shrinks the file of the database to the size of its contents.
    fn shrink(&self) -> rusqlite::Result<()> {
        self.0.execute_batch("VACUUM")?;
        self.reset_wal()
    }
}
