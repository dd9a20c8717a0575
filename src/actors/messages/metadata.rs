//! Metadata of rooms, and filters with which clients select rooms.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// Maximum number of pairs in the metadata of a room, and of conditions in a filter. Every list of rooms contains the
/// metadata, and a filter is compared with the metadata of all rooms.
pub const PAIRS_MAX: usize = 8;
/// Maximum length of a key, in bytes.
pub const KEY_BYTES_MAX: usize = 16;
/// Maximum length of a text, in bytes.
pub const TEXT_BYTES_MAX: usize = 32;
/// Parameters of `/ws` that are not conditions on metadata. Metadata cannot have these keys.
const RESERVED_KEYS: [&str; 3] = ["room", "replay", "tick"];

/// Pairs of keys and values that describe a room to clients. They have no meaning for the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, Value>")]
pub struct Metadata(Arc<BTreeMap<String, MetadataValue>>);

/// A value in the [`Metadata`] of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum MetadataValue {
    Integer(i32),
    Text(String),
}

/// Conditions on the [`Metadata`] of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomFilter(Arc<[(String, Condition)]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    /// The value is this text, or the integer that the text represents.
    Equal(String),
    /// The value is an integer in this range.
    InRange(RangeInclusive<i32>),
}

/// Reason why metadata or a filter is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// There are too many pairs or conditions.
    #[error("there may be at most {PAIRS_MAX} metadata keys")]
    TooMany,
    /// A key is too long, is reserved, or contains a character that is not allowed.
    #[error(
        "a metadata key has 1 to {KEY_BYTES_MAX} characters from a-z 0-9 _, begins with a letter, and is not room, replay \
         or tick"
    )]
    Key,
    /// A value is neither an integer nor a valid text.
    #[error(
        "a metadata value is an integer of at most 32 bits, or a text of 1 to {TEXT_BYTES_MAX} characters from \
         a-z A-Z 0-9 - _"
    )]
    Value,
    /// A range does not consist of integers, or contains none.
    #[error("a range of metadata values is written as 3..7, 3.. or ..7, and contains at least one integer")]
    Range,
    /// A filter contains a key twice.
    #[error("a filter contains each metadata key at most once")]
    Repeated,
}

impl Metadata {
    /// Whether there are no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Metadata {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        self.0.serialize(serializer)
    }
}

impl TryFrom<BTreeMap<String, Value>> for Metadata {
    type Error = MetadataError;

    fn try_from(pairs: BTreeMap<String, Value>) -> Result<Self, MetadataError> {
        if pairs.len() > PAIRS_MAX {
            return Err(MetadataError::TooMany);
        }
        let checked = |(key, value)| Ok((checked_key(key)?, MetadataValue::try_from(value)?));
        pairs.into_iter().map(checked).collect::<Result<_, _>>().map(|pairs| Self(Arc::new(pairs)))
    }
}

impl TryFrom<Value> for MetadataValue {
    type Error = MetadataError;

    fn try_from(value: Value) -> Result<Self, MetadataError> {
        match value {
            Value::Number(number) => {
                let integer = number.as_i64().and_then(|integer| i32::try_from(integer).ok());
                integer.map(Self::Integer).ok_or(MetadataError::Value)
            }
            Value::String(text) => checked_text(text).map(Self::Text),
            _ => Err(MetadataError::Value),
        }
    }
}

impl RoomFilter {
    /// A filter with these conditions: keys, and values or ranges.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn new(conditions: impl IntoIterator<Item = (String, String)>) -> Result<Self, MetadataError> {
        let mut checked: Vec<(String, Condition)> = Vec::new();
        for (key, condition) in conditions {
            if checked.len() == PAIRS_MAX {
                return Err(MetadataError::TooMany);
            }
            if checked.iter().any(|(other, _)| *other == key) {
                return Err(MetadataError::Repeated);
            }
            checked.push((checked_key(key)?, condition.try_into()?));
        }
        Ok(Self(checked.into()))
    }

    /// Whether there are no conditions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a room with this metadata meets all conditions.
    #[must_use]
    pub fn admits(&self, metadata: &Metadata) -> bool {
        self.0.iter().all(|(key, condition)| metadata.0.get(key).is_some_and(|value| condition.admits(value)))
    }
}

impl Condition {
    fn admits(&self, value: &MetadataValue) -> bool {
        match (self, value) {
            (Self::Equal(expected), MetadataValue::Text(text)) => expected == text,
            (Self::Equal(expected), MetadataValue::Integer(integer)) => expected.parse() == Ok(*integer),
            (Self::InRange(range), MetadataValue::Integer(integer)) => range.contains(integer),
            (Self::InRange(_), MetadataValue::Text(_)) => false,
        }
    }
}

