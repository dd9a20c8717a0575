//! Files that are damaged between two runs of a server.

use std::path::Path;

use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use tickcast::store::Durability;

use crate::files::{Files, PAGE, SECTOR};
use crate::history::LiveRoom;
use crate::recovery::{Found, Histories, check, open};
use crate::{Random, run_cases};

/// Number of databases that the cases damage in turn.
const DATABASES: u64 = 6;

/// A database with a known history.
struct Known {
    histories: Histories,
    /// Number of rooms that were closed.
    closed: u64,
    /// The files at several moments. A case damages the files of the last moment. The files of the earlier moments provide
    /// stale pages for this.
    moments: Vec<Files>,
}

impl Known {
    fn new(seed: u64) -> Self {
        let (random, folder) = (&mut Random::seed_from_u64(seed), TempDir::new().expect("a folder"));
        let store = open(folder.path(), Durability::Process).expect("a new folder");
        let mut rooms: Vec<_> = (0..random.random_range(1..4)).map(|number| LiveRoom::new(number, random)).collect();
        let (ticks, interval) = (random.random_range(30..150), random.random_range(8..40));
        let mut moments = Vec::new();
        for tick in 0..ticks {
            for room in &mut rooms {
                room.play(random);
                assert!(room.write(&*store, tick % interval == interval - 1), "the disk has space");
            }
            if random.random_range(0..20) == 0 {
                moments.push(Files::read(folder.path()));
            }
            if random.random_range(0..60) == 0 {
                copy_log(folder.path());
            }
        }
        let closed = u64::from(rooms.len() > 2);
        if closed > 0 {
            rooms[0].close(&*store);
            // The mark of the last commit is set again when another room writes.
            for room in &mut rooms[1..] {
                room.play(random);
                assert!(room.write(&*store, false), "the disk has space");
            }
        }
        store.flush();
        moments.push(Files::read(folder.path()));
        let histories = rooms.into_iter().map(|room| (room.entry.id, room.history)).collect();
        Self { histories, closed, moments }
    }

    fn files(&self) -> &Files {
        self.moments.last().expect("there is at least one moment")
    }
}

/// Copies the write-ahead log into the database, as the server does every ten seconds.
fn copy_log(folder: &Path) {
    let connection = rusqlite::Connection::open(folder.join("tickcast.db")).expect("the database exists");
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).expect("the database is intact");
}

/// Damages the files. Returns a description.
fn damage(files: &mut Files, known: &Known, random: &mut Random) -> String {
    let is_log = !files.log.is_empty() && random.random_range(0..3) == 0;
    let name = if is_log { "log" } else { "database" };
    let bytes = if is_log { &mut files.log } else { &mut files.database };
    let position = random.random_range(0..bytes.len());
    match random.random_range(0..6) {
        0 => {
            let flips = random.random_range(1..9);
            for _ in 0..flips {
                let position = random.random_range(0..bytes.len());
                bytes[position] ^= 1 << random.random_range(0..8);
            }
            format!("{flips} bit flips in the {name}")
        }
        1 => {
            bytes[position] ^= 1 << random.random_range(0..8);
            format!("bit flip at byte {position} of the {name}")
        }
        2 => {
            let length = if random.random_range(0..2) == 0 { position } else { position - position % PAGE };
            bytes.truncate(length);
            format!("{name} truncated to {length} bytes")
        }
        3 => {
            let sectors = torn_sectors(bytes.len(), position, random);
            bytes[sectors.clone()].fill(0);
            format!("bytes {sectors:?} of the {name} are zero")
        }
        4 => {
            let sectors = torn_sectors(bytes.len(), position, random);
            random.fill(&mut bytes[sectors.clone()]);
            format!("bytes {sectors:?} of the {name} are random")
        }
        _ => {
            let old = &known.moments[random.random_range(0..known.moments.len())];
            let old = if is_log { &old.log } else { &old.database };
            let mut sectors = torn_sectors(bytes.len(), position, random);
            sectors.end = sectors.end.min(old.len()).max(sectors.start);
            let source = old.get(sectors.clone()).unwrap_or_default();
            bytes[sectors.start..sectors.start + source.len()].copy_from_slice(source);
            format!("bytes {sectors:?} of the {name} are stale")
        }
    }
}

/// The sectors from a position up to the end of a random number of pages.
fn torn_sectors(length: usize, position: usize, random: &mut Random) -> std::ops::Range<usize> {
    let start = position - position % SECTOR;
    let end = (start / PAGE + random.random_range(1..4)) * PAGE;
    start..end.min(length)
}

#[test]
fn a_damaged_database_gives_rooms_with_a_true_state_or_none() {
    let databases: Vec<_> = (0..DATABASES).map(Known::new).collect();
    for known in &databases {
        let folder = TempDir::new().expect("a folder");
        known.files().write(folder.path());
        let found = check(folder.path(), &known.histories, &mut Random::seed_from_u64(0));
        let intact = known.histories.len() as u64 - known.closed;
        assert_eq!(found, Found { intact, missing: known.closed, ..Found::default() }, "without damage");
    }
    let (mut total, mut refused) = (Found::default(), 0);
    run_cases(6, |random| {
        let known = &databases[random.random_range(0..databases.len())];
        let mut files = known.files().clone();
        let damage = damage(&mut files, known, random);
        let folder = TempDir::new().expect("a folder");
        files.write(folder.path());
        let found =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(folder.path(), &known.histories, random)));
        match found {
            Ok(found) => {
                assert!(found.outdated == 0 || found.is_loss_reported, "{damage}: the loss is not reported");
                refused += u64::from(found.is_refused);
                total.add(found);
            }
            Err(error) => {
                eprintln!("{damage}");
                std::panic::resume_unwind(error);
            }
        }
    });
    println!("{refused} databases refused; rooms in the others: {total:?}");
}
