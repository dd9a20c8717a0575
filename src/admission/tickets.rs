//! Tickets: the operator's backend decides who may play, and issues a ticket to each player. The server needs no user
//! accounts.
//!
//! A ticket is a JSON Web Token (RFC 7519), signed with HS256 or EdDSA. PROTOCOL.md specifies its claims. A server accepts
//! each ticket only once, and only for a short time after its issue. [`Tickets::reserve`] reserves the ticket while the
//! client joins or creates a room. [`Reservation::commit`] then uses the ticket up. [`Tickets::check`] is for requests
//! that do not use a ticket up.

mod algorithms;
mod claims;
mod identifiers;
mod issuer;
mod keys;
mod reservation;
mod secret;
#[cfg(test)]
mod test_keys;
mod used;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jsonwebtoken::Validation;
use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use log::debug;
use tickcast_protocol::{RoomName, Ticket};

pub use claims::{Claims, Permission};
pub use identifiers::{Audience, IdentifierError, KeyId, Subject, TicketId};
pub use issuer::{IssueError, TicketIssuer};
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use reservation::Reservation;
pub use secret::{Secret, SecretError};
use used::{UsedTicket, UsedTickets};

/// Which tickets a server accepts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TicketOptions {
    /// The keys that verify tickets, by name. The key `None` verifies tickets whose header names no key. Default: no keys, so no
    /// ticket is accepted.
    pub keys: BTreeMap<Option<KeyId>, VerifyingKey>,
    /// The audience that a ticket must name. If `None`, the ticket must not name an audience. Default: `None`.
    pub audience: Option<Audience>,
    /// How long a ticket is accepted after its issue. Default: [`TicketOptions::WINDOW`].
    pub window: Duration,
}

impl TicketOptions {
    /// Default of [`TicketOptions::window`].
    pub const WINDOW: Duration = Duration::from_secs(60);
}

impl Default for TicketOptions {
    fn default() -> Self {
        Self { keys: BTreeMap::new(), audience: None, window: Self::WINDOW }
    }
}

/// Accepts tickets that are signed with this secret and name no key in their header.
impl From<Secret> for TicketOptions {
    fn from(secret: Secret) -> Self {
        Self { keys: BTreeMap::from([(None, secret.into())]), ..Self::default() }
    }
}

/// Validates and redeems tickets.
#[derive(Debug)]
pub struct Tickets {
    options: TicketOptions,
    /// Tickets issued before this Unix time in seconds are rejected: they may have been used before the server started.
    started_s: u64,
    used: Arc<Mutex<UsedTickets>>,
}

/// Reason for rejecting a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// The text is not a JSON Web Token, or a claim is missing or has the wrong type.
    #[error("the ticket is malformed")]
    Malformed,
    /// The server has no key with the name in the ticket's header.
    #[error("the key is unknown")]
    UnknownKey,
    /// The header of the ticket names another algorithm than that of the key.
    #[error("the key has another algorithm")]
    WrongAlgorithm,
    /// The ticket was signed with another key.
    #[error("the signature is invalid")]
    InvalidSignature,
    /// The ticket is for another server.
    #[error("the ticket is for another server")]
    WrongAudience,
    /// The ticket was issued in the future, or is not valid yet.
    #[error("the ticket is not valid yet")]
    NotYetValid,
    /// The ticket was issued before the server started.
    #[error("the ticket was issued before the server started")]
    IssuedBeforeStart,
    /// The ticket has expired, or was issued too long ago.
    #[error("the ticket has expired")]
    Expired,
    /// The ticket does not permit what the client requests.
    #[error("the ticket does not permit this")]
    NotPermitted,
    /// The ticket is for another room.
    #[error("the ticket is for another room")]
    WrongRoom,
    /// The ticket was already used, or is being used.
    #[error("the ticket was already used")]
    AlreadyUsed,
    /// The user has used too many tickets in a short time.
    #[error("the user has used too many tickets")]
    TooMany,
}

impl Tickets {
    /// Tolerated difference between the clocks of the server and of the issuer, in seconds.
    pub const LEEWAY_S: u64 = 30;
    /// Maximum number of used tickets that are remembered. Each takes up to 200 bytes. With the default window, this suffices
    /// for 1,000 tickets per second.
    pub const USED_MAX: usize = 100_000;
    /// Maximum number of used tickets of one user. This is a thousandth of [`Self::USED_MAX`], so one user cannot displace
    /// the tickets of other users. With the default window, this suffices for one ticket per second.
    pub const USED_PER_SUBJECT_MAX: usize = Self::USED_MAX / 1_000;

