//! Replaces the scripts and style sheets of a page.

use std::fs;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use crate::bundle::bundle;
use crate::module::SyntaxError;
use crate::{PACKED, PackError, at, extension, read, write};

/// Writes the packed files of the page `page` from the folder `source`, and the page itself, to the folder `destination`.
pub(crate) fn pack(source: &Path, destination: &Path, page: &Path) -> Result<(), PackError> {
    let html = read(page)?;
    let name = stem(page);
    let packed = destination.join(PACKED);
    fs::create_dir_all(&packed).map_err(at(&packed))?;
    let write_script = |path: &Path, script: &str| write_hashed(&packed, stem(path), "js", script.as_bytes());

    let mut styles = String::new();
    for href in html.lines().filter_map(style_sheet) {
        styles.push_str(&read_style_sheet(&source.join(href))?);
    }
    let mut output = Vec::new();
    let mut has_styles = false;
    for line in html.lines() {
        let (original, file) = if let Some(src) = script(line) {
            let script = bundle(&source.join(src), &write_script)?;
            (src, write_hashed(&packed, name, "js", script.as_bytes())?)
        } else if let Some(href) = style_sheet(line) {
            if has_styles {
                continue;
            }
            has_styles = true;
            (href, write_hashed(&packed, name, "css", styles.as_bytes())?)
        } else if let Some(href) = linked_file(line) {
            let path = source.join(href);
            let content = fs::read(&path).map_err(at(&path))?;
            (href, write_hashed(&packed, stem(&path), extension(&path), &content)?)
        } else {
            output.push(line.to_owned());
            continue;
        };
        output.push(line.replace(original, &format!("{PACKED}/{file}")));
    }
    let target = destination.join(page.file_name().unwrap_or_default());
    write(&target, (output.join("\n") + "\n").as_bytes())
}

/// Writes a file whose name contains a hash of its content. Returns this name.
fn write_hashed(folder: &Path, stem: &str, extension: &str, content: &[u8]) -> Result<String, PackError> {
    let name = format!("{stem}-{:016x}.{extension}", xxh3_64(content));
    write(&folder.join(&name), content)?;
    Ok(name)
}

/// The name of a file without its extension.
fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
}

/// The path of the script if the line consists of an element `<script type="module" src="…"></script>`.
fn script(line: &str) -> Option<&str> {
    line.trim().strip_prefix(r#"<script type="module" src=""#)?.strip_suffix(r#""></script>"#)
}

/// The path of the style sheet if the line consists of a link to one.
fn style_sheet(line: &str) -> Option<&str> {
    line.trim().strip_prefix(r#"<link rel="stylesheet" href=""#)?.strip_suffix(r#"">"#)
}

/// The path of the icon or the manifest if the line consists of a link to one.
fn linked_file(line: &str) -> Option<&str> {
    let link = line.trim().strip_prefix(r#"<link rel=""#)?;
    let (relation, attributes) = link.split_once('"')?;
    let (_, path) = attributes.split_once(r#"href=""#)?;
    let is_file = matches!(relation, "icon" | "apple-touch-icon" | "manifest");
    is_file.then_some(path.strip_suffix(r#"">"#)).flatten()
}

fn read_style_sheet(path: &Path) -> Result<String, PackError> {
    let styles = read(path)?;
    let is_relative = |line: &str| {
        let mut urls = line.split("url(").skip(1).map(|url| url.trim_start_matches(['"', '\'']));
        line.trim_start().starts_with("@import")
            || urls.any(|url| !url.starts_with(['#', '/']) && !url.starts_with("data:"))
    };
    match styles.lines().position(is_relative) {
        Some(index) => Err(PackError::Syntax { path: path.to_owned(), line: index + 1, error: SyntaxError::Url }),
        None => Ok(styles),
    }
}
