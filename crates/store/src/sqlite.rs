//! A store in an embedded SQLite database.
//!
//! One thread writes. It commits all waiting writes together, in one transaction (group commit), so a thousand rooms cost
//! little more than one. Another thread copies the write-ahead log into the database, so that writes need not wait for the
//! copying.

mod database;
mod directory;
mod history;
mod profiles;
mod reader;
mod replays;
mod schema;
mod wal_thread;
mod writer;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::profiles::{Leaderboard, LeaderboardEntry, Placement, Profile, ProfileId};
use crate::store::{MatchHistory, MatchId, RoomEntry, SavedRoom, Store, StoreError, Write};
use database::Database;
use directory::LockedDirectory;
use replays::SqliteHistory;
use wal_thread::WalThread;
use writer::{CommitMark, Request, Writer, marked_row};

pub use database::{RoomRecord, RoomState};
pub use directory::OpenError;
pub use history::{Retention, prune_history};
pub use profiles::erase_profile;
pub use reader::DatabaseReader;

/// Maximum number of waiting writes. A server has at most 1,000 rooms, with a few waiting writes each.
const QUEUE_MAX: usize = 4_096;

/// Which failures a committed write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A committed write survives the end of the process, even by SIGKILL. A loss of power may undo the last writes, but
    /// does not damage the database.
    #[default]
    Process,
    /// A committed write survives the end of the process and a loss of power. Every commit waits until the disk has stored
    /// the data.
    Disk,
}

/// A store in an embedded SQLite database. Dropping the store blocks until all queued writes are done.
pub struct SqliteStore {
    requests: Option<SyncSender<Request>>,
    writer: Option<JoinHandle<()>>,
    /// `None` if no history is kept.
    history: Option<Arc<SqliteHistory>>,
    /// A connection for queries, so that they do not wait for writes, nor writes for them.
    queries: Mutex<Database>,
    lost_rows: u64,
    _wal: WalThread,
    _directory: LockedDirectory,
}

impl SqliteStore {
    /// Opens the database in a directory, and creates both if they do not exist. Locks the directory. Keeps no history.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(directory: &Path, durability: Durability) -> Result<Self, OpenError> {
        Self::open_with_history(directory, durability, Retention::NONE)
    }

    /// Like [`SqliteStore::open`], but keeps the history of rooms. Deletes history that `retention` does not keep, in small
    /// parts and mostly while there is nothing to write.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_with_history(directory: &Path, durability: Durability, retention: Retention) -> Result<Self, OpenError> {
        let locked = LockedDirectory::open(directory)?;
        let path = locked.database();
        let database = Database::open(&path, durability)?;
        let history = if retention.age.is_zero() {
            None
        } else {
            Some(Arc::new(SqliteHistory::new(Database::open_for_queries(&path)?)))
        };
        let queries = Mutex::new(Database::open_for_queries(&path)?);
        let wal = WalThread::start(&path)?;
        let (requests, queue) = mpsc::sync_channel(QUEUE_MAX);
        let marked = marked_row(directory);
        let writer = Writer::new(database, CommitMark::open(directory)?, retention)?;
        let lost_rows = marked.saturating_sub(writer.last_part()).max(0).cast_unsigned();
        if lost_rows > 0 {
            log::error!(
                "{}: the last {lost_rows} writes are missing, because of damage or a loss of power",
                path.display()
            );
        }
        let writer = std::thread::Builder::new().name("tickcast-store".to_owned()).spawn(move || writer.run(&queue))?;
        Ok(Self {
            requests: Some(requests),
            writer: Some(writer),
            history,
            queries,
            lost_rows,
            _wal: wal,
            _directory: locked,
        })
    }

    /// Number of rows of the journal that were committed, but were missing when the database was opened. The rooms continue
    /// at an earlier state.
    #[must_use]
    pub const fn lost_rows(&self) -> u64 {
        self.lost_rows
    }

    fn query<T>(&self, query: impl FnOnce(&Database) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        query(&self.queries.lock().unwrap_or_else(PoisonError::into_inner)).map_err(failed)
    }

    /// Sends a request and blocks until the writer has answered.
    fn ask<T>(&self, request: impl FnOnce(SyncSender<T>) -> Request) -> Result<T, StoreError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.requests().send(request(reply)).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)
    }

    fn requests(&self) -> &SyncSender<Request> {
        self.requests.as_ref().expect("the sender is taken only when the store is dropped")
    }
}

impl Store for SqliteStore {
    fn rooms(&self) -> Result<Vec<RoomEntry>, StoreError> {
        self.ask(Request::Rooms)?
    }

    fn take_over(&self, id: MatchId) -> Result<SavedRoom, StoreError> {
        self.ask(|reply| Request::TakeOver(id, reply))?
    }

    fn submit(&self, write: Write) {
        let (write, error) = match self.requests().try_send(Request::Write(write)) {
            Ok(()) => return,
            Err(TrySendError::Full(Request::Write(write))) => (write, StoreError::QueueFull),
            Err(TrySendError::Disconnected(Request::Write(write))) => (write, StoreError::Closed),
            Err(_) => unreachable!("a write was sent"),
        };
        (write.done)(Err(error));
    }

    fn flush(&self) {
        // An error means that the writer has ended. A writer that has ended has no waiting writes.
        let _ = self.ask(Request::Flush);
    }

    fn history(&self) -> Option<Arc<dyn MatchHistory>> {
        self.history.clone().map(|history| history as _)
    }

    fn profile(&self, id: ProfileId) -> Result<Option<Profile>, StoreError> {
        self.query(|database| database.profile(id))
    }

    fn erase_profile(&self, id: ProfileId) -> Result<bool, StoreError> {
        self.ask(|reply| Request::EraseProfile(id, reply))?
    }

    fn leaderboard(&self, leaderboard: Leaderboard, ranks: Range<u32>) -> Result<Vec<LeaderboardEntry>, StoreError> {
        self.query(|database| database.leaderboard(leaderboard, ranks))
    }

    fn placement(&self, leaderboard: Leaderboard, id: ProfileId) -> Result<Option<Placement>, StoreError> {
        self.query(|database| database.placement(leaderboard, id))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(writer) = self.writer.take() {
            // If the writer panicked, the panic hook has already reported it.
            let _ = writer.join();
        }
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}
