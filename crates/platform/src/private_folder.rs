//! Folders and files that other users of the machine cannot read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates a folder and the folders above it, unless they exist. On Unix, only the user of this process can access the new
/// folders. On other systems, each new folder has the permissions of the folder above it.
///
/// # Errors
/// Fails if the folder cannot be created.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Creates a new, empty file. On Unix, only the user of this process can access the file. On other systems, the file has
/// the permissions of its folder.
///
/// # Errors
/// Fails if the file exists or cannot be created.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}
