//! The directory of a database, locked against a second server.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Reason why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another server uses the directory.
    #[error("{directory} is in use by {holder}")]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The process that holds the lock.
        holder: String,
    },
    /// A newer version of the program has written the database.
    #[error("the database has version {found}, but this program supports only up to {supported}")]
    Newer {
        /// Version of the database.
        found: i32,
        /// Newest supported version.
        supported: i32,
    },
    /// The file is a database of another program.
    #[error("{0} is a database of another program")]
    Foreign(PathBuf),
    /// The database contains triggers or views.
    #[error("the database contains triggers or views, which no version of this program creates")]
    Altered,
    /// The database contains invalid row numbers.
    #[error("the database is damaged: it has invalid row numbers")]
    Damaged,
    /// The directory does not exist, or contains no database.
    #[error("there is no database in {0}")]
    NoDatabase(PathBuf),
    /// The directory or its lock cannot be accessed.
    #[error("{directory}: {source}")]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// SQLite reported an error.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// A thread cannot be started.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A directory whose lock this process holds until the value is dropped. If the process crashes, the operating system
/// releases the lock.
#[derive(Debug)]
pub(super) struct LockedDirectory {
    path: PathBuf,
    _lock: File,
}

impl LockedDirectory {
    /// Creates the directory if necessary, and locks it.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Directory { directory: path.to_owned(), source };
        fs::create_dir_all(path).map_err(failed)?;
        let mut options = File::options();
        let lock = options.read(true).write(true).create(true).truncate(false).open(path.join("lock"));
        let mut lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { directory: path.to_owned(), holder: holder(&mut lock) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        write_holder(&mut lock).map_err(failed)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(super) fn database(&self) -> PathBuf {
        database_in(&self.path)
    }
}

/// Path of the database in a directory.
pub(super) fn database_in(directory: &Path) -> PathBuf {
    directory.join("tickcast.db")
}

/// The process that the lock file names.
fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.read_to_string(&mut text) {
        Ok(1..) => text.trim().to_owned(),
        // Some systems forbid reading a locked file.
        Ok(0) | Err(_) => "another process".to_owned(),
    }
}

fn write_holder(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "process {}", std::process::id())
}
