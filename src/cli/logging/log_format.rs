//! The formats of the log.

use std::io::Write;
use std::str::FromStr;

use jiff::Timestamp;
use log::{Level, Record};
use serde::Serialize;

/// Format of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// A line in the format [`LogFormat::Json`].
#[derive(Serialize)]
struct JsonLine<'a> {
    /// Time in UTC (RFC 3339).
    time: String,
    level: &'a str,
    /// The module that has written the line.
    target: &'a str,
    message: &'a str,
}

impl LogFormat {
    /// Makes env_logger write lines in this format.
    pub(super) fn configure(self, builder: &mut env_logger::Builder) {
        if self == Self::Json {
            let encode = |record: &Record<'_>| json_line(record.level(), record.target(), &record.args().to_string());
            builder.format(move |buffer, record| buffer.write_all(&encode(record)));
        }
    }

    /// A line that does not come from env_logger, such as the description of a panic.
    pub(super) fn line(self, level: Level, target: &str, message: &str) -> Vec<u8> {
        match self {
            Self::Text => format!("{message}\n").into_bytes(),
            Self::Json => json_line(level, target, message),
        }
    }
}

fn json_line(level: Level, target: &str, message: &str) -> Vec<u8> {
    let time = format!("{:.3}", Timestamp::now());
    let line = JsonLine { time, level: level.as_str(), target, message };
    let mut line = serde_json::to_vec(&line).expect("the line is plain data");
    line.push(b'\n');
    line
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected text or json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_json_line_is_one_object_whatever_the_message_contains() {
        let line = LogFormat::Json.line(Level::Warn, "tickcast::x", "two\nlines \"quoted\" \u{1b}[0m");
        let (last, before) = line.split_last().expect("the line is not empty");
        assert_eq!((*last, before.contains(&b'\n')), (b'\n', false));
        let line: Value = serde_json::from_slice(before).expect("JSON");
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["target"], "tickcast::x");
        assert_eq!(line["message"], "two\nlines \"quoted\" \u{1b}[0m");
        line["time"].as_str().expect("a text").parse::<Timestamp>().expect("RFC 3339");
    }
}
