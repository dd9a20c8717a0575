//! Replaces the scripts and style sheets of a page.

use std::fs;
use std::path::Path;

use xxhash_rust::xxh3::xxh3_64;

use crate::bundle::bundle;
use crate::module::SyntaxError;
use crate::{PACKED, PackError, at, read, write};

/// Writes the packed files of the page `page` from the folder `source`, and the page itself, to the folder `destination`.
pub(crate) fn pack(source: &Path, destination: &Path, page: &Path) -> Result<(), PackError> {
    let html = read(page)?;
    let name = page.file_stem().and_then(|name| name.to_str()).unwrap_or("page");
    let packed = destination.join(PACKED);
    fs::create_dir_all(&packed).map_err(at(&packed))?;
    let add = |extension: &str, content: &str| {
        let file = format!("{name}-{:016x}.{extension}", xxh3_64(content.as_bytes()));
        write(&packed.join(&file), content.as_bytes())?;
        Ok::<_, PackError>(format!("{PACKED}/{file}"))
    };

    let mut styles = String::new();
    for href in html.lines().filter_map(style_sheet) {
        styles.push_str(&read_style_sheet(&source.join(href))?);
    }
    let mut output = Vec::new();
    let mut has_styles = false;
    for line in html.lines() {
        if let Some(src) = script(line) {
            output.push(line.replace(src, &add("js", &bundle(&source.join(src))?)?));
        } else if let Some(href) = style_sheet(line) {
            if !has_styles {
                output.push(line.replace(href, &add("css", &styles)?));
                has_styles = true;
            }
        } else {
            output.push(line.to_owned());
        }
    }
    let target = destination.join(page.file_name().unwrap_or_default());
    write(&target, (output.join("\n") + "\n").as_bytes())
}

/// The path of the script if the line consists of an element `<script type="module" src="…"></script>`.
fn script(line: &str) -> Option<&str> {
    line.trim().strip_prefix(r#"<script type="module" src=""#)?.strip_suffix(r#""></script>"#)
}

/// The path of the style sheet if the line consists of a link to one.
fn style_sheet(line: &str) -> Option<&str> {
    line.trim().strip_prefix(r#"<link rel="stylesheet" href=""#)?.strip_suffix(r#"">"#)
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
