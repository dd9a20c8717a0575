//! Copies the write-ahead log into the database.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::database::connect;
use super::directory::OpenError;

/// Interval between copies. The first copy is made after one interval. A copy waits for the disk, and writes of rooms are
/// slower meanwhile. With this interval, this affects less than one percent of the ticks. The log of 1,000 rooms reaches
/// about 50 MB.
const INTERVAL: Duration = Duration::from_secs(10);

/// Copies the write-ahead log into the database every ten seconds, without blocking the writer. When everything has been
/// copied, SQLite reuses the log from its beginning for the next write.
pub(super) struct WalThread {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WalThread {
    pub(super) fn start(database: &Path) -> Result<Self, OpenError> {
        let connection = connect(database)?;
        let (stop, stopped) = mpsc::channel();
        let run = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                copy(&connection);
            }
        };
        let thread = std::thread::Builder::new().name("tickcast-wal".to_owned()).spawn(run)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

fn copy(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        log::warn!("the write-ahead log cannot be copied into the database: {error}");
    }
}

impl Drop for WalThread {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // If the thread panicked, the panic hook has already reported it.
            let _ = thread.join();
        }
    }
}
