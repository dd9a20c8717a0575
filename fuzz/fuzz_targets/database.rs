//! Alters a database, and then reads it as `tickcast data check`, a starting server, replays and `tickcast data prune` do.
//! An input consists either of bytes of the database's file to be replaced, or of values to be stored in its tables. After
//! values are stored, all hashes are computed again, because the fuzzer cannot find correct hashes itself.

#![no_main]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock, mpsc};
use std::time::Duration;

use allocation_counter::measure;
use libfuzzer_sys::fuzz_target;
use rusqlite::{Connection, params, types::Value};
use tempfile::TempDir;
use tickcast::actors::lobby::recovery::{recompute, recover};
use tickcast::store::{
    CheckpointIndex, DatabaseReader, Durability, Epoch, JournalPart, Leaderboard, MatchHistory, MatchId, MatchKey,
    Operation, Period, ProfileId, Retention, SegmentPosition, SqliteStore, Stay, StayEvent, StayResult, Store, Write,
    prune_history,
};
use tickcast_arena::{Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::{Tick, codec};
use tickcast_room::{Marker, MarkerKind, NoObserver, Replay, Room, RoomOptions};

/// First byte of an input that consists of values of tables.
const VALUES: u8 = 0;
const PERIOD: Duration = Duration::from_millis(50);
const RETENTION: Retention = Retention { age: Duration::from_secs(3_600), bytes_max: u64::MAX };
/// The player of the database.
const PLAYER: ProfileId = ProfileId([7; 32]);
/// Limit on the memory for reading the database. The database has about 40 KB.
const ALLOCATED_BYTES_MAX: u64 = 4 << 20;

/// A database with a room that is open and a room that has ended.
static DATABASE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = TempDir::new().expect("a folder");
    let store = SqliteStore::open_with_history(folder.path(), Durability::Process, RETENTION).expect("a new folder");
    let finished = MatchId([2; 16]);
    play(&store, MatchId([1; 16]), "main");
    play(&store, finished, "duel");
    write(&store, finished, Operation::Close, None);
    drop(store);
    let file = folder.path().join("tickcast.db");
    let shrink = "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM";
    Connection::open(&file).and_then(|database| database.execute_batch(shrink)).expect("nobody else uses the database");
    fs::read(file).expect("the database exists")
});

/// The columns of all tables, as pairs of names.
static COLUMNS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let folder = with_database(&DATABASE);
    let database = Connection::open(folder.path().join("tickcast.db")).expect("the database exists");
    let sql = "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'";
    let mut statement = database.prepare(sql).expect("valid");
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("readable");
    columns.collect::<Result<_, _>>().expect("names are text")
});

fuzz_target!(
    // Creates the database in advance, so that its allocations are not counted for the first input.
    init: assert!(!COLUMNS.is_empty()),
    |input: &[u8]| {
        let folder = match input {
            [VALUES, values @ ..] => with_values(values),
            bytes => with_bytes(bytes),
        };
        let allocated = measure(|| check(folder.path())).bytes_max;
        assert!(allocated <= ALLOCATED_BYTES_MAX, "{allocated} bytes were allocated");
        serve(folder.path());
        // An error means that SQLite has found the damage.
        let _ = prune_history(folder.path(), Retention { age: Duration::from_secs(1), bytes_max: 0 });
    }
);

/// Writes a room to the store: its first checkpoint, two further checkpoints, and the stay of a player.
fn play(store: &SqliteStore, id: MatchId, name: &str) {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (20, 3, 2));
    let world = World::new(&Options { world_size: 640, rocks: 2, orbs: 2, round_s: 0 }, options.tick_rate, 1);
    let mut room = Room::<World>::new(name.parse().expect("valid"), options, world, Box::new(NoObserver)).with_journal();
    write(store, id, Operation::Create { name: name.to_owned(), creator: None, checkpoint: room.checkpoint() }, Some(0));
    for sequence in 1..=6 {
        for _ in 0..3 {
            room.step(room.now() + PERIOD);
        }
        let checkpoint = (sequence % 3 == 1).then(|| room.checkpoint());
        let tick = checkpoint.is_some().then_some(room.tick().0);
        write(store, id, Operation::Append { sequence, journal: room.take_journal(), checkpoint }, tick);
    }
}

