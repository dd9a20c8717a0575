//! What a ticket says.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use tickcast_protocol::{PlayerName, RoomName};

/// What a ticket says: `room.name.expires.nonce`, where the room may be left out and the name is in base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// The room it is for; without one, any.
    pub room: Option<RoomName>,
    /// The name its holder plays under.
    pub name: PlayerName,
    /// Until when it is good: seconds since 1970.
    pub expires_s: u64,
    /// What no other ticket of that time has.
    pub nonce: Nonce,
}

/// What makes a ticket another than the next: 16 to 32 of `a-z A-Z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(String);

/// The text says no such thing, or what is to be said is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimsError;

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these are no claims of a ticket, or too long for one")
    }
}

impl std::error::Error for ClaimsError {}

impl Nonce {
    /// A new one, by chance.
    #[must_use]
    pub fn random() -> Self {
        Self(BASE64URL_NOPAD.encode(&rand::random::<[u8; 12]>()))
    }
}

impl FromStr for Nonce {
    type Err = ClaimsError;

    fn from_str(text: &str) -> Result<Self, ClaimsError> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_nonce = (16..=32).contains(&text.len()) && text.bytes().all(is_safe);
        is_nonce.then(|| Self(text.to_owned())).ok_or(ClaimsError)
    }
}

impl fmt::Display for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let room = self.room.as_ref().map_or("", RoomName::as_str);
        let name = BASE64URL_NOPAD.encode(self.name.as_str().as_bytes());
        write!(f, "{room}.{name}.{}.{}", self.expires_s, self.nonce.0)
    }
}

impl FromStr for Claims {
    type Err = ClaimsError;

    fn from_str(text: &str) -> Result<Self, ClaimsError> {
        let parts: Vec<_> = text.split('.').collect();
        let [room, name, expires_s, nonce] = parts[..] else { return Err(ClaimsError) };
        let name = BASE64URL_NOPAD.decode(name.as_bytes()).ok().and_then(|name| String::from_utf8(name).ok());
        Ok(Self {
            room: if room.is_empty() { None } else { Some(room.parse().map_err(|_| ClaimsError)?) },
            name: name.and_then(|name| name.try_into().ok()).ok_or(ClaimsError)?,
            expires_s: expires_s.parse().map_err(|_| ClaimsError)?,
            nonce: nonce.parse()?,
        })
    }
}

/// With its nonce it is half a ticket.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("room", &self.room).field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read() {
        for room in ["", "duel"] {
            let text = format!("{room}.QWRh.1790000000.0123456789abcdef");
            assert_eq!(text.parse::<Claims>().map(|claims| claims.to_string()), Ok(text));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for text in [
            "",
            "duel.QWRh.1790000000",
            "duel.QWRh.1790000000.0123456789abcdef.more",
            "a b.QWRh.1790000000.0123456789abcdef",
            "duel.QWRh=.1790000000.0123456789abcdef",
            "duel._w.1790000000.0123456789abcdef",
            "duel.QWRh.-1.0123456789abcdef",
            "duel.QWRh.1790000000.short",
            "duel.QWRh.1790000000.0123456789abcd!f",
        ] {
            assert_eq!(text.parse::<Claims>(), Err(ClaimsError), "{text}");
        }
    }

    #[test]
    fn no_two_nonces_are_alike() {
        assert_ne!(Nonce::random(), Nonce::random());
        assert!(Nonce::random().0.parse::<Nonce>().is_ok());
    }
}
