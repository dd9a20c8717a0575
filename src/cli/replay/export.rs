//! `replay export`: writes the stored part of a match to a replay file.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use tickcast_game::Simulation;
use tickcast_room::{ReplayFileError, ReplayRecorder};
use tickcast_store::{DatabaseReader, MatchId, OpenError, SavedRoom, StoreError};

use crate::actors::replay::recording::{MatchRecorder, RecordError};

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
    #[error(transparent)]
    Replay(#[from] ReplayFileError),
    #[error(transparent)]
    Record(#[from] RecordError),
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
    let mut history = MatchRecorder::new(id);
    let mut result = Ok(());
    database.read_history(id, |checkpoint, journal| {
        if result.is_ok() {
            result = history.push(&checkpoint, journal.as_ref());
        }
    })?;
    result?;
    let (mut recorder, has_gap) = history.finish()?;
    if has_gap {
        let newest = saved.checkpoints.first().ok_or(RecordError::NoCheckpoint)?;
        let tail = saved.journal_after(id, newest)?.into_iter().try_for_each(|part| recorder.append(part));
        // The journal of a room that was set aside may end with a tick in which the rules panic. The file contains this tick.
        if !matches!(tail, Err(ReplayFileError::Panicked { .. })) {
            tail?;
        }
    }
    Ok(recorder)
}
