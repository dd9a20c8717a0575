//! Journal, checkpoints and recovery of a room.

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::{PlayerId, RoomName};

use super::Room;
use super::roster::Marker;
use super::schedule::{Lifetime, Vacancy};
use super::seating::StayResult;
use super::state::{RecoverError, Replay};
use crate::RoomOptions;
use crate::observer::CommandObserver;

impl<S: Simulation> Room<S> {
    /// Continues a room from a checkpoint and the journal that follows it. All connections of the room are lost, but its
    /// players can resume their seats. The recovered room records a journal. The times passed to the recovered room must
    /// continue from its [`Room::now`]. If the checkpoint was made under other rules than those of this program, the
    /// journal cannot be replayed, and is ignored.
    ///
    /// # Errors
    /// [`RecoverError`].
    pub fn recover<'a>(
        checkpoint: &[u8],
        journal: impl IntoIterator<Item = &'a [u8]>,
        observer: Box<dyn CommandObserver<S::Game>>,
    ) -> Result<Self, RecoverError> {
        let mut replay = Replay::new(checkpoint)?;
        replay.record_markers();
        if replay.can_apply() {
            journal.into_iter().try_for_each(|entries| replay.apply(entries))?;
        }
        Ok(Self::from_replay(replay, observer))
    }

    /// Continues a room after the last entry of a replay, like [`Room::recover`].
    #[must_use]
    pub fn from_replay(replay: Replay<S>, observer: Box<dyn CommandObserver<S::Game>>) -> Self {
        let (name, state) = replay.finish();
        let vacancy = Vacancy::recovered(state.now(), state.seating.lost());
        Self::with_state(name, state, observer, vacancy)
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

    /// Takes the [markers](Marker) recorded since the last call. A room without a journal records none.
    #[must_use]
    pub fn take_markers(&mut self) -> Vec<Marker> {
        self.state.take_markers()
    }

    /// Takes the results of the human players who have left since the last call. A room with a journal keeps the results until
    /// this call. To record each result exactly once, store it together with the journal that [`Room::take_journal`] returns
    /// at the same time: a recovered room does not return the results of the journal from which it was recovered.
    #[must_use]
    pub fn take_results(&mut self) -> Vec<StayResult> {
        self.state.take_results()
    }

    /// Ends the stays of all players who have left, even of those whom the game does not let leave the world yet. Called when
    /// the room closes: [`Room::take_results`] then returns their results.
    pub fn end_stays(&mut self, now: Duration) {
        self.state.seating.free_departed(now, |_| true);
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

    /// Replaces what this player does not know: calls [`Simulation::reshuffle`]. Only for tests, because the journal does not
    /// record it.
    pub fn reshuffle(&mut self, player: PlayerId, seed: u64) {
        self.state.world.reshuffle(player, seed);
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
