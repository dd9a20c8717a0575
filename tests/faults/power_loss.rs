//! A loss of power discards writes that the disk has not stored. While a server runs, the test takes copies of the files.
//! From two copies, it makes the files that a disk may contain after a loss of power in between: for each sector that
//! differs, either the older or the newer content.
//!
//! The test uses two copies only if the server has not copied the write-ahead log into the database between them. Before
//! SQLite copies the log, it waits until the disk has stored the log. After that, arbitrary combinations of the older and
//! newer sectors cannot occur.

use rand::{RngExt, SeedableRng};
use tempfile::TempDir;
use tickcast::store::Durability;

use crate::files::{Files, SECTOR};
use crate::history::LiveRoom;
use crate::recovery::{Found, Histories, check, open};
use crate::{Random, run_cases};

/// Number of cases after which a new server is started.
const CASES_PER_SERVER: u32 = 40;
/// Length of the header of the log. SQLite writes another header when it starts the log again.
const LOG_HEADER: usize = 32;

/// The write-ahead log after a loss of power. Each sector has the content of `stored`, which the disk has certainly stored,
/// or that of `written`. Up to a random position, the disk has stored everything.
fn after_power_loss(stored: &[u8], written: &[u8], random: &mut Random) -> Vec<u8> {
    let mut log = written.to_vec();
    let (first, stored_in_ten) = (random.random_range(0..log.len() / SECTOR), random.random_range(0..10));
    for start in (first * SECTOR..log.len()).step_by(SECTOR) {
        let sector = start..(start + SECTOR).min(log.len());
        if random.random_range(0..10) >= stored_in_ten {
            let old = stored.get(start..sector.end.min(stored.len())).unwrap_or_default();
            log[sector].fill(0);
            log[start..start + old.len()].copy_from_slice(old);
        }
    }
    if random.random_range(0..3) == 0 {
        log.truncate(random.random_range(stored.len()..=written.len()));
    }
    log
}

/// Writes of a server, and its files before and after them.
struct Writes {
    before: Files,
    after: Files,
    /// The histories of the rooms, with the states that were confirmed before.
    histories: Histories,
}

impl Writes {
    /// Whether the server has written only to the end of the log.
    fn are_only_in_log(&self) -> bool {
        let is_same_log = self.before.log.get(..LOG_HEADER) == self.after.log.get(..LOG_HEADER);
        is_same_log && self.before.log.len() <= self.after.log.len() && self.before.database == self.after.database
    }
}

/// Lets the rooms of a new server write again and again. Passes each group of writes to `handle` until that returns false.
fn write_groups(durability: Durability, random: &mut Random, mut handle: impl FnMut(Writes, &mut Random) -> bool) {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path(), durability).expect("a new folder");
    let mut rooms = [LiveRoom::new(0, random), LiveRoom::new(1, random), LiveRoom::new(2, random)];
    rooms.iter_mut().for_each(|room| assert!(room.write(&*store, true)));
    loop {
        let before = Files::read(folder.path());
        let mut histories: Histories = rooms.iter().map(|room| (room.entry.id, room.history.clone())).collect();
        for _ in 0..random.random_range(1..6) {
            let with_checkpoint = random.random_range(0..4) == 0;
            let pending: Vec<_> = rooms
                .iter_mut()
                .map(|room| {
                    room.play(random);
                    room.submit(&*store, with_checkpoint)
                })
                .collect();
            rooms.iter().for_each(|room| {
                histories.get_mut(&room.entry.id).expect("the same rooms").extend(&room.history);
            });
            rooms.iter_mut().zip(&pending).for_each(|(room, pending)| assert!(room.wait(pending)));
        }
        if !handle(Writes { before, after: Files::read(folder.path()), histories }, random) {
            return;
        }
    }
}

#[test]
fn a_loss_of_power_loses_no_confirmed_write_and_damages_no_room() {
    let (mut images, mut total) = (Vec::new(), Found::default());
    let mut random = Random::seed_from_u64(3);
    run_cases(2, |case| {
        while images.is_empty() {
            let mut groups = 0;
            write_groups(Durability::Disk, &mut random, |writes, random| {
                if writes.are_only_in_log() {
                    let log = after_power_loss(&writes.before.log, &writes.after.log, random);
                    images.push((Files { database: writes.after.database, log, ..Files::default() }, writes.histories));
                }
                groups += 1;
                groups < CASES_PER_SERVER
            });
        }
        let (files, histories) = images.pop().expect("there are images");
        let folder = TempDir::new().expect("a folder");
        files.write(folder.path());
        let found = check(folder.path(), &histories, case);
        assert_eq!(found, Found { intact: histories.len() as u64, ..Found::default() });
        total.add(found);
    });
    println!("{total:?}");
}

#[test]
fn without_durability_disk_a_loss_of_power_damages_no_room() {
    let (mut cases, mut total) = (0, Found::default());
    while cases < 20 {
        let mut first = None;
        write_groups(Durability::Process, &mut Random::seed_from_u64(cases), |writes, random| {
            // SQLite does not wait for the disk to store the log before the log is copied into the database for the first
            // time.
            let database = writes.after.database;
            if *first.get_or_insert_with(|| database.clone()) != database {
                return false;
            }
            let log = after_power_loss(&[], &writes.after.log, random);
            let folder = TempDir::new().expect("a folder");
            Files { database, log, ..Files::default() }.write(folder.path());
            let found = check(folder.path(), &writes.histories, random);
            assert_eq!((found.rejected, found.is_refused), (0, false));
            total.add(found);
            cases += 1;
            cases % 10 != 0
        });
    }
    println!("{total:?}");
}
