//! Comparison with committed vector files.

use std::path::Path;

use serde_json::Value;

/// Maximum length in bytes of a value written on one line.
const LINE_MAX: usize = 240;

/// Asserts that a file contains the expected vectors. If `TICKCAST_BLESS` is set, writes the file first.
pub(crate) fn check(name: &str, expected: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/testdata").join(name);
    let mut text = String::new();
    format_value(expected, 0, &mut text);
    text.push('\n');
    if std::env::var_os("TICKCAST_BLESS").is_some() {
        std::fs::write(&path, &text).expect("the file is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = committed.lines().zip(text.lines()).position(|(committed, expected)| committed != expected);
    assert!(
        committed == text,
        "{name} differs from line {:?} on; see the documentation of golden.rs",
        differing.map(|index| index + 1)
    );
}

/// Appends a value as JSON. Short values take one line each, which keeps diffs of the files readable.
fn format_value(value: &Value, indent: usize, text: &mut String) {
    let line = value.to_string();
    if line.len() <= LINE_MAX && indent > 0 {
        text.push_str(&line);
        return;
    }
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| (String::new(), item));
            format_items(["[", "]"], items, indent, text);
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value));
            format_items(["{", "}"], fields, indent, text);
        }
        _ => text.push_str(&line),
    }
}

fn format_items<'a>(
    [open, close]: [&str; 2],
    items: impl Iterator<Item = (String, &'a Value)>,
    indent: usize,
    text: &mut String,
) {
    text.push_str(open);
    for (index, (name, item)) in items.enumerate() {
        text.push_str(if index > 0 { ",\n" } else { "\n" });
        text.push_str(&" ".repeat(indent + 1));
        text.push_str(&name);
        format_value(item, indent + 1, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push_str(close);
}
