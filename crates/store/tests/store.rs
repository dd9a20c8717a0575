//! Tests of what every store guarantees, for each implementation, and of what is particular to SQLite.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use rusqlite::Connection;
use tempfile::TempDir;
use tickcast_store::{
    Checkpoint, DatabaseReader, Durability, Epoch, Fault, JournalPart, MatchId, MemoryStore, OpenError, Operation,
    RoomEntry, RoomRecord, RoomState, SavedRoom, SqliteStore, Store, StoreError, Write,
};

const ROOM: MatchId = MatchId([1; 16]);

/// Carries out a write and waits for its result.
fn write(store: &dyn Store, room: MatchId, epoch: Epoch, operation: Operation) -> Result<(), StoreError> {
    let (sender, result) = mpsc::channel();
    let done = Box::new(move |outcome| sender.send(outcome).expect("the test waits"));
    store.submit(Write { room, epoch, operation, index: None, stays: Vec::new(), listing: None, done });
    result.recv().expect("every write is answered")
}

fn create(store: &dyn Store, room: MatchId) {
    let operation = Operation::Create { name: "main".to_owned(), creator: None, checkpoint: b"start".to_vec() };
    write(store, room, Epoch::FIRST, operation).expect("the room is new");
}

fn part(sequence: u64) -> Vec<u8> {
    format!("part {sequence}").into_bytes()
}

fn append(sequence: u64) -> Operation {
    Operation::Append { sequence, journal: part(sequence), checkpoint: None }
}

fn append_with_checkpoint(sequence: u64) -> Operation {
    Operation::Append { sequence, journal: part(sequence), checkpoint: Some(state(sequence).bytes) }
}

fn state(sequence: u64) -> Checkpoint {
    Checkpoint::new(ROOM, sequence, format!("state {sequence}").into_bytes())
}

/// The newest checkpoint and the journal after it.
fn newest(saved: &SavedRoom) -> Result<(Checkpoint, Vec<Vec<u8>>), StoreError> {
    let checkpoint = saved.checkpoints[0].clone();
    let journal = saved.journal_after(ROOM, &checkpoint)?;
    Ok((checkpoint.clone(), journal.into_iter().map(<[u8]>::to_vec).collect()))
}

/// Runs a test with each implementation.
fn check(test: impl Fn(&dyn Store)) {
    test(&MemoryStore::default());
    let directory = TempDir::new().expect("a directory");
    for durability in [Durability::Process, Durability::Disk] {
        test(&SqliteStore::open(&directory.path().join(format!("{durability:?}")), durability).expect("a new directory"));
    }
}

#[test]
fn a_room_is_listed_with_its_newest_listing() {
    check(|store| {
        let write = |operation, listing: Option<&[u8]>| {
            let (listing, stays, done) = (listing.map(<[u8]>::to_vec), Vec::new(), Box::new(drop));
            store.submit(Write { room: ROOM, epoch: Epoch::FIRST, operation, index: None, stays, listing, done });
            store.flush();
            store.rooms().expect("the store works").remove(0).listing
        };
        let create = Operation::Create { name: "main".to_owned(), creator: None, checkpoint: b"start".to_vec() };
        assert_eq!(write(create, Some(b"open")), b"open");
        assert_eq!(write(append(1), Some(b"locked")), b"locked");
        assert_eq!(write(append(2), None), b"locked");
        assert_eq!(write(append(2), Some(b"out of sequence")), b"locked");
    });
}

#[test]
fn a_room_is_found_with_its_newest_checkpoint_and_the_journal_after_it() {
    check(|store| {
        create(store, ROOM);
        for operation in [append(1), append_with_checkpoint(2), append(3), append(4)] {
            write(store, ROOM, Epoch::FIRST, operation).expect("in sequence");
        }
        assert_eq!(store.rooms(), Ok(vec![RoomEntry { id: ROOM, name: "main".to_owned(), listing: Vec::new() }]));
        let saved = store.take_over(ROOM).expect("the room exists");
        assert_eq!((saved.epoch, saved.attempts, saved.sequence), (Epoch(2), 1, 4));
        assert_eq!(newest(&saved), Ok((state(2), vec![part(3), part(4)])));
    });
}

