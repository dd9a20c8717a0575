//! Tests of the history of rooms in SQLite: what is kept for how long, and that recovery does not depend on it.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;
use tickcast_store::{
    Checkpoint, CheckpointIndex, Creator, DatabaseReader, Durability, Epoch, JournalPart, MatchHistory, MatchId, MatchKey,
    MatchRecord, MemoryStore, Operation, Retention, Segment, SegmentPosition, SqliteStore, Store, StoreError, Write,
    prune_history,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const KEEP_ALL: Retention = Retention { age: DAY, bytes_max: u64::MAX };
const OPEN: MatchId = MatchId([1; 16]);
const CLOSED: MatchId = MatchId([2; 16]);

fn write(store: &dyn Store, room: MatchId, epoch: Epoch, operation: Operation) -> Result<(), StoreError> {
    let (sender, result) = mpsc::channel();
    let done = Box::new(move |outcome| sender.send(outcome).expect("the test waits"));
    store.submit(Write { room, epoch, operation, index: None, stays: Vec::new(), listing: None, done });
    result.recv().expect("every write is answered")
}

/// Creates a room, and writes its journal up to the sequence number `last`, with a checkpoint after every third part.
fn play(store: &dyn Store, room: MatchId, last: u64) {
    let operation = Operation::Create { name: "main".to_owned(), creator: None, checkpoint: state(0) };
    write(store, room, Epoch::FIRST, operation).expect("the room is new");
    for sequence in 1..=last {
        let checkpoint = sequence.is_multiple_of(3).then(|| state(sequence));
        let operation = Operation::Append { sequence, journal: part(sequence), checkpoint };
        write(store, room, Epoch::FIRST, operation).expect("in sequence");
    }
}

fn part(sequence: u64) -> Vec<u8> {
    vec![sequence as u8; 3]
}

fn state(sequence: u64) -> Vec<u8> {
    vec![sequence as u8; 60_000]
}

fn checkpoint(room: MatchId, sequence: u64) -> Checkpoint {
    Checkpoint::new(room, sequence, state(sequence))
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
    let part = |room, first, last| (checkpoint(room, first), journal(room, first, last));
    assert_eq!(history(&directory, CLOSED), [part(CLOSED, 0, 3), part(CLOSED, 3, 6), part(CLOSED, 6, 7)]);
    assert_eq!(history(&directory, OPEN), [part(OPEN, 0, 6), part(OPEN, 6, 9), (checkpoint(OPEN, 9), None)]);
    let store = open(&directory, KEEP_ALL);
    assert_eq!(store.rooms().expect("readable").len(), 1);
    assert_eq!(store.take_over(CLOSED), Err(StoreError::OutOfSequence));
}

#[test]
fn the_history_continues_after_a_crash_and_has_a_gap_after_a_failed_write() {
    let directory = directory_with_rooms();
    let store = open(&directory, KEEP_ALL);
    let saved = store.take_over(OPEN).expect("the room is open");
    assert_eq!(saved.checkpoints, [9, 6].map(|sequence| checkpoint(OPEN, sequence)), "recovery needs no more");
    let restart = |sequence| Operation::Restart { sequence, checkpoint: state(sequence) };
    write(&store, OPEN, saved.epoch, restart(11)).expect("in sequence");
    let append = |sequence| Operation::Append { sequence, journal: part(sequence), checkpoint: None };
    write(&store, OPEN, saved.epoch, append(12)).expect("in sequence");
    let trigger = "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END";
    connect(directory.path()).execute_batch(trigger).expect("valid");
    assert!(write(&store, OPEN, saved.epoch, append(13)).is_err());
    connect(directory.path()).execute_batch("DROP TRIGGER full").expect("valid");
    write(&store, OPEN, saved.epoch, restart(13)).expect("in sequence");
    let expected =
        [(checkpoint(OPEN, 9), journal(OPEN, 9, 10)), (checkpoint(OPEN, 11), None), (checkpoint(OPEN, 13), None)];
    assert_eq!(history(&directory, OPEN)[2..], expected);
    assert_eq!(store.take_over(OPEN).expect("the room is open").checkpoints, [checkpoint(OPEN, 13)]);
}

#[test]
fn of_a_long_history_every_sixth_checkpoint_and_the_whole_journal_are_kept() {
    let directory = TempDir::new().expect("a directory");
    let store = open(&directory, KEEP_ALL);
    play(&store, OPEN, 48);
    assert_eq!(kept(&directory, OPEN), [0, 18, 36, 45, 48], "recovery needs the last two");
    let journals = history(&directory, OPEN).into_iter().map(|(_, journal)| journal).collect::<Vec<_>>();
    let expected = [(0, 18), (18, 36), (36, 45), (45, 48)].map(|(first, last)| journal(OPEN, first, last));
    assert_eq!(journals[..4], expected);
}

#[test]
fn a_checkpoint_remains_in_the_history_if_the_journal_before_it_is_damaged_or_large() {
    let directory = TempDir::new().expect("a directory");
    let store = open(&directory, KEEP_ALL);
    play(&store, OPEN, 9);
    let damage = "UPDATE history SET data = x'00' WHERE sequence = 6";
    connect(directory.path()).execute(damage, []).expect("valid");
    let append = |sequence, bytes| {
        let checkpoint = Some(state(sequence));
        let operation = Operation::Append { sequence, journal: vec![0; bytes], checkpoint };
        write(&store, OPEN, Epoch::FIRST, operation).expect("in sequence");
    };
    append(10, 1);
    assert_eq!(kept(&directory, OPEN), [0, 6, 9, 10], "the journal before 6 is damaged");
    append(11, 1);
    assert_eq!(kept(&directory, OPEN), [0, 6, 10, 11]);
    append(12, 300_000);
    (13..=15).for_each(|sequence| append(sequence, 1));
    assert_eq!(kept(&directory, OPEN), [0, 6, 11, 12, 14, 15], "the journal after 11 is large");
}

#[test]
fn expired_history_is_deleted_but_not_what_recovery_needs() {
    let directory = directory_with_rooms();
    let retention = Retention { age: DAY, bytes_max: u64::MAX };
    prune_history(directory.path(), retention).expect("the directory is free");
    assert_eq!((kept(&directory, CLOSED), kept(&directory, OPEN)), (vec![0, 3, 6], vec![0, 6, 9]));
    age(&directory, "checkpoints", "created", "sequence < 3");
    prune_history(directory.path(), retention).expect("the directory is free");
    assert_eq!((kept(&directory, CLOSED), kept(&directory, OPEN)), (vec![3, 6], vec![6, 9]));
    prune_history(directory.path(), Retention::NONE).expect("the directory is free");
    assert_eq!((kept(&directory, CLOSED), kept(&directory, OPEN)), (vec![], vec![6, 9]));
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        connect(directory.path()).query_row(&sql, [], |row| row.get(0)).expect("a table")
    };
    assert_eq!(["rooms", "history"].map(count), [1, 1]);
    let saved = open(&directory, Retention::NONE).take_over(OPEN).expect("the room is open");
    assert_eq!(saved.checkpoints, [9, 6].map(|sequence| checkpoint(OPEN, sequence)));
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
    assert!(!closed.is_empty() && closed.len() < 50 && closed.last() == Some(&900), "the oldest are deleted: {closed:?}");
    assert_eq!(kept(&directory, OPEN).len(), 52);
    assert!(prune_to(2_000_000) <= 2_000_000);
    let open = kept(&directory, OPEN);
    assert_eq!(kept(&directory, CLOSED), []);
    assert!(open.len() > 10 && open.len() < 52 && open.last() == Some(&900), "the oldest are deleted: {open:?}");
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
        database.execute(insert, (room, sequence, state(sequence.cast_unsigned()))).expect("valid");
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
    let converted = |sequence| Checkpoint { hash: None, ..checkpoint(OPEN, sequence) };
    assert_eq!(saved.checkpoints, [6, 3].map(converted));
    assert_eq!(
        saved.journal_after(OPEN, &saved.checkpoints[1]).map(|parts| parts.concat()),
        Ok((4..=8).flat_map(part).collect())
    );
    write(&store, OPEN, saved.epoch, Operation::Close).expect("the room is open");
    drop(store);
    assert_eq!(history(&directory, OPEN), [(converted(3), None), (converted(6), journal(OPEN, 6, 8))]);
    assert_eq!(kept(&directory, CLOSED), [6]);
    let reader = DatabaseReader::open(directory.path()).expect("the database exists");
    assert_eq!(reader.problems(), Ok(Vec::new()));
}

