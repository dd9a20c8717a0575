//! Recomputes a room from a checkpoint and the journal that follows it.

use tickcast_game::Simulation;
use tickcast_protocol::{RoomName, Tick};

use super::State;
use super::checkpoint::{CheckpointHeader, RecoverError};
use crate::RoomOptions;
use crate::journal::SeatEvent;

/// Recomputes a room from a checkpoint and the journal that follows it.
///
/// If the checkpoint was made under other rules than those of this program, [`Replay::can_apply`] returns `false`: the room can
/// continue from the checkpoint, but its journal cannot be replayed.
pub struct Replay<S: Simulation> {
    header: CheckpointHeader,
    state: State<S>,
}

impl<S: Simulation> Replay<S> {
    /// Decodes a checkpoint.
    ///
    /// # Errors
    /// [`RecoverError`].
    pub fn new(checkpoint: &[u8]) -> Result<Self, RecoverError> {
        let (header, state) = State::decode(checkpoint)?;
        Ok(Self { header, state })
    }

    /// Whether the journal that follows the checkpoint can be replayed.
    #[must_use]
    pub fn can_apply(&self) -> bool {
        self.header.has_current_rules::<S>()
    }

    /// Applies the next part of the journal, as [`Room::take_journal`](crate::Room::take_journal) returned it.
    ///
    /// # Errors
    /// [`RecoverError`]. Do not use the replay after an error.
    pub fn apply(&mut self, mut journal: &[u8]) -> Result<(), RecoverError> {
        while !journal.is_empty() {
            self.apply_next(&mut journal)?;
        }
        Ok(())
    }

    /// Applies the first entry of `journal`, and removes it from `journal`. An entry contains at most one tick.
    ///
    /// # Errors
    /// [`RecoverError`]. Do not use the replay after an error.
    pub fn apply_next(&mut self, journal: &mut &[u8]) -> Result<(), RecoverError> {
        let entry = self.state.clock.decode(journal).map_err(|_| RecoverError::Damaged)?;
        if self.state.apply(entry) { Ok(()) } else { Err(RecoverError::Diverged) }
    }

    /// The name of the room.
    #[must_use]
    pub const fn name(&self) -> &RoomName {
        &self.header.name
    }

    /// The options of the room.
    #[must_use]
    pub const fn options(&self) -> &RoomOptions {
        &self.state.options
    }

    /// The last tick.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.state.tick
    }

    /// The world of the last tick.
    #[must_use]
    pub const fn world(&self) -> &S {
        &self.state.world
    }

    /// A hash of the entire state, equal to that of the original room.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.state.hash()
    }

    /// The name and the state of a room that continues after the last entry. All connections of the room count as lost.
    pub(in crate::room) fn finish(self) -> (RoomName, State<S>) {
        let Self { header, mut state } = self;
        state.start_journal();
        state.handle(&SeatEvent::Recovered, state.now());
        (header.name, state)
    }
}
