//! `tickcast data check`: checks that every room can be recovered.

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use tickcast_arena::World;
use tickcast_protocol::Tick;
use tickcast_room::{RecoverError, Replay};
use tickcast_store::{Checkpoint, DatabaseReader, MatchId, OpenError, RoomRecord, RoomState, SavedRoom, StoreError};

use super::FolderArgs;
use crate::cli::INVALID_ARGUMENTS;

/// Reason why a room cannot be recovered from one of its checkpoints.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Room(#[from] RecoverError),
    #[error("the game's rules panicked")]
    Panic,
    #[error("there is no checkpoint")]
    NoCheckpoint,
}

/// A room recovered from one of its checkpoints.
#[derive(Debug, PartialEq, Eq)]
struct Recovered {
    tick: Tick,
    hash: u64,
    /// Whether the rules have changed since the checkpoint: the room continues from it, but the journal is not replayed.
    has_changed_rules: bool,
}

/// Prints a line for each room. Fails if anything is damaged.
pub(super) fn run(args: &FolderArgs) -> ExitCode {
    let is_intact = DatabaseReader::open(&args.folder).map(|database| check(&database));
    match is_intact {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => ExitCode::FAILURE,
        Ok(Err(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            if matches!(error, OpenError::NoDatabase(_)) { INVALID_ARGUMENTS.into() } else { ExitCode::FAILURE }
        }
    }
}

/// Returns whether the database is intact and every open room can be recovered from each of its checkpoints.
fn check(database: &DatabaseReader) -> Result<bool, StoreError> {
    let problems = database.problems()?;
    problems.iter().for_each(|problem| println!("database: {problem}"));
    let mut damaged = 0;
    database.read_rooms(|record, saved| {
        let result = saved.map_err(Failure::from).and_then(|saved| check_room(record, &saved));
        let text = result.unwrap_or_else(|failure| {
            damaged += u32::from(record.state == RoomState::Open);
            format!("cannot be recovered: {failure}")
        });
        println!("room {} (match {}): {text}", record.room.name, record.room.id);
    })?;
    Ok(problems.is_empty() && damaged == 0)
}

/// Describes a room. Fails if the room is open and cannot be recovered from each of its checkpoints.
fn check_room(record: &RoomRecord, saved: &SavedRoom) -> Result<String, Failure> {
    let (checkpoints, parts) = (saved.checkpoints.len(), saved.journal.len());
    let extent = format!("{checkpoints} checkpoints, {parts} parts of the journal");
    if let RoomState::SetAside(reason) = &record.state {
        return Ok(format!("was set aside ({reason}); {extent}"));
    }
    let recovered = saved.checkpoints.iter().map(|checkpoint| recover(record.room.id, saved, checkpoint));
    let recovered = recovered.collect::<Result<Vec<_>, _>>()?;
    let newest = recovered.first().ok_or(Failure::NoCheckpoint)?;
    if newest.has_changed_rules {
        return Ok(format!("continues at tick {} under changed rules; {extent}", newest.tick.0));
    }
    if recovered.iter().any(|older| older != newest && !older.has_changed_rules) {
        return Err(RecoverError::Diverged.into());
    }
    Ok(format!("continues at tick {}; {extent}", newest.tick.0))
}

/// Recovers a room in memory.
fn recover(room: MatchId, saved: &SavedRoom, checkpoint: &Checkpoint) -> Result<Recovered, Failure> {
    let journal = saved.journal_after(room, checkpoint)?;
    let recover = || -> Result<_, Failure> {
        let mut replay = Replay::<World>::new(&checkpoint.bytes)?;
        let has_changed_rules = !replay.can_apply();
        if !has_changed_rules {
            journal.into_iter().try_for_each(|part| replay.apply(part))?;
        }
        Ok(Recovered { tick: replay.tick(), hash: replay.hash(), has_changed_rules })
    };
    panic::catch_unwind(AssertUnwindSafe(recover)).unwrap_or(Err(Failure::Panic))
}