#[test]
fn a_database_of_version_2_is_converted() {
    let directory = directory_with_rooms();
    let version_2 = "ALTER TABLE checkpoints DROP COLUMN hash; ALTER TABLE rooms DROP COLUMN creator;
                     ALTER TABLE rooms DROP COLUMN listing; DROP TABLE checkpoint_ticks; DROP TABLE markers;
                     DROP INDEX rooms_by_name; DROP TABLE leaderboards; DROP TABLE profiles; DROP TABLE stays;
                     PRAGMA user_version = 2";
    connect(directory.path()).execute_batch(version_2).expect("valid");
    let store = open(&directory, KEEP_ALL);
    let saved = store.take_over(OPEN).expect("the room is open");
    assert!(saved.checkpoints.iter().all(|checkpoint| saved.journal_after(OPEN, checkpoint).is_ok()));
    let operation = Operation::Append { sequence: 11, journal: part(11), checkpoint: Some(state(11)) };
    write(&store, OPEN, saved.epoch, operation).expect("in sequence");
    let saved = store.take_over(OPEN).expect("the room is open");
    assert_eq!(saved.checkpoints, [checkpoint(OPEN, 11), Checkpoint { hash: None, ..checkpoint(OPEN, 9) }]);
}

/// Plays a room. The tick of each checkpoint is 10 times the sequence number of the checkpoint. The markers of each
/// checkpoint are the bytes of this sequence number.
fn play_with_index(store: &dyn Store, room: MatchId, name: &str, last: u64) {
    play_for(store, room, name, None, last);
}

