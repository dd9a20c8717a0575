//! Tests of the history of rooms in SQLite: what is kept for how long, and that recovery does not depend on it.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tickcast_store::{
    Checkpoint, DatabaseReader, Durability, Epoch, JournalPart, MatchId, Operation, Retention, SqliteStore, Store,
    StoreError, Write, prune_history,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const KEEP_ALL: Retention = Retention { age: DAY, bytes_max: u64::MAX };
const OPEN: MatchId = MatchId([1; 16]);
const CLOSED: MatchId = MatchId([2; 16]);

fn write(store: &dyn Store, room: MatchId, epoch: Epoch, operation: Operation) -> Result<(), StoreError> {
    let (sender, result) = mpsc::channel();
    let done = Box::new(move |outcome| sender.send(outcome).expect("the test waits"));
    store.submit(Write { room, epoch, operation, done });
    result.recv().expect("every write is answered")
}

/// Creates a room, and writes its journal up to the sequence number `last`, with a checkpoint after every third part.
fn play(store: &dyn Store, room: MatchId, last: u64) {
    let operation = Operation::Create { name: "main".to_owned(), checkpoint: state(0).bytes };
    write(store, room, Epoch::FIRST, operation).expect("the room is new");
    for sequence in 1..=last {
        let checkpoint = sequence.is_multiple_of(3).then(|| state(sequence).bytes);
        let operation = Operation::Append { sequence, journal: part(sequence), checkpoint };
        write(store, room, Epoch::FIRST, operation).expect("in sequence");
    }
}

fn part(sequence: u64) -> Vec<u8> {
    vec![sequence as u8; 3]
}

fn state(sequence: u64) -> Checkpoint {
    Checkpoint { sequence, bytes: vec![sequence as u8; 10_000] }
}

/// The journal of a room after sequence number `first`, up to and including `last`, combined into one part.
fn journal(room: MatchId, first: u64, last: u64) -> Option<JournalPart> {
    Some(JournalPart::new(room, last, (first + 1..=last).flat_map(part).collect()))
}

fn open(directory: &TempDir, retention: Retention) -> SqliteStore {
    SqliteStore::open_with_history(directory.path(), Durability::Process, retention).expect("the directory is free")
}

fn connect(directory: &Path) -> Connection {
    Connection::open(directory.join("tickcast.db")).expect("the database exists")
}

/// The checkpoints of a room, each with the journal that follows it.
fn history(directory: &TempDir, room: MatchId) -> Vec<(Checkpoint, Option<JournalPart>)> {
    let mut history = Vec::new();
    let reader = DatabaseReader::open(directory.path()).expect("the database exists");
    reader.read_history(room, |checkpoint, journal| history.push((checkpoint, journal))).expect("readable");
    history
}

/// The sequence numbers of a room's checkpoints.
fn kept(directory: &TempDir, room: MatchId) -> Vec<u64> {
    history(directory, room).into_iter().map(|(checkpoint, _)| checkpoint.sequence).collect()
}

/// A directory with an open and a closed room.
fn directory_with_rooms() -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let store = open(&directory, KEEP_ALL);
    play(&store, CLOSED, 7);
    write(&store, CLOSED, Epoch::FIRST, Operation::Close).expect("the room is open");
    play(&store, OPEN, 10);
    directory
}

/// Subtracts 100,000 s from the times in a column, in the rows that meet the condition.
fn age(directory: &TempDir, table: &str, column: &str, condition: &str) {
    let sql = format!("UPDATE {table} SET {column} = {column} - 100000 WHERE {condition}");
    connect(directory.path()).execute(&sql, []).expect("valid");
}

#[test]
fn the_history_of_open_and_closed_rooms_is_complete() {
    let directory = directory_with_rooms();
    let part = |room, first, last| (state(first), journal(room, first, last));
    assert_eq!(history(&directory, CLOSED), [part(CLOSED, 0, 3), part(CLOSED, 3, 6), part(CLOSED, 6, 7)]);
    let newest = (state(9), None);
    assert_eq!(history(&directory, OPEN), [part(OPEN, 0, 3), part(OPEN, 3, 6), part(OPEN, 6, 9), newest]);
    let store = open(&directory, KEEP_ALL);
    assert_eq!(store.rooms().expect("readable").len(), 1);
    assert_eq!(store.take_over(CLOSED), Err(StoreError::OutOfSequence));
}