#[test]
fn an_outdated_epoch_and_a_wrong_sequence_number_are_rejected() {
    check(|store| {
        create(store, ROOM);
        let epoch = store.take_over(ROOM).expect("the room exists").epoch;
        assert_eq!(write(store, ROOM, Epoch::FIRST, append(1)), Err(StoreError::Fenced));
        assert_eq!(write(store, ROOM, Epoch::FIRST, Operation::Close), Err(StoreError::Fenced));
        assert_eq!(write(store, ROOM, epoch, append(2)), Err(StoreError::OutOfSequence));
        assert_eq!(write(store, MatchId([2; 16]), epoch, append(1)), Err(StoreError::OutOfSequence));
        assert_eq!(write(store, ROOM, epoch, append(1)), Ok(()));
        assert_eq!(write(store, ROOM, epoch, append(1)), Err(StoreError::OutOfSequence));
    });
}

#[test]
fn the_journal_since_the_checkpoint_before_the_newest_is_kept() {
    check(|store| {
        create(store, ROOM);
        for sequence in 1..=8 {
            let operation = if sequence % 3 == 0 { append_with_checkpoint(sequence) } else { append(sequence) };
            write(store, ROOM, Epoch::FIRST, operation).expect("in sequence");
        }
        let saved = store.take_over(ROOM).expect("the room exists");
        assert_eq!(saved.checkpoints, [state(6), state(3)]);
        let journal = saved.journal_after(ROOM, &saved.checkpoints[1]).expect("the journal is complete");
        assert_eq!(journal, [4, 5, 6, 7, 8].map(part));
    });
}

#[test]
fn a_restart_replaces_everything_before_it() {
    check(|store| {
        create(store, ROOM);
        write(store, ROOM, Epoch::FIRST, append(1)).expect("in sequence");
        let restart = Operation::Restart { sequence: 2, checkpoint: state(2).bytes };
        write(store, ROOM, Epoch::FIRST, restart).expect("in sequence");
        write(store, ROOM, Epoch::FIRST, append(3)).expect("in sequence");
        let saved = store.take_over(ROOM).expect("the room exists");
        assert_eq!(saved.checkpoints, [state(2)]);
        assert_eq!(newest(&saved), Ok((state(2), vec![part(3)])));
    });
}

#[test]
fn attempts_of_recovery_are_counted_until_a_write_succeeds() {
    check(|store| {
        create(store, ROOM);
        let attempts = || store.take_over(ROOM).map(|saved| (saved.attempts, saved.epoch));
        assert_eq!([attempts(), attempts()], [Ok((1, Epoch(2))), Ok((2, Epoch(3)))]);
        write(store, ROOM, Epoch(3), append(1)).expect("in sequence");
        assert_eq!(attempts(), Ok((1, Epoch(4))));
    });
}

#[test]
fn closed_rooms_and_those_set_aside_are_not_listed() {
    check(|store| {
        let other = MatchId([2; 16]);
        create(store, ROOM);
        create(store, other);
        write(store, ROOM, Epoch::FIRST, Operation::Close).expect("the room is open");
        let reason = "panic".to_owned();
        write(store, other, Epoch::FIRST, Operation::SetAside { reason }).expect("the room is open");
        assert_eq!(store.rooms(), Ok(Vec::new()));
        assert_eq!(write(store, ROOM, Epoch::FIRST, append(1)), Err(StoreError::OutOfSequence));
    });
}

