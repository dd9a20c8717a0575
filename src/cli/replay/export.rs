//! `replay export`: writes the stored part of a match to a replay file.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use tickcast_game::Simulation;
use tickcast_room::{Replay, ReplayFileError, ReplayRecorder};
use tickcast_store::{Checkpoint, DatabaseReader, JournalPart, MatchId, OpenError, SavedRoom, StoreError};

/// The room to export.
#[derive(Args, Clone, Debug)]
pub(super) struct ExportArgs {
    /// Folder of the database: the server's `--data-dir`
    #[arg(long, value_name = "FOLDER", default_value = "tickcast-data")]
    data_dir: PathBuf,
    /// Name of a room, or the 32 hexadecimal digits of a match. Of several rooms with the name, the newest is exported
    room: String,
    /// The file to write. It must not exist
    file: PathBuf,
}

/// Reason why a room was not exported.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("there is no room {0}")]
    NoRoom(String),
    #[error("the room has no checkpoint that this version of the program can simulate")]
    NoCheckpoint,
    #[error(transparent)]
    Replay(#[from] ReplayFileError),
    #[error("tick {0}: the recomputed state differs from the stored checkpoint")]
    Diverged(u32),
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: io::Error },
}

impl ExportArgs {
    /// Exports the match to the file. Returns a message for the operator.
    pub(super) fn export<S: Simulation>(&self) -> Result<String, ExportError> {
        let database = DatabaseReader::open(&self.data_dir)?;
        let (id, saved) = self.find(&database)?.ok_or_else(|| ExportError::NoRoom(self.room.clone()))?;
        let recorder = record::<S>(&database, id, &saved)?;
        let last = recorder.replay().tick().0;
        let bytes = recorder.finish()?;
        let failed = |source| ExportError::File { file: self.file.clone(), source };
        File::create_new(&self.file).and_then(|mut file| file.write_all(&bytes)).map_err(failed)?;
        Ok(format!("match {id} up to tick {last}: {} bytes", bytes.len()))
    }

    fn find(&self, database: &DatabaseReader) -> Result<Option<(MatchId, SavedRoom)>, StoreError> {
        let (id, mut found) = (self.room.parse().ok(), Ok(None));
        database.read_rooms(|record, saved| {
            if record.room.name == self.room || id == Some(record.room.id) {
                found = saved.map(|saved| Some((record.room.id, saved)));
            }
        })?;
        found
    }
}

/// Records a match up to the last stored entry of its journal. The recording begins at the oldest checkpoint that this
/// version of the program can simulate, and after which no part of the journal is missing.
fn record<S: Simulation>(
    database: &DatabaseReader,
    id: MatchId,
    saved: &SavedRoom,
) -> Result<ReplayRecorder<S>, ExportError> {
    let mut history = History { id, recorder: None, has_gap: false };
    let mut result = Ok(());
    database.read_history(id, |checkpoint, journal| {
        if result.is_ok() {
            result = history.push(&checkpoint, journal.as_ref());
        }
    })?;
    result?;
    let mut recorder = history.recorder.ok_or(ExportError::NoCheckpoint)?;
    if history.has_gap {
        let newest = saved.checkpoints.first().ok_or(ExportError::NoCheckpoint)?;
        let tail = saved.journal_after(id, newest)?.into_iter().try_for_each(|part| recorder.append(part));
        // The journal of a room that was set aside may end with a tick in which the rules panic. The file contains this tick.
        if !matches!(tail, Err(ReplayFileError::Panicked { .. })) {
            tail?;
        }
    }
    Ok(recorder)
}

/// Records the history of a match.
struct History<S: Simulation> {
    id: MatchId,
    recorder: Option<ReplayRecorder<S>>,
    /// Whether the history does not contain the journal that follows the checkpoint added last.
    has_gap: bool,
}

impl<S: Simulation> History<S> {
    /// Adds a checkpoint and the journal that follows it. If the journal before the checkpoint is missing, starts a new
    /// recording at the checkpoint. Otherwise, compares the simulated state with the checkpoint.
    fn push(&mut self, checkpoint: &Checkpoint, journal: Option<&JournalPart>) -> Result<(), ExportError> {
        match &self.recorder {
            Some(recorder) if !self.has_gap => {
                let original = Replay::<S>::new(&checkpoint.bytes).map(|original| original.hash());
                if original != Ok(recorder.replay().hash()) {
                    return Err(ExportError::Diverged(recorder.replay().tick().0));
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
}
