//! Databases that somebody has altered with SQLite's own tools. All hashes may be correct.

use std::sync::mpsc;

use rusqlite::Connection;
use tempfile::TempDir;
use tickcast_store::{
    DatabaseReader, Durability, Epoch, MatchId, OpenError, Operation, SqliteStore, Store, StoreError, Write,
};

const ROOM: MatchId = MatchId([1; 16]);

fn append(store: &SqliteStore, epoch: Epoch, operation: Operation) -> Result<(), StoreError> {
    let (sender, result) = mpsc::channel();
    let done = Box::new(move |outcome| sender.send(outcome).expect("the test waits"));
    store.submit(Write { room: ROOM, epoch, operation, index: None, stays: Vec::new(), listing: None, done });
    result.recv().expect("every write is answered")
}

fn open(folder: &TempDir) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(folder.path(), Durability::Process)
}

/// A database with a room whose journal has one part, altered with this SQL.
fn altered(sql: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let store = open(&folder).expect("a new folder");
    let create = Operation::Create { name: "main".to_owned(), creator: None, checkpoint: b"state".to_vec() };
    let first = Operation::Append { sequence: 1, journal: b"part".to_vec(), checkpoint: None };
    assert_eq!([create, first].map(|operation| append(&store, Epoch::FIRST, operation)), [Ok(()), Ok(())]);
    drop(store);
    let database = Connection::open(folder.path().join("tickcast.db")).expect("the database exists");
    database.execute_batch(sql).expect("valid");
    folder
}

#[test]
fn databases_with_triggers_or_views_are_refused() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   SELECT i AS id, i AS room, i AS sequence, i AS hash, x'' AS data FROM n";
    for sql in [
        "CREATE TRIGGER evil AFTER INSERT ON journal BEGIN DELETE FROM rooms; END",
        &format!("DROP TABLE journal; CREATE VIEW journal AS {endless}"),
    ] {
        let folder = altered(sql);
        assert!(matches!(open(&folder), Err(OpenError::Altered)), "{sql}");
        assert!(matches!(DatabaseReader::open(folder.path()), Err(OpenError::Altered)), "{sql}");
    }
}

#[test]
fn a_value_that_the_schema_inflates_is_not_read() {
    let folder = altered(
        "ALTER TABLE checkpoints RENAME COLUMN data TO small;
         ALTER TABLE checkpoints ADD COLUMN data AS (zeroblob(900000000))",
    );
    let store = open(&folder).expect("the journal is intact");
    assert!(matches!(store.take_over(ROOM), Err(StoreError::Failed(_))));
}

#[test]
fn numbers_that_no_server_reaches_are_damage() {
    for sequence in [i64::MAX, i64::MIN, -1] {
        let folder = altered(&format!("UPDATE journal SET sequence = {sequence}"));
        let store = open(&folder).expect("the journal can be read");
        assert_eq!(store.take_over(ROOM), Err(StoreError::Damaged), "{sequence}");
        let folder = altered(&format!("UPDATE checkpoints SET sequence = {sequence}"));
        let store = open(&folder).expect("the journal can be read");
        assert_eq!(store.take_over(ROOM), Err(StoreError::Damaged), "{sequence}");
        DatabaseReader::open(folder.path())
            .expect("the schema has a version")
            .read_rooms(|_, saved| {
                let saved = saved.expect("the room can be read");
                assert_eq!(saved.journal_after(ROOM, &saved.checkpoints[0]), Err(StoreError::Damaged));
            })
            .expect("the rooms can be listed");
    }
    for sql in [
        "UPDATE journal SET id = 9223372036854775807",
        "UPDATE rooms SET id = 9223372036854775807",
        "UPDATE checkpoints SET journal = 9223372036854775807",
    ] {
        let folder = altered(&format!("PRAGMA foreign_keys = OFF; {sql}"));
        assert!(matches!(open(&folder), Err(OpenError::Damaged)), "{sql}");
    }
    let folder = altered("UPDATE checkpoints SET journal = -9223372036854775807 - 1, created = 9223372036854775807");
    let store = open(&folder).expect("the journal can be read");
    let epoch = store.take_over(ROOM).expect("the room can be read").epoch;
    let second = Operation::Append { sequence: 2, journal: Vec::new(), checkpoint: Some(Vec::new()) };
    assert_eq!(append(&store, epoch, second), Ok(()));
}