/// Carries out a write. If `tick` is given, the write contains a marker with this tick.
fn write(store: &SqliteStore, room: MatchId, operation: Operation, tick: Option<u32>) {
    let ada = || "Ada".to_owned().try_into().expect("the name is valid");
    let marker = |tick| codec::encode(&vec![Marker { tick: Tick(tick), kind: MarkerKind::Joined(ada()) }]);
    let index = tick.map(|tick| CheckpointIndex { tick, markers: marker(tick) });
    let (stay, name) = (Stay { tick: 1, seat: 0 }, "Ada".to_owned());
    let result = StayResult { name, ended_s: 1, play_ms: 2, score: 3, kills: 4, deaths: 5, best_streak: 6 };
    let stays = match operation {
        Operation::Create { .. } => vec![StayEvent::Began(stay, Some(PLAYER))],
        Operation::Append { sequence: 2, .. } => vec![StayEvent::Ended(stay, result)],
        Operation::Append { sequence: 3, .. } => vec![StayEvent::Began(Stay { tick: 9, seat: 1 }, Some(PLAYER))],
        _ => Vec::new(),
    };
    let (sender, done) = mpsc::channel();
    let done_sender = Box::new(move |result| sender.send(result).expect("this function waits"));
    store.submit(Write { room, epoch: Epoch::FIRST, operation, index, stays, listing: None, done: done_sender });
    done.recv().expect("every write is answered").expect("the write is valid");
}

fn with_database(database: &[u8]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("tickcast.db"), database).expect("the folder is writable");
    folder
}

/// The database, in which some bytes are replaced. Four bytes of the input replace one byte of the database: they contain
/// its position and its new value. If the position is that of the last byte, the value is instead the number of pages to
/// which the file is truncated.
fn with_bytes(input: &[u8]) -> TempDir {
    let mut database = DATABASE.clone();
    for [low, middle, high, value] in input.as_chunks().0 {
        let position = u32::from_le_bytes([*low, *middle, *high, 0]) as usize % database.len().max(1);
        if position + 1 == database.len() {
            database.truncate(usize::from(*value) * 512);
        } else if let Some(byte) = database.get_mut(position) {
            *byte = *value;
        }
    }
    with_database(&database)
}

/// The database with other values in its tables. Each value of the input consists of a column, a type, a length, and bytes.
fn with_values(mut input: &[u8]) -> TempDir {
    let folder = with_database(&DATABASE);
    let database = Connection::open(folder.path().join("tickcast.db")).expect("the database exists");
    database.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY").expect("valid");
    while let [column, kind, length, bytes @ ..] = input {
        let (bytes, rest) = bytes.split_at(bytes.len().min((*length).into()));
        let (table, column) = &COLUMNS[usize::from(*column) % COLUMNS.len()];
        let integer = bytes.iter().take(8).fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        let value = match kind % 8 {
            0 => Value::Null,
            1 => Value::Integer(integer),
            2 => Value::Integer(i64::MAX.wrapping_sub(integer)),
            3 => Value::Integer(i64::MIN.wrapping_add(integer)),
            4 => Value::Real(f64::from_bits(integer.cast_unsigned())),
            5 => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
            _ => Value::Blob(bytes.to_vec()),
        };
        // For kinds from 128 on, only rows whose stored value is lower than the new value are changed. The new value may
        // violate a constraint of the table.
        let condition = if *kind < 128 { String::new() } else { format!("WHERE {column} < ?1") };
        let _ = database.execute(&format!("UPDATE OR IGNORE {table} SET {column} = ?1 {condition}"), params![value]);
        input = rest;
    }
    for (table, room) in [
        ("journal", "room"),
        ("journal_set_aside", "room"),
        ("checkpoints", "room"),
        ("history", "(SELECT c.room FROM checkpoints c WHERE c.id = checkpoint)"),
    ] {
        correct_hashes(&database, table, room).expect("the tables are intact");
    }
    folder
}

