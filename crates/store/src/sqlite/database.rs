//! Schema and statements.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::{Durability, OpenError, schema};
use crate::store::{Checkpoint, Epoch, JournalPart, MatchId, RoomEntry};

/// Maximum number of rooms that are kept after they were set aside. If there are more, the newest rooms are kept.
const SET_ASIDE_MAX: u32 = 20;

/// Time for which a statement waits for a lock that another connection to the database holds. For example, the thread that
/// copies the write-ahead log has its own connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for which the truncation of the write-ahead log waits for readers, such as a backup. While the truncation waits, no
/// write is carried out. If a reader takes longer, a later attempt truncates the log.
const WAL_RESET_TIMEOUT: Duration = Duration::from_millis(20);

/// A connection to the database. Frequent statements are prepared only once.
pub(super) struct Database(pub(super) Connection);

/// Row id of a room.
pub(super) type RoomRow = i64;

/// A room in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// The room.
    pub room: RoomEntry,
    /// State of the room.
    pub state: RoomState,
}

/// State of a room in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomState {
    /// The room continues when a server opens the database.
    Open,
    /// The room has ended.
    Closed,
    /// The room could not be recovered, for this reason.
    SetAside(String),
}

/// A stored checkpoint without its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct CheckpointRow {
    pub(super) id: i64,
    pub(super) sequence: u64,
    /// Id of a row of the journal. The checkpoint includes the effects of all rows of its room up to this id.
    pub(super) journal: i64,
}

/// A row of the journal.
pub(super) struct NewPart<'a> {
    pub(super) id: i64,
    pub(super) room: RoomRow,
    pub(super) part: &'a JournalPart,
}

/// A row of the checkpoints.
pub(super) struct NewCheckpoint<'a> {
    pub(super) room: RoomRow,
    pub(super) sequence: u64,
    pub(super) journal: i64,
    pub(super) created_s: i64,
    pub(super) data: &'a [u8],
}

impl Database {
    /// Opens a database, and creates it if it does not exist.
    pub(super) fn open(path: &Path, durability: Durability) -> Result<Self, OpenError> {
        let connection = connect(path)?;
        schema::create_or_convert(&connection, path)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let synchronous = match durability {
            Durability::Process => "NORMAL",
            Durability::Disk => "FULL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        // Another thread copies the write-ahead log into the database.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(Self(connection))
    }

    /// Opens an existing database for reading. All reads see the database as it was at the first read, even if a server
    /// writes to the database in the meantime. Also returns the version of the schema, which may be older than
    /// [`schema::VERSION`].
    pub(super) fn open_read_only(path: &Path) -> Result<(Self, i32), OpenError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let version = schema::version(&connection, path)?.ok_or_else(|| OpenError::Foreign(path.to_owned()))?;
        connection.execute_batch("BEGIN")?;
        Ok((Self(connection), version))
    }

