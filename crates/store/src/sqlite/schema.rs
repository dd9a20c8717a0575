//! Schema of the database, and the conversion from previous versions of the schema.

use std::path::Path;

use rusqlite::Connection;

use super::OpenError;

/// Marks a database of this program: the letters `tick`.
const APPLICATION_ID: i32 = 0x7469_636b;
/// Version of the schema.
pub(super) const VERSION: i32 = 5;

/// The times `closed` and `created` are in seconds. Only time during which a server has used the database counts.
const ROOMS: &str = "
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    match BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    set_aside TEXT,
    closed INTEGER, -- NULL while the room is open
    creator INTEGER -- hash of the client, with a key that changes with each start of a server; NULL if it is unknown
);
";

/// What a server must know about a room before it recovers the room. Not in use for closed rooms.
const LISTING: &str = "ALTER TABLE rooms ADD COLUMN listing BLOB NOT NULL DEFAULT x'';";

const CHECKPOINTS: &str = "
CREATE TABLE checkpoints (
    id INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    sequence INTEGER NOT NULL,
    journal INTEGER NOT NULL, -- the last row of the journal that the checkpoint contains
    created INTEGER NOT NULL,
    hash INTEGER, -- NULL if version 2 of the schema or an older one was in use
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
/// is written together with that next checkpoint, so it contains the journal of about ten seconds. When a checkpoint is
/// removed from the history later, its row is appended to the row before it. The row is found by the id of the checkpoint
/// at which its journal begins, without an index.
const HISTORY: &str = "
CREATE TABLE history (
    checkpoint INTEGER PRIMARY KEY REFERENCES checkpoints ON DELETE CASCADE,
    sequence INTEGER NOT NULL, -- of the last part of the journal
    hash INTEGER NOT NULL,
    data BLOB NOT NULL
);
";

/// What replays need. A checkpoint of a database of version 2 has no tick, so replays do not use it. A row of `markers` contains
/// what happened between two checkpoints. `tick` is the tick of the second one, which may have been removed since.
const REPLAYS: &str = "
CREATE TABLE checkpoint_ticks (
    checkpoint INTEGER PRIMARY KEY REFERENCES checkpoints ON DELETE CASCADE,
    tick INTEGER NOT NULL
);
CREATE TABLE markers (
    room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE,
    tick INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (room, tick)
) WITHOUT ROWID;
CREATE INDEX rooms_by_name ON rooms (name);
";

/// `stays` contains the stays in progress of players with a profile. The time `achieved` is a Unix time in seconds.
const PROFILES: &str = "
CREATE TABLE stays (
    match BLOB NOT NULL,
    seat INTEGER NOT NULL,
    tick INTEGER NOT NULL, -- the first of the stay
    profile BLOB NOT NULL, -- need not exist yet
    PRIMARY KEY (match, seat)
) WITHOUT ROWID;
CREATE TABLE profiles (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    matches INTEGER NOT NULL,
    play_ms INTEGER NOT NULL,
    kills INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    best_score INTEGER NOT NULL,
    best_streak INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE leaderboards (
    profile BLOB NOT NULL REFERENCES profiles ON DELETE CASCADE,
    period INTEGER NOT NULL,
    number INTEGER NOT NULL, -- of the day or week
    score INTEGER NOT NULL,
    achieved INTEGER NOT NULL,
    PRIMARY KEY (profile, period, number)
) WITHOUT ROWID;
CREATE INDEX stays_of_profile ON stays (profile);
CREATE INDEX leaderboards_by_rank ON leaderboards (period, number, score DESC, achieved, profile);
";

const INDEXES: &str = "
CREATE INDEX closed_rooms ON rooms (closed) WHERE closed IS NOT NULL;
CREATE INDEX checkpoints_of_room ON checkpoints (room, sequence);
CREATE INDEX checkpoints_by_age ON checkpoints (created);
";

/// The version of the schema, or `None` if the database is empty.
pub(super) fn version(connection: &Connection, path: &Path) -> Result<Option<i32>, OpenError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let count = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let tables = count("SELECT count(*) FROM sqlite_schema")?;
    // SQLite would execute them.
    let executable = count("SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')")?;
    match (pragma("application_id")?, pragma("user_version")?) {
        (0, 0) if tables == 0 => Ok(None),
        (APPLICATION_ID, 1..=VERSION) if executable > 0 => Err(OpenError::Altered),
        (APPLICATION_ID, found @ 1..=VERSION) => Ok(Some(found)),
        (APPLICATION_ID, found) => Err(OpenError::Newer { found, supported: VERSION }),
        _ => Err(OpenError::Foreign(path.to_owned())),
    }
}

/// Creates the tables of an empty database, or converts the tables of a previous version.
pub(super) fn create_or_convert(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    const CREATORS: &str = "ALTER TABLE rooms ADD COLUMN creator INTEGER;";
    let tables = match version(connection, path)? {
        None => format!(
            "{ROOMS} {LISTING} {CHECKPOINTS} {JOURNAL} {HISTORY} {INDEXES} {REPLAYS} {PROFILES}
             PRAGMA application_id = {APPLICATION_ID};"
        ),
        // The new columns must precede `data`: to read a column after a large value, SQLite has to read the whole value
        // first.
        Some(1) => format!(
            "ALTER TABLE rooms ADD COLUMN closed INTEGER; {CREATORS} {LISTING}
             ALTER TABLE checkpoints RENAME TO old_checkpoints; {CHECKPOINTS}
             INSERT INTO checkpoints SELECT id, room, sequence, journal, 0, NULL, data FROM old_checkpoints;
             DROP TABLE old_checkpoints; {HISTORY} {INDEXES} {REPLAYS} {PROFILES}"
        ),
        Some(2) => format!("ALTER TABLE checkpoints ADD COLUMN hash INTEGER; {REPLAYS} {PROFILES} {CREATORS} {LISTING}"),
        Some(3) => format!("{PROFILES} {CREATORS} {LISTING}"),
        Some(4) => format!("{CREATORS} {LISTING}"),
        Some(_) => return Ok(()),
    };
    Ok(connection.execute_batch(&format!("BEGIN IMMEDIATE; {tables} PRAGMA user_version = {VERSION}; COMMIT;"))?)
}