#[test]
fn the_journals_of_the_newest_rooms_that_were_set_aside_are_kept() {
    let directory = TempDir::new().expect("a directory");
    let store = open(directory.path()).expect("the directory is free");
    for number in 1..=25 {
        let room = MatchId([number; 16]);
        create(&store, room);
        write(&store, room, Epoch::FIRST, append(1)).expect("in sequence");
        let reason = "panic".to_owned();
        write(&store, room, Epoch::FIRST, Operation::SetAside { reason }).expect("the room is open");
    }
    let count = |sql: &str| connect(&directory).query_row(sql, [], |row| row.get::<_, i64>(0)).expect("valid");
    let tables = ["rooms WHERE set_aside = 'panic'", "checkpoints", "journal_set_aside", "journal"];
    assert_eq!(tables.map(|table| count(&format!("SELECT count(*) FROM {table}"))), [20, 20, 20, 0]);
}

#[test]
fn waiting_writes_of_a_memory_store_are_lost_in_a_crash_from_any_point() {
    let store = MemoryStore::default();
    create(&store, ROOM);
    store.inject(Fault::Stall);
    for sequence in 1..=3 {
        let done = Box::new(|_| panic!("a waiting write is not done"));
        store.submit(Write {
            room: ROOM,
            epoch: Epoch::FIRST,
            operation: append(sequence),
            index: None,
            stays: Vec::new(),
            listing: None,
            done,
        });
    }
    for persisted in 0..=3 {
        let found = store.after_crash(persisted);
        assert_eq!(found.take_over(ROOM).map(|saved| saved.sequence), Ok(persisted as u64));
    }
}

#[test]
fn a_failing_memory_store_changes_nothing() {
    let store = MemoryStore::default();
    create(&store, ROOM);
    store.inject(Fault::Fail);
    assert!(matches!(write(&store, ROOM, Epoch::FIRST, append(1)), Err(StoreError::Failed(_))));
    store.inject(Fault::None);
    assert_eq!(write(&store, ROOM, Epoch::FIRST, append(1)), Ok(()));
}

fn open(directory: &Path) -> Result<SqliteStore, OpenError> {
    SqliteStore::open(directory, Durability::Process)
}

/// A directory whose database contains a room with five parts of a journal.
fn directory_with_room() -> TempDir {
    let directory = TempDir::new().expect("a directory");
    let store = open(directory.path()).expect("the directory is free");
    create(&store, ROOM);
    for sequence in 1..=5 {
        let operation = if sequence == 2 { append_with_checkpoint(2) } else { append(sequence) };
        write(&store, ROOM, Epoch::FIRST, operation).expect("in sequence");
    }
    directory
}

/// Another connection to the database in the directory.
fn connect(directory: &TempDir) -> Connection {
    Connection::open(directory.path().join("tickcast.db")).expect("the database exists")
}

#[test]
fn a_database_is_found_as_it_was_left() {
    let directory = directory_with_room();
    for attempt in 1..=2 {
        let store = open(directory.path()).expect("the directory is free");
        let saved = store.take_over(ROOM).expect("the room exists");
        assert_eq!(saved.attempts, attempt);
        assert_eq!(newest(&saved), Ok((state(2), [3, 4, 5].map(part).to_vec())));
    }
}

#[test]
fn a_second_server_is_refused_and_told_who_uses_the_directory() {
    let directory = directory_with_room();
    let first = open(directory.path()).expect("the directory is free");
    let error = open(directory.path()).err().expect("the directory is in use").to_string();
    assert!(error.ends_with(&format!("is in use by process {}", std::process::id())), "{error}");
    drop(first);
    assert!(open(directory.path()).is_ok());
}

#[test]
fn the_rooms_of_a_database_without_listings_have_empty_ones() {
    let directory = directory_with_room();
    let version_4 = "ALTER TABLE rooms DROP COLUMN listing; ALTER TABLE rooms DROP COLUMN creator; PRAGMA user_version = 4";
    connect(&directory).execute_batch(version_4).expect("valid");
    let rooms = open(directory.path()).expect("the version is supported").rooms().expect("the store works");
    assert_eq!(rooms.into_iter().map(|room| room.listing).collect::<Vec<_>>(), [b""]);
}

