//! Credentials of a client. Their `Debug` output is redacted to keep them out of logs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{self, NameError};

/// Token with which a client resumes its seat after a lost connection.
///
/// The server generates tokens at random and sends each player a new one in the [`Welcome`](crate::Welcome). The token that
/// the client presented in its Hello stays valid until the client has acknowledged a tick. Otherwise the client would lose
/// its seat if the connection were lost before the Welcome arrived.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeToken(pub [u8; 16]);

/// Secret number that identifies a player in all matches. The client creates it at random, keeps it, and sends it in each
/// [`Hello`](crate::Hello). The server stores only its hash. Anyone who knows the secret can read and erase the player's
/// profile.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileSecret(pub [u8; 16]);

/// Admission ticket, issued by the operator's backend for servers that require one: a JSON Web Token (RFC 7519) of at most
/// 1,024 characters from `a-z A-Z 0-9 . - _`. A token signed with Ed25519 typically has about 450 characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ticket(String);

impl Ticket {
    /// Maximum length in bytes.
    pub const BYTES_MAX: usize = 1_024;

    /// The ticket as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Ticket {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        name::validate_length(&text, Self::BYTES_MAX)?;
        if text.bytes().all(is_allowed) { Ok(Self(text)) } else { Err(NameError::TicketCharacter) }
    }
}

impl std::str::FromStr for Ticket {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.to_owned().try_into()
    }
}

impl From<Ticket> for String {
    fn from(ticket: Ticket) -> Self {
        ticket.0
    }
}

impl fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeToken(…)")
    }
}

impl fmt::Debug for ProfileSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProfileSecret(…)")
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_up_to_1024_characters_of_base64url_and_dots() {
        let ticket = |text: &str| text.parse::<Ticket>().map(String::from);
        assert_eq!(ticket("eyJ0.X_-9"), Ok("eyJ0.X_-9".to_owned()));
        assert!(ticket(&"x".repeat(1_024)).is_ok());
        assert_eq!(ticket(""), Err(NameError::Empty));
        assert_eq!(ticket("a b"), Err(NameError::TicketCharacter));
        assert_eq!(ticket("a~"), Err(NameError::TicketCharacter));
        assert_eq!(ticket("é"), Err(NameError::TicketCharacter));
        assert_eq!(ticket(&"x".repeat(1_025)), Err(NameError::TooLong));
    }

    #[test]
    fn debug_output_contains_no_secrets() {
        let ticket: Ticket = "secret".parse().expect("the ticket is valid");
        let shown = format!("{:?} {:?} {:?}", ResumeToken([0x5e; 16]), ProfileSecret([0x5e; 16]), ticket);
        assert_eq!(shown, "ResumeToken(…) ProfileSecret(…) Ticket(…)");
    }
}
