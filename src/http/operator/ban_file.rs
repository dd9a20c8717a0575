//! The file that keeps bans across restarts of the server.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::admission::control::bans::Ban;

/// Where bans are stored: a JSON file, or nowhere.
#[derive(Clone, Debug, Default)]
pub struct BanFile(Option<PathBuf>);

impl BanFile {
    /// Stores bans in this file. `None` stores them nowhere.
    pub const fn new(path: Option<PathBuf>) -> Self {
        Self(path)
    }

    /// Reads the bans. There are none if the file does not exist.
    ///
    /// # Errors
    /// The file cannot be read, or does not contain bans.
    pub fn load(&self) -> io::Result<Vec<Ban>> {
        let Some(path) = &self.0 else { return Ok(Vec::new()) };
        let read = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.and_then(|bytes| Ok(serde_json::from_slice(&bytes)?)),
        };
        read.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
    }

    /// Replaces the bans in the file. After a crash, the file contains either the old bans or the new ones. Blocks.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn save(&self, bans: &[Ban]) -> io::Result<()> {
        let Some(path) = &self.0 else { return Ok(()) };
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = tickcast_platform::create_private_file(&new)?;
        file.write_all(&serde_json::to_vec_pretty(bans)?)?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::control::bans::BanTarget;

    #[test]
    fn saved_bans_replace_those_in_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = BanFile::new(Some(folder.path().join("bans.json")));
        assert_eq!(file.load().expect("there is no file"), []);
        let ban = |id| {
            let target = BanTarget::Network("192.0.2.0/24".parse().expect("a network"));
            Ban { id, target, until: Some(9), note: "spam".to_owned() }
        };
        for bans in [vec![ban(1), ban(2)], vec![ban(3)], vec![]] {
            file.save(&bans).expect("the folder is writable");
            assert_eq!(file.load().expect("the file is intact"), bans);
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("bans.json");
        fs::write(&path, "[{").expect("the folder is writable");
        let error = BanFile::new(Some(path)).load().expect_err("the file is damaged");
        assert!(error.to_string().contains("bans.json"), "{error}");
    }
}