#[test]
fn databases_of_newer_versions_and_of_other_programs_are_refused() {
    let directory = directory_with_room();
    connect(&directory).pragma_update(None, "user_version", 99).expect("the pragma is valid");
    assert!(matches!(open(directory.path()), Err(OpenError::Newer { found: 99, supported: 5 })));
    let directory = TempDir::new().expect("a directory");
    connect(&directory).execute_batch("CREATE TABLE photos (id)").expect("valid");
    assert!(matches!(open(directory.path()), Err(OpenError::Foreign(_))));
}

/// The rooms in a directory, as a reader finds them.
fn read(directory: &Path) -> Vec<(RoomRecord, SavedRoom)> {
    let mut rooms = Vec::new();
    let reader = DatabaseReader::open(directory).expect("the database exists");
    assert_eq!(reader.problems(), Ok(Vec::new()));
    let collect = |record: &RoomRecord, saved: Result<_, _>| rooms.push((record.clone(), saved.expect("readable")));
    reader.read_rooms(collect).expect("the database is intact");
    rooms
}

#[test]
fn reading_a_database_changes_nothing_and_needs_no_lock() {
    let directory = directory_with_room();
    let store = open(directory.path()).expect("the directory is free");
    let found = read(directory.path());
    assert_eq!(found, read(directory.path()));
    let [(record, saved)] = found.as_slice() else { panic!("one room: {found:?}") };
    assert_eq!((&*record.room.name, &record.state), ("main", &RoomState::Open));
    assert_eq!((saved.epoch, saved.attempts, saved.sequence), (Epoch::FIRST, 0, 5));
    assert_eq!(newest(saved), Ok((state(2), [3, 4, 5].map(part).to_vec())));
    let epoch = store.take_over(ROOM).expect("the room exists").epoch;
    write(&store, ROOM, epoch, Operation::SetAside { reason: "panic".to_owned() }).expect("the room is open");
    let found = read(directory.path());
    assert_eq!(found[0].0.state, RoomState::SetAside("panic".to_owned()));
    assert_eq!(newest(&found[0].1), Ok((state(2), [3, 4, 5].map(part).to_vec())));
}

#[test]
fn a_copy_made_during_writes_is_consistent() {
    let directory = directory_with_room();
    let store = open(directory.path()).expect("the directory is free");
    let epoch = store.take_over(ROOM).expect("the room exists").epoch;
    let (is_copied, copies) = (AtomicBool::new(false), TempDir::new().expect("a directory"));
    let write_until_copied = |first: mpsc::Sender<()>| {
        for sequence in 6.. {
            let operation = if sequence % 10 == 0 { append_with_checkpoint(sequence) } else { append(sequence) };
            write(&store, ROOM, epoch, operation).expect("in sequence");
            // The test receives only the first message, so errors of later calls do not matter.
            let _ = first.send(());
            if is_copied.load(Ordering::Relaxed) {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let (sender, first) = mpsc::channel();
        scope.spawn(|| write_until_copied(sender));
        first.recv().expect("a write");
        for number in 0..5 {
            let copy = copies.path().join(number.to_string());
            std::fs::create_dir(&copy).expect("a new directory");
            File::create(copy.join("tickcast.db")).expect("a new file");
            let reader = DatabaseReader::open(directory.path()).expect("the database exists");
            reader.copy_into(&copy.join("tickcast.db")).expect("the disk has space");
        }
        is_copied.store(true, Ordering::Relaxed);
    });
    for number in 0..5 {
        let copy = copies.path().join(number.to_string());
        let read = read(&copy).pop().expect("a room").1;
        let store = open(&copy).expect("the copy is intact");
        let saved = store.take_over(ROOM).expect("the room exists");
        assert!(saved.sequence >= 6 && saved.journal == read.journal && saved.checkpoints == read.checkpoints);
        let journal = saved.journal_after(ROOM, &saved.checkpoints[0]).expect("the journal is complete");
        assert!(journal.into_iter().eq((saved.checkpoints[0].sequence + 1..=saved.sequence).map(part)));
    }
}

#[test]
fn the_journal_that_no_room_needs_is_deleted() {
    let directory = directory_with_room();
    let store = open(directory.path()).expect("the directory is free");
    let parts =
        || -> i64 { connect(&directory).query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).expect("a table") };
    let other = MatchId([2; 16]);
    create(&store, other);
    for sequence in 1..=100 {
        let operation = if sequence % 10 == 0 { append_with_checkpoint(sequence) } else { append(sequence) };
        write(&store, other, Epoch::FIRST, operation).expect("in sequence");
    }
    assert_eq!(parts(), 105, "the room that nobody has taken over keeps its journal");
    let epoch = store.take_over(ROOM).expect("the room exists").epoch;
    write(&store, ROOM, epoch, Operation::Close).expect("the room is open");
    write(&store, other, Epoch::FIRST, append(101)).expect("in sequence");
    write(&store, other, Epoch::FIRST, append_with_checkpoint(102)).expect("in sequence");
    assert_eq!(parts(), 2, "the parts since the checkpoint before the newest");
}

