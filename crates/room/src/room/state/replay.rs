//! Recomputes a room from a checkpoint and the journal that follows it.

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::{EntityMap, GameProtocol, RoomName, Tick};

use super::checkpoint::{CheckpointHeader, RecoverError};
use super::{State, Stepped};
use crate::RoomOptions;
use crate::journal::SeatEvent;
use crate::replication::TickTime;
use crate::room::roster::{Marker, Roster};

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
        self.next(journal).map(drop)
    }

    /// Like [`Self::apply_next`], but returns the result of the step, if the entry is a step.
    pub(crate) fn next(&mut self, journal: &mut &[u8]) -> Result<Option<Stepped<S::Game>>, RecoverError> {
        let entry = self.state.clock.decode(journal).map_err(|_| RecoverError::Damaged)?;
        self.state.apply(entry).ok_or(RecoverError::Diverged)
    }

    /// The encoded state of the room, from which another replay can start.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        self.state.encode(&self.header.name)
    }

    /// Records markers from now on.
    pub fn record_markers(&mut self) {
        self.state.seating.roster.record_markers();
    }

    /// Takes the markers recorded since the last call.
    #[must_use]
    pub fn take_markers(&mut self) -> Vec<Marker> {
        self.state.take_markers()
    }

    /// The players of the room.
    pub(crate) const fn roster(&self) -> &Roster<S::Game> {
        &self.state.seating.roster
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

    /// Time of the last entry, measured from the start of the room.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.state.now()
    }

    /// The last tick and its beat.
    pub(crate) const fn time(&self) -> TickTime {
        self.state.time
    }

    /// The world of the last tick.
    #[must_use]
    pub const fn world(&self) -> &S {
        &self.state.world
    }

    /// The entities that clients see after the last tick.
    pub(crate) fn entities(&self) -> &EntityMap<<S::Game as GameProtocol>::Entity> {
        self.state.entities()
    }

    /// A hash of the entire state, equal to that of the original room.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.state.hash()
    }

    /// The name and the state of a room that continues after the last entry. All connections of the room count as lost.
    pub(in crate::room) fn finish(self) -> (RoomName, State<S>) {
        let Self { header, mut state } = self;
        // The original room has taken these results, together with the journal.
        drop(state.take_results());
        state.start_journal();
        state.handle(&SeatEvent::Recovered, state.now());
        (header.name, state)
    }
}