    /// Starts without used tickets, and rejects tickets issued before now. Installs the algorithms HS256 and EdDSA as the
    /// provider of the crate `jsonwebtoken`. If the process has already installed a provider, that provider is used
    /// instead.
    #[must_use]
    pub fn new(options: TicketOptions) -> Self {
        // Issue times are in whole seconds, so a ticket issued in the current second may have been issued before the start.
        Self::started_at(options, now_s() + 1)
    }

    fn started_at(options: TicketOptions, started_s: u64) -> Self {
        algorithms::install();
        Self { options, started_s, used: Arc::default() }
    }

    /// The tickets of a server that started long ago. The server remembers used tickets; their number is `used`. The
    /// remembered tickets are valid until `valid_until_s`, a Unix time in seconds.
    #[cfg(feature = "internals")]
    #[must_use]
    pub fn with_used(options: TicketOptions, used: usize, valid_until_s: u64) -> Self {
        let tickets = Self::started_at(options, 0);
        let mut remembered = tickets.used.lock().unwrap_or_else(PoisonError::into_inner);
        for number in 0..used {
            let id = TicketId::try_from(format!("used-{number}")).expect("the id is short");
            remembered.insert(UsedTicket::new(&id, valid_until_s), None, 0).expect("the ids differ");
        }
        drop(remembered);
        tickets
    }

    /// The options.
    #[cfg(feature = "internals")]
    pub(crate) const fn options(&self) -> &TicketOptions {
        &self.options
    }

    /// Validates a ticket and reserves it. `room` is the room that the client requests, or `None` for any room. `now_s` is Unix
    /// time in seconds.
    ///
    /// # Errors
    /// The reason for rejecting the ticket.
    pub fn reserve(
        &self,
        ticket: &Ticket,
        permission: Permission,
        room: Option<&RoomName>,
        now_s: u64,
    ) -> Result<Reservation, TicketError> {
        let (claims, valid_until_s) = self.verify_permission(ticket, permission, room, now_s)?;
        let used_ticket = UsedTicket::new(&claims.id, valid_until_s);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(used_ticket, claims.subject.as_ref(), now_s)?;
        Ok(Reservation::new(claims, used_ticket, Arc::clone(&self.used)))
    }

    /// Like [`Tickets::reserve`], at the current time. Returns `None` if the ticket is rejected.
    pub fn reserve_now(&self, ticket: &Ticket, permission: Permission, room: Option<&RoomName>) -> Option<Reservation> {
        self.reserve(ticket, permission, room, now_s()).inspect_err(|error| debug!("ticket rejected: {error}")).ok()
    }

    /// Validates a ticket without reserving it, so it can be used at the same time. A ticket that was used up is accepted
    /// until it expires. The arguments are those of [`Tickets::reserve`].
    ///
    /// # Errors
    /// The reason for rejecting the ticket. It is never [`TicketError::AlreadyUsed`] or [`TicketError::TooMany`].
    pub fn check(
        &self,
        ticket: &Ticket,
        permission: Permission,
        room: Option<&RoomName>,
        now_s: u64,
    ) -> Result<Claims, TicketError> {
        self.verify_permission(ticket, permission, room, now_s).map(|(claims, _)| claims)
    }

    /// Like [`Tickets::check`], at the current time. Returns `None` if the ticket is rejected.
    pub fn check_now(&self, ticket: &Ticket, permission: Permission, room: Option<&RoomName>) -> Option<Claims> {
        self.check(ticket, permission, room, now_s()).inspect_err(|error| debug!("ticket rejected: {error}")).ok()
    }

    /// Verifies that a ticket is valid now and permits what the client requests. Returns its claims, and the time until
    /// which it is accepted.
    fn verify_permission(
        &self,
        ticket: &Ticket,
        permission: Permission,
        room: Option<&RoomName>,
        now_s: u64,
    ) -> Result<(Claims, u64), TicketError> {
        let claims = self.verify(ticket)?;
        let valid_until_s = self.validate(&claims, now_s)?;
        if !claims.permits(permission) {
            return Err(TicketError::NotPermitted);
        }
        if room.zip(claims.room.as_ref()).is_some_and(|(requested, permitted)| requested != permitted) {
            return Err(TicketError::WrongRoom);
        }
        Ok((claims, valid_until_s))
    }