    /// The problems that SQLite finds in the structure of the database.
    pub(super) fn problems(&self) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.0.prepare("PRAGMA integrity_check")?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        lines.filter(|line| !matches!(line, Ok(line) if line == "ok")).collect()
    }

    /// Writes a copy of the database into an empty file.
    pub(super) fn copy_into(&self, file: &str) -> rusqlite::Result<()> {
        // VACUUM cannot run within a transaction. It does not need one, because a single statement sees the database at one
        // moment.
        self.0.execute_batch("ROLLBACK")?;
        self.0.execute("VACUUM INTO ?1", params![file]).map(drop)
    }

    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        self.run("BEGIN IMMEDIATE", [])
    }

    pub(super) fn commit(&self) -> rusqlite::Result<()> {
        self.run("COMMIT", [])
    }

    /// Undoes the current transaction, unless SQLite has already done this, as it does after some errors.
    pub(super) fn roll_back(&self) {
        if !self.0.is_autocommit()
            && let Err(error) = self.run("ROLLBACK", [])
        {
            log::error!("the store cannot undo a transaction: {error}");
        }
    }

    /// Copies the whole write-ahead log into the database, and truncates the log. If a reader prevents the truncation, the
    /// log keeps its size.
    pub(super) fn reset_wal(&self) -> rusqlite::Result<()> {
        self.0.busy_timeout(WAL_RESET_TIMEOUT)?;
        let result = self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.0.busy_timeout(BUSY_TIMEOUT)?;
        result
    }

    pub(super) fn insert_room(&self, id: MatchId, name: &str, epoch: Epoch) -> rusqlite::Result<RoomRow> {
        let epoch = epoch.0.cast_signed();
        self.run("INSERT INTO rooms (match, name, epoch) VALUES (?1, ?2, ?3)", params![id.0, name, epoch])?;
        Ok(self.0.last_insert_rowid())
    }

    pub(super) fn insert_part(&self, new: &NewPart<'_>) -> rusqlite::Result<()> {
        let JournalPart { sequence, hash, bytes } = new.part;
        self.run(
            "INSERT INTO journal (id, room, sequence, hash, data) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![new.id, new.room, sequence.cast_signed(), hash.cast_signed(), bytes],
        )
    }

    /// Returns the id of the new row.
    pub(super) fn insert_checkpoint(&self, new: &NewCheckpoint<'_>) -> rusqlite::Result<i64> {
        self.run(
            "INSERT INTO checkpoints (room, sequence, journal, created, data) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![new.room, new.sequence.cast_signed(), new.journal, new.created_s, new.data],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Deletes the journal up to this row.
    pub(super) fn delete_journal_up_to(&self, id: i64) -> rusqlite::Result<()> {
        self.run("DELETE FROM journal WHERE id <= ?1", params![id])
    }

    pub(super) fn delete_room(&self, room: RoomRow) -> rusqlite::Result<()> {
        self.run("DELETE FROM rooms WHERE id = ?1", params![room])
    }

    /// Closes a room and keeps its history. Deletes the room if it has no checkpoint.
    pub(super) fn close_room(&self, room: RoomRow, now_s: i64) -> rusqlite::Result<()> {
        self.run("UPDATE rooms SET closed = ?2 WHERE id = ?1", params![room, now_s])?;
        self.delete_room_without_history(room)
    }

    /// Deletes a room if it is closed and has no checkpoint.
    pub(super) fn delete_room_without_history(&self, room: RoomRow) -> rusqlite::Result<()> {
        self.run(
            "DELETE FROM rooms
             WHERE id = ?1 AND closed IS NOT NULL AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE room = ?1)",
            params![room],
        )
    }

    pub(super) fn set_aside(&self, room: RoomRow, reason: &str) -> rusqlite::Result<()> {
        self.run("UPDATE rooms SET set_aside = ?2 WHERE id = ?1", params![room, reason])?;
        let copy = "INSERT INTO journal_set_aside SELECT room, sequence, hash, data FROM journal WHERE room = ?1";
        self.run(copy, params![room])?;
        let newest = "SELECT id FROM rooms WHERE set_aside IS NOT NULL ORDER BY id DESC LIMIT ?1";
        let delete = format!("DELETE FROM rooms WHERE set_aside IS NOT NULL AND id NOT IN ({newest})");
        self.run(&delete, params![SET_ASIDE_MAX])
    }

    pub(super) fn reset_attempts(&self, room: RoomRow) -> rusqlite::Result<()> {
        self.run("UPDATE rooms SET attempts = 0 WHERE id = ?1", params![room])
    }

    /// Increments and returns the epoch of a room and its number of recovery attempts. Returns `None` if the room does not
    /// exist, is closed or was set aside.
    pub(super) fn take_over(&self, id: MatchId) -> rusqlite::Result<Option<(RoomRow, Epoch, u32)>> {
        let sql = "UPDATE rooms SET epoch = epoch + 1, attempts = attempts + 1
                   WHERE match = ?1 AND set_aside IS NULL AND closed IS NULL
                   RETURNING id, epoch, attempts";
        let read = |row: &Row<'_>| Ok((row.get(0)?, Epoch(row.get::<_, i64>(1)?.cast_unsigned()), row.get(2)?));
        self.0.prepare_cached(sql)?.query_row(params![id.0], read).optional()
    }

    /// The rooms that are neither closed nor set aside.
    pub(super) fn rooms(&self) -> rusqlite::Result<Vec<RoomEntry>> {
        let sql = "SELECT match, name FROM rooms WHERE set_aside IS NULL AND closed IS NULL ORDER BY id";
        let mut statement = self.0.prepare_cached(sql)?;
        let rooms = statement.query_map([], |row| Ok(RoomEntry { id: MatchId(row.get(0)?), name: row.get(1)? }))?;
        rooms.collect()
    }

    /// All rooms, in the order of their creation.
    pub(super) fn records(&self) -> rusqlite::Result<Vec<(RoomRow, Epoch, u32, RoomRecord)>> {
        let sql = "SELECT match, name, id, epoch, attempts, set_aside, closed IS NOT NULL FROM rooms ORDER BY id";
        let mut statement = self.0.prepare(sql)?;
        let read = |row: &Row<'_>| {
            let room = RoomEntry { id: MatchId(row.get(0)?), name: row.get(1)? };
            let state = match row.get(5)? {
                Some(reason) => RoomState::SetAside(reason),
                None if row.get(6)? => RoomState::Closed,
                None => RoomState::Open,
            };
            Ok((row.get(2)?, Epoch(row.get::<_, i64>(3)?.cast_unsigned()), row.get(4)?, RoomRecord { room, state }))
        };
        statement.query_map([], read)?.collect()
    }

    /// The journal of a room that was set aside.
    pub(super) fn journal_set_aside(&self, room: RoomRow) -> rusqlite::Result<Vec<JournalPart>> {
        let sql = "SELECT sequence, hash, data FROM journal_set_aside WHERE room = ?1 ORDER BY sequence";
        self.0.prepare_cached(sql)?.query_map(params![room], part)?.collect()
    }

    /// The checkpoints from which a room can be recovered: the newest checkpoint and, if `journal` contains everything
    /// between the two, the checkpoint before it.
    pub(super) fn checkpoints(
        &self,
        room: RoomRow,
        journal: &[JournalPart],
    ) -> rusqlite::Result<Vec<(CheckpointRow, Checkpoint)>> {
        let sql = "SELECT sequence, journal, id, data FROM checkpoints WHERE room = ?1 ORDER BY sequence DESC LIMIT 2";
        let mut statement = self.0.prepare_cached(sql)?;
        let read = |row: &Row<'_>| {
            let sequence = row.get::<_, i64>(0)?.cast_unsigned();
            let checkpoint = Checkpoint { sequence, bytes: row.get(3)? };
            Ok((CheckpointRow { id: row.get(2)?, sequence, journal: row.get(1)? }, checkpoint))
        };
        let mut checkpoints = statement.query_map(params![room], read)?.collect::<Result<Vec<_>, _>>()?;
        // Normally, the newest checkpoint was written together with a part of the journal. If `journal` does not contain
        // this part, there may be a gap between the two checkpoints, so the older one cannot be used.
        let newest = checkpoints.first().map(|(row, _)| row.sequence);
        if !journal.iter().any(|part| Some(part.sequence) == newest) {
            checkpoints.truncate(1);
        }
        Ok(checkpoints)
    }

    /// Passes every row of the journal, in the order of commits, to `handle`. Returns the id of the last row.
    pub(super) fn read_journal(&self, mut handle: impl FnMut(RoomRow, JournalPart)) -> rusqlite::Result<i64> {
        let mut statement = self.0.prepare("SELECT sequence, hash, data, room, id FROM journal ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut last = 0;
        while let Some(row) = rows.next()? {
            handle(row.get(3)?, part(row)?);
            last = row.get(4)?;
        }
        Ok(last)
    }

    /// The journal of one room. Slow: reads the whole table, because the table has no index of rooms.
    pub(super) fn journal_of(&self, room: RoomRow) -> rusqlite::Result<Vec<JournalPart>> {
        let mut statement = self.0.prepare("SELECT sequence, hash, data FROM journal WHERE room = ?1 ORDER BY id")?;
        statement.query_map(params![room], part)?.collect()
    }

    /// The highest id of a row of the journal that any checkpoint refers to. The row itself may have been deleted.
    pub(super) fn last_checkpointed_row(&self) -> rusqlite::Result<i64> {
        self.0.query_row("SELECT coalesce(max(journal), 0) FROM checkpoints", [], |row| row.get(0))
    }

    pub(super) fn run(&self, sql: &str, parameters: impl rusqlite::Params) -> rusqlite::Result<()> {
        self.0.prepare_cached(sql)?.execute(parameters).map(drop)
    }
}

/// Reads a part of a journal from a row whose first columns are sequence number, hash and data.
fn part(row: &Row<'_>) -> rusqlite::Result<JournalPart> {
    let (sequence, hash): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok(JournalPart { sequence: sequence.cast_unsigned(), hash: hash.cast_unsigned(), bytes: row.get(2)? })
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}
