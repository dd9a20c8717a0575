//! The sessions of the HTTP fallback, by their ids. A request may arrive on the thread of any worker.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use actix::Recipient;
use tickcast_protocol::CloseReason;

use super::uplink::Uplink;
use crate::actors::messages::InFlight;
use crate::actors::session::{FromClient, Received};
use crate::transport::Downlink;

/// Maximum number of requests with batches that a session handles at a time, and of batches that wait for its actor. A client
/// has three requests at a time.
pub const REQUESTS_MAX: usize = 8;

/// The id of a session: 128 random bits. Anyone who knows it can use the session, so `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionKey(u128);

impl SessionKey {
    const DIGITS: usize = 32;

    /// Parses an id; `None` if the text is not an id.
    fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        u128::from_str_radix(text, 16).ok().filter(|_| is_id).map(Self)
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionKey(…)")
    }
}

/// The sessions of the HTTP fallback of a server. Each counts as a connection, so their number is limited.
#[derive(Debug, Default)]
pub struct HttpSessions(RwLock<HashMap<SessionKey, Arc<HttpSession>>>);

impl HttpSessions {
    /// Adds a session under a new id. The session is removed when the returned value is dropped.
    pub(super) fn insert(self: &Arc<Self>, session: HttpSession) -> Registered {
        let key = SessionKey(rand::random());
        self.write().insert(key, Arc::new(session));
        Registered { sessions: Arc::clone(self), key }
    }

    /// The session with this id, if there is one.
    pub(super) fn find(&self, id: &str) -> Option<Arc<HttpSession>> {
        self.read().get(&SessionKey::parse(id)?).cloned()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<SessionKey, Arc<HttpSession>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<SessionKey, Arc<HttpSession>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session in [`HttpSessions`].
#[derive(Debug)]
pub(super) struct Registered {
    sessions: Arc<HttpSessions>,
    key: SessionKey,
}

impl Registered {
    /// The session's id.
    pub(super) const fn key(&self) -> SessionKey {
        self.key
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.sessions.write().remove(&self.key);
    }
}

/// What requests need of a session.
pub(super) struct HttpSession {
    pub(super) downlink: Arc<Downlink>,
    actor: Recipient<Received>,
    uplink: Mutex<Uplink>,
    /// Number of requests with batches that are being handled.
    requests: AtomicUsize,
    /// Batches that the actor has not handled yet.
    in_flight: InFlight,
}

impl HttpSession {
    pub(super) fn new(actor: Recipient<Received>, downlink: &Arc<Downlink>) -> Self {
        Self {
            downlink: Arc::clone(downlink),
            actor,
            uplink: Mutex::default(),
            requests: AtomicUsize::new(0),
            in_flight: InFlight::default(),
        }
    }

    /// Counts a request with a batch until the returned value is dropped; `None` if there are too many.
    pub(super) fn begin_request(self: &Arc<Self>) -> Option<OpenRequest> {
        let request = OpenRequest(Arc::clone(self));
        let count = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        (count + self.in_flight.count() <= REQUESTS_MAX).then_some(request)
    }

    /// Passes a batch to the session's actor, in the order of sequence numbers.
    pub(super) fn handle_batch(&self, batch: &[u8]) {
        let mut uplink = self.uplink.lock().unwrap_or_else(PoisonError::into_inner);
        let received = uplink.handle_batch(batch);
        if !received.is_empty() {
            // The lock is held, so no later batch overtakes this one on another thread.
            self.actor.do_send(Received(received, self.in_flight.clone()));
        }
    }

    /// Closes the session, because its client has violated the rules of the HTTP fallback.
    pub(super) fn close(&self, reason: CloseReason) {
        self.actor.do_send(Received(vec![FromClient::Violation(reason)], self.in_flight.clone()));
    }
}

impl HttpSession {
    /// Ends the session as if the connection were lost. The room keeps the seat for a while.
    pub(super) fn lose(&self) {
        self.actor.do_send(Received(vec![FromClient::Lost], self.in_flight.clone()));
    }
}

impl fmt::Debug for HttpSession {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("HttpSession").field("downlink", &self.downlink).finish_non_exhaustive()
    }
}

/// A request with a batch that is being handled.
#[derive(Debug)]
pub(super) struct OpenRequest(Arc<HttpSession>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_32_hexadecimal_digits() {
        let key = SessionKey(rand::random());
        assert_eq!(SessionKey::parse(&key.to_string()), Some(key));
        assert_eq!(SessionKey(5).to_string(), format!("{}5", "0".repeat(31)));
        for text in ["", "5", &"0".repeat(31), &"0".repeat(33), &"g".repeat(32), &format!("+{}", "0".repeat(31))] {
            assert_eq!(SessionKey::parse(text), None, "{text}");
        }
    }
}
