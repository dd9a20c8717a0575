//! Issues tickets.

use jsonwebtoken::Header;
use tickcast_protocol::Ticket;

use super::{Claims, KeyId, SigningKey, algorithms};

/// Issues tickets that are signed with one key.
#[derive(Clone, Debug)]
pub struct TicketIssuer {
    key: SigningKey,
    header: Header,
}

/// The ticket would be longer than [`Ticket::BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claims are too long for a ticket of {} bytes", Ticket::BYTES_MAX)]
pub struct IssueError;

impl TicketIssuer {
    /// Issues tickets that are signed with this key. `id` is the key's name in the configuration of the server, or `None`
    /// if the key has no name there.
    #[must_use]
    pub fn new(id: Option<KeyId>, key: impl Into<SigningKey>) -> Self {
        algorithms::install();
        let key = key.into();
        let header = Header { kid: id.map(String::from), ..Header::new(key.algorithm) };
        Self { key, header }
    }

    /// Issues a ticket with these claims.
    ///
    /// # Errors
    /// [`IssueError`] if the ticket would be too long.
    pub fn issue(&self, claims: &Claims) -> Result<Ticket, IssueError> {
        let text = jsonwebtoken::encode(&self.header, claims, &self.key.key).expect("the key fits its algorithm");
        text.try_into().map_err(|_| IssueError)
    }
}
