//! Detects that committed writes are missing.
//!
//! If the end of the write-ahead log is damaged or missing, SQLite ignores it: SQLite cannot distinguish this from a crash
//! during a commit. The mark is a file beside the database. It contains the id of the last committed row of the journal.

use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;

const NAME: &str = "last-commit";

/// Writes the mark.
#[derive(Debug)]
pub(in super::super) struct CommitMark(File);

impl CommitMark {
    pub(in super::super) fn open(directory: &Path) -> io::Result<Self> {
        File::options().write(true).create(true).truncate(false).open(directory.join(NAME)).map(Self)
    }

    /// Marks the last committed row of the journal; 0 if it is unknown. Call this after the commit. If it fails, the mark is
    /// too low, and a loss may remain undetected.
    pub(super) fn set(&mut self, last_row: i64) {
        let _ = self.0.rewind().and_then(|()| self.0.write_all(&last_row.to_le_bytes()));
    }
}

/// The marked row of the journal; 0 if it is unknown.
pub(in super::super) fn marked_row(directory: &Path) -> i64 {
    let bytes = fs::read(directory.join(NAME)).unwrap_or_default();
    bytes.try_into().map_or(0, i64::from_le_bytes)
}
