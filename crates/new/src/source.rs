//! Where a new game gets the crates of tickcast from.

use std::io;
use std::path::{Path, PathBuf};

/// Version of the published crates.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The folder of the workspace of this crate. If the crate was published, this folder contains no manifest.
const BUILT_FROM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Where a new game gets the crates of tickcast from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The published crates.
    Published,
    /// A checkout of tickcast in this folder.
    Checkout(PathBuf),
}

impl Source {
    /// A checkout in this folder.
    ///
    /// # Errors
    /// If the folder does not exist, or contains no manifest.
    pub fn checkout(folder: &Path) -> io::Result<Self> {
        let folder = folder.canonicalize()?;
        folder.join("Cargo.toml").metadata()?;
        Ok(Self::Checkout(folder))
    }

    /// The checkout from which this program was built, if it exists. Otherwise the published crates.
    #[must_use]
    pub fn of_this_program() -> Self {
        Self::checkout(Path::new(BUILT_FROM)).unwrap_or(Self::Published)
    }

    /// The key in a manifest that determines the source of a crate. In a checkout, the crate is in this folder.
    #[must_use]
    pub(crate) fn manifest_key(&self, crate_folder: &str) -> String {
        match self {
            Self::Published => format!("version = \"{VERSION}\""),
            Self::Checkout(folder) if crate_folder.is_empty() => format!("path = '{}'", folder.display()),
            Self::Checkout(folder) => format!("path = '{}'", folder.join(crate_folder).display()),
        }
    }
}
