//! Names of players and rooms. The types enforce the maximum length, and for rooms also the allowed characters.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Name of a player: 0 to 64 bytes of UTF-8. The server normalizes names before it sends them to other clients. Display it
/// as text, never as markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlayerName(String);

impl PlayerName {
    /// Maximum length in bytes: 16 characters, which are up to 4 bytes each in UTF-8. The server cuts names to 16 grapheme
    /// clusters.
    pub const BYTES_MAX: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Name of a room: 1 to 32 characters from `a–z A–Z 0–9 - _`, so that it needs no escaping in a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomName(String);

impl RoomName {
    /// Maximum length in bytes.
    pub const BYTES_MAX: usize = 32;
    /// Beginning of the names of unlisted rooms.
    pub const UNLISTED_PREFIX: &'static str = "unlisted-";

    /// Whether the room is unlisted: no list contains it, and only clients that know its name can join it. The rest of the
    /// name should therefore be random.
    #[must_use]
    pub fn is_unlisted(&self) -> bool {
        self.0.starts_with(Self::UNLISTED_PREFIX)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reason why a text is not a valid name or ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The text is longer than allowed.
    #[error("the text is too long")]
    TooLong,
    /// The text is empty.
    #[error("the text is empty")]
    Empty,
    /// The text contains a character that is not allowed.
    #[error("the name may contain only letters a-z and A-Z, digits, - and _")]
    Character,
    /// The text of a ticket contains a character that is not allowed.
    #[error("the ticket may contain only letters a-z and A-Z, digits, ., - and _")]
    TicketCharacter,
}

impl TryFrom<String> for PlayerName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        if text.len() > Self::BYTES_MAX { Err(NameError::TooLong) } else { Ok(Self(text)) }
    }
}

impl TryFrom<String> for RoomName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        validate_length(&text, Self::BYTES_MAX)?;
        if text.bytes().all(is_allowed) { Ok(Self(text)) } else { Err(NameError::Character) }
    }
}

/// Checks that a text has from 1 to `bytes_max` bytes.
pub(super) fn validate_length(text: &str, bytes_max: usize) -> Result<(), NameError> {
    match text.len() {
        0 => Err(NameError::Empty),
        length if length > bytes_max => Err(NameError::TooLong),
        _ => Ok(()),
    }
}

impl std::str::FromStr for RoomName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.to_owned().try_into()
    }
}

impl From<PlayerName> for String {
    fn from(name: PlayerName) -> Self {
        name.0
    }
}

impl From<RoomName> for String {
    fn from(name: RoomName) -> Self {
        name.0
    }
}

impl fmt::Display for PlayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_names_need_no_escaping_in_a_url() {
        let name = |text: &str| text.parse::<RoomName>().map(String::from);
        assert_eq!(name("Duel_1-a"), Ok("Duel_1-a".to_owned()));
        assert_eq!(name(""), Err(NameError::Empty));
        assert_eq!(name("a b"), Err(NameError::Character));
        assert_eq!(name("é"), Err(NameError::Character));
        assert_eq!(name(&"x".repeat(33)), Err(NameError::TooLong));
    }

    #[test]
    fn player_names_have_at_most_64_bytes() {
        assert!(PlayerName::try_from("ü".repeat(32)).is_ok());
        assert_eq!(PlayerName::try_from("ü".repeat(33)), Err(NameError::TooLong));
    }
}
