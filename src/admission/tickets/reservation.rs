//! A ticket that is being redeemed.

use std::sync::{Arc, Mutex, PoisonError};

use super::Claims;
use super::used::{UsedTicket, UsedTickets};

/// A valid ticket that is reserved: as long as the reservation exists, nobody else can use the ticket. When the
/// reservation is dropped, the ticket becomes usable again, unless [`Reservation::commit`] was called.
#[derive(Debug)]
#[must_use = "dropping a reservation releases the ticket"]
pub struct Reservation {
    claims: Claims,
    ticket: UsedTicket,
    /// `None` once the ticket is used up.
    used: Option<Arc<Mutex<UsedTickets>>>,
}

impl Reservation {
    pub(super) const fn new(claims: Claims, ticket: UsedTicket, used: Arc<Mutex<UsedTickets>>) -> Self {
        Self { claims, ticket, used: Some(used) }
    }

    /// The claims of the ticket.
    #[must_use]
    pub const fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Uses the ticket up.
    pub fn commit(mut self) {
        self.used = None;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(used) = self.used.take() {
            used.lock().unwrap_or_else(PoisonError::into_inner).remove(self.ticket);
        }
    }
}
