//! Schema of the database, and the conversion from the previous version of the schema.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;

/// Marks a database of this program: the letters `tick`.
const APPLICATION_ID: i32 = 0x7469_636b;
/// Version of the schema.
pub(super) const VERSION: i32 = 2;

/// Times (`closed`, `created`) are in seconds during which servers have used the database.
const ROOMS: &str = "
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    match BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    set_aside TEXT,
    closed INTEGER -- NULL while the room is open
);
";

const CHECKPOINTS: &str = "
CREATE TABLE checkpoints (
    id INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    journal INTEGER NOT NULL, -- the last row of the journal that the checkpoint contains
    created INTEGER NOT NULL,
    data BLOB NOT NULL
);
";

/// One table contains the journals of all rooms, in the order of commits, so that a commit for many rooms writes few pages.
/// Rows are deleted only from the beginning of the table, up to the first row that an open room still needs.
const JOURNAL: &str = "
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    room INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    data BLOB NOT NULL
);
CREATE TABLE journal_set_aside (
    room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (room, sequence)
) WITHOUT ROWID;
";

/// A row contains the whole journal of a room from a checkpoint to the next checkpoint, or to the end of the room. The row
/// is written together with that next checkpoint, so it contains the journal of about ten seconds. The row is found by the
/// id of the first checkpoint, without an index.
const HISTORY: &str = "
CREATE TABLE history (
    checkpoint INTEGER PRIMARY KEY REFERENCES checkpoints ON DELETE CASCADE,
    sequence INTEGER NOT NULL, -- of the last part of the journal
    hash INTEGER NOT NULL,
    data BLOB NOT NULL
);
";

const INDEXES: &str = "
CREATE INDEX closed_rooms ON rooms (closed) WHERE closed IS NOT NULL;
CREATE INDEX checkpoints_of_room ON checkpoints (room, sequence);
CREATE INDEX checkpoints_by_age ON checkpoints (created);
";

/// The version of the schema, or `None` if the database is empty.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<Option<i32>, OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (pragma("application_id")?, pragma("user_version")?) {
        (0, 0) if tables == 0 => Ok(None),
        (APPLICATION_ID, found @ 1..=VERSION) => Ok(Some(found)),
        (APPLICATION_ID, found) => Err(OpenError::Newer { found, supported: VERSION }),
        _ => Err(OpenError::Foreign(path.to_owned())),
    }
}

/// Creates the tables of an empty database, or converts the tables of the previous version.
pub(super) fn create_or_convert(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let tables = match version(connection, path)? {
        None => format!("{ROOMS} {CHECKPOINTS} {JOURNAL} {HISTORY} {INDEXES} PRAGMA application_id = {APPLICATION_ID};"),
        // The new column must precede `data`: to read a column after a large value, SQLite has to read the whole value
        // first.
        Some(1) => format!(
            "ALTER TABLE rooms ADD COLUMN closed INTEGER;
             ALTER TABLE checkpoints RENAME TO old_checkpoints; {CHECKPOINTS}
             INSERT INTO checkpoints SELECT id, room, sequence, journal, 0, data FROM old_checkpoints;
             DROP TABLE old_checkpoints; {HISTORY} {INDEXES}"
        ),
        Some(_) => return Ok(()),
    };
    Ok(connection.execute_batch(&format!("BEGIN IMMEDIATE; {tables} PRAGMA user_version = {VERSION}; COMMIT;"))?)
}
