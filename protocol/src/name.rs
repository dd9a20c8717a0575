//! Names of players and rooms, bounded by their types.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A player's name, at most 64 bytes. The server makes it fit to be shown; treat it as text, never as markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PlayerName(String);

impl PlayerName {
    /// The most bytes a name takes: 16 graphemes of 4 bytes.
    pub const BYTES_MAX: usize = 64;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A room's name: 1 to 32 characters from `a–z A–Z 0–9 - _`, safe in an address as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomName(String);

impl RoomName {
    /// The most bytes a room's name takes.
    pub const BYTES_MAX: usize = 32;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It is longer than a name may be.
    TooLong,
    /// It is empty.
    Empty,
    /// It has a character that names do not have.
    Character,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the name is too long",
            Self::Empty => "the name is empty",
            Self::Character => "a name is made of letters a-z and A-Z, digits, - and _",
        })
    }
}

impl std::error::Error for NameError {}

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
        check(&text, Self::BYTES_MAX, is_allowed).map(|()| Self(text))
    }
}

/// Whether a text is neither empty nor too long, and made of bytes that are allowed.
pub(crate) fn check(text: &str, bytes_max: usize, is_allowed: fn(u8) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        Err(NameError::Empty)
    } else if text.len() > bytes_max {
        Err(NameError::TooLong)
    } else if !text.bytes().all(is_allowed) {
        Err(NameError::Character)
    } else {
        Ok(())
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
    fn room_names_are_safe_in_an_address() {
        let name = |text: &str| text.parse::<RoomName>().map(String::from);
        assert_eq!(name("Duel_1-a"), Ok("Duel_1-a".to_owned()));
        assert_eq!(name(""), Err(NameError::Empty));
        assert_eq!(name("a b"), Err(NameError::Character));
        assert_eq!(name("é"), Err(NameError::Character));
        assert_eq!(name(&"x".repeat(33)), Err(NameError::TooLong));
    }

    #[test]
    fn player_names_are_bounded() {
        assert!(PlayerName::try_from("ü".repeat(32)).is_ok());
        assert_eq!(PlayerName::try_from("ü".repeat(33)), Err(NameError::TooLong));
    }
}
