//! Recovers a room from a store.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use log::{error, warn};
use tickcast_game::{Game, Simulation};
use tickcast_room::{CommandObserver, RecoverError, Room};
use tickcast_store::{Epoch, MatchId, Operation, RoomEntry, SavedRoom, Store, StoreError, Write};

use crate::actors::room::{Base, StoredRoom};

/// Maximum number of attempts to recover a room. An attempt may end the process, for example because memory is exhausted.
/// Without this limit, such a room would end the process at every start.
const ATTEMPTS_MAX: u32 = 2;

/// Reason why a room was not recovered from a checkpoint.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Room(#[from] RecoverError),
    #[error("the game's rules panicked")]
    Panic,
    #[error("{ATTEMPTS_MAX} attempts ended the process")]
    Attempts,
    #[error("there is no checkpoint")]
    NoCheckpoint,
}

/// A room that was recovered, and where it is stored.
type Recovered<S> = (Room<S>, StoredRoom);

/// Takes a room over from the server that ran it before, and recovers the room. Returns `None` if that fails. If the room
/// can be read but not recovered, sets the room aside: the store keeps it for examination.
pub(super) fn recover<S: Simulation>(
    store: &Arc<dyn Store>,
    id: MatchId,
    name: &str,
    observer: impl Fn() -> Box<dyn CommandObserver<S::Game>>,
) -> Option<Recovered<S>> {
    let saved = match store.take_over(id) {
        Ok(saved) => saved,
        Err(error) => {
            error!("room {name} cannot be read: {error}");
            return None;
        }
    };
    match from_any_checkpoint::<S>(&saved, id, name, observer) {
        Ok(room) => {
            let stored = StoredRoom { store: Arc::clone(store), id, epoch: saved.epoch, base: Base::Gap(saved.sequence) };
            Some((room, stored))
        }
        Err(failure) => {
            error!("room {name} cannot be recovered and is set aside as match {id}: {failure}");
            set_aside(store, id, saved.epoch, failure.to_string());
            None
        }
    }
}

/// Sets a room aside because a newer room has the same name, or because the name is invalid. Two stored rooms may have the
/// same name if the older one closed while the store failed: then the store still contains it.
pub(super) fn set_aside_namesake(store: &Arc<dyn Store>, room: &RoomEntry) {
    warn!("match {} is set aside: the name {} is taken or invalid", room.id, room.name);
    match store.take_over(room.id) {
        Ok(saved) => set_aside(store, room.id, saved.epoch, "the name is taken or invalid".to_owned()),
        Err(error) => error!("match {} cannot be set aside: {error}", room.id),
    }
}

fn set_aside(store: &Arc<dyn Store>, room: MatchId, epoch: Epoch, reason: String) {
    store.submit(Write { room, epoch, operation: Operation::SetAside { reason }, done: Box::new(drop) });
}

/// Recovers a room from its newest checkpoint. If that fails, recovers the room from the previous checkpoint, which is
/// followed by a longer part of the journal. Unless the rules have changed, both checkpoints give the same room.
fn from_any_checkpoint<S: Simulation>(
    saved: &SavedRoom,
    id: MatchId,
    name: &str,
    observer: impl Fn() -> Box<dyn CommandObserver<S::Game>>,
) -> Result<Room<S>, Failure> {
    if saved.attempts > ATTEMPTS_MAX {
        return Err(Failure::Attempts);
    }
    let mut first_failure = None;
    for checkpoint in &saved.checkpoints {
        let recover = || -> Result<Room<S>, Failure> {
            let journal = saved.journal_after(id, checkpoint)?;
            Ok(Room::recover(&checkpoint.bytes, journal, observer())?)
        };
        match panic::catch_unwind(AssertUnwindSafe(recover)).unwrap_or(Err(Failure::Panic)) {
            Ok(room) => return Ok(room),
            Err(failure) => {
                warn!("room {name}, checkpoint {}: {failure} ({})", checkpoint.sequence, S::Game::NAME);
                first_failure.get_or_insert(failure);
            }
        }
    }
    Err(first_failure.unwrap_or(Failure::NoCheckpoint))
}
