//! A new game: a template with the name of the game.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

use crate::{GameName, Source};

/// Each folder in this folder is a template, except `common`. The folder `common` contains the files that all templates
/// share.
static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Folder of the files that all templates contain.
const COMMON: &str = "common";
/// Suffix of files that would have a special meaning in the folder of a template.
const SUFFIX: &str = ".template";

/// A new game.
#[derive(Clone, Debug)]
pub struct Project {
    name: GameName,
    template: String,
    checkout: Option<PathBuf>,
}

/// Reason why a game was not created. No files of the game are left in this case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is a file or a folder at this path. It is not changed.
    #[error("{} already exists", .0.display())]
    Exists(PathBuf),
    /// There is no checkout in this folder.
    #[error("--checkout: there is no Cargo.toml in {}", .0.display())]
    NoCheckout(PathBuf),
    /// A file cannot be written.
    #[error("{}: {error}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

/// Names of the templates.
pub(crate) fn templates() -> Vec<&'static str> {
    TEMPLATES.dirs().filter_map(|folder| folder.path().to_str()).filter(|name| *name != COMMON).collect()
}

impl Project {
    /// The game that the template `name` creates. The game depends on the tickcast in the folder `checkout`. Without a
    /// checkout, it depends on [`Source::of_this_program`].
    ///
    /// # Panics
    /// If the template does not exist.
    #[must_use]
    pub fn new(name: GameName, template: String, checkout: Option<PathBuf>) -> Self {
        assert!(templates().contains(&&*template), "the command line accepts the names of templates only");
        Self { name, template, checkout }
    }

    /// Creates the game in a new folder.
    ///
    /// # Errors
    /// [`CreateError`] names the cause.
    pub fn create(&self, folder: &Path) -> Result<(), CreateError> {
        let source = match &self.checkout {
            Some(checkout) => Source::checkout(checkout).map_err(|_| CreateError::NoCheckout(checkout.clone()))?,
            None => Source::of_this_program(),
        };
        fs::create_dir(folder).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CreateError::Exists(folder.to_owned()),
            _ => CreateError::Write { path: folder.to_owned(), error },
        })?;
        let parts = [COMMON, &self.template];
        let parts =
            parts.map(|part| TEMPLATES.get_dir(part).expect("the constructor has checked that the template exists"));
        parts.into_iter().try_for_each(|part| self.write(part, folder, &source)).inspect_err(|_| {
            // If the incomplete folder cannot be removed either, the first error still tells the cause.
            let _ = fs::remove_dir_all(folder);
        })
    }

    /// Writes the files of a template's folder.
    fn write(&self, template: &Dir<'_>, folder: &Path, source: &Source) -> Result<(), CreateError> {
        for entry in template.entries() {
            let name = entry.path().file_name().and_then(|name| name.to_str()).expect("the names in templates are UTF-8");
            let path = folder.join(name.strip_suffix(SUFFIX).unwrap_or(name));
            let failed = |error| CreateError::Write { path: path.clone(), error };
            match entry {
                DirEntry::Dir(subfolder) => {
                    fs::create_dir_all(&path).map_err(failed)?;
                    self.write(subfolder, &path, source)?;
                }
                DirEntry::File(file) => {
                    let text = file.contents_utf8().expect("the files of templates are UTF-8");
                    fs::write(&path, self.fill_in(text, source)).map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    /// Replaces the placeholders in a file of a template.
    fn fill_in(&self, text: &str, source: &Source) -> String {
        text.replace("{{name}}", &self.name.to_string())
            .replace("{{tickcast}}", &source.manifest_key(""))
            .replace("{{tickcast-client}}", &source.manifest_key("crates/client"))
            .replace("{{tickcast-game}}", &source.manifest_key("crates/game"))
            .replace("{{tickcast-pack}}", &source.manifest_key("crates/pack"))
            .replace("{{tickcast-testing}}", &source.manifest_key("crates/testing"))
    }
}