#[test]
fn a_new_room_does_not_inherit_the_journal_of_a_closed_room() {
    for is_restarted in [false, true] {
        // The store keeps the whole journal, because nobody takes over the room in the directory.
        let directory = directory_with_room();
        let mut store = open(directory.path()).expect("the directory is free");
        let (closed, new) = (MatchId([2; 16]), MatchId([3; 16]));
        create(&store, closed);
        write(&store, closed, Epoch::FIRST, append(1)).expect("in sequence");
        write(&store, closed, Epoch::FIRST, Operation::Close).expect("the room is open");
        if is_restarted {
            drop(store);
            store = open(directory.path()).expect("the directory is free");
        }
        create(&store, new);
        write(&store, new, Epoch::FIRST, append(1)).expect("in sequence");
        drop(store);
        let store = open(directory.path()).expect("the directory is free");
        let saved = store.take_over(new).expect("the room exists");
        assert_eq!(saved.journal, [JournalPart::new(new, 1, part(1))], "restarted: {is_restarted}");
        let set_aside = Operation::SetAside { reason: "panic".to_owned() };
        assert_eq!(write(&store, new, saved.epoch, set_aside), Ok(()));
    }
}

#[test]
fn after_an_error_of_the_database_the_write_can_be_repeated() {
    let directory = directory_with_room();
    let trigger =
        "CREATE TRIGGER full BEFORE INSERT ON journal WHEN new.sequence = 6 BEGIN SELECT RAISE(ABORT, 'full'); END";
    let store = open(directory.path()).expect("the directory is free");
    connect(&directory).execute_batch(trigger).expect("valid");
    let epoch = store.take_over(ROOM).expect("the room exists").epoch;
    assert_eq!(write(&store, ROOM, epoch, append(6)), Err(StoreError::Failed("full".to_owned())));
    connect(&directory).execute_batch("DROP TRIGGER full").expect("valid");
    assert_eq!(write(&store, ROOM, epoch, append(6)), Ok(()));
}

#[test]
fn an_end_that_failed_is_repeated_after_a_later_write() {
    let ends = [Operation::Close, Operation::SetAside { reason: "panic".to_owned() }];
    for (end, table) in ends.into_iter().zip(["DELETE ON rooms", "INSERT ON journal_set_aside"]) {
        let directory = TempDir::new().expect("a directory");
        let store = open(directory.path()).expect("the directory is free");
        let other = MatchId([2; 16]);
        create(&store, ROOM);
        create(&store, other);
        write(&store, ROOM, Epoch::FIRST, append(1)).expect("in sequence");
        let trigger = format!("CREATE TRIGGER full BEFORE {table} BEGIN SELECT RAISE(ABORT, 'full'); END");
        connect(&directory).execute_batch(&trigger).expect("valid");
        assert_eq!(write(&store, ROOM, Epoch::FIRST, end), Err(StoreError::Failed("full".to_owned())));
        let open_rooms = || store.rooms().expect("readable").len();
        assert_eq!(write(&store, other, Epoch::FIRST, append(1)), Ok(()), "the end does not affect other writes");
        assert_eq!(open_rooms(), 2);
        connect(&directory).execute_batch("DROP TRIGGER full").expect("valid");
        write(&store, other, Epoch::FIRST, append(2)).expect("in sequence");
        assert_eq!(open_rooms(), 1);
    }
}

