//! What lets a client in. None of it shows in a log: `Debug` keeps it to itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{NameError, name};

/// Lets its bearer take a seat again after the connection was lost. The server draws it at random, gives a new one with
/// every [`Welcome`](crate::Welcome); the one that was shown is good until something is acknowledged under the new one.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResumeToken(pub [u8; 16]);

/// What an operator's own backend lets a player in with, where the server asks for it: 1 to 256 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ticket(String);

impl Ticket {
    /// The most bytes a ticket takes.
    pub const BYTES_MAX: usize = 256;

    /// The ticket as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Ticket {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        name::check(&text, Self::BYTES_MAX, |byte| byte.is_ascii_graphic()).map(|()| Self(text))
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

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_short_and_visible() {
        let ticket = |text: &str| text.parse::<Ticket>().map(String::from);
        assert_eq!(ticket("ey.x_-~"), Ok("ey.x_-~".to_owned()));
        assert_eq!(ticket(""), Err(NameError::Empty));
        assert_eq!(ticket("a b"), Err(NameError::Character));
        assert_eq!(ticket("é"), Err(NameError::Character));
        assert_eq!(ticket(&"x".repeat(257)), Err(NameError::TooLong));
    }

    #[test]
    fn nothing_shows_in_a_log() {
        let ticket: Ticket = "secret".parse().expect("a ticket");
        let shown = format!("{:?} {:?}", ResumeToken([0x5e; 16]), ticket);
        assert_eq!(shown, "ResumeToken(…) Ticket(…)");
    }
}