    /// Verifies the signature of a ticket, and returns its claims.
    fn verify(&self, ticket: &Ticket) -> Result<Claims, TicketError> {
        let header = jsonwebtoken::decode_header(ticket.as_str()).map_err(rejection)?;
        // RFC 7515, section 4.1.11: a recipient must understand all critical extensions. This server understands none.
        if header.crit.is_some() {
            return Err(TicketError::Malformed);
        }
        let id = header.kid.map(KeyId::try_from).transpose().map_err(|_| TicketError::UnknownKey)?;
        let key = self.options.keys.get(&id).ok_or(TicketError::UnknownKey)?;
        let mut validation = Validation::new(key.algorithm);
        // `Tickets::validate` checks the claims at a given time. `jsonwebtoken` would check them at the current time.
        (validation.validate_exp, validation.validate_aud) = (false, false);
        validation.required_spec_claims = HashSet::new();
        jsonwebtoken::decode(ticket.as_str(), &key.key, &validation).map(|token| token.claims).map_err(rejection)
    }

    /// Checks audience and times of a ticket. Returns the time until which the ticket is accepted.
    fn validate(&self, claims: &Claims, now_s: u64) -> Result<u64, TicketError> {
        if claims.audience != self.options.audience {
            return Err(TicketError::WrongAudience);
        }
        let valid_from_s = claims.not_before_s.map_or(claims.issued_s, |not_before_s| not_before_s.max(claims.issued_s));
        if valid_from_s > now_s.saturating_add(Self::LEEWAY_S) {
            return Err(TicketError::NotYetValid);
        }
        if claims.issued_s < self.started_s {
            return Err(TicketError::IssuedBeforeStart);
        }
        let window_end_s = claims.issued_s.saturating_add(self.options.window.as_secs());
        let valid_until_s = claims.expires_s.min(window_end_s).saturating_add(Self::LEEWAY_S);
        if valid_until_s <= now_s { Err(TicketError::Expired) } else { Ok(valid_until_s) }
    }
}

/// The reason for which `jsonwebtoken` rejects a ticket.
#[allow(clippy::needless_pass_by_value, reason = "passed to `map_err`")]
fn rejection(error: JwtError) -> TicketError {
    match error.kind() {
        ErrorKind::InvalidSignature => TicketError::InvalidSignature,
        ErrorKind::InvalidAlgorithm => TicketError::WrongAlgorithm,
        _ => TicketError::Malformed,
    }
}