/// Plays a room of this creator.
fn play_for(store: &dyn Store, room: MatchId, name: &str, creator: Option<Creator>, last: u64) {
    let index = |sequence: u64| {
        let markers = if sequence.is_multiple_of(6) { Vec::new() } else { vec![sequence as u8] };
        Some(CheckpointIndex { tick: 10 * sequence as u32, markers })
    };
    let write = |operation, index| {
        let (sender, result) = mpsc::channel();
        let done = Box::new(move |outcome| sender.send(outcome).expect("the test waits"));
        store.submit(Write { room, epoch: Epoch::FIRST, operation, index, stays: Vec::new(), listing: None, done });
        result.recv().expect("every write is answered").expect("in sequence");
    };
    write(Operation::Create { name: name.to_owned(), creator, checkpoint: state(0) }, index(0));
    for sequence in 1..=last {
        let checkpoint = sequence.is_multiple_of(3).then(|| state(sequence));
        let index = checkpoint.as_ref().and_then(|_| index(sequence));
        write(Operation::Append { sequence, journal: part(sequence), checkpoint }, index);
    }
}

/// All stores that keep a history must return the same results for the same matches.
#[test]
fn replays_find_matches_segments_and_markers() {
    let directory = TempDir::new().expect("a directory");
    let stores: [Box<dyn Store>; 2] = [Box::new(open(&directory, KEEP_ALL)), Box::new(MemoryStore::with_history())];
    for store in stores {
        play_with_index(&*store, CLOSED, "main", 7);
        write(&*store, CLOSED, Epoch::FIRST, Operation::Close).expect("the room is open");
        play_with_index(&*store, OPEN, "main", 7);
        let history = store.history().expect("the store keeps a history");
        let find = |key| history.find(&key).expect("readable");
        let record =
            |id, is_running| Some(MatchRecord { id, name: "main".to_owned(), is_running, first_tick: 0, last_tick: 60 });
        assert_eq!(find(MatchKey::Id(CLOSED)), record(CLOSED, false));
        assert_eq!(find(MatchKey::Newest("main".to_owned())), record(OPEN, true));
        assert_eq!((find(MatchKey::Newest("other".to_owned())), find(MatchKey::Id(MatchId([9; 16])))), (None, None));
        assert_eq!(history.finished(5).expect("readable"), [record(CLOSED, false).expect("a match")]);
        assert_eq!(history.finished(0).expect("readable"), []);

        let segment = |id, position| history.segment(id, position).expect("readable");
        let expected = |id, first: u64, end: u64| {
            Some(Segment { tick: 10 * first as u32, checkpoint: checkpoint(id, first), journal: journal(id, first, end) })
        };
        assert_eq!(segment(OPEN, SegmentPosition::Tick(29)), expected(OPEN, 0, 3));
        assert_eq!(segment(OPEN, SegmentPosition::Tick(30)), expected(OPEN, 3, 6));
        assert_eq!(segment(OPEN, SegmentPosition::Sequence(5)), expected(OPEN, 3, 6));
        assert_eq!(segment(OPEN, SegmentPosition::After(0)), expected(OPEN, 3, 6));
        let newest = segment(OPEN, SegmentPosition::Tick(u32::MAX)).expect("a segment");
        assert_eq!((newest.tick, newest.journal), (60, None));
        assert_eq!(segment(OPEN, SegmentPosition::After(6)), None);
        assert_eq!(markers(&*history, 5, usize::MAX), [[3]]);
        assert_eq!(markers(&*history, 0, usize::MAX), Vec::<Vec<u8>>::new());
    }
}

