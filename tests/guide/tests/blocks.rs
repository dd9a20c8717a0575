//! Rules for the chapters of the guide: every block of code is tested somewhere, every link leads somewhere, and chapters are
//! short.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The chapter that `tests/guide/guide.test.mjs` follows step by step: its Rust code consists of files of the new game.
const FIRST_GAME: &str = "first-game.md";
/// Maximum length of a chapter in lines.
const CHAPTER_LINES_MAX: usize = 200;
/// Where the chapters of the guide are tested.
const DOCTESTS: &str = include_str!("../src/lib.rs");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn source() -> PathBuf {
    root().join("docs/guide/src")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names and texts of all pages, including the summary.
fn pages() -> Vec<(String, String)> {
    let entries = fs::read_dir(source()).expect("the guide exists").map(|entry| entry.expect("the folder is readable"));
    entries.map(|entry| (entry.file_name().into_string().expect("names are UTF-8"), read(&entry.path()))).collect()
}

/// The first line of each block of code, without the fence: `rust,no_run`.
fn blocks(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix("```")).step_by(2).collect()
}

/// A page without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The targets of all links `[text](target)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// The anchor that mdBook gives to a heading.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

#[test]
fn every_block_of_code_is_tested() {
    for (name, text) in pages() {
        let is_doctest = DOCTESTS.contains(&format!("/docs/guide/src/{name}\""));
        for block in blocks(&text) {
            let is_tested = match block {
                "rust" => is_doctest || name == FIRST_GAME,
                "rust,no_run" | "rust,compile_fail" => is_doctest,
                // `tests/guide/guide.test.mjs` runs the commands of all pages, and checks the types of all JavaScript.
                "sh" | "sh,server" | "js" => true,
                _ => false,
            };
            assert!(is_tested, "{name}: nothing tests blocks that begin with ```{block}");
        }
        assert_eq!(text.lines().filter(|line| line.trim_start().starts_with("```")).count() % 2, 0, "{name}");
    }
}

#[test]
fn the_summary_lists_all_pages() {
    let summary = read(&source().join("SUMMARY.md"));
    let listed: BTreeSet<_> = links(&summary).map(str::to_owned).collect();
    let existing: BTreeSet<_> = pages().into_iter().map(|(name, _)| name).filter(|name| name != "SUMMARY.md").collect();
    assert_eq!(listed, existing);
}

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    for (name, text) in pages() {
        for link in links(&prose(&text)).filter(|link| !link.starts_with("http")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = read(&source().join(if file.is_empty() { &name } else { file }));
            let mut headings = target.lines().filter(|line| line.starts_with('#')).map(anchor);
            assert!(heading.is_empty() || headings.any(|anchor| anchor == heading), "{name}: no target for {link}");
        }
    }
}

#[test]
fn chapters_are_short() {
    for (name, text) in pages() {
        let lines = text.lines().count();
        assert!(lines <= CHAPTER_LINES_MAX, "{name} has {lines} lines");
    }
}
