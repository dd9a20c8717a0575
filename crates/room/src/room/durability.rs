//! Journal, checkpoints and recovery of a room.

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::RoomName;

use super::Room;
use super::schedule::{Lifetime, Vacancy};
use super::state::{RecoverError, Replay};
use crate::RoomOptions;
use crate::observer::CommandObserver;

impl<S: Simulation> Room<S> {
    /// Continues a room from a checkpoint and the journal that follows it. All connections of the room are lost, but its
    /// players can resume their seats. The recovered room records a journal. The times passed to the recovered room must
    /// continue from its [`Room::now`]. If the checkpoint was made under other rules, the journal is ignored, because it
    /// cannot be replayed.
    ///
    /// # Errors
    /// [`RecoverError`].
    pub fn recover<'a>(
        checkpoint: &[u8],
        journal: impl IntoIterator<Item = &'a [u8]>,
        observer: Box<dyn CommandObserver<S::Game>>,
    ) -> Result<Self, RecoverError> {
        let mut replay = Replay::new(checkpoint)?;
        if replay.can_apply() {
            journal.into_iter().try_for_each(|entries| replay.apply(entries))?;
        }
        let (name, state) = replay.finish();
        let vacancy = Vacancy::recovered(state.now(), state.seating.lost());
        Ok(Self::with_state(name, state, observer, vacancy))
    }

    /// Makes the room record a journal from now on. To recover the room, a [`Room::checkpoint`] is needed as well.
    #[must_use]
    pub fn with_journal(mut self) -> Self {
        self.state.start_journal();
        self
    }

    /// Makes the room never close. The room pauses while it is empty.
    #[must_use]
    pub fn persistent(mut self) -> Self {
        self.lifetime = Lifetime::Unlimited;
        self
    }

    /// Takes the journal recorded since the last call. Empty if the room has no journal, or if nothing has happened.
    #[must_use]
    pub fn take_journal(&mut self) -> Vec<u8> {
        self.state.take_entries()
    }

    /// The encoded state of the room. To recover the room, pass the checkpoint to [`Room::recover`], together with the
    /// journal recorded afterwards.
    #[must_use]
    pub fn checkpoint(&self) -> Vec<u8> {
        self.state.encode(&self.name)
    }

    /// A hash of the part of the room's state that can be recomputed from the journal.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.state.hash()
    }

    /// Time of the last change of the state, measured from the start of the room.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.state.now()
    }

    /// Number of seats that the room keeps for players who have lost their connection and can resume.
    #[must_use]
    pub fn lost_seats(&self) -> usize {
        self.state.seating.lost()
    }

    /// The name of the room.
    #[must_use]
    pub const fn name(&self) -> &RoomName {
        &self.name
    }

    /// The options of the room.
    #[must_use]
    pub const fn options(&self) -> &RoomOptions {
        &self.state.options
    }
}
