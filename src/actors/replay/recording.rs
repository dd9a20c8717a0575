//! Records a stored match as a replay file. Performs no I/O of its own.

use tickcast_game::Simulation;
use tickcast_room::{Replay, ReplayFileError, ReplayRecorder};
use tickcast_store::{Checkpoint, JournalPart, MatchHistory, MatchId, MatchKey, Segment, SegmentPosition, StoreError};

/// Reason why a match was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no such match.
    #[error("there is no such match")]
    NoMatch,
    /// The history contains no checkpoint that this version of the program can simulate.
    #[error("the room has no checkpoint that this version of the program can simulate")]
    NoCheckpoint,
    /// The history cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The match cannot be simulated.
    #[error(transparent)]
    Replay(#[from] ReplayFileError),
    /// The simulation of this tick gives another state than the stored one.
    #[error("tick {0}: the recomputed state differs from the stored checkpoint")]
    Diverged(u32),
}

/// Records checkpoints and journals of a match, in order. The recording begins at the oldest checkpoint that this version of
/// the program can simulate, and after which no part of the journal is missing.
pub struct MatchRecorder<S: Simulation> {
    id: MatchId,
    recorder: Option<ReplayRecorder<S>>,
    /// Whether the journal that follows the newest checkpoint is missing.
    has_gap: bool,
}

impl<S: Simulation> MatchRecorder<S> {
    /// A recorder that has received nothing yet.
    #[must_use]
    pub const fn new(id: MatchId) -> Self {
        Self { id, recorder: None, has_gap: false }
    }

    /// Adds a checkpoint and the journal that follows it. If the journal before the checkpoint is missing, starts a new
    /// recording at the checkpoint. Otherwise, compares the simulated state with the checkpoint.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn push(&mut self, checkpoint: &Checkpoint, journal: Option<&JournalPart>) -> Result<(), RecordError> {
        match &self.recorder {
            Some(recorder) if !self.has_gap => {
                let original = Replay::<S>::new(&checkpoint.bytes).map(|original| original.hash());
                if original != Ok(recorder.replay().hash()) {
                    return Err(RecordError::Diverged(recorder.replay().tick().0));
                }
            }
            _ => {
                self.recorder = match ReplayRecorder::new(self.id.0, &checkpoint.bytes) {
                    Err(ReplayFileError::OtherVersions { .. }) => None,
                    recorder => Some(recorder?),
                }
            }
        }
        self.has_gap = journal.is_none();
        match (&mut self.recorder, journal) {
            (Some(_), Some(journal)) if !journal.is_intact(self.id) => Err(StoreError::Damaged.into()),
            (Some(recorder), Some(journal)) => Ok(recorder.append(&journal.bytes)?),
            _ => Ok(()),
        }
    }

    /// The recording, and whether the journal that follows its newest checkpoint is missing.
    ///
    /// # Errors
    /// [`RecordError::NoCheckpoint`].
    pub fn finish(self) -> Result<(ReplayRecorder<S>, bool), RecordError> {
        Ok((self.recorder.ok_or(RecordError::NoCheckpoint)?, self.has_gap))
    }
}

/// A replay file with the history of a match. Blocks, and simulates the whole match.
///
/// # Errors
/// [`RecordError`].
pub fn record_history<S: Simulation>(history: &dyn MatchHistory, key: &MatchKey) -> Result<Vec<u8>, RecordError> {
    let found = history.find(key)?.ok_or(RecordError::NoMatch)?;
    let mut recorder = MatchRecorder::<S>::new(found.id);
    let mut next = history.segment(found.id, SegmentPosition::Tick(found.first_tick))?;
    // A running match before its second checkpoint has no ticks to replay.
    let mut has_journal = false;
    while let Some(Segment { checkpoint, journal, .. }) = next {
        if !checkpoint.is_intact(found.id) {
            return Err(StoreError::Damaged.into());
        }
        recorder.push(&checkpoint, journal.as_ref())?;
        has_journal |= journal.is_some();
        next = history.segment(found.id, SegmentPosition::After(checkpoint.sequence))?;
    }
    if !has_journal {
        return Err(RecordError::NoCheckpoint);
    }
    Ok(recorder.finish()?.0.finish()?)
}
