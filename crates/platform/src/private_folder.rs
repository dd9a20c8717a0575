//! Folders that other users of the machine cannot read.

use std::fs::DirBuilder;
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
