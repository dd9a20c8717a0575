//! Limits on folders, files and functions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::sources::{CRATES, Source, block_length};

const MODULES_MAX: usize = 9;
const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 60;

/// A file `x.rs` and its folder `x/` are one module.
#[test]
fn no_folder_has_more_than_nine_modules() {
    for crate_folder in CRATES {
        let mut modules: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
        for source in Source::all_of(crate_folder) {
            let folder = source.path.parent().expect("a file is in a folder").to_owned();
            let name = source.path.file_stem().and_then(|name| name.to_str()).expect("paths are UTF-8");
            modules.entry(folder).or_default().insert(name.to_owned());
        }
        for (folder, names) in modules {
            assert!(names.len() <= MODULES_MAX, "{} has {} modules: {names:?}", folder.display(), names.len());
        }
    }
}

#[test]
fn no_file_has_more_than_400_lines_without_its_tests() {
    for source in CRATES.iter().flat_map(|folder| Source::all_of(folder)) {
        let lines = source.lines_without_tests;
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", source.path.display());
    }
}

#[test]
fn no_function_has_more_than_60_lines() {
    for source in CRATES.iter().flat_map(|folder| Source::all_of(folder)) {
        let code = &source.code_without_tests;
        for (index, (number, line)) in code.iter().enumerate().filter(|(_, (_, line))| is_function(line)) {
            let lines = function_length(&code[index..]);
            assert!(lines <= FUNCTION_LINES_MAX, "{}:{number} has {lines} lines: {line}", source.path.display());
        }
    }
}

/// Whether a line begins a function.
fn is_function(line: &str) -> bool {
    const QUALIFIERS: [&str; 7] = ["pub", "pub(crate)", "pub(super)", "const", "async", "unsafe", "extern"];
    let mut words = line.split_whitespace().skip_while(|word| QUALIFIERS.contains(word) || word.starts_with("pub(in"));
    words.next() == Some("fn")
}

/// Counts the lines of the function that begins with `code[0]`. A declaration without a body counts as one line.
fn function_length(code: &[(usize, String)]) -> usize {
    let first = &code[0].1;
    if first.ends_with(';') || first.ends_with('}') {
        return 1;
    }
    let indentation = &first[..first.len() - first.trim_start().len()];
    let is_end_of_parameters = |(_, line): &&(usize, String)| line.starts_with(&format!("{indentation})"));
    match code.iter().find(is_end_of_parameters) {
        Some((_, line)) if line.ends_with(';') && first.ends_with('(') => 1,
        _ => block_length(code),
    }
}

#[test]
fn each_module_begins_with_its_documentation() {
    for source in CRATES.iter().flat_map(|folder| Source::all_of(folder)) {
        assert!(source.first_line.starts_with("//! "), "{} does not begin with `//!`", source.path.display());
    }
}
