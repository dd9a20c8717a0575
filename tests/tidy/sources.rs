//! The source files of the repository, and the text of their code.
//!
//! Relies on the layout of rustfmt: the closing brace of a block is in the same column as the first line of the block.

use std::fs;
use std::path::{Path, PathBuf};

/// Source folders of all crates of the workspace.
pub(crate) const CRATES: [&str; 13] = [
    "src",
    "protocol/src",
    "crates/arena/src",
    "crates/bots/src",
    "crates/client/src",
    "crates/conformance/src",
    "crates/game/src",
    "crates/new/src",
    "crates/pack/src",
    "crates/platform/src",
    "crates/room/src",
    "crates/store/src",
    "crates/testing/src",
];

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder that have one of these extensions, with paths relative to the repository. Build output is left
/// out.
pub(crate) fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    const GENERATED: [&str; 3] = ["node_modules", "output", "target"];
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("the folder is readable").path();
            if path.is_dir() {
                let is_generated = GENERATED.iter().any(|name| path.ends_with(name));
                folders.extend((!is_generated).then_some(path));
            } else if path.extension().is_some_and(|extension| extensions.iter().any(|it| extension == *it)) {
                found.push(path.strip_prefix(root()).expect("the file is in the repository").to_owned());
            }
        }
    }
    assert!(!found.is_empty(), "{folder} contains no files with the extensions {extensions:?}");
    found.sort();
    found
}

/// A Rust file of a crate.
pub(crate) struct Source {
    /// Path relative to the repository.
    pub(crate) path: PathBuf,
    /// Lines of code with their line numbers, counted from 1. Empty lines and comments are left out.
    pub(crate) code: Vec<(usize, String)>,
    /// As `code`, but without test modules.
    pub(crate) code_without_tests: Vec<(usize, String)>,
    /// The first line of the file.
    pub(crate) first_line: String,
    /// Number of lines without test modules.
    pub(crate) lines_without_tests: usize,
}

impl Source {
    /// All Rust files below the folder of a crate, except modules that exist only in tests.
    pub(crate) fn all_of(folder: &str) -> Vec<Self> {
        let sources: Vec<_> = files(folder, &["rs"]).into_iter().map(Self::read).collect();
        let test_modules: Vec<_> = sources.iter().flat_map(Self::test_module_paths).collect();
        sources.into_iter().filter(|source| !test_modules.contains(&source.path)).collect()
    }

    fn read(path: PathBuf) -> Self {
        let text = text(path.to_str().expect("paths are UTF-8"));
        let lines: Vec<_> = text.lines().zip(1..).map(|(line, number)| (number, line.to_owned())).collect();
        let without_tests = without_test_modules(&lines);
        let is_code = |(_, line): &&(usize, String)| {
            let line = line.trim_start();
            !line.is_empty() && !line.starts_with("//")
        };
        Self {
            path,
            code: lines.iter().filter(is_code).cloned().collect(),
            code_without_tests: without_tests.iter().filter(is_code).cloned().collect(),
            first_line: text.lines().next().unwrap_or_default().to_owned(),
            lines_without_tests: without_tests.len(),
        }
    }

    /// The code without tests as one text.
    pub(crate) fn text(&self) -> String {
        self.code_without_tests.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Returns the first line that contains one of the words, with its line number.
    pub(crate) fn find(lines: &[(usize, String)], words: &[&str]) -> Option<(usize, String)> {
        lines.iter().find(|(_, line)| words.iter().any(|word| line.contains(word))).cloned()
    }

    /// The files of modules that are declared as `#[cfg(test)] mod name;`.
    fn test_module_paths(&self) -> Vec<PathBuf> {
        let is_root = self.path.ends_with("lib.rs") || self.path.ends_with("main.rs");
        let folder = if is_root { self.path.with_file_name("") } else { self.path.with_extension("") };
        let declared = self.code.windows(2).filter(|pair| pair[0].1.trim() == "#[cfg(test)]").filter_map(|pair| {
            let name = pair[1].1.trim().trim_start_matches("pub(crate) ").strip_prefix("mod ")?.strip_suffix(';')?;
            Some(folder.join(name).with_extension("rs"))
        });
        declared.collect()
    }
}

/// Removes each `#[cfg(test)] mod … { … }`, wherever it is in the file.
fn without_test_modules(lines: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut kept = Vec::new();
    let mut rest = lines;
    while let [(number, line), after @ ..] = rest {
        let is_module = after.first().is_some_and(|(_, next)| next.trim_start().starts_with("mod ") && next.ends_with('{'));
        if line.trim() == "#[cfg(test)]" && is_module {
            rest = &after[block_length(after)..];
        } else {
            kept.push((*number, line.clone()));
            rest = after;
        }
    }
    kept
}

/// Counts the lines of the block that begins with `lines[0]` and ends at the closing brace with the same indentation.
pub(crate) fn block_length(lines: &[(usize, String)]) -> usize {
    let (number, first) = lines.first().expect("a block has a first line");
    let end = format!("{}}}", " ".repeat(first.len() - first.trim_start().len()));
    let last = lines.iter().position(|(_, line)| *line == end);
    last.unwrap_or_else(|| panic!("the block at line {number} has no end: {first}")) + 1
}

#[test]
fn code_after_a_test_module_is_not_left_out() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
    let lines: Vec<_> = text.lines().zip(1..).map(|(line, number)| (number, line.to_owned())).collect();
    let kept = without_test_modules(&lines);
    assert_eq!(kept, [(1, "fn a() {}".to_owned()), (6, "fn c() {}".to_owned())]);
}
