//! A committed file of vectors.

use std::path::Path;

use serde_json::Value;

/// Values that fit this many characters stand on one line.
const LINE_MAX: usize = 240;

/// Compares a file with what it should hold, or writes it when told to bless.
pub(crate) fn check(name: &str, expected: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name);
    let mut text = String::new();
    lay_out(expected, 0, &mut text);
    text.push('\n');
    if std::env::var_os("TICKCAST_BLESS").is_some() {
        std::fs::write(&path, &text).expect("testdata is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = committed.lines().zip(text.lines()).position(|(theirs, ours)| theirs != ours);
    assert!(committed == text, "{name} differs from line {:?} on; see the head of golden.rs", differing.map(|at| at + 1));
}

/// JSON with small values on one line, so that differences can be read.
fn lay_out(value: &Value, indent: usize, text: &mut String) {
    let line = value.to_string();
    if line.len() <= LINE_MAX && indent > 0 {
        text.push_str(&line);
        return;
    }
    match value {
        Value::Array(items) => {
            let items = items.iter().map(|item| (String::new(), item));
            lay_out_items(["[", "]"], items, indent, text);
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value));
            lay_out_items(["{", "}"], fields, indent, text);
        }
        _ => text.push_str(&line),
    }
}

fn lay_out_items<'a>(
    [open, close]: [&str; 2],
    items: impl Iterator<Item = (String, &'a Value)>,
    indent: usize,
    text: &mut String,
) {
    text.push_str(open);
    for (at, (name, item)) in items.enumerate() {
        text.push_str(if at > 0 { ",\n" } else { "\n" });
        text.push_str(&" ".repeat(indent + 1));
        text.push_str(&name);
        lay_out(item, indent + 1, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push_str(close);
}
