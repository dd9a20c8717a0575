//! Compressed copies of files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{PackError, at, extension, files, write};

/// Extensions of the files that get compressed copies. Other files, such as images, are already compressed by their format.
const COMPRESSED: [&str; 8] = ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest"];
/// The highest quality of brotli, and a quality that takes little time even without optimization.
const BROTLI_QUALITY: u32 = 11;
const BROTLI_QUALITY_DEBUG: u32 = 5;
/// Base-2 logarithm of brotli's window in bytes. The value is the default of the reference encoder.
const BROTLI_WINDOW: u32 = 22;
const BUFFER_BYTES: usize = 4096;

/// Adds compressed copies of the text files in a folder and its subfolders. Skips copies that would not be smaller.
pub(crate) fn compress_folder(folder: &Path) -> Result<(), PackError> {
    for path in files(folder)? {
        if path.is_dir() {
            compress_folder(&path)?;
        } else if COMPRESSED.contains(&extension(&path)) {
            let content = std::fs::read(&path).map_err(at(&path))?;
            write_if_smaller(&path, "br", &brotli(&content, BROTLI_QUALITY).map_err(at(&path))?, content.len())?;
            write_if_smaller(&path, "gz", &gzip(&content).map_err(at(&path))?, content.len())?;
        }
    }
    Ok(())
}

/// Writes a file and its compressed copies. In the build script of a debug build, saves time rather than bytes.
pub(crate) fn write_compressed(path: &Path, content: &[u8]) -> Result<(), PackError> {
    let is_debug = std::env::var_os("PROFILE").is_some_and(|profile| profile == "debug");
    let quality = if is_debug { BROTLI_QUALITY_DEBUG } else { BROTLI_QUALITY };
    write(path, content)?;
    write(&with_suffix(path, "br"), &brotli(content, quality).map_err(at(path))?)?;
    write(&with_suffix(path, "gz"), &gzip(content).map_err(at(path))?)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}"));
    PathBuf::from(name)
}

/// Writes the compressed copy of a file if the copy is smaller than the file. `original` is the size of the file in bytes.
fn write_if_smaller(path: &Path, suffix: &str, compressed: &[u8], original: usize) -> Result<(), PackError> {
    if compressed.len() < original {
        write(&with_suffix(path, suffix), compressed)?;
    }
    Ok(())
}

fn brotli(content: &[u8], quality: u32) -> std::io::Result<Vec<u8>> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), BUFFER_BYTES, quality, BROTLI_WINDOW);
    encoder.write_all(content)?;
    encoder.flush()?;
    Ok(encoder.into_inner())
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}
