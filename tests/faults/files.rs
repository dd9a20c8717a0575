//! The files of a database.

use std::fs;
use std::path::Path;

/// The contents of a database, of its write-ahead log, and of the mark of the last commit.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Files {
    pub database: Vec<u8>,
    pub log: Vec<u8>,
    pub mark: Vec<u8>,
}

/// Size of a sector: a disk writes sectors completely or not at all.
pub const SECTOR: usize = 512;
/// Size of a page of the database.
pub const PAGE: usize = 4096;

impl Files {
    /// Reads the files in a folder, possibly while the database is in use.
    pub fn read(folder: &Path) -> Self {
        let read = |name| fs::read(folder.join(name)).unwrap_or_default();
        Self { database: read("tickcast.db"), log: read("tickcast.db-wal"), mark: read("last-commit") }
    }

    /// Writes the files into an empty folder. Without the index of the log, SQLite reads the log as it does after a crash.
    pub fn write(&self, folder: &Path) {
        fs::write(folder.join("tickcast.db"), &self.database).expect("the folder is writable");
        fs::write(folder.join("tickcast.db-wal"), &self.log).expect("the folder is writable");
        fs::write(folder.join("last-commit"), &self.mark).expect("the folder is writable");
    }
}