impl TryFrom<String> for Condition {
    type Error = MetadataError;

    fn try_from(text: String) -> Result<Self, MetadataError> {
        let Some((first, last)) = text.split_once("..") else { return checked_text(text).map(Self::Equal) };
        let bound = |text: &str, default| if text.is_empty() { Ok(default) } else { text.parse() };
        match (bound(first, i32::MIN), bound(last, i32::MAX)) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self::InRange(first..=last)),
            _ => Err(MetadataError::Range),
        }
    }
}

fn checked_key(key: String) -> Result<String, MetadataError> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_valid = key.len() <= KEY_BYTES_MAX
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.bytes().all(is_allowed)
        && !RESERVED_KEYS.contains(&key.as_str());
    if is_valid { Ok(key) } else { Err(MetadataError::Key) }
}

fn checked_text(text: String) -> Result<String, MetadataError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_valid = (1..=TEXT_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_allowed);
    if is_valid { Ok(text) } else { Err(MetadataError::Value) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(value: &Value) -> Result<Metadata, String> {
        serde_json::from_value(value.clone()).map_err(|error| error.to_string())
    }

    fn filter(conditions: &[(&str, &str)]) -> Result<RoomFilter, MetadataError> {
        RoomFilter::new(conditions.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn metadata_is_encoded_as_it_was_given() {
        let value = json!({ "map": "desert", "level": 7, "b_2": -2_147_483_648_i64 });
        assert_eq!(serde_json::to_value(metadata(&value).expect("valid")).expect("plain data"), value);
    }

    #[test]
    fn invalid_metadata_is_rejected_with_the_reason() {
        let nine: serde_json::Map<String, Value> = (0..9).map(|number| (format!("k{number}"), json!(0))).collect();
        for (value, error) in [
            (Value::Object(nine), MetadataError::TooMany),
            (json!({ "": 1 }), MetadataError::Key),
            (json!({ "a".repeat(17): 1 }), MetadataError::Key),
            (json!({ "7up": 1 }), MetadataError::Key),
            (json!({ "Map": 1 }), MetadataError::Key),
            (json!({ "room": 1 }), MetadataError::Key),
            (json!({ "map": "" }), MetadataError::Value),
            (json!({ "map": "a".repeat(33) }), MetadataError::Value),
            (json!({ "map": "<b>" }), MetadataError::Value),
            (json!({ "map": 0.5 }), MetadataError::Value),
            (json!({ "map": 2_147_483_648_i64 }), MetadataError::Value),
            (json!({ "map": null }), MetadataError::Value),
        ] {
            assert_eq!(metadata(&value), Err(error.to_string()), "{value}");
        }
        let longest = json!({ "a".repeat(KEY_BYTES_MAX): "b".repeat(TEXT_BYTES_MAX) });
        assert!(metadata(&longest).is_ok());
    }

    #[test]
    fn a_filter_admits_rooms_that_meet_all_conditions() {
        let desert = metadata(&json!({ "map": "desert", "level": 5, "code": "12" })).expect("valid");
        for (conditions, is_admitted) in [
            (&[][..], true),
            (&[("map", "desert")], true),
            (&[("map", "forest")], false),
            (&[("mode", "duel")], false),
            (&[("level", "5")], true),
            (&[("level", "05")], true),
            (&[("level", "6")], false),
            (&[("level", "5..5")], true),
            (&[("level", "..4")], false),
            (&[("level", "-3..")], true),
            (&[("level", "..")], true),
            (&[("code", "12")], true),
            (&[("code", "..")], false),
            (&[("map", "desert"), ("level", "3..7")], true),
            (&[("map", "desert"), ("level", "6..7")], false),
        ] {
            let filter = filter(conditions).expect("valid");
            assert_eq!(filter.admits(&desert), is_admitted, "{conditions:?}");
        }
    }

    #[test]
    fn invalid_filters_are_rejected_with_the_reason() {
        let nine: Vec<_> = (0..9).map(|number| (format!("k{number}"), "1".to_owned())).collect();
        assert_eq!(RoomFilter::new(nine), Err(MetadataError::TooMany));
        for (conditions, error) in [
            (&[("Map", "desert")][..], MetadataError::Key),
            (&[("map", "")], MetadataError::Value),
            (&[("map", "a b")], MetadataError::Value),
            (&[("map", "a"), ("map", "b")], MetadataError::Repeated),
            (&[("level", "7..3")], MetadataError::Range),
            (&[("level", "3..x")], MetadataError::Range),
            (&[("level", "3...7")], MetadataError::Range),
            (&[("level", "0..2147483648")], MetadataError::Range),
        ] {
            assert_eq!(filter(conditions), Err(error), "{conditions:?}");
        }
    }
}