#[test]
fn an_end_that_failed_is_not_repeated_if_another_server_has_taken_over_the_room() {
    let directory = directory_with_room();
    let store = open(directory.path()).expect("the directory is free");
    let epoch = store.take_over(ROOM).expect("the room exists").epoch;
    let trigger = "CREATE TRIGGER full BEFORE DELETE ON rooms BEGIN SELECT RAISE(ABORT, 'full'); END";
    connect(&directory).execute_batch(trigger).expect("valid");
    assert!(write(&store, ROOM, epoch, Operation::Close).is_err());
    let epoch = store.take_over(ROOM).expect("the room exists").epoch;
    connect(&directory).execute_batch("DROP TRIGGER full").expect("valid");
    for sequence in 6..=8 {
        assert_eq!(write(&store, ROOM, epoch, append(sequence)), Ok(()));
    }
}

#[test]
fn a_checkpoint_with_a_wrong_sequence_number_or_room_is_rejected() {
    for sql in ["UPDATE checkpoints SET sequence = 3 WHERE sequence = 2", "UPDATE rooms SET match = zeroblob(16)"] {
        let directory = directory_with_room();
        connect(&directory).execute_batch(sql).expect("valid");
        let store = open(directory.path()).expect("the directory is free");
        let room = store.rooms().expect("readable")[0].id;
        let saved = store.take_over(room).expect("the room exists");
        let newest = &saved.checkpoints[0];
        assert_eq!(saved.journal_after(room, newest), Err(StoreError::Damaged), "{sql}");
    }
}

#[test]
fn a_room_whose_name_is_damaged_does_not_affect_other_rooms() {
    let directory = directory_with_room();
    create(&open(directory.path()).expect("the directory is free"), MatchId([2; 16]));
    let sql = "UPDATE rooms SET name = CAST(x'6dff' AS TEXT) WHERE id = 1";
    connect(&directory).execute_batch(sql).expect("valid");
    let store = open(directory.path()).expect("the directory is free");
    let names: Vec<_> = store.rooms().expect("readable").into_iter().map(|room| room.name).collect();
    assert_eq!(names, ["m\u{fffd}", "main"]);
}

#[test]
fn a_damaged_database_is_never_mistaken_for_another_room() {
    let directory = directory_with_room();
    connect(&directory).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("valid");
    let path = directory.path().join("tickcast.db");
    let intact = std::fs::read(&path).expect("the database exists");
    let (mut recovered, mut rejected) = (0, 0);
    for position in (0..intact.len()).step_by(211) {
        let mut damaged = intact.clone();
        damaged[position] ^= 1 << (position % 8);
        let directory = TempDir::new().expect("a directory");
        std::fs::write(directory.path().join("tickcast.db"), &damaged).expect("writable");
        match open(directory.path()).ok().and_then(|store| newest(&store.take_over(ROOM).ok()?).ok()) {
            Some((checkpoint, journal)) => {
                // A damaged row may have lost its hash, but a checkpoint of a room also ends with a hash of its own.
                assert_eq!((checkpoint.sequence, checkpoint.bytes), (2, state(2).bytes), "byte {position}");
                assert_eq!(journal, [3, 4, 5].map(part), "byte {position}");
                recovered += 1;
            }
            None => rejected += 1,
        }
    }
    assert!(recovered > 0 && rejected > 0, "{recovered} recovered, {rejected} rejected");
}
