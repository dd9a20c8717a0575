//! A store in memory, for tests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{Checkpoint, Epoch, JournalPart, MatchId, Operation, RoomEntry, SavedRoom, Store, StoreError, Write};

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
    /// Writes wait until [`MemoryStore::complete`] is called.
    Stall,
}

#[derive(Default)]
struct State {
    fault: Fault,
    rooms: BTreeMap<MatchId, Room>,
    waiting: VecDeque<Write>,
}

#[derive(Clone, Default)]
struct Room {
    name: String,
    epoch: u64,
    attempts: u32,
    sequence: u64,
    checkpoints: Vec<Checkpoint>,
    journal: Vec<JournalPart>,
    set_aside: Option<String>,
}

impl MemoryStore {
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
        let mut found = State { rooms: state.rooms.clone(), ..State::default() };
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
        Ok(open.map(|(id, room)| RoomEntry { id: *id, name: room.name.clone() }).collect())
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
            Fault::None => state.write(&write),
        };
        drop(state);
        (write.done)(result);
    }

    fn flush(&self) {
        self.complete(self.waiting());
    }
}

impl State {
    fn write(&mut self, write: &Write) -> Result<(), StoreError> {
        if let Operation::Create { name, checkpoint } = &write.operation {
            let checkpoints = vec![Checkpoint { sequence: 0, bytes: checkpoint.clone() }];
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
                    room.checkpoints.push(Checkpoint { sequence: *sequence, bytes: bytes.clone() });
                    room.prune();
                }
            }
            Operation::Restart { sequence, checkpoint } => {
                room.advance(*sequence)?;
                room.checkpoints = vec![Checkpoint { sequence: *sequence, bytes: checkpoint.clone() }];
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
