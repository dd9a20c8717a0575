//! `tickcast data check`: checks that every room can be recovered.

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use tickcast_arena::World;
use tickcast_protocol::Tick;
use tickcast_room::{RecoverError, Replay};
use tickcast_store::{Checkpoint, DatabaseReader, MatchId, OpenError, RoomState, SavedRoom, StoreError};

use super::FolderArgs;
use crate::cli::INVALID_ARGUMENTS;

/// Reason why a room cannot be recovered from one of its checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
    /// Whether the rules have changed since the checkpoint was made. If so, the room continues from the checkpoint, and the
    /// journal after it is not replayed.
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

/// Prints a line for each room. Returns true if the database is intact and every open room can be recovered from each of
/// its checkpoints.
fn check(database: &DatabaseReader) -> Result<bool, StoreError> {
    let problems = database.problems()?;
    problems.iter().for_each(|problem| println!("database: {problem}"));
    let mut is_intact = problems.is_empty();
    database.read_rooms(|record, saved| {
        let state = match &record.state {
            RoomState::SetAside(reason) => Ok(format!("was set aside ({reason})")),
            RoomState::Closed => Ok("has ended".to_owned()),
            _ => saved.map_err(Failure::from).and_then(|saved| check_recovery(record.room.id, &saved)),
        };
        let history = check_history(database, record.room.id);
        // The damage of a room that was set aside is known, and affects no other room.
        is_intact &= matches!(record.state, RoomState::SetAside(_)) || (state.is_ok() && history.is_ok());
        let state = state.unwrap_or_else(|failure| format!("cannot be recovered: {failure}"));
        let history = history.unwrap_or_else(|failure| format!("the history cannot be replayed: {failure}"));
        println!("room {} (match {}): {state}; {history}", record.room.name, record.room.id);
    })?;
    Ok(is_intact)
}

/// Recovers an open room in memory from each of its checkpoints. All recovered rooms must be equal. A room from a
/// checkpoint that was made under other rules is not compared.
fn check_recovery(room: MatchId, saved: &SavedRoom) -> Result<String, Failure> {
    let recovered = saved.checkpoints.iter().map(|checkpoint| recover(room, saved, checkpoint));
    let recovered = recovered.collect::<Result<Vec<_>, _>>()?;
    let newest = recovered.first().ok_or(Failure::NoCheckpoint)?;
    if newest.has_changed_rules {
        return Ok(format!("continues at tick {} under changed rules", newest.tick.0));
    }
    if recovered.iter().any(|older| older != newest && !older.has_changed_rules) {
        return Err(RecoverError::Diverged.into());
    }
    Ok(format!("continues at tick {}", newest.tick.0))
}

/// Decodes all checkpoints of a room, and verifies the hashes of the journals between them.
fn check_history(database: &DatabaseReader, room: MatchId) -> Result<String, Failure> {
    let (mut checkpoints, mut result) = (0, Ok(()));
    database.read_history(room, |checkpoint, journal| {
        checkpoints += 1;
        let decoded = Replay::<World>::new(&checkpoint.bytes);
        let is_intact = journal.is_none_or(|journal| journal.is_intact(room));
        result = result.clone().and(match decoded {
            // A checkpoint of an older version of the program cannot be decoded, but is not damaged.
            Ok(_) | Err(RecoverError::Unsupported) if is_intact => Ok(()),
            Ok(_) | Err(RecoverError::Unsupported) => Err(StoreError::Damaged.into()),
            Err(error) => Err(Failure::from(error)),
        });
    })?;
    result.map(|()| format!("{checkpoints} checkpoints"))
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
