//! A disk that fails while a server runs. A seccomp filter makes system calls of SQLite fail in the kernel: reads, writes or
//! synchronizations with the disk, possibly only beyond an offset in the file. The filter applies to one thread and the
//! threads that it starts, and ends with them.

use std::collections::BTreeMap;
use std::thread;

use rand::{RngExt, SeedableRng};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, apply_filter,
};
use tempfile::TempDir;
use tickcast::store::Durability;

use crate::files::Files;
use crate::history::LiveRoom;
use crate::recovery::{Found, Histories, check, open, recover_rooms};
use crate::{Random, run_cases};

/// Number of ticks that rooms run on the failing disk.
const TICKS: u32 = 12;

/// A fault of a disk.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Writes beyond this offset in a file fail with this error number.
    Write(i32, u64),
    /// Reads beyond this offset in a file fail.
    Read(u64),
    /// The disk does not confirm that it has stored data.
    Sync,
    /// Files cannot be truncated.
    Truncate,
    /// No file can be opened.
    Open(i32),
}

impl Fault {
    fn choose(size: u64, random: &mut Random) -> Self {
        let mut offset = || random.random_range(0..size);
        let offset = offset();
        match random.random_range(0..10) {
            0..3 => Self::Write(libc::ENOSPC, offset),
            3..5 => Self::Write(libc::EIO, offset),
            5..7 => Self::Read(offset),
            7 => Self::Sync,
            8 => Self::Truncate,
            _ => Self::Open(*[libc::EMFILE, libc::EROFS].get(random.random_range(0..2)).expect("two errors")),
        }
    }

    /// Applies the fault to this thread and the threads that it will start.
    fn apply(self) {
        let beyond = |offset| {
            let condition = SeccompCondition::new(3, SeccompCmpArgLen::Qword, SeccompCmpOp::Ge, offset);
            vec![SeccompRule::new(vec![condition.expect("valid")]).expect("one condition")]
        };
        let (calls, error) = match self {
            Self::Write(error, offset) => (vec![(libc::SYS_pwrite64, beyond(offset))], error),
            Self::Read(offset) => (vec![(libc::SYS_pread64, beyond(offset))], libc::EIO),
            Self::Sync => (vec![(libc::SYS_fsync, vec![]), (libc::SYS_fdatasync, vec![])], libc::EIO),
            Self::Truncate => (vec![(libc::SYS_ftruncate, vec![])], libc::EIO),
            Self::Open(error) => (vec![(libc::SYS_openat, vec![])], error),
        };
        let calls: BTreeMap<_, _> = calls.into_iter().collect();
        let action = SeccompAction::Errno(error.cast_unsigned());
        let architecture = std::env::consts::ARCH.try_into().expect("a supported architecture");
        let filter = SeccompFilter::new(calls, SeccompAction::Allow, action, architecture).expect("valid rules");
        let program: BpfProgram = filter.try_into().expect("a short program");
        apply_filter(&program).expect("the kernel supports seccomp");
    }
}

/// What happened on a failing disk.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    found: Found,
    /// Numbers of writes that have succeeded and failed.
    stored: u64,
    failed: u64,
}

/// Runs a server with this fault on a database, until it has run some ticks or cannot be started. Returns the histories of
/// the rooms.
fn run_server(
    folder: &TempDir,
    durability: Durability,
    fault: Fault,
    known: &Histories,
    seed: u64,
) -> (Histories, Outcome) {
    let run = || {
        fault.apply();
        let (random, mut outcome) = (&mut Random::seed_from_u64(seed), Outcome::default());
        let mut histories = known.clone();
        let Ok(store) = open(folder.path(), durability) else {
            outcome.found.is_refused = true;
            return (histories, outcome);
        };
        let (mut rooms, found) = recover_rooms(&store, known);
        outcome.found = found;
        for tick in 0..TICKS {
            for room in &mut rooms {
                room.play(random);
                let is_stored = room.write(&*store, tick % 5 == 4);
                let count = if is_stored { &mut outcome.stored } else { &mut outcome.failed };
                *count += 1;
            }
        }
        histories.extend(rooms.into_iter().map(|room| (room.entry.id, room.history)));
        store.flush();
        (histories, outcome)
    };
    thread::scope(|scope| scope.spawn(run).join()).unwrap_or_else(|error| std::panic::resume_unwind(error))
}

/// A database as a killed server has left it.
fn killed_server() -> (Files, Histories) {
    let (random, folder) = (&mut Random::seed_from_u64(7), TempDir::new().expect("a folder"));
    let store = open(folder.path(), Durability::Process).expect("a new folder");
    let mut rooms = [LiveRoom::new(0, random), LiveRoom::new(1, random)];
    for tick in 0..40 {
        for room in &mut rooms {
            room.play(random);
            assert!(room.write(&*store, tick % 15 == 14), "the disk has space");
        }
    }
    (Files::read(folder.path()), rooms.into_iter().map(|room| (room.entry.id, room.history)).collect())
}

#[test]
fn no_confirmed_write_is_lost_on_a_failing_disk() {
    let (files, histories) = killed_server();
    let size = files.database.len().max(files.log.len()) as u64;
    let mut total = Outcome::default();
    run_cases(2, |random| {
        let folder = TempDir::new().expect("a folder");
        files.write(folder.path());
        let fault = Fault::choose(size, random);
        let durability = if random.random_range(0..2) == 0 { Durability::Process } else { Durability::Disk };
        let (histories, outcome) = run_server(&folder, durability, fault, &histories, random.random());
        let found = check(folder.path(), &histories, random);
        // Rooms may have been set aside because their data could not be read.
        let intact = histories.len() as u64 - outcome.found.rejected;
        assert!(!found.is_refused && found.intact == intact, "{fault:?}, {durability:?}: {outcome:?}, then {found:?}");
        total.found.add(outcome.found);
        (total.stored, total.failed) = (total.stored + outcome.stored, total.failed + outcome.failed);
    });
    println!("{total:?}");
    assert!(total.stored > 0 && total.failed > 0, "{total:?}");
}

#[test]
fn with_durability_disk_no_write_is_confirmed_that_the_disk_has_not_stored() {
    let (files, histories) = killed_server();
    for (durability, is_confirmed) in [(Durability::Process, true), (Durability::Disk, false)] {
        let folder = TempDir::new().expect("a folder");
        files.write(folder.path());
        let (_, outcome) = run_server(&folder, durability, Fault::Sync, &histories, 0);
        assert_eq!(outcome.found.intact, 2);
        assert_eq!((outcome.stored > 0, outcome.failed > 0), (is_confirmed, !is_confirmed), "{durability:?}: {outcome:?}");
    }
}
