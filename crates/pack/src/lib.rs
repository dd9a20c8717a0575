//! Packs web pages of plain ES modules for fast loading.
#![doc = include_str!("../README.md")]

mod bundle;
mod client;
mod compress;
mod module;
mod page;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use client::{ClientError, build_client};
pub use module::SyntaxError;

/// Folder of the packed scripts and style sheets, below the destination. Their names contain a hash of their content.
pub const PACKED: &str = "packed";

/// Error while packing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// A module uses syntax that the packer does not support.
    #[error("{}:{line}: {error}", path.display())]
    Syntax {
        /// The module.
        path: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// What is not supported.
        error: SyntaxError,
    },
    /// Modules import each other in a cycle.
    #[error("{}: imports itself through other modules", .0.display())]
    Cycle(PathBuf),
    /// A dynamic import is not allowed: the imported module itself imports other modules, or the importing module is packed
    /// by [`pack_module`].
    #[error("{}: cannot be imported dynamically", .0.display())]
    DynamicImport(PathBuf),
}

/// Copies the folder `source` to the new folder `destination`, and packs its pages.
///
/// A page is a file `*.html` directly in `source`. Its elements `<script type="module" src="…"></script>` and
/// `<link rel="stylesheet" href="…">` must each stand on a line of their own. Each script is replaced by one file that
/// contains the script and all modules that it imports. All style sheets of a page are replaced by one file. These files
/// lie in the folder [`PACKED`]. So do copies of the page's icons and of its manifest, which are the files in elements
/// `<link rel="…" … href="…">` with the relations `icon`, `apple-touch-icon` and `manifest`. Each such element must stand on a
/// line of its own. A manifest may not use relative URLs.
///
/// Modules may use the imports `import { a, b as c } from './x.js'`, `import * as x from './x.js'` and `import './x.js'`.
/// They may use these exports: `export` before `const`, `function`, `async function` or `class`; `export { a, b as c }`;
/// `export { a, b as c } from './x.js'`; and `export * as x from './x.js'`. Each such statement begins at the start of a
/// line. Imports may not form a cycle. A dynamic import has the form `await import('./x.js')`. It loads a file of its own, so
/// that pages can load a module only if they need it; this module may not import others. Only the module of the script itself
/// may use `await` outside of functions. Lines that consist of a comment are removed, so a template literal may not contain
/// lines that look like a comment. Style sheets may not use relative URLs.
///
/// Each text file gets compressed copies beside it, named `*.br` and `*.gz`. A copy that would not be smaller than the
/// file is omitted.
///
/// # Errors
/// [`PackError`] for files that cannot be read or written, for unsupported syntax, and for cycles.
pub fn pack(source: &Path, destination: &Path) -> Result<(), PackError> {
    if destination.exists() {
        fs::remove_dir_all(destination).map_err(at(destination))?;
    }
    copy(source, destination)?;
    for page in files(source)?.iter().filter(|path| extension(path) == "html") {
        page::pack(source, destination, page)?;
    }
    compress::compress_folder(destination)
}

/// Puts a module and all modules that it imports into one module with the same exports, and writes it to the file `destination`
/// with compressed copies `*.br` and `*.gz`.
///
/// # Errors
/// See [`pack`].
pub fn pack_module(entry: &Path, destination: &Path) -> Result<(), PackError> {
    compress::write_compressed(destination, bundle::bundle_module(entry)?.as_bytes())
}

/// Copies a folder with all its subfolders.
fn copy(source: &Path, destination: &Path) -> Result<(), PackError> {
    fs::create_dir_all(destination).map_err(at(destination))?;
    for path in files(source)? {
        let Some(name) = path.file_name() else { continue };
        let target = destination.join(name);
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(at(&path))?;
        }
    }
    Ok(())
}

/// The files and folders directly in a folder, sorted by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, PackError> {
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    let mut paths: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>().map_err(at(folder))?;
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, PackError> {
    fs::read_to_string(path).map_err(at(path))
}

fn write(path: &Path, content: &[u8]) -> Result<(), PackError> {
    fs::write(path, content).map_err(at(path))
}

/// The extension of a file name, or an empty string.
fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// Adds the path to an error of the operating system.
fn at(path: &Path) -> impl FnOnce(io::Error) -> PackError + use<> {
    let path = path.to_owned();
    |error| PackError::Io { path, error }
}
