//! Remembers which tickets were used, for as long as they would otherwise be valid.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::{TicketError, TicketId, Tickets};

/// A used ticket: the time at which it expires, and a hash of its id. The hash is stored because ids may be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UsedTicket {
    valid_until_s: u64,
    id_hash: IdHash,
}

type IdHash = [u8; 16];

/// The used tickets. All operations take logarithmic time on average.
#[derive(Debug, Default)]
pub(super) struct UsedTickets {
    by_id: HashMap<IdHash, u64>,
    by_expiry: BTreeSet<UsedTicket>,
    /// Expiry time of the ticket that was forgotten last. Tickets that expire at this time or earlier may have been used
    /// and forgotten, so they are rejected, even if the clock is set back.
    forgotten_until_s: u64,
}

impl UsedTicket {
    pub(super) fn new(id: &TicketId, valid_until_s: u64) -> Self {
        let hash = Sha256::digest(id.as_str());
        Self { valid_until_s, id_hash: *hash.first_chunk().expect("a SHA-256 hash has 32 bytes") }
    }
}

impl UsedTickets {
    /// Records the use of a ticket.
    ///
    /// If the memory is full, forgets the ticket that expires first. From then on, rejects all tickets that expire at the
    /// same time or earlier. Under such a load, tickets expire earlier than they state, but newly issued ones are accepted.
    ///
    /// # Errors
    /// [`TicketError::AlreadyUsed`], or [`TicketError::Expired`] if it is unknown whether the ticket was used.
    pub(super) fn insert(&mut self, ticket: UsedTicket, now_s: u64) -> Result<(), TicketError> {
        self.forget_expired(now_s);
        if ticket.valid_until_s <= self.forgotten_until_s {
            return Err(TicketError::Expired);
        }
        if self.by_id.contains_key(&ticket.id_hash) {
            return Err(TicketError::AlreadyUsed);
        }
        if self.by_id.len() >= Tickets::USED_MAX {
            let first = *self.by_expiry.first().expect("the memory is full");
            if ticket.valid_until_s <= first.valid_until_s {
                return Err(TicketError::Expired);
            }
            self.forget(first);
        }
        self.by_id.insert(ticket.id_hash, ticket.valid_until_s);
        self.by_expiry.insert(ticket);
        Ok(())
    }

    /// Makes a ticket usable again.
    pub(super) fn remove(&mut self, ticket: UsedTicket) {
        if self.by_expiry.remove(&ticket) {
            self.by_id.remove(&ticket.id_hash);
        }
    }

    fn forget_expired(&mut self, now_s: u64) {
        while let Some(first) = self.by_expiry.first().copied().filter(|first| first.valid_until_s <= now_s) {
            self.forget(first);
        }
    }

    /// Forgets the ticket that expires first.
    fn forget(&mut self, first: UsedTicket) {
        self.remove(first);
        self.forgotten_until_s = first.valid_until_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: usize, valid_until_s: u64) -> UsedTicket {
        UsedTicket::new(&number.to_string().parse().expect("a number is short"), valid_until_s)
    }

    #[test]
    fn a_ticket_is_accepted_once_unless_it_is_removed() {
        let mut used = UsedTickets::default();
        assert_eq!(used.insert(ticket(0, 10), 5), Ok(()));
        assert_eq!(used.insert(ticket(0, 10), 6), Err(TicketError::AlreadyUsed));
        assert_eq!(used.insert(ticket(0, 11), 6), Err(TicketError::AlreadyUsed), "the id counts");
        used.remove(ticket(0, 10));
        assert_eq!(used.insert(ticket(0, 10), 7), Ok(()));
    }

    #[test]
    fn expired_tickets_are_forgotten_and_never_accepted_again() {
        let mut used = UsedTickets::default();
        used.insert(ticket(0, 10), 5).expect("unused");
        used.insert(ticket(1, 20), 10).expect("unused");
        assert_eq!(used.by_id.len(), 1);
        assert_eq!(used.insert(ticket(0, 10), 5), Err(TicketError::Expired), "the clock was set back");
        assert_eq!(used.insert(ticket(1, 20), 5), Err(TicketError::AlreadyUsed));
    }

    #[test]
    fn memory_is_bounded_and_used_tickets_do_not_lock_out_new_ones() {
        let mut used = UsedTickets::default();
        for number in 0..Tickets::USED_MAX {
            used.insert(ticket(number, 10 + number as u64 / 1_000), 5).expect("unused");
        }
        for number in 0..10_000 {
            used.insert(ticket(Tickets::USED_MAX + number, 200), 5).expect("a new ticket is accepted");
        }
        assert_eq!((used.by_id.len(), used.by_expiry.len()), (Tickets::USED_MAX, Tickets::USED_MAX));
        for number in 0..Tickets::USED_MAX {
            assert!(used.insert(ticket(number, 10 + number as u64 / 1_000), 5).is_err(), "{number} was used");
        }
    }

    #[test]
    fn a_rejected_ticket_displaces_no_other() {
        let mut used = UsedTickets::default();
        for number in 0..Tickets::USED_MAX {
            used.insert(ticket(number, 10 + number as u64), 5).expect("unused");
        }
        assert_eq!(used.insert(ticket(1, 11), 5), Err(TicketError::AlreadyUsed));
        assert_eq!(used.insert(ticket(Tickets::USED_MAX, 9), 5), Err(TicketError::Expired));
        assert_eq!(used.by_expiry.first(), Some(&ticket(0, 10)));
    }
}