/// Replaces the hash of each row whose values have the right types.
fn correct_hashes(database: &Connection, table: &str, room: &str) -> rusqlite::Result<()> {
    let mut rows =
        database.prepare(&format!("SELECT (SELECT match FROM rooms WHERE id = {room}), sequence, data FROM {table}"))?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        if let (Ok(id), Ok(sequence), Ok(data)) = (row.get(0), row.get::<_, i64>(1), row.get::<_, Vec<u8>>(2)) {
            let hash = JournalPart::new(MatchId(id), sequence.cast_unsigned(), data.clone()).hash.cast_signed();
            let sql = format!("UPDATE {table} SET hash = ?1 WHERE sequence = ?2 AND data = ?3");
            database.execute(&sql, params![hash, sequence, data])?;
        }
    }
    Ok(())
}

/// Does what `tickcast data check` does.
fn check(folder: &Path) {
    let Ok(database) = DatabaseReader::open(folder) else { return };
    let _ = (database.problems(), database.lost_rows());
    let _ = database.read_rooms(|record, saved| {
        for checkpoint in saved.iter().flat_map(|saved| &saved.checkpoints) {
            let saved = saved.as_ref().expect("it has checkpoints");
            let _ = recompute::<World, _>(&record.room, saved, checkpoint, |replay| replay.hash());
        }
        let _ = database.read_history(record.room.id, |checkpoint, journal| {
            let is_intact = checkpoint.is_intact(record.room.id);
            let _ = (is_intact, journal.map(|journal| journal.is_intact(record.room.id)));
            let _ = Replay::<World>::new(&checkpoint.bytes).map(drop);
        });
    });
    let _ = database.leaderboard(Leaderboard { period: Period::All, at_s: 0 }, 0..10);
}

/// Does what a server does when it starts, and when clients read the history and profiles.
fn serve(folder: &Path) {
    let Ok(store) = SqliteStore::open_with_history(folder, Durability::Process, RETENTION) else { return };
    let store: Arc<dyn Store> = Arc::new(store);
    for entry in store.rooms().unwrap_or_default() {
        if let Some((mut room, stored)) = recover::<World>(&store, &entry, || Box::new(NoObserver)) {
            room.step(room.now() + PERIOD);
            let tickcast::actors::room::Base::Gap(last) = stored.base else { unreachable!("the room was recovered") };
            for (sequence, operation) in [
                (1, Operation::Restart { sequence: last + 1, checkpoint: room.checkpoint() }),
                (2, Operation::Append { sequence: last + 2, journal: room.take_journal(), checkpoint: None }),
            ] {
                let index = (sequence == 1).then(|| CheckpointIndex { tick: room.tick().0, markers: Vec::new() });
                let done = Box::new(drop);
                let (room, epoch) = (entry.id, stored.epoch);
                store.submit(Write { room, epoch, operation, index, stays: Vec::new(), listing: None, done });
            }
        }
    }
    store.flush();
    read_history(&*store.history().expect("the store keeps a history"));
    let leaderboard = Leaderboard { period: Period::All, at_s: 0 };
    let _ = (store.profile(PLAYER), store.leaderboard(leaderboard, 0..10), store.placement(leaderboard, PLAYER));
    let _ = store.erase_profile(PLAYER);
}

fn read_history(history: &dyn MatchHistory) {
    let found = history.find(&MatchKey::Newest("main".to_owned())).ok().flatten();
    for found in history.finished(10).unwrap_or_default().into_iter().chain(found) {
        for position in [SegmentPosition::Tick(found.last_tick), SegmentPosition::After(0)] {
            let _ = history.segment(found.id, position).map(drop);
        }
        let _ = history.visit_markers(found.id, 10, &mut |markers| {
            let _ = codec::decode::<Vec<Marker>>(markers);
            ControlFlow::Continue(())
        });
    }
}
