//! Size of the history of a room, speed of simulating it again, and time to reach any tick of it.

use std::fmt;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tickcast::store::{DatabaseReader, Durability, MatchHistory, SegmentPosition, SqliteStore, Store};
use tickcast_arena::World;
use tickcast_protocol::Tick;
use tickcast_room::Replay;

use crate::played_room::{Activity, PlayedRoom, RoomWriter, TICK_RATE, match_id};
use crate::recovery::RETENTION;

/// Number of ticks to which the benchmark seeks.
const SEEKS: u32 = 200;

/// Prints the results for rooms with little and with much activity.
pub(crate) fn run(minutes: u32) {
    println!("history of {minutes} minutes; {TICK_RATE} ticks/s");
    for (players, activity) in [(5, Activity::Idle), (5, Activity::Move), (100, Activity::Move), (100, Activity::Aim)] {
        let history = History::record(players, activity, minutes);
        println!("{players} players, {activity:?}: {history}");
        println!("  simulated again at {:.0} times real time", history.simulate());
        let (store, step) = (history.open(), history.ticks / SEEKS);
        let segments = store.history().expect("the store keeps a history");
        let mut seeks: Vec<_> = (1..=SEEKS).map(|number| seek(&*segments, number * step - 1)).collect();
        seeks.sort();
        let [p50, p99] = [SEEKS / 2, SEEKS * 99 / 100].map(|index| seeks[index as usize]);
        println!("  a seek takes {p50:.1?} (p50), {p99:.1?} (p99), {:.1?} (max)", seeks[SEEKS as usize - 1]);
    }
}

/// The history of a room in a database.
struct History {
    directory: TempDir,
    players: u16,
    ticks: u32,
    inputs: u64,
    checkpoints: usize,
    checkpoint_bytes: usize,
    journal_bytes: usize,
    /// Growth of the file of the database.
    file_bytes: u64,
}

impl History {
    /// Plays a match, and stores it as a server does.
    fn record(players: u16, activity: Activity, minutes: u32) -> Self {
        let directory = TempDir::new().expect("there is a folder for temporary files");
        let file_bytes = || directory.path().join("tickcast.db").metadata().expect("the database exists").len();
        drop(open(&directory));
        let (empty_bytes, ticks) = (file_bytes(), minutes * 60 * u32::from(TICK_RATE));
        let (store, mut room) = (open(&directory), PlayedRoom::new(0, players, activity));
        RoomWriter::create(&store, 0, &mut room).play(&mut room, ticks);
        drop(store);
        let (mut checkpoints, mut checkpoint_bytes, mut journal_bytes) = (0, 0, 0);
        let reader = DatabaseReader::open(directory.path()).expect("the database exists");
        let read = reader.read_history(match_id(0), |checkpoint, journal| {
            checkpoints += 1;
            checkpoint_bytes += checkpoint.bytes.len();
            journal_bytes += journal.map_or(0, |journal| journal.bytes.len());
        });
        read.expect("the history is intact");
        let (inputs, file_bytes) = (room.inputs(), file_bytes() - empty_bytes);
        Self { directory, players, ticks, inputs, checkpoints, checkpoint_bytes, journal_bytes, file_bytes }
    }

    /// Simulates the whole history. Returns the speed relative to real time.
    fn simulate(&self) -> f64 {
        let mut journals = Vec::new();
        let mut first = None;
        let reader = DatabaseReader::open(self.directory.path()).expect("the database exists");
        let read = reader.read_history(match_id(0), |checkpoint, journal| {
            first.get_or_insert(checkpoint.bytes);
            journals.extend(journal.map(|journal| journal.bytes));
        });
        read.expect("the history is intact");
        let mut replay = Replay::<World>::new(&first.expect("there is a checkpoint")).expect("the checkpoint is intact");
        let (start, first_tick) = (Instant::now(), replay.tick());
        journals.iter().try_for_each(|journal| replay.apply(journal)).expect("the journal is intact");
        let game_time_s = f64::from(replay.tick().since(first_tick)) / f64::from(TICK_RATE);
        game_time_s / start.elapsed().as_secs_f64()
    }

    fn open(&self) -> SqliteStore {
        open(&self.directory)
    }
}

fn open(directory: &TempDir) -> SqliteStore {
    let store = SqliteStore::open_with_history(directory.path(), Durability::Process, RETENTION);
    store.expect("the database can be opened")
}

/// Loads the last checkpoint before a tick, and simulates the match up to this tick. Returns how long this takes.
fn seek(history: &dyn MatchHistory, tick: u32) -> Duration {
    let start = Instant::now();
    let segment = history.segment(match_id(0), SegmentPosition::Tick(tick)).expect("the store works");
    let segment = segment.expect("the history is complete");
    let mut replay = Replay::<World>::new(&segment.checkpoint.bytes).expect("the checkpoint is intact");
    let journal = segment.journal.map_or(Vec::new(), |journal| journal.bytes);
    let mut rest = &*journal;
    while replay.tick() != Tick(tick) {
        replay.apply_next(&mut rest).expect("the journal is intact");
    }
    start.elapsed()
}

/// The size of the history.
impl fmt::Display for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { players, ticks, inputs, checkpoints, checkpoint_bytes, journal_bytes, file_bytes, .. } = self;
        let hours = f64::from(*ticks) / f64::from(TICK_RATE) / 3_600.0;
        write!(formatter, "{inputs} inputs; the journal takes {journal_bytes} bytes, ")?;
        if *inputs == 0 {
            write!(formatter, "{:.3} per tick", *journal_bytes as f64 / f64::from(*ticks))?;
        } else {
            let bytes_per_input = (*journal_bytes as f64 - f64::from(*ticks)) / *inputs as f64;
            write!(formatter, "{bytes_per_input:.2} per input besides one per tick")?;
        }
        let checkpoint_mean = checkpoint_bytes / checkpoints;
        writeln!(formatter, "; {checkpoints} checkpoints take {checkpoint_bytes} bytes, {checkpoint_mean} each;")?;
        let kib_per_hour = *file_bytes as f64 / 1024.0 / hours;
        let kib_per_player_hour = kib_per_hour / f64::from(*players);
        write!(
            formatter,
            "  the file grows by {kib_per_hour:.0} KiB per hour, {kib_per_player_hour:.1} KiB per player-hour"
        )
    }
}
