//! Recovers a room from a store.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use log::{error, warn};
use tickcast_game::{GameProtocol, Simulation};
use tickcast_room::{CommandObserver, RecoverError, Replay, Room};
use tickcast_store::{Checkpoint, Epoch, MatchId, Operation, RoomEntry, SavedRoom, Store, StoreError, Write};

use crate::actors::log_name::LogName;
use crate::actors::room::{Base, StoredRoom};

/// Maximum number of attempts to recover a room. An attempt may end the process, for example because memory is exhausted.
/// Without this limit, such a room would end the process at every start.
const ATTEMPTS_MAX: u32 = 2;

/// Reason why a room cannot be recovered from a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryFailure {
    /// The store cannot read the room, or its data is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The checkpoint or the journal is invalid.
    #[error(transparent)]
    Room(#[from] RecoverError),
    /// The checkpoint belongs to another room.
    #[error("the checkpoint is one of another room")]
    OtherRoom,
    /// The game's rules panicked.
    #[error("the game's rules panicked")]
    Panic,
    /// Earlier attempts have ended the process.
    #[error("{ATTEMPTS_MAX} attempts ended the process")]
    Attempts,
    /// The store has no checkpoint of the room.
    #[error("there is no checkpoint")]
    NoCheckpoint,
}

/// Recomputes a stored room from one of its checkpoints, and passes it to `handle`. If the checkpoint was made under other
/// rules, the journal that follows it is ignored.
///
/// # Errors
/// [`RecoveryFailure`], also if the game's rules panic.
pub fn recompute<S: Simulation, T>(
    room: &RoomEntry,
    saved: &SavedRoom,
    checkpoint: &Checkpoint,
    handle: impl FnOnce(Replay<S>) -> T,
) -> Result<T, RecoveryFailure> {
    let journal = saved.journal_after(room.id, checkpoint)?;
    let recompute = || {
        let mut replay = Replay::new(&checkpoint.bytes)?;
        if replay.name().as_str() != room.name {
            return Err(RecoveryFailure::OtherRoom);
        }
        replay.record_markers();
        if replay.can_apply() {
            journal.into_iter().try_for_each(|part| replay.apply(part))?;
        }
        Ok(handle(replay))
    };
    panic::catch_unwind(AssertUnwindSafe(recompute)).unwrap_or(Err(RecoveryFailure::Panic))
}

/// A room that was recovered, and where it is stored.
type Recovered<S> = (Room<S>, StoredRoom);

/// Takes a room over from the server that ran it before, and recovers the room. Returns `None` if that fails. If the room
/// can be read but not recovered, sets the room aside: the store keeps it for examination.
pub fn recover<S: Simulation>(
    store: &Arc<dyn Store>,
    entry: &RoomEntry,
    observer: impl Fn() -> Box<dyn CommandObserver<S::Game>>,
) -> Option<Recovered<S>> {
    let RoomEntry { id, .. } = entry;
    let name = LogName(&entry.name);
    let saved = match store.take_over(*id) {
        Ok(saved) => saved,
        Err(error) => {
            error!("room {name} cannot be read: {error}");
            return None;
        }
    };
    match from_any_checkpoint::<S>(&saved, entry, observer) {
        Ok(room) => {
            let base = Base::Gap(saved.sequence);
            let store = Arc::clone(store);
            Some((room, StoredRoom { store, id: *id, epoch: saved.epoch, base, creator: None, listing: None }))
        }
        Err(failure) => {
            error!("room {name} cannot be recovered and is set aside as match {id}: {failure}");
            set_aside(store, *id, saved.epoch, failure.to_string());
            None
        }
    }
}

/// Sets a room aside because a newer room has the same name, or because the name is invalid. Two stored rooms may have the
/// same name if the older one closed while the store failed: then the store still contains it.
pub(super) fn set_aside_namesake(store: &Arc<dyn Store>, room: &RoomEntry) {
    warn!("match {} is set aside: the name {} is taken or invalid", room.id, LogName(&room.name));
    match store.take_over(room.id) {
        Ok(saved) => set_aside(store, room.id, saved.epoch, "the name is taken or invalid".to_owned()),
        Err(error) => error!("match {} cannot be set aside: {error}", room.id),
    }
}

fn set_aside(store: &Arc<dyn Store>, room: MatchId, epoch: Epoch, reason: String) {
    store.submit(Write {
        room,
        epoch,
        operation: Operation::SetAside { reason },
        index: None,
        stays: Vec::new(),
        listing: None,
        done: Box::new(drop),
    });
}

/// Recovers a room from its newest checkpoint. If that fails, recovers the room from the previous checkpoint, which is
/// followed by a longer part of the journal. Unless the rules have changed, both checkpoints give the same room.
fn from_any_checkpoint<S: Simulation>(
    saved: &SavedRoom,
    entry: &RoomEntry,
    observer: impl Fn() -> Box<dyn CommandObserver<S::Game>>,
) -> Result<Room<S>, RecoveryFailure> {
    if saved.attempts > ATTEMPTS_MAX {
        return Err(RecoveryFailure::Attempts);
    }
    let mut first_failure = None;
    for checkpoint in &saved.checkpoints {
        match recompute(entry, saved, checkpoint, |replay| Room::from_replay(replay, observer())) {
            Ok(room) => return Ok(room),
            Err(failure) => {
                let name = LogName(&entry.name);
                warn!("room {name}, checkpoint {}: {failure} ({})", checkpoint.sequence, S::Game::NAME);
                first_failure.get_or_insert(failure);
            }
        }
    }
    Err(first_failure.unwrap_or(RecoveryFailure::NoCheckpoint))
}
