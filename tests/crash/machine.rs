//! The computer on which servers are killed and restarted.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::server_process::ServerProcess;

/// The computer on which servers are killed and restarted, with a data folder of its own.
pub struct Machine {
    folder: TempDir,
    /// A library that makes the disk lose unsynced writes when the server is killed. `None` if the operating system writes
    /// them to the disk, as it does after a `kill -9`.
    volatile_disk: Option<PathBuf>,
}

impl Machine {
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a folder"), volatile_disk: None }
    }

    /// A computer on which each kill is a loss of power. The disk then contains only what was synced.
    pub fn with_volatile_disk() -> Self {
        let machine = Self::new();
        let library = machine.folder.path().join("volatile_disk.so");
        // The store needs a C compiler, too: it compiles SQLite.
        let status = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()))
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/volatile_disk.c"))
            .status();
        assert!(status.expect("there is a C compiler").success(), "the library compiles");
        Self { volatile_disk: Some(library), ..machine }
    }

    /// The folder of the database.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn start_server(&self, arguments: &[&str]) -> ServerProcess {
        let preload = self.volatile_disk.iter().map(|library| ("LD_PRELOAD", library.as_path()));
        ServerProcess::start_with(&self.data(), arguments, preload)
    }

    /// Discards unsynced writes if the disk loses them. Call this after the server was killed. Returns whether there were
    /// any.
    pub fn lose_unsynced_writes(&self) -> bool {
        self.volatile_disk.is_some() && {
            // SQLite computes the index of the log again.
            remove(&self.data().join("tickcast.db-shm"));
            ["tickcast.db", "tickcast.db-wal"].map(|name| lose_unsynced(&self.data().join(name))).contains(&true)
        }
    }
}

/// Replaces a file by the part that was synced, which `volatile_disk.c` has copied. Returns whether the file differed from
/// this part.
fn lose_unsynced(file: &Path) -> bool {
    let written = fs::read(file).expect("the server has created the file");
    match fs::read(file.with_added_extension("synced")) {
        Ok(synced) if synced == written => false,
        Ok(synced) => fs::write(file, synced).map(|()| true).expect("the file is writable"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
            remove(file);
            true
        }
    }
}

fn remove(file: &Path) {
    fs::remove_file(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}
