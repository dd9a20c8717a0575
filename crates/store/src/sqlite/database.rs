//! Schema and statements.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

use super::{Durability, OpenError, schema};
use crate::store::{Checkpoint, Creator, Epoch, JournalPart, MatchId, RoomEntry};

/// Maximum number of rooms that are kept after they were set aside. If there are more, the newest rooms are kept.
const SET_ASIDE_MAX: u32 = 20;

/// Time for which a statement waits for a lock that another connection to the database holds. For example, the thread that
/// copies the write-ahead log has its own connection.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Time for which the truncation of the write-ahead log waits for readers, such as a backup. While the truncation waits, no
/// write is carried out. If a reader takes longer, a later attempt truncates the log.
const WAL_RESET_TIMEOUT: Duration = Duration::from_millis(20);

/// Maximum size of a value in the database, in bytes. Somebody who has altered the database must not be able to make this
/// program allocate more. No checkpoint is that large.
const VALUE_BYTES_MAX: i32 = 64 << 20;

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
    pub(super) hash: u64,
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
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self(connection))
    }

    /// Opens an existing database for queries. Each query sees the last commit.
    pub(super) fn open_for_queries(path: &Path) -> Result<Self, OpenError> {
        Ok(Self(configured(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?))
    }

    /// Opens an existing database for reading. All reads see the database as it was at the first read, even if a server
    /// writes to the database in the meantime. Also returns the version of the schema, which may be older than
    /// [`schema::VERSION`].
    pub(super) fn open_read_only(path: &Path) -> Result<(Self, i32), OpenError> {
        let connection = configured(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
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

    pub(super) fn insert_room(
        &self,
        row: RoomRow,
        id: MatchId,
        name: &str,
        epoch: Epoch,
        creator: Option<Creator>,
    ) -> rusqlite::Result<()> {
        let sql = "INSERT INTO rooms (id, match, name, epoch, creator) VALUES (?1, ?2, ?3, ?4, ?5)";
        let creator = creator.map(|creator| creator.0.cast_signed());
        self.run(sql, params![row, id.0, name, epoch.0.cast_signed(), creator])
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
        let (sequence, hash) = (new.sequence.cast_signed(), new.hash.cast_signed());
        self.run(
            "INSERT INTO checkpoints (room, sequence, journal, created, hash, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![new.room, sequence, new.journal, new.created_s, hash, new.data],
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

    pub(super) fn set_listing(&self, room: RoomRow, listing: &[u8]) -> rusqlite::Result<()> {
        self.run("UPDATE rooms SET listing = ?2 WHERE id = ?1", params![room, listing])
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
        let sql = "SELECT match, name, listing FROM rooms WHERE set_aside IS NULL AND closed IS NULL ORDER BY id";
        let mut statement = self.0.prepare_cached(sql)?;
        statement.query_map([], |row| room_entry(row, 2))?.collect()
    }

    /// The highest row id of a room.
    pub(super) fn last_room(&self) -> rusqlite::Result<RoomRow> {
        self.0.query_row("SELECT coalesce(max(id), 0) FROM rooms", [], |row| row.get(0))
    }

    /// All rooms, in the order of their creation.
    pub(super) fn records(&self) -> rusqlite::Result<Vec<(RoomRow, Epoch, u32, RoomRecord)>> {
        let sql = "SELECT match, name, id, epoch, attempts, set_aside, closed IS NOT NULL, listing FROM rooms ORDER BY id";
        let mut statement = self.0.prepare(sql)?;
        let read = |row: &Row<'_>| {
            let room = room_entry(row, 7)?;
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

    /// The checkpoints from which a room can be recovered: the newest checkpoint, and the checkpoint before it. The latter
    /// is included only if `journal` contains everything between these two checkpoints.
    pub(super) fn checkpoints(
        &self,
        room: RoomRow,
        journal: &[JournalPart],
    ) -> rusqlite::Result<Vec<(CheckpointRow, Checkpoint)>> {
        let sql =
            "SELECT sequence, hash, data, journal, id FROM checkpoints WHERE room = ?1 ORDER BY sequence DESC LIMIT 2";
        let mut statement = self.0.prepare_cached(sql)?;
        let read = |row: &Row<'_>| {
            let checkpoint = checkpoint(row)?;
            Ok((CheckpointRow { id: row.get(4)?, sequence: checkpoint.sequence, journal: row.get(3)? }, checkpoint))
        };
        let mut checkpoints = statement.query_map(params![room], read)?.collect::<Result<Vec<_>, _>>()?;
        // Normally, the newest checkpoint was written together with a part of the journal. If `journal` does not contain
        // this part, the journal may have a gap between the newest checkpoint and the older checkpoint, so the older
        // checkpoint cannot be used.
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

    /// Of the ids of journal rows to which checkpoints refer, the highest one. The row itself may have been deleted.
    pub(super) fn last_checkpointed_row(&self) -> rusqlite::Result<i64> {
        self.0.query_row("SELECT coalesce(max(journal), 0) FROM checkpoints", [], |row| row.get(0))
    }

    /// Id of the last row of the journal, even if the row has been deleted because a checkpoint contains it.
    pub(super) fn last_row(&self) -> rusqlite::Result<i64> {
        let last = self.0.query_row("SELECT coalesce(max(id), 0) FROM journal", [], |row| row.get(0));
        Ok(self.last_checkpointed_row()?.max(last?))
    }

    pub(super) fn run(&self, sql: &str, parameters: impl rusqlite::Params) -> rusqlite::Result<()> {
        self.0.prepare_cached(sql)?.execute(parameters).map(drop)
    }
}

/// Reads a part of a journal from a row whose first columns are sequence number, hash and data.
pub(super) fn part(row: &Row<'_>) -> rusqlite::Result<JournalPart> {
    let (sequence, hash): (i64, i64) = (row.get(0)?, row.get(1)?);
    Ok(JournalPart { sequence: sequence.cast_unsigned(), hash: hash.cast_unsigned(), bytes: row.get(2)? })
}

/// Reads a checkpoint from a row whose first columns are sequence number, hash and data.
pub(super) fn checkpoint(row: &Row<'_>) -> rusqlite::Result<Checkpoint> {
    let (sequence, hash): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
    Ok(Checkpoint { sequence: sequence.cast_unsigned(), hash: hash.map(i64::cast_unsigned), bytes: row.get(2)? })
}

/// Reads a room from a row. The first two columns contain the room's id and name. `listing` is the index of the column that
/// contains the room's listing. A damaged listing may be no blob; it then becomes bytes that are no listing.
fn room_entry(row: &Row<'_>, listing: usize) -> rusqlite::Result<RoomEntry> {
    let listing = row.get_ref(listing)?.as_bytes().unwrap_or_default().to_vec();
    Ok(RoomEntry { id: MatchId(row.get(0)?), name: room_name(row, 1)?, listing })
}

/// Reads the name of a room. A damaged name may be no valid text; it then becomes a name that no room has.
fn room_name(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes().unwrap_or_default()).into_owned())
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    configured(Connection::open(path)?)
}

/// Configures a connection. The database may come from somebody else: see "Defense Against The Dark Arts" in SQLite's
/// documentation.
fn configured(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}
