//! Tickets: the operator's backend decides who may play, and issues a ticket to each player. The server needs no user
//! accounts.
//!
//! A ticket is text: the claims, a dot, and the claims' HMAC-SHA-256 (RFC 2104) as base64url. The key of the HMAC is a
//! secret that the backend and the server share. PROTOCOL.md specifies the claims.

mod claims;
mod nonces;
mod secret;

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use log::debug;
use sha2::Sha256;
use tickcast_protocol::{RoomName, Ticket};

pub use claims::{Claims, ClaimsError, Nonce};
use nonces::Nonces;
pub use secret::{Secret, SecretError};

/// Issues and redeems tickets.
#[derive(Debug)]
pub struct Tickets {
    secret: Secret,
    used: Mutex<Nonces>,
}

/// Reason for rejecting a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// The text is not a ticket, or was signed with another secret.
    #[error("the signature is invalid")]
    InvalidSignature,
    /// The ticket has expired.
    #[error("the ticket has expired")]
    Expired,
    /// The ticket expires later than [`Tickets::VALID_S_MAX`] from now.
    #[error("the ticket is valid for more than {} s", Tickets::VALID_S_MAX)]
    ValidTooLong,
    /// The ticket was already used.
    #[error("the ticket was already used")]
    AlreadyUsed,
    /// Too many used tickets have not expired yet, so the use of this one cannot be recorded.
    #[error("too many tickets were used recently")]
    TooMany,
}

impl Tickets {
    /// Maximum time until the expiry of a ticket, in seconds.
    pub const VALID_S_MAX: u64 = 24 * 3600;

    /// Issues and redeems tickets that are signed with this secret.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        Self { secret, used: Mutex::default() }
    }

    /// Issues a ticket with these claims.
    ///
    /// # Errors
    /// [`ClaimsError`] if the ticket would be too long.
    pub fn issue(&self, claims: &Claims) -> Result<Ticket, ClaimsError> {
        let text = claims.to_string();
        let tag = BASE64URL_NOPAD.encode(&self.mac(&text).finalize().into_bytes());
        format!("{text}.{tag}").try_into().map_err(|_| ClaimsError)
    }

    /// Redeems a ticket and returns its claims. A ticket can be redeemed once. `now_s` is Unix time in seconds.
    ///
    /// # Errors
    /// The reason for rejecting the ticket.
    pub fn redeem(&self, ticket: &Ticket, now_s: u64) -> Result<Claims, TicketError> {
        let (text, tag) = ticket.as_str().rsplit_once('.').ok_or(TicketError::InvalidSignature)?;
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).map_err(|_| TicketError::InvalidSignature)?;
        // `verify_slice` compares in constant time, so the response time does not reveal how much of a forged signature is
        // correct.
        self.mac(text).verify_slice(&tag).map_err(|_| TicketError::InvalidSignature)?;
        let claims: Claims = text.parse().map_err(|ClaimsError| TicketError::InvalidSignature)?;
        if claims.expires_s <= now_s {
            return Err(TicketError::Expired);
        }
        if claims.expires_s - now_s > Self::VALID_S_MAX {
            return Err(TicketError::ValidTooLong);
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).take(&claims.nonce, claims.expires_s, now_s)?;
        Ok(claims)
    }

    /// Redeems a ticket at the current time, for a client that requests `room`, or any room if `None`. Returns `None` if the
    /// ticket is rejected or is valid for another room only.
    pub fn redeem_now(&self, ticket: &Ticket, room: Option<&RoomName>) -> Option<Claims> {
        let redeemed = self.redeem(ticket, now_s());
        if let Err(error) = &redeemed {
            debug!("ticket rejected: {error}");
        }
        redeemed.ok().filter(|claims| claims.room.is_none() || room.is_none_or(|room| claims.room.as_ref() == Some(room)))
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.secret.bytes()).expect("HMAC accepts keys of any length").chain_update(text)
    }
}

/// Unix time in seconds.
#[must_use]
pub fn now_s() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_790_000_000;

    fn tickets(secret: &str) -> Tickets {
        Tickets::new(secret.to_owned().try_into().expect("long enough"))
    }

    fn claims(expires_s: u64) -> Claims {
        Claims {
            room: Some("duel".parse().expect("a room's name")),
            name: "Ada Lovelace".to_owned().try_into().expect("a name"),
            expires_s,
            nonce: "0123456789abcdef".parse().expect("a nonce"),
        }
    }

    #[test]
    fn a_ticket_can_be_redeemed_once() {
        let tickets = tickets("0123456789abcdef");
        let ticket = tickets.issue(&claims(NOW_S + 60)).expect("short");
        assert_eq!(tickets.redeem(&ticket, NOW_S), Ok(claims(NOW_S + 60)));
        assert_eq!(tickets.redeem(&ticket, NOW_S + 1), Err(TicketError::AlreadyUsed));
    }

    #[test]
    fn a_ticket_expires() {
        let tickets = tickets("0123456789abcdef");
        let redeem = |expires_s| tickets.redeem(&tickets.issue(&claims(expires_s)).expect("short"), NOW_S).err();
        assert_eq!(redeem(NOW_S), Some(TicketError::Expired));
        assert_eq!(redeem(NOW_S + Tickets::VALID_S_MAX + 1), Some(TicketError::ValidTooLong));
        assert_eq!(redeem(NOW_S + Tickets::VALID_S_MAX), None);
    }

    #[test]
    fn altered_and_foreign_tickets_are_rejected() {
        let tickets = tickets("0123456789abcdef");
        let good = String::from(tickets.issue(&claims(NOW_S + 60)).expect("short"));
        for (at, _) in good.char_indices() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).expect("ASCII").try_into().expect("a ticket's characters");
            assert_eq!(tickets.redeem(&forged, NOW_S), Err(TicketError::InvalidSignature), "changed at {at}");
        }
        let foreign = super::tests::tickets("another shared secret").issue(&claims(NOW_S + 60)).expect("short");
        assert_eq!(tickets.redeem(&foreign, NOW_S), Err(TicketError::InvalidSignature));
        for text in [".", "x", "duel..."] {
            assert_eq!(
                tickets.redeem(&text.parse().expect("characters"), NOW_S),
                Err(TicketError::InvalidSignature),
                "{text}"
            );
        }
        assert!(tickets.redeem(&good.try_into().expect("a ticket"), NOW_S).is_ok());
    }

    /// The signature of the ticket was computed with
    /// `printf '%s' CLAIMS | openssl dgst -sha256 -hmac SECRET -binary | basenc --base64url`.
    #[test]
    fn a_ticket_issued_by_other_software_is_accepted() {
        let text = "duel.QWRhIExvdmVsYWNl.1790000060.0123456789abcdef.gsWn28r_MyoCG3cgPp7SR-d8iFGmr14912U3SVBTER0";
        let ticket = text.parse().expect("a ticket");
        assert_eq!(tickets("0123456789abcdef").redeem(&ticket, NOW_S), Ok(claims(NOW_S + 60)));
    }

    #[test]
    fn the_longest_claims_fit_into_a_ticket() {
        let claims = Claims {
            room: Some("x".repeat(32).parse().expect("a room's name")),
            name: "é".repeat(32).try_into().expect("a name"),
            expires_s: NOW_S,
            nonce: "0123456789abcdef0123456789abcdef".parse().expect("a nonce"),
        };
        assert!(tickets("0123456789abcdef").issue(&claims).is_ok());
    }

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        let shown = format!("{:?}", tickets("0123456789abcdef"));
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