#[test]
fn the_history_continues_after_a_crash_and_has_a_gap_after_a_failed_write() {
    let directory = directory_with_rooms();
    let store = open(&directory, KEEP_ALL);
    let saved = store.take_over(OPEN).expect("the room is open");
    assert_eq!(saved.checkpoints, [state(9), state(6)], "recovery needs no more");
    let restart = |sequence| Operation::Restart { sequence, checkpoint: state(sequence).bytes };
    write(&store, OPEN, saved.epoch, restart(11)).expect("in sequence");
    let append = |sequence| Operation::Append { sequence, journal: part(sequence), checkpoint: None };
    write(&store, OPEN, saved.epoch, append(12)).expect("in sequence");
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END";
    connect(directory.path()).execute_batch(trigger).expect("valid");
    assert!(write(&store, OPEN, saved.epoch, append(13)).is_err());
    connect(directory.path()).execute_batch("DROP TRIGGER full").expect("valid");
    write(&store, OPEN, saved.epoch, restart(13)).expect("in sequence");
    let expected = [(state(9), journal(OPEN, 9, 10)), (state(11), None), (state(13), None)];
    assert_eq!(history(&directory, OPEN)[3..], expected);
    assert_eq!(store.take_over(OPEN).expect("the room is open").checkpoints, [state(13)]);
}

#[test]
fn expired_history_is_deleted_but_not_what_recovery_needs() {
    let directory = directory_with_rooms();
    let retention = Retention { age: DAY, bytes_max: u64::MAX };
    prune_history(directory.path(), retention).expect("the directory is free");
    assert_eq!((kept(&directory, CLOSED), kept(&directory, OPEN)), (vec![0, 3, 6], vec![0, 3, 6, 9]));
    age(&directory, "checkpoints", "created", "sequence < 3");
    prune_history(directory.path(), retention).expect("the directory is free");
    assert_eq!((kept(&directory, CLOSED), kept(&directory, OPEN)), (vec![3, 6], vec![3, 6, 9]));
    prune_history(directory.path(), Retention::NONE).expect("the directory is free");
    assert_eq!((kept(&directory, CLOSED), kept(&directory, OPEN)), (vec![], vec![6, 9]));
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        connect(directory.path()).query_row(&sql, [], |row| row.get(0)).expect("a table")
    };
    assert_eq!(["rooms", "history"].map(count), [1, 1]);
    let saved = open(&directory, Retention::NONE).take_over(OPEN).expect("the room is open");
    assert_eq!(saved.checkpoints, [state(9), state(6)]);
    assert!(saved.checkpoints.iter().all(|checkpoint| saved.journal_after(OPEN, checkpoint).is_ok()));
}

#[test]
fn a_database_that_is_too_large_loses_closed_rooms_first_and_then_the_oldest_history() {
    let directory = TempDir::new().expect("a directory");
    let store = open(&directory, KEEP_ALL);
    play(&store, OPEN, 900);
    play(&store, CLOSED, 900);
    write(&store, CLOSED, Epoch::FIRST, Operation::Close).expect("the room is open");
    drop(store);
    let prune_to =
        |bytes_max| prune_history(directory.path(), Retention { age: DAY, bytes_max }).expect("the directory is free").1;
    assert!(prune_to(5_000_000) <= 5_000_000);
    let closed = kept(&directory, CLOSED);
    assert!(!closed.is_empty() && closed.len() < 300 && closed.last() == Some(&900), "the oldest are deleted: {closed:?}");
    assert_eq!(kept(&directory, OPEN).len(), 301);
    assert!(prune_to(2_000_000) <= 2_000_000);
    let open = kept(&directory, OPEN);
    assert_eq!(kept(&directory, CLOSED), []);
    assert!(open.len() > 100 && open.len() < 300 && open.last() == Some(&900), "the oldest are deleted: {open:?}");
    prune_to(0);
    assert_eq!(kept(&directory, OPEN), [897, 900], "recovery needs these");
}