/// Reads the markers of the open match until `visits` checkpoints have been visited.
fn markers(history: &dyn MatchHistory, count_max: u32, visits: usize) -> Vec<Vec<u8>> {
    let mut visited = Vec::new();
    let mut visit = |markers: &[u8]| {
        visited.push(markers.to_vec());
        if visited.len() < visits { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    history.visit_markers(OPEN, count_max, &mut visit).expect("readable");
    visited
}

#[test]
fn newer_matches_in_which_nothing_has_happened_do_not_displace_finished_matches() {
    let directory = TempDir::new().expect("a directory");
    let stores: [Box<dyn Store>; 2] = [Box::new(open(&directory, KEEP_ALL)), Box::new(MemoryStore::with_history())];
    for store in stores {
        play_with_index(&*store, CLOSED, "main", 7);
        write(&*store, CLOSED, Epoch::FIRST, Operation::Close).expect("the room is open");
        for number in 10..15 {
            let room = MatchId([number; 16]);
            play_with_index(&*store, room, "other", 0);
            write(&*store, room, Epoch::FIRST, Operation::Close).expect("the room is open");
        }
        let finished = store.history().expect("the store keeps a history").finished(2).expect("readable");
        assert_eq!(finished.iter().map(|record| record.id).collect::<Vec<_>>(), [CLOSED]);
    }
}

#[test]
fn matches_of_one_creator_do_not_displace_those_of_others_in_the_list() {
    let directory = TempDir::new().expect("a directory");
    let stores: [Box<dyn Store>; 2] = [Box::new(open(&directory, KEEP_ALL)), Box::new(MemoryStore::with_history())];
    let (ada, bob) = (Some(Creator(u64::MAX)), Some(Creator(2)));
    for store in stores {
        let creators = [None, bob, ada, None, ada, ada, ada, bob, ada, ada];
        for (number, creator) in (10..).zip(creators) {
            let room = MatchId([number; 16]);
            play_for(&*store, room, "main", creator, 3);
            write(&*store, room, Epoch::FIRST, Operation::Close).expect("the room is open");
        }
        let history = store.history().expect("the store keeps a history");
        let listed = |count_max| -> Vec<_> {
            history.finished(count_max).expect("readable").iter().map(|record| record.id.0[0]).collect()
        };
        assert_eq!(listed(4), [19, 18, 17, 16]);
        assert_eq!(listed(7), [19, 18, 17, 16, 13, 11, 10], "three of Ada's, and all others");
        assert_eq!(listed(9), [19, 18, 17, 16, 13, 11, 10, 15, 14], "more of Ada's only if there is space");
        assert_eq!(listed(20).len(), creators.len());
    }
}

#[test]
fn markers_are_deleted_with_the_checkpoints_that_they_precede_or_follow() {
    let directory = TempDir::new().expect("a directory");
    let store = open(&directory, KEEP_ALL);
    play_with_index(&store, OPEN, "main", 15);
    let history = store.history().expect("kept");
    assert_eq!(markers(&*history, 100, usize::MAX), [[15], [9], [3]]);
    assert_eq!(markers(&*history, 2, usize::MAX), [[15], [9]]);
    assert_eq!(markers(&*history, 100, 1), [[15]], "the visitor ends the reading");
    drop((store, history));
    age(&directory, "checkpoints", "created", "sequence < 9");
    prune_history(directory.path(), KEEP_ALL).expect("the directory is free");
    let history = open(&directory, KEEP_ALL).history().expect("kept");
    assert_eq!(markers(&*history, 100, usize::MAX), [[15]]);
}

#[test]
fn a_store_without_history_offers_no_replays() {
    let directory = TempDir::new().expect("a directory");
    assert!(open(&directory, Retention::NONE).history().is_none());
    assert!(MemoryStore::default().history().is_none());
}

#[test]
fn a_database_of_version_2_is_converted_and_matches_recorded_since_then_have_replays() {
    let directory = directory_with_rooms();
    let downgrade = "ALTER TABLE checkpoints DROP COLUMN hash; ALTER TABLE rooms DROP COLUMN creator;
                     ALTER TABLE rooms DROP COLUMN listing; DROP TABLE checkpoint_ticks; DROP TABLE markers;
                     DROP INDEX rooms_by_name; DROP TABLE leaderboards; DROP TABLE profiles; DROP TABLE stays;
                     PRAGMA user_version = 2";
    connect(directory.path()).execute_batch(downgrade).expect("valid");
    let store = open(&directory, KEEP_ALL);
    let newer = MatchId([3; 16]);
    play_with_index(&store, newer, "main", 4);
    let history = store.history().expect("the store keeps a history");
    assert_eq!(history.find(&MatchKey::Id(CLOSED)), Ok(None), "its checkpoints have no ticks");
    let found = history.find(&MatchKey::Newest("main".to_owned())).expect("readable");
    assert_eq!(found.map(|record| (record.id, record.last_tick)), Some((newer, 30)));
}