/// Unix time in seconds.
#[must_use]
pub fn now_s() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD;
    use jsonwebtoken::{Algorithm, EncodingKey};
    use serde_json::{Value, json};

    use super::test_keys::{PRIVATE_PEM, PUBLIC_PEM, SECRET};
    use super::*;

    const NOW_S: u64 = 1_790_000_000;
    const WINDOW_S: u64 = TicketOptions::WINDOW.as_secs();
    const LEEWAY_S: u64 = Tickets::LEEWAY_S;

    /// The claims of [`claims`] with `"sub": "user-1"` and `"room": "duel"`, signed with PyJWT 2.15.1:
    /// `jwt.encode(claims, SECRET, algorithm="HS256")`.
    const PYJWT_HS256: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
        eyJzdWIiOiJ1c2VyLTEiLCJuYW1lIjoiQWRhIExvdmVsYWNlIiwicm9vbSI6ImR1ZWwiLCJpYXQiOjE3OTAwMDAwMDAsImV4cCI6\
        MTc5MDAwMDA2MCwianRpIjoidGlja2V0LTEifQ.\
        SjppUMaF8ThvEBeOYRIonMgSzHcAhwXRPQWmMLAVCMg";
    /// The same claims: `jwt.encode(claims, PRIVATE_PEM, algorithm="EdDSA", headers={"kid": "ed"})`.
    const PYJWT_EDDSA: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIiwidHlwIjoiSldUIn0.\
        eyJzdWIiOiJ1c2VyLTEiLCJuYW1lIjoiQWRhIExvdmVsYWNlIiwicm9vbSI6ImR1ZWwiLCJpYXQiOjE3OTAwMDAwMDAsImV4cCI6\
        MTc5MDAwMDA2MCwianRpIjoidGlja2V0LTEifQ.\
        AfnJEtwfO2FyUnRn5Qo8QNVOlFP8nOiz3GdrRCU6_NKTLDZa9OfYmmjZ4w1Uk9P1sMfJ3ZgjHiJflSO4uOdTCA";

    fn secret() -> Secret {
        SECRET.parse().expect("long enough")
    }

    fn key_id(text: &str) -> Option<KeyId> {
        Some(text.parse().expect("not empty"))
    }

    /// Options of a server: a secret without a name, another secret named `hs`, and a public key named `ed`.
    fn options() -> TicketOptions {
        let mut options = TicketOptions::from(secret());
        let other: Secret = "another secret of the same server".parse().expect("long enough");
        options.keys.insert(key_id("hs"), other.into());
        options.keys.insert(key_id("ed"), PUBLIC_PEM.parse().expect("a public key"));
        options
    }

    /// The tickets of a server that started long ago.
    fn tickets() -> Tickets {
        Tickets::started_at(options(), 0)
    }

    fn claims() -> Claims {
        let name = "Ada Lovelace".to_owned().try_into().expect("a name");
        Claims { id: "ticket-1".parse().expect("an id"), ..Claims::new(name, NOW_S, NOW_S + WINDOW_S) }
    }

    /// Signs claims with the secret that has no name.
    fn issue(claims: &Claims) -> Ticket {
        TicketIssuer::new(None, secret()).issue(claims).expect("short")
    }

    /// Encodes a header and claims, and signs them with a key. The header need not name the algorithm of the key.
    fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> Ticket {
        algorithms::install();
        let message = [header, claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes())).join(".");
        let tag = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).expect("the key fits");
        format!("{message}.{tag}").parse().expect("base64url and dots")
    }

    fn sign_hs256(header: &Value, claims: &Value) -> Ticket {
        sign(header, claims, &EncodingKey::from_secret(SECRET.as_bytes()), Algorithm::HS256)
    }

    /// Uses a ticket for playing in any room.
    fn redeem(tickets: &Tickets, ticket: &Ticket) -> Result<Claims, TicketError> {
        redeem_at(tickets, ticket, NOW_S)
    }

    fn redeem_at(tickets: &Tickets, ticket: &Ticket, now_s: u64) -> Result<Claims, TicketError> {
        let reservation = tickets.reserve(ticket, Permission::Play, None, now_s)?;
        let claims = reservation.claims().clone();
        reservation.commit();
        Ok(claims)
    }

    #[test]
    fn tickets_issued_by_other_software_are_accepted() {
        let expected = Claims {
            subject: Some("user-1".parse().expect("a subject")),
            room: Some("duel".parse().expect("a room")),
            ..claims()
        };
        for text in [PYJWT_HS256, PYJWT_EDDSA] {
            let ticket = text.parse().expect("a ticket's characters");
            assert_eq!(redeem(&tickets(), &ticket), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn tickets_are_issued_and_accepted_with_every_kind_of_key() {
        let private: SigningKey = PRIVATE_PEM.parse().expect("a private key");
        let other: SigningKey = "another secret of the same server\n".parse().expect("long enough");
        for issuer in [
            TicketIssuer::new(None, secret()),
            TicketIssuer::new(key_id("hs"), other),
            TicketIssuer::new(key_id("ed"), private),
        ] {
            let ticket = issuer.issue(&claims()).expect("short");
            assert_eq!(redeem(&tickets(), &ticket), Ok(claims()));
        }
    }

    #[test]
    fn a_ticket_can_be_used_once() {
        let tickets = tickets();
        let ticket = issue(&claims());
        assert_eq!(redeem(&tickets, &ticket), Ok(claims()));
        assert_eq!(redeem(&tickets, &ticket), Err(TicketError::AlreadyUsed));
    }

    #[test]
    fn a_reserved_ticket_cannot_be_used_elsewhere_until_it_is_released() {
        let tickets = tickets();
        let ticket = issue(&claims());
        let reservation = tickets.reserve(&ticket, Permission::Play, None, NOW_S).expect("unused");
        assert_eq!(redeem(&tickets, &ticket), Err(TicketError::AlreadyUsed));
        drop(reservation);
        assert_eq!(redeem(&tickets, &ticket), Ok(claims()));
    }

    #[test]
    fn checking_a_ticket_does_not_reserve_it_and_accepts_a_used_one_until_it_expires() {
        let tickets = tickets();
        let ticket = issue(&Claims { spectate: true, room: Some("duel".parse().expect("a room")), ..claims() });
        let check = |permission, room: &str, now_s| {
            tickets.check(&ticket, permission, Some(&room.parse().expect("a room")), now_s).map(|claims| claims.id)
        };
        assert_eq!(check(Permission::Spectate, "duel", NOW_S), Ok(claims().id));
        let reservation = tickets.reserve(&ticket, Permission::Play, None, NOW_S).expect("a check reserves nothing");
        assert_eq!(check(Permission::Spectate, "duel", NOW_S), Ok(claims().id), "it is reserved");
        reservation.commit();
        assert_eq!(check(Permission::Spectate, "duel", NOW_S), Ok(claims().id), "it is used up");
        assert_eq!(check(Permission::Create, "duel", NOW_S), Err(TicketError::NotPermitted));
        assert_eq!(check(Permission::Spectate, "test", NOW_S), Err(TicketError::WrongRoom));
        assert_eq!(check(Permission::Spectate, "duel", NOW_S + WINDOW_S + LEEWAY_S), Err(TicketError::Expired));
    }

    #[test]
    fn a_user_with_too_many_tickets_does_not_lock_out_others() {
        let tickets = tickets();
        let redeem = |subject: Option<&str>, number: usize| {
            let id = format!("{subject:?}-{number}").parse().expect("an id");
            let subject = subject.map(|subject| subject.parse().expect("a subject"));
            redeem(&tickets, &issue(&Claims { id, subject, ..claims() })).err()
        };
        for number in 0..Tickets::USED_PER_SUBJECT_MAX {
            assert_eq!(redeem(Some("mallory"), number), None);
        }
        assert_eq!(redeem(Some("mallory"), Tickets::USED_PER_SUBJECT_MAX), Some(TicketError::TooMany));
        assert_eq!([redeem(Some("ada"), 0), redeem(None, 0)], [None, None]);
    }

    #[test]
    fn threads_that_present_the_same_ticket_at_the_same_time_get_one_reservation() {
        let tickets = tickets();
        let ticket = issue(&claims());
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| redeem(&tickets, &ticket))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    }

    #[test]
    fn a_rejected_ticket_stays_usable() {
        let tickets = tickets();
        let ticket = issue(&Claims { room: Some("duel".parse().expect("a room")), ..claims() });
        let reject = |permission, room: &str| {
            let room = room.parse().expect("a room");
            tickets.reserve(&ticket, permission, Some(&room), NOW_S).err()
        };
        assert_eq!(reject(Permission::Play, "other"), Some(TicketError::WrongRoom));
        assert_eq!(reject(Permission::Spectate, "duel"), Some(TicketError::NotPermitted));
        assert_eq!(reject(Permission::Create, "duel"), Some(TicketError::NotPermitted));
        assert_eq!(reject(Permission::Play, "duel"), None);
    }

    #[test]
    fn a_ticket_is_accepted_within_its_times_and_a_leeway() {
        let result = |claims: &Claims, now_s| redeem_at(&tickets(), &issue(claims), now_s).err();
        let expiring = Claims { expires_s: NOW_S + 10, ..claims() };
        assert_eq!(result(&expiring, NOW_S + 10 + LEEWAY_S - 1), None);
        assert_eq!(result(&expiring, NOW_S + 10 + LEEWAY_S), Some(TicketError::Expired));
        let long = Claims { expires_s: u64::MAX, ..claims() };
        assert_eq!(result(&long, NOW_S + WINDOW_S + LEEWAY_S - 1), None);
        assert_eq!(result(&long, NOW_S + WINDOW_S + LEEWAY_S), Some(TicketError::Expired), "the window is over");
        assert_eq!(result(&long, NOW_S - LEEWAY_S), None);
        assert_eq!(result(&long, NOW_S - LEEWAY_S - 1), Some(TicketError::NotYetValid), "issued in the future");
        let later = Claims { not_before_s: Some(NOW_S + 20), ..claims() };
        assert_eq!(result(&later, NOW_S + 20 - LEEWAY_S - 1), Some(TicketError::NotYetValid));
        assert_eq!(result(&later, NOW_S + 20 - LEEWAY_S), None);
        let never = Claims { issued_s: u64::MAX, ..long };
        assert_eq!(result(&never, NOW_S), Some(TicketError::NotYetValid));
    }

    #[test]
    fn a_ticket_that_was_used_before_a_restart_is_rejected() {
        let ticket = issue(&claims());
        assert!(redeem(&Tickets::started_at(options(), NOW_S), &ticket).is_ok());
        let restarted = Tickets::started_at(options(), NOW_S + 1);
        assert_eq!(redeem_at(&restarted, &ticket, NOW_S + 1), Err(TicketError::IssuedBeforeStart));
        // A server also rejects tickets issued in the second in which it starts.
        let now = issue(&Claims { issued_s: now_s(), expires_s: u64::MAX, ..claims() });
        let started = Tickets::new(options());
        assert_eq!(redeem_at(&started, &now, now_s()), Err(TicketError::IssuedBeforeStart));
    }

    #[test]
    fn a_ticket_for_another_server_is_rejected() {
        let eu = |audience: Option<&str>| audience.map(|text| text.parse::<Audience>().expect("an audience"));
        for (server, ticket, expected) in [
            (None, None, None),
            (Some("eu"), Some("eu"), None),
            (Some("eu"), Some("us"), Some(TicketError::WrongAudience)),
            (Some("eu"), None, Some(TicketError::WrongAudience)),
            (None, Some("eu"), Some(TicketError::WrongAudience)),
        ] {
            let tickets = Tickets::started_at(TicketOptions { audience: eu(server), ..options() }, 0);
            let ticket = issue(&Claims { audience: eu(ticket), ..claims() });
            assert_eq!(redeem(&tickets, &ticket).err(), expected, "{server:?} {ticket:?}");
        }
    }

    #[test]
    fn altered_tickets_are_rejected() {
        for text in [PYJWT_HS256, PYJWT_EDDSA] {
            let tickets = tickets();
            for (at, _) in text.char_indices() {
                let mut bytes = text.to_owned().into_bytes();
                bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
                let altered = String::from_utf8(bytes).expect("ASCII").try_into().expect("a ticket's characters");
                assert!(redeem(&tickets, &altered).is_err(), "altered at {at}");
            }
            assert!(redeem(&tickets, &text.parse().expect("a ticket's characters")).is_ok());
        }
    }

    #[test]
    fn texts_that_are_no_tokens_are_rejected() {
        let token = String::from(issue(&claims()));
        let (message, tag) = token.rsplit_once('.').expect("a token has dots");
        for text in [
            ".",
            "..",
            "...",
            "x",
            "x.y.z",
            message,
            tag,
            &format!("{message}."),
            &format!("{token}."),
            &format!(".{token}"),
            &format!("{token}.{tag}"),
            &"x".repeat(Ticket::BYTES_MAX),
            &format!("{}.{}", "e30.".repeat(255), "x"),
        ] {
            assert!(redeem(&tickets(), &text.parse().expect("a ticket's characters")).is_err(), "{text}");
        }
    }

    #[test]
    fn the_header_cannot_choose_another_algorithm_or_key() {
        let claims = serde_json::to_value(claims()).expect("claims are plain data");
        let reason = |header: &Value| redeem(&tickets(), &sign_hs256(header, &claims)).err();
        assert_eq!(reason(&json!({ "alg": "HS256" })), None);
        for (header, expected) in [
            (json!({ "alg": "none" }), TicketError::Malformed),
            (json!({ "alg": "None" }), TicketError::Malformed),
            (json!({ "alg": "hs256" }), TicketError::Malformed),
            (json!({ "alg": 7 }), TicketError::Malformed),
            (json!({}), TicketError::Malformed),
            (json!([]), TicketError::Malformed),
            (json!({ "alg": "HS512" }), TicketError::WrongAlgorithm),
            (json!({ "alg": "RS256" }), TicketError::WrongAlgorithm),
            (json!({ "alg": "EdDSA" }), TicketError::WrongAlgorithm),
            (json!({ "alg": "HS256", "kid": "ed" }), TicketError::WrongAlgorithm),
            (json!({ "alg": "HS256", "kid": "hs" }), TicketError::InvalidSignature),
            (json!({ "alg": "HS256", "kid": "unknown" }), TicketError::UnknownKey),
            (json!({ "alg": "HS256", "kid": "" }), TicketError::UnknownKey),
            (json!({ "alg": "HS256", "kid": 7 }), TicketError::Malformed),
            (json!({ "alg": "HS256", "crit": ["exp"] }), TicketError::Malformed),
            (json!({ "alg": "HS256", "crit": [] }), TicketError::Malformed),
        ] {
            assert_eq!(reason(&header), Some(expected), "{header}");
        }
        let unsigned = [json!({ "alg": "none" }), claims].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes()));
        let unsigned = format!("{}.", unsigned.join(".")).parse().expect("a ticket's characters");
        assert_eq!(redeem(&tickets(), &unsigned), Err(TicketError::Malformed));
    }

    /// An algorithm confusion attack: the attacker knows the public key, and uses it as the secret for HS256.
    #[test]
    fn a_public_key_is_not_a_secret() {
        let claims = serde_json::to_value(claims()).expect("claims are plain data");
        let public: VerifyingKey = PUBLIC_PEM.parse().expect("a public key");
        let bytes = public.key.try_get_as_bytes().expect("an Ed25519 key is bytes");
        for secret in [PUBLIC_PEM.as_bytes(), PUBLIC_PEM.trim_end().as_bytes(), bytes] {
            let header = json!({ "alg": "HS256", "kid": "ed" });
            let ticket = sign(&header, &claims, &EncodingKey::from_secret(secret), Algorithm::HS256);
            assert_eq!(redeem(&tickets(), &ticket), Err(TicketError::WrongAlgorithm));
        }
    }

    #[test]
    fn signed_tickets_with_missing_or_invalid_claims_are_rejected() {
        let valid = serde_json::to_value(claims()).expect("claims are plain data");
        for (claim, value) in [
            ("exp", Value::Null),
            ("iat", Value::Null),
            ("jti", Value::Null),
            ("name", Value::Null),
            ("exp", json!("1790000060")),
            ("iat", json!(1_790_000_000.5)),
            ("nbf", json!(-1)),
            ("room", json!(["duel"])),
            ("play", json!(1)),
        ] {
            let mut claims = valid.clone();
            claims[claim] = value;
            let ticket = sign_hs256(&json!({ "alg": "HS256" }), &claims);
            assert_eq!(redeem(&tickets(), &ticket), Err(TicketError::Malformed), "{claims}");
        }
        let ticket = sign_hs256(&json!({ "alg": "HS256" }), &json!("claims"));
        assert_eq!(redeem(&tickets(), &ticket), Err(TicketError::Malformed));
    }

    #[test]
    fn unknown_claims_are_ignored() {
        let mut claims_json = serde_json::to_value(claims()).expect("claims are plain data");
        claims_json["iss"] = json!("https://game.example");
        claims_json["level"] = json!({ "of": ["any", "type"] });
        assert_eq!(redeem(&tickets(), &sign_hs256(&json!({ "alg": "HS256" }), &claims_json)), Ok(claims()));
    }

    #[test]
    fn the_longest_claims_fit_into_a_ticket_unless_their_json_contains_many_escapes() {
        let claims = |letter: &str| Claims {
            subject: Some("s".repeat(Subject::BYTES_MAX).parse().expect("a subject")),
            audience: Some("a".repeat(Audience::BYTES_MAX).parse().expect("an audience")),
            room: Some("r".repeat(RoomName::BYTES_MAX).parse().expect("a room")),
            name: letter.repeat(64 / letter.len()).try_into().expect("a name"),
            id: TicketId::random(),
            spectate: true,
            create: true,
            ..claims()
        };
        let private: SigningKey = PRIVATE_PEM.parse().expect("a private key");
        let issuer = TicketIssuer::new(key_id(&"k".repeat(64)), private);
        assert!(issuer.issue(&claims("é")).is_ok());
        assert_eq!(issuer.issue(&claims("\u{1}")), Err(IssueError));
    }

    #[test]
    fn debug_output_contains_neither_secrets_nor_tickets() {
        let tickets = tickets();
        let ticket = issue(&claims());
        let reservation = tickets.reserve(&ticket, Permission::Play, None, NOW_S).expect("unused");
        let issuer = TicketIssuer::new(None, secret());
        let shown = format!("{tickets:?} {ticket:?} {reservation:?} {issuer:?} {:?}", secret());
        let bytes = format!("{:?}", SECRET.as_bytes());
        for hidden in [SECRET, bytes.trim_matches(['[', ']']), ticket.as_str()] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
