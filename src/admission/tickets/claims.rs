//! The claims of a ticket.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use tickcast_protocol::{PlayerName, RoomName};

/// The claims of a ticket. Their text is `room.name.expires.nonce`: the room may be empty, and the name is encoded as
/// base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    /// The room that the ticket is valid for; any room if `None`.
    pub room: Option<RoomName>,
    /// The name that the player gets.
    pub name: PlayerName,
    /// Expiry as Unix time in seconds.
    pub expires_s: u64,
    /// Makes the ticket unique.
    pub nonce: Nonce,
}

/// A unique value: 16 to 32 characters from `a-z A-Z 0-9 - _`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(String);

/// The text is not a ticket's claims, or the claims are too long for a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are not valid claims of a ticket, or they are too long")]
pub struct ClaimsError;

impl Nonce {
    /// A new random value.
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

/// Shows only the room and the name, so that logs do not contain all claims of a ticket.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("room", &self.room).field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_survive_a_round_trip() {
        for room in ["", "duel"] {
            let text = format!("{room}.QWRh.1790000000.0123456789abcdef");
            assert_eq!(text.parse::<Claims>().map(|claims| claims.to_string()), Ok(text));
        }
    }

    #[test]
    fn invalid_claims_are_rejected() {
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
    fn random_nonces_differ_and_are_valid() {
        assert_ne!(Nonce::random(), Nonce::random());
        assert!(Nonce::random().0.parse::<Nonce>().is_ok());
    }
}
