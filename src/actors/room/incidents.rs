//! Saves the last seconds of a room as a replay file, if a client reports that its replica differs from the room, or if the
//! room panics.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fs, io};

use log::{error, info, warn};
use tickcast_game::Simulation;
use tickcast_protocol::{RoomName, Tick};
use tickcast_room::{ReplayFileError, ReplayRecorder};
use tickcast_store::MatchId;

use crate::actors::log_name::LogName;
use tokio::time::Instant;

use super::commits::Recording;

/// Maximum number of files of each cause. If there are more, the oldest are deleted. Clients can cause desync files, so
/// these must not replace those of panics.
pub const FILES_MAX: usize = 10;
/// Maximum size of a file.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// Minimum time between two files because of a desync. Any client can claim a desync, and a file takes CPU time.
pub const DESYNC_INTERVAL: Duration = Duration::from_secs(600);
/// Maximum number of files that are made at the same time, each in a thread. Further incidents are not saved.
const THREADS_MAX: usize = 4;

/// Why the last seconds of a room are saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A client could not apply a snapshot, or computed another checksum than the room.
    Desync,
    /// The room has panicked.
    Panic,
}

impl Cause {
    const fn label(self) -> &'static str {
        match self {
            Self::Desync => "desync",
            Self::Panic => "panic",
        }
    }
}

/// Saves incidents in a folder. Dropping this value waits until all files are written.
pub struct Incidents {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Time at which a replay file was last saved because of a desync.
    desync_at: Option<Instant>,
    threads: Vec<JoinHandle<()>>,
}

/// What has happened in a room.
pub struct Incident {
    /// Why the room is saved.
    pub cause: Cause,
    /// Name of the room.
    pub room: RoomName,
    /// The id of the room.
    pub match_id: MatchId,
    /// The last seconds of the room.
    pub recording: Recording,
}

impl Incidents {
    /// Saves incidents in this folder, which is created when it is needed.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, state: Mutex::default() }
    }

    /// Whether an incident with this cause is to be saved now. If so, [`Incidents::save`] must be called next.
    pub fn admit(&self, cause: Cause) -> bool {
        let mut state = self.state();
        state.threads.retain(|thread| !thread.is_finished());
        let is_recent = cause == Cause::Desync && state.desync_at.is_some_and(|at| at.elapsed() < DESYNC_INTERVAL);
        if is_recent || state.threads.len() >= THREADS_MAX {
            return false;
        }
        if cause == Cause::Desync {
            state.desync_at = Some(Instant::now());
        }
        true
    }

    /// Saves an incident of a room that runs the game `S`. Returns at once.
    pub fn save<S: Simulation>(&self, incident: Incident) {
        let folder = self.folder.clone();
        let thread = thread::Builder::new().name("tickcast-incident".to_owned()).spawn(move || incident.save::<S>(&folder));
        match thread {
            Ok(thread) => self.state().threads.push(thread),
            Err(error) => error!("an incident cannot be saved: {error}"),
        }
    }

    /// Waits until all files are written.
    pub fn flush(&self) {
        let threads = std::mem::take(&mut self.state().threads);
        for thread in threads {
            // If the thread panicked, the panic hook has already reported it.
            let _ = thread.join();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Incidents {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Incident {
    fn save<S: Simulation>(&self, folder: &Path) {
        let (cause, room) = (self.cause, LogName::from(&self.room));
        match self.try_save::<S>(folder) {
            Ok(Some(path)) => info!("room {room}: the last seconds before the {} are saved in {path}", cause.label()),
            Ok(None) => warn!("room {room}: the {} is not saved: nothing is recorded", cause.label()),
            Err(error) => error!("room {room}: the {} cannot be saved: {error}", cause.label()),
        }
    }

    fn try_save<S: Simulation>(&self, folder: &Path) -> Result<Option<String>, IncidentError> {
        let Some((checkpoint, journal)) = self.recording.parts() else { return Ok(None) };
        let (tick, file) = record::<S>(self.match_id, checkpoint, journal)?;
        if file.len() > FILE_BYTES_MAX {
            return Err(IncidentError::TooBig(file.len()));
        }
        let name = format!("{}-{}-{}-{}.replay", self.cause.label(), LogName::from(&self.room), self.match_id, tick.0);
        let path = folder.join(name);
        write(folder, &path, &file)?;
        prune(folder, self.cause)?;
        Ok(Some(path.display().to_string()))
    }
}

/// Reason why an incident is not saved.
#[derive(Debug, thiserror::Error)]
enum IncidentError {
    #[error(transparent)]
    Replay(#[from] ReplayFileError),
    #[error("the file would have {0} bytes")]
    TooBig(usize),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Makes a replay file. It ends with the tick in which the rules panic, if they do. Returns its last tick, too.
fn record<'a, S: Simulation>(
    match_id: MatchId,
    checkpoint: &[u8],
    journal: impl Iterator<Item = &'a [u8]>,
) -> Result<(Tick, Vec<u8>), ReplayFileError> {
    let mut recorder = ReplayRecorder::<S>::new(match_id.0, checkpoint)?;
    for part in journal {
        match recorder.append(part) {
            Err(ReplayFileError::Panicked { .. }) => break,
            result => result?,
        }
    }
    Ok((recorder.replay().tick(), recorder.finish()?))
}

/// Writes a file, which becomes visible under its name when it is complete. Like the database, the file can be read only by
/// the user who runs the server.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    tickcast_platform::create_private_folder(folder)?;
    let incomplete = path.with_extension("part");
    io::Write::write_all(&mut tickcast_platform::create_private_file(&incomplete)?, bytes)?;
    fs::rename(incomplete, path)
}

/// Deletes the oldest files of this cause.
fn prune(folder: &Path, cause: Cause) -> io::Result<()> {
    let prefix = format!("{}-", cause.label());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            files.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    files.sort();
    let excess = files.len().saturating_sub(FILES_MAX);
    files.drain(..excess).try_for_each(|(_, path)| fs::remove_file(path))
}
