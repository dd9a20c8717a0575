//! A store in an embedded SQLite database.
//!
//! One thread writes. It commits all waiting writes together, in one transaction (group commit), so a thousand rooms cost
//! little more than one. Another thread copies the write-ahead log into the database, so that writes need not wait for the
//! copying.

mod database;
mod directory;
mod history;
mod reader;
mod schema;
mod wal_thread;
mod writer;

use std::path::Path;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::JoinHandle;

use crate::store::{MatchId, RoomEntry, SavedRoom, Store, StoreError, Write};
use database::Database;
use directory::LockedDirectory;
use wal_thread::WalThread;
use writer::{Request, Writer};

pub use database::{RoomRecord, RoomState};
pub use directory::OpenError;
pub use history::{Retention, prune_history};
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
        let wal = WalThread::start(&path)?;
        let (requests, queue) = mpsc::sync_channel(QUEUE_MAX);
        let writer = Writer::new(database, retention)?;
        let writer = std::thread::Builder::new().name("tickcast-store".to_owned()).spawn(move || writer.run(&queue))?;
        Ok(Self { requests: Some(requests), writer: Some(writer), _wal: wal, _directory: locked })
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
