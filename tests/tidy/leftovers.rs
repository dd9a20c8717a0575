//! Marks of unfinished work, and line width.

use std::fs;

use crate::sources::{files, root};

const WIDTH_MAX: usize = 132;
const FOLDERS: [&str; 8] = ["crates", "protocol", "src", "tests", "web", "examples", "benches", "fuzz/fuzz_targets"];

#[test]
fn no_file_contains_marks_of_unfinished_work_or_lines_that_are_too_long() {
    // The marks are split, so that this file does not contain them.
    let marks = [concat!("FIX", "ME"), concat!("to", "do!("), concat!("db", "g!("), concat!("#[ign", "ore")];
    for path in FOLDERS.iter().flat_map(|folder| files(folder, &["rs", "js", "mjs", "css", "html", "sh"])) {
        let text = fs::read_to_string(root().join(&path)).expect("source files are UTF-8");
        for (line, number) in text.lines().zip(1..) {
            let is_table = line.contains("0x") || path.ends_with("sine.js");
            let (path, width) = (path.display(), line.chars().count());
            assert!(width <= WIDTH_MAX || is_table, "{path}:{number} has {width} characters");
            assert!(!marks.iter().any(|mark| line.contains(mark)), "{path}:{number} is unfinished: {line}");
        }
    }
}
