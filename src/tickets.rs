//! Tickets: with them an operator's own backend says who may play, and this server need not know its users.
//!
//! A ticket is text: claims, a dot, and their HMAC-SHA256 (RFC 2104) under a secret that both know. See PROTOCOL.md for its parts.

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

/// Makes tickets, and lets those in who have one.
#[derive(Debug)]
pub struct Tickets {
    secret: Secret,
    used: Mutex<Nonces>,
}

/// Why a ticket is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketError {
    /// It is none, or was made with another secret.
    Forged,
    /// Its time is up.
    Expired,
    /// Its time is up so late that it could not be remembered for so long.
    TooLong,
    /// Somebody came in with it before.
    Used,
    /// More tickets were used than can be remembered.
    TooMany,
}

impl Tickets {
    /// How long a ticket may be good for.
    pub const VALID_S_MAX: u64 = 24 * 3600;

    /// Tickets of that secret.
    #[must_use]
    pub fn new(secret: Secret) -> Self {
        Self { secret, used: Mutex::default() }
    }

    /// A ticket that says so.
    ///
    /// # Errors
    /// When it would be longer than tickets may be.
    pub fn issue(&self, claims: &Claims) -> Result<Ticket, ClaimsError> {
        let text = claims.to_string();
        let tag = BASE64URL_NOPAD.encode(&self.mac(&text).finalize().into_bytes());
        format!("{text}.{tag}").try_into().map_err(|_| ClaimsError)
    }

    /// Lets somebody in with a ticket: what it says, if it is good. It is not good a second time. `now_s` are the seconds since
    /// 1970.
    ///
    /// # Errors
    /// Why it is not good.
    pub fn redeem(&self, ticket: &Ticket, now_s: u64) -> Result<Claims, TicketError> {
        let (text, tag) = ticket.as_str().rsplit_once('.').ok_or(TicketError::Forged)?;
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).map_err(|_| TicketError::Forged)?;
        // This takes as long however much of it is right.
        self.mac(text).verify_slice(&tag).map_err(|_| TicketError::Forged)?;
        let claims: Claims = text.parse().map_err(|ClaimsError| TicketError::Forged)?;
        if claims.expires_s <= now_s {
            return Err(TicketError::Expired);
        }
        if claims.expires_s - now_s > Self::VALID_S_MAX {
            return Err(TicketError::TooLong);
        }
        self.used.lock().unwrap_or_else(PoisonError::into_inner).take(&claims.nonce, claims.expires_s, now_s)?;
        Ok(claims)
    }

    /// The same, by the clock of this machine, for somebody who asks for that room or for any.
    pub fn redeem_now(&self, ticket: &Ticket, wanted: Option<&RoomName>) -> Option<Claims> {
        let redeemed = self.redeem(ticket, now_s());
        if let Err(why) = &redeemed {
            debug!("a ticket is refused: {why:?}");
        }
        redeemed
            .ok()
            .filter(|claims| claims.room.is_none() || wanted.is_none_or(|wanted| claims.room.as_ref() == Some(wanted)))
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        Hmac::new_from_slice(self.secret.bytes()).expect("a key of any length will do").chain_update(text)
    }
}

/// The seconds since 1970.
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
    fn a_ticket_is_good_once() {
        let tickets = tickets("0123456789abcdef");
        let ticket = tickets.issue(&claims(NOW_S + 60)).expect("short");
        assert_eq!(tickets.redeem(&ticket, NOW_S), Ok(claims(NOW_S + 60)));
        assert_eq!(tickets.redeem(&ticket, NOW_S + 1), Err(TicketError::Used));
    }

    #[test]
    fn a_ticket_has_its_time() {
        let tickets = tickets("0123456789abcdef");
        let redeem = |expires_s| tickets.redeem(&tickets.issue(&claims(expires_s)).expect("short"), NOW_S).err();
        assert_eq!(redeem(NOW_S), Some(TicketError::Expired));
        assert_eq!(redeem(NOW_S + Tickets::VALID_S_MAX + 1), Some(TicketError::TooLong));
        assert_eq!(redeem(NOW_S + Tickets::VALID_S_MAX), None);
    }

    #[test]
    fn whoever_does_not_know_the_secret_makes_no_ticket() {
        let tickets = tickets("0123456789abcdef");
        let good = String::from(tickets.issue(&claims(NOW_S + 60)).expect("short"));
        for (at, _) in good.char_indices() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).expect("ASCII").try_into().expect("a ticket's characters");
            assert_eq!(tickets.redeem(&forged, NOW_S), Err(TicketError::Forged), "changed at {at}");
        }
        let foreign = super::tests::tickets("another secret of theirs").issue(&claims(NOW_S + 60)).expect("short");
        assert_eq!(tickets.redeem(&foreign, NOW_S), Err(TicketError::Forged));
        for text in [".", "x", "duel..."] {
            assert_eq!(tickets.redeem(&text.parse().expect("characters"), NOW_S), Err(TicketError::Forged), "{text}");
        }
        assert!(tickets.redeem(&good.try_into().expect("a ticket"), NOW_S).is_ok());
    }

    /// Anybody can make these with `printf '%s' CLAIMS | openssl dgst -sha256 -hmac SECRET -binary | basenc --base64url`.
    #[test]
    fn a_ticket_of_another_maker_is_read() {
        let text = "duel.QWRhIExvdmVsYWNl.1790000060.0123456789abcdef.gsWn28r_MyoCG3cgPp7SR-d8iFGmr14912U3SVBTER0";
        let ticket = text.parse().expect("a ticket");
        assert_eq!(tickets("0123456789abcdef").redeem(&ticket, NOW_S), Ok(claims(NOW_S + 60)));
    }

    #[test]
    fn the_longest_claims_fit() {
        let claims = Claims {
            room: Some("x".repeat(32).parse().expect("a room's name")),
            name: "é".repeat(32).try_into().expect("a name"),
            expires_s: NOW_S,
            nonce: "0123456789abcdef0123456789abcdef".parse().expect("a nonce"),
        };
        assert!(tickets("0123456789abcdef").issue(&claims).is_ok());
    }

    #[test]
    fn no_secret_is_shown() {
        let shown = format!("{:?}", tickets("0123456789abcdef"));
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
