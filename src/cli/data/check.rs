//! `data check`: checks that every room can be recovered.

use std::process::ExitCode;

use tickcast_game::Simulation;
use tickcast_protocol::Tick;
use tickcast_room::{RecoverError, Replay};
use tickcast_store::{DatabaseReader, MatchId, OpenError, RoomEntry, RoomState, SavedRoom, StoreError};

use super::FolderArgs;
use crate::actors::lobby::recovery::{RecoveryFailure, recompute};
use crate::cli::INVALID_ARGUMENTS;

/// A room recovered from one of its checkpoints.
#[derive(Debug, PartialEq, Eq)]
struct Recovered {
    tick: Tick,
    hash: u64,
    /// Whether the rules have changed since the checkpoint was made. If so, the room continues from the checkpoint, and the
    /// journal after it is not replayed.
    has_changed_rules: bool,
}

impl Recovered {
    fn new<S: Simulation>(replay: &Replay<S>) -> Self {
        Self { tick: replay.tick(), hash: replay.hash(), has_changed_rules: !replay.can_apply() }
    }
}

/// Prints a line for each room. Fails if anything is damaged.
pub(super) fn run<S: Simulation>(args: &FolderArgs) -> ExitCode {
    let is_intact = DatabaseReader::open(&args.folder).map(|database| check::<S>(&database));
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
fn check<S: Simulation>(database: &DatabaseReader) -> Result<bool, StoreError> {
    let problems = database.problems()?;
    problems.iter().for_each(|problem| println!("database: {problem}"));
    let lost_rows = database.lost_rows()?;
    if lost_rows > 0 {
        println!("database: the last {lost_rows} writes are missing");
    }
    let mut is_intact = problems.is_empty() && lost_rows == 0;
    database.read_rooms(|record, saved| {
        let state = match &record.state {
            RoomState::SetAside(reason) => Ok(format!("was set aside ({reason})")),
            RoomState::Closed => Ok("has ended".to_owned()),
            _ => saved.map_err(RecoveryFailure::from).and_then(|saved| check_recovery::<S>(&record.room, &saved)),
        };
        let history = check_history::<S>(database, record.room.id);
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
fn check_recovery<S: Simulation>(room: &RoomEntry, saved: &SavedRoom) -> Result<String, RecoveryFailure> {
    let recover = |replay: Replay<S>| Recovered::new(&replay);
    let recovered = saved.checkpoints.iter().map(|checkpoint| recompute(room, saved, checkpoint, recover));
    let recovered = recovered.collect::<Result<Vec<_>, _>>()?;
    let newest = recovered.first().ok_or(RecoveryFailure::NoCheckpoint)?;
    if newest.has_changed_rules {
        return Ok(format!("continues at tick {} under changed rules", newest.tick.0));
    }
    if recovered.iter().any(|older| older != newest && !older.has_changed_rules) {
        return Err(RecoverError::Diverged.into());
    }
    Ok(format!("continues at tick {}", newest.tick.0))
}

/// Decodes all checkpoints of a room, and verifies the hashes of the journals between them.
fn check_history<S: Simulation>(database: &DatabaseReader, room: MatchId) -> Result<String, RecoveryFailure> {
    let (mut checkpoints, mut result) = (0, Ok(()));
    database.read_history(room, |checkpoint, journal| {
        checkpoints += 1;
        let decoded = Replay::<S>::new(&checkpoint.bytes);
        let is_intact = checkpoint.is_intact(room) && journal.is_none_or(|journal| journal.is_intact(room));
        result = result.clone().and(match decoded {
            // A checkpoint of an older version of the program cannot be decoded, but is not damaged.
            Ok(_) | Err(RecoverError::Unsupported) if is_intact => Ok(()),
            Ok(_) | Err(RecoverError::Unsupported) => Err(StoreError::Damaged.into()),
            Err(error) => Err(error.into()),
        });
    })?;
    result.map(|()| format!("{checkpoints} checkpoints"))
}
