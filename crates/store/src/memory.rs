//! A store in memory, for tests.

mod history;
mod results;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::profiles::{Leaderboard, LeaderboardEntry, Placement, Profile, ProfileId};
use crate::store::{
    Checkpoint, Epoch, JournalPart, MatchHistory, MatchId, Operation, RoomEntry, SavedRoom, Store, StoreError, Write,
};
use results::Results;

pub use history::MemoryHistory;

/// A store in memory. It carries out writes at once, unless a [`Fault`] is injected.
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

/// A fault of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Writes succeed.
    #[default]
    None,
    /// Writes fail.
    Fail,
    /// Writes are rejected with [`StoreError::QueueFull`].
    Full,
    /// Writes wait until [`MemoryStore::complete`] is called.
    Stall,
}

#[derive(Default)]
struct State {
    fault: Fault,
    rooms: BTreeMap<MatchId, Room>,
    history: Option<Arc<MemoryHistory>>,
    results: Results,
    waiting: VecDeque<Write>,
}

#[derive(Clone, Default)]
struct Room {
    name: String,
    listing: Vec<u8>,
    epoch: u64,
    attempts: u32,
    sequence: u64,
    checkpoints: Vec<Checkpoint>,
    journal: Vec<JournalPart>,
    set_aside: Option<String>,
}

impl MemoryStore {
    /// A store that keeps the history of matches.
    #[must_use]
    pub fn with_history() -> Self {
        Self(Mutex::new(State { history: Some(Arc::default()), ..State::default() }))
    }

    /// The history of matches, if the store keeps it.
    #[must_use]
    pub fn memory_history(&self) -> Option<Arc<MemoryHistory>> {
        self.state().history.clone()
    }

