//! The page that the program serves.

use std::path::PathBuf;

use log::warn;

use crate::Assets;

/// Folder of the page if the program embeds none and `--web-dir` is not set.
const DEFAULT_FOLDER: &str = "web";

/// The page of a program.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Page {
    /// The page that the program embeds, if any.
    pub(in crate::cli) embedded: Option<Assets>,
    /// Generated files of the page, by path.
    pub(in crate::cli) generated: Vec<(&'static str, &'static [u8])>,
}

/// The folder in `--web-dir` contains no page.
#[derive(Debug, thiserror::Error)]
#[error("--web-dir: there is no index.html in {}", .0.display())]
pub(in crate::cli) struct NoIndex(PathBuf);

impl Page {
    /// Describes `--web-dir` in all commands that have this flag.
    pub(in crate::cli) fn describe_flag(&self, command: clap::Command) -> clap::Command {
        if self.embedded.is_some() { command } else { describe_folder(command) }
    }

    /// The files of this folder. Without a folder, the embedded files; if there are none, those of [`DEFAULT_FOLDER`].
    pub(in crate::cli) fn assets(self, folder: Option<PathBuf>) -> Result<Assets, NoIndex> {
        let assets = match (folder, self.embedded) {
            (Some(folder), _) if folder.join("index.html").is_file() => Assets::folder(folder),
            (Some(folder), _) => return Err(NoIndex(folder)),
            (None, Some(embedded)) => embedded,
            (None, None) => default_assets(),
        };
        Ok(self.generated.into_iter().fold(assets, |assets, (path, content)| assets.file(path, content)))
    }
}

/// The files of the default folder. If the folder does not exist, no files are served. This is allowed, because not every
/// client is a browser.
fn default_assets() -> Assets {
    let folder = PathBuf::from(DEFAULT_FOLDER);
    if folder.join("index.html").is_file() {
        return Assets::folder(folder);
    }
    warn!("no page is served, because there is no index.html in {DEFAULT_FOLDER}; --web-dir selects another folder");
    Assets::none()
}

fn describe_folder(command: clap::Command) -> clap::Command {
    let describe = |arg: clap::Arg| match arg.get_id() == "web_dir" {
        true => arg.help(format!("Folder of the page [default: {DEFAULT_FOLDER}]")),
        false => arg,
    };
    command.mut_args(describe).mut_subcommands(describe_folder)
}