#[test]
fn a_server_deletes_expired_history_while_it_is_idle() {
    let directory = directory_with_rooms();
    age(&directory, "checkpoints", "created", "sequence < 6");
    let store = open(&directory, KEEP_ALL);
    while kept(&directory, CLOSED) != [6] || kept(&directory, OPEN) != [6, 9] {
        thread::yield_now();
    }
    drop(store);
}

#[test]
fn without_history_a_closed_room_is_deleted_at_once() {
    let directory = TempDir::new().expect("a directory");
    let store = open(&directory, Retention::NONE);
    play(&store, CLOSED, 7);
    write(&store, CLOSED, Epoch::FIRST, Operation::Close).expect("the room is open");
    assert_eq!(history(&directory, CLOSED), []);
}

/// The tables of version 1.
const VERSION_1: &str = "
CREATE TABLE rooms (
    id INTEGER PRIMARY KEY, match BLOB NOT NULL UNIQUE, name TEXT NOT NULL, epoch INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, set_aside TEXT
);
CREATE TABLE checkpoints (
    id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE, sequence INTEGER NOT NULL,
    journal INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE INDEX checkpoints_of_room ON checkpoints (room, sequence);
CREATE TABLE journal (
    id INTEGER PRIMARY KEY, room INTEGER NOT NULL, sequence INTEGER NOT NULL, hash INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE TABLE journal_set_aside (
    room INTEGER NOT NULL REFERENCES rooms ON DELETE CASCADE, sequence INTEGER NOT NULL, hash INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (room, sequence)
) WITHOUT ROWID;
PRAGMA application_id = 0x7469636b;
PRAGMA user_version = 1;
";

#[test]
fn a_database_of_version_1_is_converted() {
    let directory = TempDir::new().expect("a directory");
    let database = connect(directory.path());
    database.execute_batch(VERSION_1).expect("valid");
    let rooms = "INSERT INTO rooms (match, name, epoch, set_aside) VALUES (?1, 'main', 1, NULL), (?2, 'main', 1, 'panic')";
    database.execute(rooms, [OPEN.0, CLOSED.0]).expect("valid");
    let insert = "INSERT INTO checkpoints (room, sequence, journal, data) VALUES (?1, ?2, ?2, ?3)";
    for (room, sequence) in [(1, 3_i64), (1, 6), (2, 6)] {
        database.execute(insert, (room, sequence, state(sequence.cast_unsigned()).bytes)).expect("valid");
    }
    let insert = "INSERT INTO journal (id, room, sequence, hash, data) VALUES (?1, 1, ?1, ?2, ?3)";
    for sequence in 4..=8_i64 {
        let part = JournalPart::new(OPEN, sequence.cast_unsigned(), part(sequence.cast_unsigned()));
        database.execute(insert, (sequence, part.hash.cast_signed(), part.bytes)).expect("valid");
    }
    drop(database);
    let copy = TempDir::new().expect("a directory");
    File::create(copy.path().join("tickcast.db")).expect("a new file");
    let reader = DatabaseReader::open(directory.path()).expect("the database exists");
    assert!(reader.read_rooms(|record, _| panic!("the columns differ: {record:?}")).is_err());
    reader.copy_into(&copy.path().join("tickcast.db")).expect("a database can be copied before it is converted");
    let store = open(&copy, KEEP_ALL);
    assert_eq!(store.rooms().map(|rooms| rooms.len()), Ok(1));
    let store = open(&directory, KEEP_ALL);
    let saved = store.take_over(OPEN).expect("the room is open");
    assert_eq!(saved.checkpoints, [state(6), state(3)]);
    assert_eq!(
        saved.journal_after(OPEN, &saved.checkpoints[1]).map(|parts| parts.concat()),
        Ok((4..=8).flat_map(part).collect())
    );
    write(&store, OPEN, saved.epoch, Operation::Close).expect("the room is open");
    drop(store);
    assert_eq!(history(&directory, OPEN), [(state(3), None), (state(6), journal(OPEN, 6, 8))]);
    assert_eq!(kept(&directory, CLOSED), [6]);
    let reader = DatabaseReader::open(directory.path()).expect("the database exists");
    assert_eq!(reader.problems(), Ok(Vec::new()));
}