    /// Sets how the store handles writes from now on.
    pub fn inject(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// Number of writes that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Carries out up to `count` of the waiting writes, the oldest first.
    pub fn complete(&self, count: usize) {
        for _ in 0..count {
            let mut state = self.state();
            let Some(write) = state.waiting.pop_front() else { return };
            let result = state.write(&write);
            drop(state);
            (write.done)(result);
        }
    }

    /// Returns the store that a server finds after a crash: a copy in which only the first `persisted` of the waiting
    /// writes were carried out. The copy has no fault.
    #[must_use]
    pub fn after_crash(&self, persisted: usize) -> Self {
        let state = self.state();
        let history = state.history.as_ref().map(|history| Arc::new(history.copy()));
        let (rooms, results) = (state.rooms.clone(), state.results.clone());
        let mut found = State { rooms, history, results, ..State::default() };
        for write in state.waiting.iter().take(persisted) {
            // A rejected write changes nothing.
            let _ = found.write(write);
        }
        Self(Mutex::new(found))
    }

    /// Lets `damage` alter or remove checkpoints and parts of the journal of a room, as a failing disk would.
    pub fn damage(&self, room: MatchId, damage: impl FnOnce(&mut Vec<Checkpoint>, &mut Vec<JournalPart>)) {
        let mut state = self.state();
        let room = state.rooms.get_mut(&room).expect("the room exists");
        damage(&mut room.checkpoints, &mut room.journal);
    }

    /// The rooms that were set aside, with the reasons.
    #[must_use]
    pub fn set_aside(&self) -> Vec<(String, String)> {
        let state = self.state();
        state.rooms.values().filter_map(|room| Some((room.name.clone(), room.set_aside.clone()?))).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn rooms(&self) -> Result<Vec<RoomEntry>, StoreError> {
        let state = self.state();
        let open = state.rooms.iter().filter(|(_, room)| room.set_aside.is_none());
        let entry = |(id, room): (&MatchId, &Room)| {
            let (name, listing) = (room.name.clone(), room.listing.clone());
            RoomEntry { id: *id, name, listing }
        };
        Ok(open.map(entry).collect())
    }

    fn take_over(&self, id: MatchId) -> Result<SavedRoom, StoreError> {
        let mut state = self.state();
        let room = state.rooms.get_mut(&id).ok_or(StoreError::OutOfSequence)?;
        room.epoch += 1;
        room.attempts += 1;
        Ok(SavedRoom {
            epoch: Epoch(room.epoch),
            attempts: room.attempts,
            sequence: room.sequence,
            checkpoints: room.checkpoints.iter().rev().cloned().collect(),
            journal: room.journal.clone(),
        })
    }

    fn submit(&self, write: Write) {
        let mut state = self.state();
        let result = match state.fault {
            Fault::Stall => return state.waiting.push_back(write),
            Fault::Fail => Err(StoreError::Failed("no space left on device".to_owned())),
            Fault::Full => Err(StoreError::QueueFull),
            Fault::None => state.write(&write),
        };
        drop(state);
        (write.done)(result);
    }

    fn flush(&self) {
        self.complete(self.waiting());
    }

    fn history(&self) -> Option<Arc<dyn MatchHistory>> {
        self.memory_history().map(|history| history as _)
    }

    fn profile(&self, id: ProfileId) -> Result<Option<Profile>, StoreError> {
        Ok(self.state().results.profile(id))
    }

    fn erase_profile(&self, id: ProfileId) -> Result<bool, StoreError> {
        Ok(self.state().results.erase(id))
    }

    fn leaderboard(&self, leaderboard: Leaderboard, ranks: Range<u32>) -> Result<Vec<LeaderboardEntry>, StoreError> {
        Ok(self.state().results.leaderboard(leaderboard, ranks))
    }

    fn placement(&self, leaderboard: Leaderboard, id: ProfileId) -> Result<Option<Placement>, StoreError> {
        Ok(self.state().results.placement(leaderboard, id))
    }
}

impl State {
    /// Carries out a write, handles its stays, and records it in the history.
    fn write(&mut self, write: &Write) -> Result<(), StoreError> {
        self.operate(write)?;
        if let (Some(listing), Some(room)) = (&write.listing, self.rooms.get_mut(&write.room)) {
            room.listing.clone_from(listing);
        }
        write.stays.iter().for_each(|event| self.results.handle(write.room, event));
        if write.operation.is_end() {
            self.results.close(write.room);
        }
        if let Some(history) = &self.history {
            history.record(write);
        }
        Ok(())
    }

    fn operate(&mut self, write: &Write) -> Result<(), StoreError> {
        if let Operation::Create { name, checkpoint, .. } = &write.operation {
            let checkpoints = vec![Checkpoint::new(write.room, 0, checkpoint.clone())];
            let room = Room { name: name.clone(), epoch: write.epoch.0, checkpoints, ..Room::default() };
            return if self.rooms.insert(write.room, room).is_none() { Ok(()) } else { Err(StoreError::OutOfSequence) };
        }
        let room = self.rooms.get_mut(&write.room).ok_or(StoreError::OutOfSequence)?;
        if Epoch(room.epoch) != write.epoch {
            return Err(StoreError::Fenced);
        }
        match &write.operation {
            Operation::Create { .. } => unreachable!("handled above"),
            Operation::Append { sequence, journal, checkpoint } => {
                room.advance(*sequence)?;
                room.journal.push(JournalPart::new(write.room, *sequence, journal.clone()));
                if let Some(bytes) = checkpoint {
                    room.checkpoints.push(Checkpoint::new(write.room, *sequence, bytes.clone()));
                    room.prune();
                }
            }
            Operation::Restart { sequence, checkpoint } => {
                room.advance(*sequence)?;
                room.checkpoints = vec![Checkpoint::new(write.room, *sequence, checkpoint.clone())];
                room.journal.clear();
            }
            Operation::Close => drop(self.rooms.remove(&write.room)),
            Operation::SetAside { reason } => room.set_aside = Some(reason.clone()),
        }
        Ok(())
    }
}

impl Room {
    fn advance(&mut self, sequence: u64) -> Result<(), StoreError> {
        if sequence != self.sequence + 1 {
            return Err(StoreError::OutOfSequence);
        }
        (self.sequence, self.attempts) = (sequence, 0);
        Ok(())
    }

    /// Keeps two checkpoints, and the journal since the older of them.
    fn prune(&mut self) {
        self.checkpoints.drain(..self.checkpoints.len().saturating_sub(2));
        let oldest = self.checkpoints[0].sequence;
        self.journal.retain(|part| part.sequence > oldest);
    }
}
